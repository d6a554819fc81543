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
    var first: UpdateKernel?
    var further: [OptimizerStep.Kernel] = []
    var last = Key(step: 0, settings: nil)
    var copies: [TensorBody] = []
    OptimizerStep.Items.with(list.count, slotCount: slotCount) { items in
      for index in 0..<list.count {
        let variable = list[index]
        guard variable.trains, let gradient = gradients[index]?.body else { continue }
        guard let parameter = variable.uniqueAddress(like: gradient) else {
          refuse(gradient, for: variable, list.paths.paths[index], name)
        }
        let state = states[index]
        state.prepare(slotCount, like: gradient)
        state.step += 1
        var key = Key(step: state.step, settings: settings?[index])
        if weightsOnly && gradient.shape.rank < 2 && key.settings?.weightDecay == nil { key.settings?.weightDecay = 0 }
        if key != last {
          last = key
          if first == nil {
            first = kernel(key.step, key.settings)
            if settings != nil { made[key] = first }
          } else {
            let next = made[key] ?? kernel(key.step, key.settings)
            made[key] = next
            further.append(OptimizerStep.Kernel(first: items.count, kernel: next))
          }
        }
        let elements = gradient.isContiguous ? gradient : gradient.contiguous()
        if elements !== gradient { copies.append(elements) }
        items.append(elements, parameter, kernel: further.count) { state.slots[$0].body.pointer }
      }
      guard let first else { return }
      let step = OptimizerStep(
        name: name, kernel: first, further: further, slotCount: slotCount, flops: flops, isUphill: isUphill)
      perform(step) {
        operands(list, gradients, states)
      } running: {
        step.run(items)
      }
    }
    withExtendedLifetime((gradients, copies)) {}
  }

  /// What a step reads, and what it writes: for each parameter its value, then its slots.
  private func operands(
    _ list: ParameterList, _ gradients: [AnyTensor?], _ states: [ParameterState]
  ) -> (reading: [TensorBody], writing: [TensorBody]) {
    let changed = (0..<list.count).filter { list[$0].trains && gradients[$0] != nil }
    return (
      changed.map { gradients[$0]!.body },
      changed.flatMap { [list[$0].value.body] + states[$0].slots.map(\.body) }
    )
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
        let gradients = filled($0[...])
        return { update(gradients) }
      }
    }
  }

  /// What a parameter's kernel depends on.
  private struct Key: Hashable {
    var step: Int
    var settings: ParameterGroups.Settings?
  }
}

/// Traps for a gradient that has not its parameter's shape and scalar type.
private func refuse(_ gradient: TensorBody, for parameter: Variable, _ path: String, _ name: String) -> Never {
  let value = parameter.value
  trap(
    TensorError(
      name,
      "the gradient for \"\(path)\" is \(gradient.scalarType) \(gradient.shape), the parameter "
        + "\(value.scalarType) \(value.shape)"))
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
