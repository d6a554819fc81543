import MartletCore

/// A tensor for references in plain loops, which samples are checked against: a shape, and values in row-major order.
public struct Reference: Sendable {
  /// The lengths of the axes.
  public let shape: [Int]
  /// The elements in row-major order.
  public var values: [Double]

  /// Creates a tensor from its elements in row-major order.
  public init(_ shape: [Int], _ values: [Double]) {
    self.shape = shape
    self.values = values
  }

  /// Creates a tensor from a function that computes each element from its indices.
  public init(_ shape: [Int], _ value: ([Int]) -> Double) {
    self.shape = shape
    values = Reference.indices(shape).map(value)
  }

  /// The tensor with every element transformed.
  public func map(_ transform: (Double) -> Double) -> Reference { Reference(shape, values.map(transform)) }

  /// The element at the indices along all axes, which may be those of a larger shape that this one is broadcast to.
  public subscript(index: [Int]) -> Double {
    get { values[position(of: index)] }
    set { values[position(of: index)] = newValue }
  }

  private func position(of index: [Int]) -> Int {
    var position = 0
    let shift = index.count - shape.count
    for axis in 0..<shape.count { position = position * shape[axis] + (shape[axis] == 1 ? 0 : index[axis + shift]) }
    return position
  }

  /// The indices of every element of a shape, in row-major order.
  public static func indices(_ shape: [Int]) -> [[Int]] {
    var all: [[Int]] = [[]]
    for length in shape { all = all.flatMap { prefix in (0..<length).map { prefix + [$0] } } }
    return all
  }

  /// Combines two tensors that broadcast, element by element.
  public static func zip(_ a: Reference, _ b: Reference, _ combine: (Double, Double) -> Double) -> Reference {
    let shape = Shape(a.shape).broadcast(with: Shape(b.shape))!.dimensions
    return Reference(shape) { combine(a[$0], b[$0]) }
  }

  /// Combines the elements along axes, keeping those axes with length 1 or dropping them.
  public func reduced(_ axes: [Int], keepDims: Bool, _ combine: ([Double]) -> Double) -> Reference {
    let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let result = Reference(kept) { outer in
      let inner = Reference.indices(axes.map { shape[$0] })
      return combine(
        inner.map { position in
          var index = outer
          for (axis, coordinate) in Swift.zip(axes, position) { index[axis] = coordinate }
          return self[index]
        })
    }
    return keepDims
      ? result : Reference(shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element), result.values)
  }
}
