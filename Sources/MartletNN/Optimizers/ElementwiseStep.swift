import MartletCore
import MartletText

/// The step over a model's parameters, which all elementwise optimisers share, whatever their update rule.
struct ElementwiseStep {
  let name: String
  let flops: Int
  var state: OptimizerState
  /// The parameters of the last step.
  private var list: ParameterList?

  init(_ name: String, slotNames: [String], flops: Int) {
    self.name = name
    self.flops = flops
    state = OptimizerState(slotNames: slotNames)
  }

  /// Changes the parameters that have a gradient and are not frozen.
  ///
  /// `kernel` returns the kernel for a parameter's step with the given number, counted from 1.
  mutating func run(_ model: any Module, along gradients: Gradients, _ kernel: (_ step: Int) -> UpdatePiece.Kernel) {
    let list = ParameterList.of(model, known: self.list)
    self.list = list
    let gradients = aligned(gradients, with: list, for: name)
    let states = state.aligned(with: list)
    let (name, slotCount) = (name, state.slotNames.count)
    var kernels: [OptimizerStep.Kernel] = []
    var first: UpdatePiece.Kernel?
    var lastStep = 0
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
          if state.step != lastStep {
            lastStep = state.step
            if first == nil {
              first = kernel(lastStep)
            } else {
              kernels.append(OptimizerStep.Kernel(first: count, update: kernel(lastStep)))
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
      OptimizerStep(name: name, kernel: first, further: kernels, slotCount: slotCount, flops: flops), reading: reading,
      writing: writing)
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

/// A piece of a parameter and its slots in a step.
struct UpdatePiece {
  /// Changes a piece.
  typealias Kernel = @Sendable (_ piece: UpdatePiece) -> Void

  let type: ScalarType
  /// The gradient's first element.
  let gradient: UnsafeRawPointer
  /// The first element of the parameter, then that of each of its slots.
  let targets: UnsafePointer<UnsafeMutableRawPointer>
  let slotCount: Int
  /// The index of the piece's first element in the parameter, and the number of its elements.
  var from: Int
  var count: Int

  func elements<S: FloatingScalar>(of target: Int) -> UnsafeMutablePointer<S> {
    targets[target].assumingMemoryBound(to: S.self) + from
  }
}

/// One optimiser step over all parameters in one parallel region: the elements of all parameters are numbered
/// consecutively, and each thread updates ranges of these numbers, which may span several parameters.
///
/// It reads the gradients; it writes, for each parameter, its value and then its slots.
struct OptimizerStep: Effect {
  let name: String
  /// The kernel for the first parameters, and mostly for all, since most have taken the same number of steps.
  let kernel: UpdatePiece.Kernel
  let further: [Kernel]
  let slotCount: Int
  let flops: Int

  /// The most elements of a piece: so many stay in the cache where an update rule reads them more than once.
  private static let most = 4096

  /// The kernel for the parameters from position `first` on, up to the next kernel's.
  struct Kernel {
    let first: Int
    let update: UpdatePiece.Kernel
  }

  /// A whole parameter, with the number of its first element among those of all, and the number of its kernel.
  private struct Item {
    let whole: UpdatePiece
    let start: Int
    let kernel: Int
  }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: writing.count) { pointers in
      for index in writing.indices { pointers.initializeElement(at: index, to: writing[index].pointer) }
      withUnsafeTemporaryAllocation(of: Item.self, capacity: reading.count) { items in
        var total = 0
        var kernel = 0
        for index in reading.indices {
          if kernel < further.count && further[kernel].first == index { kernel += 1 }
          let gradient = reading[index]
          let piece = UpdatePiece(
            type: gradient.scalarType, gradient: gradient.pointer,
            targets: UnsafePointer(pointers.baseAddress! + index * (1 + slotCount)), slotCount: slotCount, from: 0,
            count: gradient.count)
          items.initializeElement(at: index, to: Item(whole: piece, start: total, kernel: kernel))
          total += gradient.count
        }
        split(UnsafeBufferPointer(items), total)
      }
    }
    withExtendedLifetime((reading, writing)) {}
  }

  private func split(_ items: UnsafeBufferPointer<Item>, _ total: Int) {
    WorkerPool.parallelFor(total, grain: 4096) { range in
      var low = 0
      var high = items.count
      while high - low > 1 {
        let middle = (low + high) / 2
        if items[middle].start <= range.lowerBound { low = middle } else { high = middle }
      }
      var next = range.lowerBound
      while next < range.upperBound {
        var piece = items[low].whole
        let update = items[low].kernel == 0 ? kernel : further[items[low].kernel - 1].update
        let end = min(range.upperBound, items[low].start + piece.count)
        while next < end {
          piece.from = next - items[low].start
          piece.count = min(end - next, Self.most)
          update(piece)
          next += piece.count
        }
        low += 1
      }
    }
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    // The parameter and each slot are read and written, the gradient is read.
    let accesses = 3 + 2 * slotCount
    return reading.reduce(into: .nothing) { cost, gradient in
      cost.flops += flops * gradient.count
      cost.bytes += accesses * gradient.count * gradient.scalarType.size
    }
  }
}
