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

  /// Calls `kernel` with every item, in pieces: from which of its elements, and how many.
  mutating func run(_ kernel: (_ item: Item, _ from: Int, _ count: Int) -> Void) {
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
    begin()
  }
}

/// Calls `body` with every trainable parameter that has a gradient, after checking that the two fit each other.
func forEachGradient(
  _ gradients: Gradients, _ list: ParameterList, of optimizer: StaticString,
  _ body: (_ index: Int, _ variable: Variable, _ gradient: AnyTensor) -> Void
) {
  func visit(_ index: Int, _ gradient: AnyTensor) {
    let variable = list.variables[index]
    if !variable.isTrainable { return }
    let value = variable.value
    if value.shape != gradient.shape || value.scalarType != gradient.scalarType {
      trap(
        TensorError(
          "\(optimizer)",
          "the gradient for \"\(list.paths.paths[index])\" is \(gradient.scalarType) \(gradient.shape), the parameter "
            + "\(value.scalarType) \(value.shape)"))
    }
    body(index, variable, gradient)
  }
  if gradients.layout === list.paths {
    for index in gradients.tensors.indices {
      if let gradient = gradients.tensors[index] { visit(index, gradient) }
    }
    return
  }
  for (path, gradient) in gradients {
    guard let index = list.paths.indices[path] else {
      trap(
        TensorError(
          "\(optimizer)",
          "there is a gradient for \"\(path)\", which the model does not have; it has "
            + list.paths.paths.joined(separator: ", ")))
    }
    visit(index, gradient)
  }
}
