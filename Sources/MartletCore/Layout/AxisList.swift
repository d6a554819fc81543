/// A list of up to eight integers, one per axis, stored inline: the lengths of a shape, or strides.
///
/// Slots past `count` are zero, so that `==` can compare all eight.
package struct AxisList: Sendable {
  package static let capacity = 8

  private var slots: InlineArray<8, Int> = .init(repeating: 0)
  package private(set) var count: Int = 0

  @inline(__always)
  package init() {}

  /// A list of `count` equal values.
  package init(repeating value: Int, count: Int) {
    AxisList.checkRank(count)
    self.count = count
    for axis in 0..<count { slots[axis] = value }
  }

  package init(_ values: some Collection<Int>) {
    AxisList.checkRank(values.count)
    for value in values { append(value) }
  }

  @inline(__always)
  package subscript(axis: Int) -> Int {
    get {
      slots[axis]
    }
    set {
      slots[axis] = newValue
    }
  }

  /// Calls `body` with the address of the values, which holds within it.
  @inline(__always)
  package func withUnsafeElements<R>(_ body: (UnsafePointer<Int>) -> R) -> R {
    withUnsafePointer(to: slots) { $0.withMemoryRebound(to: Int.self, capacity: AxisList.capacity, body) }
  }

  package mutating func append(_ value: Int) {
    AxisList.checkRank(count + 1)
    slots[count] = value
    count += 1
  }

  package mutating func insert(_ value: Int, at axis: Int) {
    AxisList.checkRank(count + 1)
    var position = count
    while position > axis {
      slots[position] = slots[position - 1]
      position -= 1
    }
    slots[axis] = value
    count += 1
  }

  package mutating func remove(at axis: Int) {
    for position in axis..<(count - 1) { slots[position] = slots[position + 1] }
    count -= 1
    slots[count] = 0
  }

  /// The values in another order; `order` is a permutation of their indices.
  package func permuted(_ order: AxisList) -> AxisList {
    var result = self
    for position in 0..<order.count { result[position] = self[order[position]] }
    return result
  }

  private static func checkRank(_ rank: Int) {
    if rank > capacity { fatalError("a tensor has at most \(capacity) axes, not \(rank)") }
  }
}

extension AxisList: Hashable {
  @inline(__always)
  package static func == (a: AxisList, b: AxisList) -> Bool {
    // All slots without a branch, so that the compiler can use vector instructions.
    var difference = a.count ^ b.count
    for axis in 0..<capacity { difference |= a.slots[axis] ^ b.slots[axis] }
    return difference == 0
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    for axis in 0..<count { hasher.combine(slots[axis]) }
  }
}
