/// An application of a primitive that the generic tests check: in value against plain loops, over strides, in first and
/// second derivative, with one thread and with many.
package struct Sample: Sendable {
  /// An operand to make up.
  package struct Operand: Sendable {
    package let shape: Shape
    /// Nil: a floating-point type, whichever is being tested.
    package let scalarType: ScalarType?
    /// Values are drawn from here, uniformly.
    package let range: ClosedRange<Double>

    package init(_ shape: Shape, in range: ClosedRange<Double> = -2...2, type: ScalarType? = nil) {
      self.shape = shape
      self.range = range
      scalarType = type
    }
  }

  package let label: String
  package let operands: [Operand]
  package let apply: @Sendable ([AnyTensor]) -> AnyTensor
  /// The same in plain loops over `Double`.
  package let reference: @Sendable ([Reference]) -> Reference
  package let isDifferentiable: Bool
  /// Relative error allowed to `Float`; `Double` is held to 1e-12.
  package let tolerance: Double

  package init(
    _ label: String, _ operands: [Operand], apply: @escaping @Sendable ([AnyTensor]) -> AnyTensor,
    reference: @escaping @Sendable ([Reference]) -> Reference, isDifferentiable: Bool = true, tolerance: Double = 2e-6
  ) {
    self.label = label
    self.operands = operands
    self.apply = apply
    self.reference = reference
    self.isDifferentiable = isDifferentiable
    self.tolerance = tolerance
  }
}

/// A tensor for plain loops: a shape, and values in row-major order.
package struct Reference: Sendable {
  package let shape: [Int]
  package var values: [Double]

  package init(_ shape: [Int], _ values: [Double]) {
    self.shape = shape
    self.values = values
  }

  /// A tensor computed index by index.
  package init(_ shape: [Int], _ value: ([Int]) -> Double) {
    self.shape = shape
    values = Reference.indices(shape).map(value)
  }

  package func map(_ transform: (Double) -> Double) -> Reference { Reference(shape, values.map(transform)) }

  /// The element at an index, which may be that of a larger shape that this one is broadcast to.
  package subscript(index: [Int]) -> Double {
    var position = 0
    let shift = index.count - shape.count
    for axis in 0..<shape.count { position = position * shape[axis] + (shape[axis] == 1 ? 0 : index[axis + shift]) }
    return values[position]
  }

  /// Every index of a shape, in row-major order.
  package static func indices(_ shape: [Int]) -> [[Int]] {
    var all: [[Int]] = [[]]
    for length in shape { all = all.flatMap { prefix in (0..<length).map { prefix + [$0] } } }
    return all
  }

  /// Combines two tensors that broadcast, element by element.
  package static func zip(_ a: Reference, _ b: Reference, _ combine: (Double, Double) -> Double) -> Reference {
    let shape = Shape(a.shape).broadcast(with: Shape(b.shape))!.dimensions
    return Reference(shape) { combine(a[$0], b[$0]) }
  }

  /// Combines the elements along axes, keeping those axes with length 1 or dropping them.
  package func reduced(_ axes: [Int], keepDims: Bool, _ combine: ([Double]) -> Double) -> Reference {
    let kept = shape.enumerated().map { axes.contains($0.offset) ? 1 : $0.element }
    let result = Reference(kept) { outer in
      let inner = Reference.indices(axes.map { shape[$0] })
      return combine(
        inner.map { position in
          var index = outer
          for (axis, place) in Swift.zip(axes, position) { index[axis] = place }
          return self[index]
        })
    }
    return keepDims
      ? result : Reference(shape.enumerated().filter { !axes.contains($0.offset) }.map(\.element), result.values)
  }
}

/// Applies a primitive to operands in an array: for samples.
func applyAny<P: Primitive>(_ primitive: P, _ operands: [AnyTensor]) -> AnyTensor {
  apply(primitive, Operands(operands))
}
