/// The lengths of a tensor's axes, outermost first: `[2, 3]` is two rows of three.
///
/// A shape has at most eight axes, which are stored inline: copying one allocates nothing. The empty shape `[]` is that
/// of a single number.
public struct Shape: Hashable, Sendable {
  package var axes: AxisList

  /// Creates a shape from the lengths of its axes; traps if one is negative or if there are more than eight.
  public init(_ dimensions: some Collection<Int>) {
    if dimensions.count > AxisList.capacity {
      trap("Shape", "expected at most \(AxisList.capacity) axes, got \(dimensions.count): \(Array(dimensions))")
    }
    axes = AxisList(dimensions)
    for axis in 0..<axes.count where axes[axis] < 0 { trap("Shape", "expected no negative dimension, got \(self)") }
  }

  package init(axes: AxisList) {
    self.axes = axes
  }

  /// Whether two shapes have the same rank and the same lengths.
  @inline(__always)
  public static func == (a: Shape, b: Shape) -> Bool { a.axes == b.axes }

  /// The shape of a scalar, `[]`.
  package static var scalar: Shape { Shape(axes: AxisList()) }

  /// The number of axes.
  @inline(__always)
  public var rank: Int { axes.count }

  /// The number of elements: the product of the dimensions, 1 for `[]`. Traps when it is too large for an `Int`.
  @inline(__always)
  public var elementCount: Int {
    var product = 1
    for axis in 0..<axes.count { product = times(product, axes[axis]) }
    return product
  }

  /// The product of two dimensions, or of a dimension and an element's size; traps when it overflows.
  @inline(__always)
  func times(_ a: Int, _ b: Int, for operation: String = "tensor") -> Int {
    let (product, isTooLarge) = a.multipliedReportingOverflow(by: b)
    if isTooLarge { refuseSize(for: operation) }
    return product
  }

  @inline(never)
  private func refuseSize(for operation: String) -> Never {
    trap(operation, "shape \(self) has more elements than memory can hold")
  }

  /// Traps in the name of `operation` when no memory could hold the elements.
  func requireSize(of scalarType: ScalarType, for operation: String) {
    var size = scalarType.size
    for axis in 0..<axes.count { size = times(size, Swift.max(1, axes[axis]), for: operation) }
  }

  /// The dimensions as an array.
  public var dimensions: [Int] { Array(self) }

  /// The shape without one of its axes.
  package func removing(_ axis: Int) -> Shape {
    var result = self
    result.axes.remove(at: axis)
    return result
  }

  /// The shape with an axis of the given length inserted.
  package func inserting(_ length: Int, at axis: Int) -> Shape {
    var result = self
    result.axes.insert(length, at: axis)
    return result
  }

  /// The indices of the element at a position in row-major order.
  package func indices(at position: Int) -> [Int] {
    var (indices, rest) = ([Int](repeating: 0, count: rank), position)
    for axis in (0..<rank).reversed() {
      indices[axis] = rest % self[axis]
      rest /= self[axis]
    }
    return indices
  }

  /// Traps in the name of `operation` when a result of `rank` axes, made from this shape, has more axes than allowed.
  package func requireRank(_ rank: Int, for operation: String) {
    if rank > AxisList.capacity {
      trap(operation, "expected at most \(AxisList.capacity) axes, got \(rank), from \(self)")
    }
  }

  /// The axis counted from the first, where a negative one counts from the last; nil when there is no such axis.
  package func normalized(axis: Int) -> Int? {
    let index = axis < 0 ? axis + rank : axis
    return index >= 0 && index < rank ? index : nil
  }
}

extension Shape: RandomAccessCollection, MutableCollection {
  /// The first axis: 0.
  public var startIndex: Int { 0 }
  /// The position after the last axis: the rank.
  public var endIndex: Int { rank }

  /// The length of an axis; traps when there is no such axis or the new length is negative.
  public subscript(axis: Int) -> Int {
    @inline(__always) get {
      if axis < 0 || axis >= rank { fatalError("axis \(axis) is out of range for shape \(self)") }
      return axes[axis]
    }
    set {
      if axis < 0 || axis >= rank { fatalError("axis \(axis) is out of range for shape \(self)") }
      if newValue < 0 { trap("Shape", "expected no negative dimension, got \(newValue) for axis \(axis) of \(self)") }
      axes[axis] = newValue
    }
  }
}

extension Shape: ExpressibleByArrayLiteral {
  /// The lengths of the axes, outermost first; traps as `init(_:)` does.
  public init(arrayLiteral elements: Int...) {
    self.init(elements)
  }
}

extension Shape: CustomStringConvertible {
  /// The shape as it is written in Swift: `[2, 3]`.
  public var description: String {
    var text = "["
    for axis in 0..<axes.count {
      if axis > 0 { text += ", " }
      text += String(axes[axis])
    }
    return text + "]"
  }
}
