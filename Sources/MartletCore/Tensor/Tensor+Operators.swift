// Elementwise arithmetic. Operands of different shapes broadcast by NumPy's rule: shapes are aligned at the last axis,
// and two dimensions fit when they are equal or one of them is 1.

extension Tensor where Scalar: NumericScalar {
  /// Sums of elements; shapes broadcast, and integers wrap around.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  /// Every element plus the number; integers wrap around.
  public static func + (a: Tensor, b: Scalar) -> Tensor { a.combined(.add, Tensor(b)) }
  /// The number plus every element; integers wrap around.
  public static func + (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }

  /// Differences of elements; shapes broadcast, and integers wrap around.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  /// Every element minus the number; integers wrap around.
  public static func - (a: Tensor, b: Scalar) -> Tensor { a.combined(.subtract, Tensor(b)) }
  /// The number minus every element; integers wrap around.
  public static func - (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }

  /// Products of elements; shapes broadcast, and integers wrap around.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  /// Every element times the number; integers wrap around.
  public static func * (a: Tensor, b: Scalar) -> Tensor { a.combined(.multiply, Tensor(b)) }
  /// The number times every element; integers wrap around.
  public static func * (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }

  /// Quotients of elements; shapes broadcast, integers are truncated, and an integer divided by zero traps.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  /// Every element divided by the number; integers are truncated, and an integer divided by zero traps.
  public static func / (a: Tensor, b: Scalar) -> Tensor { a.combined(.divide, Tensor(b)) }
  /// The number divided by every element; integers are truncated, and an integer divided by zero traps.
  public static func / (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }

  /// Every element negated; integers wrap around.
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }

  /// `a = a + b`.
  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
  /// `a = a + b`.
  public static func += (a: inout Tensor, b: Scalar) { a = a + b }
  /// `a = a - b`.
  public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
  /// `a = a - b`.
  public static func -= (a: inout Tensor, b: Scalar) { a = a - b }
  /// `a = a * b`.
  public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
  /// `a = a * b`.
  public static func *= (a: inout Tensor, b: Scalar) { a = a * b }
  /// `a = a / b`; integers are truncated, and an integer divided by zero traps.
  public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
  /// `a = a / b`; integers are truncated, and an integer divided by zero traps.
  public static func /= (a: inout Tensor, b: Scalar) { a = a / b }

  /// Whether each element is less than the other, false with NaN; shapes broadcast.
  public static func .< (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.less, b) }
  /// Whether each element is less than the number, false with NaN.
  public static func .< (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.less, Tensor(b)) }
  /// Whether each element is at most the other, false with NaN; shapes broadcast.
  public static func .<= (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.lessEqual, b) }
  /// Whether each element is at most the number, false with NaN.
  public static func .<= (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.lessEqual, Tensor(b)) }
  /// Whether each element is greater than the other, false with NaN; shapes broadcast.
  public static func .> (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.greater, b) }
  /// Whether each element is greater than the number, false with NaN.
  public static func .> (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.greater, Tensor(b)) }
  /// Whether each element is at least the other, false with NaN; shapes broadcast.
  public static func .>= (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.greaterEqual, b) }
  /// Whether each element is at least the number, false with NaN.
  public static func .>= (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.greaterEqual, Tensor(b)) }
}

extension Tensor {
  /// Whether each element equals the other; shapes broadcast. `==` compares whole tensors.
  public static func .== (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.equal, b) }
  /// Whether each element equals the number.
  public static func .== (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.equal, Tensor(b)) }
  /// Whether each element differs from the other, as NaN does from everything; shapes broadcast.
  public static func .!= (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.notEqual, b) }
  /// Whether each element differs from the number, as NaN does from everything.
  public static func .!= (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.notEqual, Tensor(b)) }

  func compared(_ comparison: Comparison, _ other: Tensor) -> Tensor<Bool> {
    Tensor<Bool>(unchecked: apply(Compare(comparison), erased, other.erased))
  }

  @inline(__always)
  func combined(_ operation: BinaryOperation, _ other: Tensor) -> Tensor {
    Tensor(unchecked: apply(Binary(operation), erased, other.erased))
  }

  /// `combined`, where a mistake in the shapes traps in the name of what was called.
  func combined(_ operation: BinaryOperation, _ other: Tensor, as name: String) -> Tensor {
    Tensor(unchecked: apply(Binary(operation), erased, other.erased, as: name))
  }

  @inline(__always)
  func mapped(_ operation: UnaryOperation) -> Tensor { Tensor(unchecked: apply(Unary(operation), erased)) }

  /// `mask ? a : b`, element by element; all three broadcast.
  ///
  /// This is NumPy's `where`. On its own that is a keyword of Swift, so write `Tensor.where(x .> 0, x, -x)`.
  public static func `where`(_ mask: Tensor<Bool>, _ a: Tensor, _ b: Tensor) -> Tensor {
    Tensor(unchecked: apply(Select(), mask.erased, a.erased, b.erased))
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// Whether each element equals the other, for two integer types, such as those of `argMax` and of labels.
  public static func .== (a: Tensor, b: Tensor<some IntegerScalar>) -> Tensor<Bool> { a.asIndices .== b.asIndices }
  /// Whether each element differs from the other, for two integer types.
  public static func .!= (a: Tensor, b: Tensor<some IntegerScalar>) -> Tensor<Bool> { a.asIndices .!= b.asIndices }
}

extension Tensor where Scalar == Bool {
  /// `true` where the element is `false`, and the other way round.
  public static prefix func .! (a: Tensor) -> Tensor { Tensor(unchecked: apply(Test(.not), a.erased)) }
  /// Whether both elements are `true`; shapes broadcast.
  public static func .& (a: Tensor, b: Tensor) -> Tensor { a.combined(.and, b) }
  /// Whether one element or both are `true`; shapes broadcast.
  public static func .| (a: Tensor, b: Tensor) -> Tensor { a.combined(.or, b) }
  /// Whether one element is `true` and the other is not; shapes broadcast.
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { a.combined(.xor, b) }
}
