import MartletCore
import MartletText

/// The step over a model's parameters, which all elementwise optimisers share, whatever their update rule.
struct ElementwiseStep {
  let name: String
  let flops: Int
  var state: OptimizerState
  var groups = ParameterGroups()
  /// The parameters of the last step.
  private var list: ParameterList?

  init(_ name: String, slotNames: [String], flops: Int) {
    self.name = name
    self.flops = flops
    state = OptimizerState(slotNames: slotNames)
  }

  /// Changes the parameters that have a gradient and are not frozen.
  ///
  /// `kernel` returns the kernel for a parameter's step with the given number, counted from 1, and with settings of its
  /// group; nil where there are none. Traps when a group's pattern fits no parameter.
  mutating func run(
    _ model: any Module, along gradients: Gradients, isUphill: Bool,
    _ kernel: (_ step: Int, _ settings: ParameterGroups.Settings?) -> UpdateKernel
  ) {
    let list = ParameterList.of(model, known: self.list)
    self.list = list
    let gradients = aligned(gradients, with: list, for: name)
    let states = state.aligned(with: list)
    let settings: [ParameterGroups.Settings]?
    do {
      settings = try groups.settings(for: list)
    } catch {
      fatalError("\(name): \(error)")
    }
    let weightsOnly = groups.decayed == .weightsOnly
    var made: [Key: UpdateKernel] = [:]
    let (name, slotCount) = (name, state.slotNames.count)
    var kernels: [OptimizerStep.Kernel] = []
    var first: UpdateKernel?
    var last = Key(step: 0, settings: nil)
    var writing: [TensorBody] = []
    let reading = [TensorBody](unsafeUninitializedCapacity: list.count) { reading, count in
      writing = [TensorBody](unsafeUninitializedCapacity: list.count * (1 + slotCount)) { writing, writingCount in
        for index in 0..<list.count {
          let variable = list[index]
          guard variable.trains, let gradient = gradients[index]?.body else { continue }
          let parameter = variable.uniqueBody()
          checkFits(gradient, parameter, list.paths.paths[index], name)
          let state = states[index]
          state.prepare(slotCount, like: gradient)
          state.step += 1
          var key = Key(step: state.step, settings: settings?[index])
          if weightsOnly && parameter.shape.rank < 2 && key.settings?.weightDecay == nil {
            key.settings?.weightDecay = 0
          }
          if key != last {
            last = key
            if first == nil {
              first = kernel(key.step, key.settings)
              if settings != nil { made[key] = first }
            } else {
              let next = made[key] ?? kernel(key.step, key.settings)
              made[key] = next
              kernels.append(OptimizerStep.Kernel(first: count, kernel: next))
            }
          }
          reading.initializeElement(
            at: count, to: gradient.isContiguous ? gradient : gradients[index]!.contiguous().body)
          count += 1
          writing.initializeElement(at: writingCount, to: parameter)
          for position in 0..<slotCount {
            writing.initializeElement(at: writingCount + 1 + position, to: state.slots[position].body)
          }
          writingCount += 1 + slotCount
        }
      }
    }
    guard let first else { return }
    perform(
      OptimizerStep(
        name: name, kernel: first, further: kernels, slotCount: slotCount, flops: flops, isUphill: isUphill),
      reading: reading, writing: writing)
  }

  /// From this many bytes on, a compiled function changes a parameter by itself, as soon as its gradient is known; all
  /// smaller ones are changed together.
  private static let largeBytes = 64 << 10

  /// Has a compiled function call `update` with gradients, at every call anew, so that it changes each parameter once.
  func onHost(_ model: any Module, along gradients: Gradients, _ update: @escaping (Gradients) -> Void) {
    let list = ParameterList.of(model, known: list)
    let gradients = Gradients(list.paths, aligned(gradients, with: list, for: name))
    func isLarge(_ index: Int) -> Bool {
      gradients.tensors[index].map { $0.count * $0.scalarType.size >= Self.largeBytes } ?? false
    }
    for index in 0..<list.count where isLarge(index) { share { $0 == index } }
    share { !isLarge($0) }

    func share(_ isPart: (Int) -> Bool) {
      var part = gradients
      for index in 0..<list.count where !isPart(index) { part.tensors[index] = nil }
      let changed = (0..<list.count).filter { part.tensors[$0] != nil }
      if changed.isEmpty { return }
      // The work must not hold these gradients, only where there are some.
      let filled = part.filler
      MartletCore.onHost("\(name).update", changing: changed.map { list[$0] }, by: changed.map { part.tensors[$0]! }) {
        update(filled($0))
      }
    }
  }

  /// What a parameter's kernel depends on.
  private struct Key: Hashable {
    var step: Int
    var settings: ParameterGroups.Settings?
  }
}

/// Traps unless a gradient has its parameter's shape and scalar type.
@inline(__always)
private func checkFits(
  _ gradient: TensorBody, _ parameter: TensorBody, _ path: @autoclosure () -> String, _ name: String
) {
  if parameter.shape == gradient.shape && parameter.scalarType == gradient.scalarType { return }
  trap(
    TensorError(
      name,
      "the gradient for \"\(path())\" is \(gradient.scalarType) \(gradient.shape), the parameter "
        + "\(parameter.scalarType) \(parameter.shape)"))
}

/// The gradients in the order of the model's parameters, nil where there is none. Traps for a gradient of a parameter
/// that the model does not have.
func aligned(_ gradients: Gradients, with list: ParameterList, for operation: String) -> [AnyTensor?] {
  if gradients.layout === list.paths { return gradients.tensors }
  var result = [AnyTensor?](repeating: nil, count: list.count)
  for (path, gradient) in gradients {
    guard let index = list.paths.index(of: path) else {
      let paths = list.paths.paths
      trap(
        TensorError(
          operation,
          "there is a gradient for \"\(path)\", which the model does not have\(spellingHint(path, among: paths)); it has "
            + paths.joined(separator: ", ")))
    }
    result[index] = gradient
  }
  return result
}
