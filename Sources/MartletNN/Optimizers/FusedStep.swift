import CKernels
import MartletCore

/// One optimiser step over all parameters as one parallel region: the parameters' elements are numbered through, and each
/// thread does a range of the numbers, whichever tensors it touches.
struct FusedStep<Rule> {
  /// A tensor's part in the step. The pointers hold until the step is done: `update` keeps their owners.
  struct Item {
    let type: mk_type
    let size: Int
    let parameter: UnsafeMutableRawPointer
    let gradient: UnsafeMutableRawPointer
    let rule: Rule
    /// The number of the first element, and how many there are.
    let start: Int
    let count: Int
  }

  private(set) var items: [Item] = []
  private(set) var total = 0
  /// Gradients that had to be copied to be contiguous.
  private var copies: [AnyTensor] = []

  mutating func begin() {
    items.removeAll(keepingCapacity: true)
    copies.removeAll(keepingCapacity: true)
    total = 0
  }

  /// Adds a parameter with its gradient; `rule` is told the place of nothing but what it owns.
  mutating func add(_ variable: Variable, along gradient: AnyTensor, rule: Rule) {
    var gradient = gradient
    if !gradient.isContiguous {
      gradient = gradient.contiguous()
      copies.append(gradient)
    }
    let pointer = variable.withUniqueMutablePointer { $0 }
    items.append(
      Item(
        type: mk_type(rawValue: gradient.scalarType.rawValue), size: gradient.scalarType.size, parameter: pointer,
        gradient: gradient.body.pointer, rule: rule, start: total, count: gradient.count))
    total += gradient.count
  }

  /// Calls `kernel` with every item, in pieces: from which of its elements, and how many. For each element it does about
  /// `flops` floating-point operations, and reads or writes `accesses` numbers.
  mutating func run(
    _ name: StaticString, flops: Int, accesses: Int, _ kernel: (_ item: Item, _ from: Int, _ count: Int) -> Void
  ) {
    Observation.work(
      "\(name)", Cost(flops: flops * total, bytes: items.reduce(0) { $0 + accesses * $1.count * $1.size })
    ) {
      split(kernel)
    }
    begin()
  }

  private func split(_ kernel: (_ item: Item, _ from: Int, _ count: Int) -> Void) {
    let mode = mk_flush_denormals()
    items.withUnsafeBufferPointer { items in
      WorkerPool.parallelFor(total, grain: 4096) { range in
        var low = 0
        var high = items.count
        while high - low > 1 {
          let middle = (low + high) / 2
          if items[middle].start <= range.lowerBound { low = middle } else { high = middle }
        }
        var next = range.lowerBound
        while next < range.upperBound {
          let item = items[low]
          let end = min(range.upperBound, item.start + item.count)
          if end > next { kernel(item, next - item.start, end - next) }
          next = max(next, end)
          low += 1
        }
      }
    }
    mk_restore_float_mode(mode)
  }
}

/// The gradients in the order of the model's parameters. Traps when there is one for a parameter that it does not have.
func aligned(_ gradients: Gradients, with list: ParameterList, for optimizer: StaticString) -> [AnyTensor?] {
  if gradients.layout === list.paths { return gradients.tensors }
  var result = [AnyTensor?](repeating: nil, count: list.count)
  for (path, gradient) in gradients {
    guard let index = list.paths.indices[path] else {
      trap(
        TensorError(
          "\(optimizer)",
          "there is a gradient for \"\(path)\", which the model does not have; it has "
            + list.paths.paths.joined(separator: ", ")))
    }
    result[index] = gradient
  }
  return result
}

/// Traps when a gradient is not of its parameter's shape and scalar type.
@inline(__always)
func checkFits(_ gradient: AnyTensor, _ variable: Variable, _ index: Int, _ list: ParameterList, _ name: StaticString) {
  let value = variable.value
  if value.shape == gradient.shape && value.scalarType == gradient.scalarType { return }
  trap(
    TensorError(
      "\(name)",
      "the gradient for \"\(list.paths.paths[index])\" is \(gradient.scalarType) \(gradient.shape), the parameter "
        + "\(value.scalarType) \(value.shape)"))
}

func checkHyperparameter(_ optimizer: String, _ name: String, _ value: Double, _ isValid: Bool) {
  if !isValid { fatalError("\(optimizer): \(name) cannot be \(value)") }
}
