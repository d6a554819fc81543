import CKernels
import MartletCore
import MartletText

/// One optimiser step over all parameters as one parallel region: the parameters' elements are numbered through, and each
/// thread does a range of the numbers, whichever tensors it touches.
///
/// It passes the door as an effect: read are the gradients; written is, for each parameter, its value and then the tensors
/// of its slot.
struct FusedStep<Rule: Sendable> {
  /// Calls `kernel` with a parameter's part, from one of its elements on, and for how many.
  typealias Kernel = @Sendable (_ item: FusedItem, _ rule: Rule, _ from: Int, _ count: Int) -> Void

  private var gradients: [TensorBody] = []
  private var targets: [TensorBody] = []
  private var rules: [Rule] = []

  /// Adds a parameter with its gradient and what the optimiser keeps for it.
  mutating func add(_ variable: Variable, along gradient: AnyTensor, keeping slot: OptimizerSlot, rule: Rule) {
    gradients.append(gradient.isContiguous ? gradient.body : gradient.contiguous().body)
    targets.append(variable.uniqueBody())
    for index in 0..<slot.tensors.count { targets.append(slot.tensors[index].body) }
    rules.append(rule)
  }

  /// Calls `kernel` with every parameter, in pieces. For each element it does about `flops` floating-point operations, and
  /// reads or writes `accesses` numbers.
  mutating func run(_ name: StaticString, flops: Int, accesses: Int, _ kernel: @escaping Kernel) {
    if !rules.isEmpty {
      perform(
        OptimizerStep(label: name, rules: rules, flops: flops, accesses: accesses, kernel: kernel),
        reading: gradients, writing: targets)
    }
    gradients.removeAll(keepingCapacity: true)
    targets.removeAll(keepingCapacity: true)
    rules.removeAll(keepingCapacity: true)
  }
}

/// A parameter's part in a step: where its numbers lie.
struct FusedItem {
  let type: mk_type
  let size: Int
  let parameter: UnsafeMutableRawPointer
  let gradient: UnsafeMutableRawPointer
  /// The tensors of its slot.
  let slot: (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeMutableRawPointer?)
  /// The number of the first element, and how many there are.
  let start: Int
  let count: Int
}

/// A step with all its numbers.
private struct OptimizerStep<Rule: Sendable>: Effect {
  let label: StaticString
  let rules: [Rule]
  let flops: Int
  let accesses: Int
  let kernel: FusedStep<Rule>.Kernel

  var name: String { "\(label)" }

  func run(reading: [TensorBody], writing: [TensorBody]) {
    withUnsafeTemporaryAllocation(of: FusedItem.self, capacity: rules.count) { items in
      let perParameter = writing.count / rules.count
      var total = 0
      for index in 0..<rules.count {
        let first = index * perParameter
        func tensor(_ position: Int) -> UnsafeMutableRawPointer? {
          position < perParameter ? writing[first + position].pointer : nil
        }
        let (type, count) = (reading[index].scalarType, reading[index].count)
        items.initializeElement(
          at: index,
          to: FusedItem(
            type: type.kernelType, size: type.size, parameter: writing[first].pointer, gradient: reading[index].pointer,
            slot: (tensor(1), tensor(2), tensor(3)), start: total, count: count))
        total += count
      }
      split(UnsafeBufferPointer(items), total)
    }
    withExtendedLifetime((reading, writing)) {}
  }

  private func split(_ items: UnsafeBufferPointer<FusedItem>, _ total: Int) {
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
        if end > next { kernel(item, rules[low], next - item.start, end - next) }
        next = max(next, end)
        low += 1
      }
    }
  }

  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost {
    reading.reduce(into: .nothing) { cost, gradient in
      cost.flops += flops * gradient.count
      cost.bytes += accesses * gradient.count * gradient.scalarType.size
    }
  }
}

/// The gradients in the order of the model's parameters. Traps when there is one for a parameter that it does not have.
func aligned(_ gradients: Gradients, with list: ParameterList, for optimizer: StaticString) -> [AnyTensor?] {
  if gradients.layout === list.paths { return gradients.tensors }
  var result = [AnyTensor?](repeating: nil, count: list.count)
  for (path, gradient) in gradients {
    guard let index = list.paths.index(of: path) else {
      let paths = list.paths.paths
      trap(
        TensorError(
          "\(optimizer)",
          "there is a gradient for \"\(path)\", which the model does not have\(spellingHint(path, among: paths)); it has "
            + paths.joined(separator: ", ")))
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
