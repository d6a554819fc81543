// Arithmetic, element by element. Operands of different shapes broadcast by NumPy's rule: aligned at the last axis,
// dimensions are equal or one of them is 1.

extension Tensor where Scalar: NumericScalar {
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  public static func + (a: Tensor, b: Scalar) -> Tensor { a.combined(.add, Tensor(b)) }
  public static func + (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }

  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  public static func - (a: Tensor, b: Scalar) -> Tensor { a.combined(.subtract, Tensor(b)) }
  public static func - (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }

  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  public static func * (a: Tensor, b: Scalar) -> Tensor { a.combined(.multiply, Tensor(b)) }
  public static func * (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }

  /// Division; integers are truncated, and an integer divided by zero traps.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  public static func / (a: Tensor, b: Scalar) -> Tensor { a.combined(.divide, Tensor(b)) }
  public static func / (a: Scalar, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }

  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }

  public static func += (a: inout Tensor, b: Tensor) { a = a + b }
  public static func += (a: inout Tensor, b: Scalar) { a = a + b }
  public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
  public static func -= (a: inout Tensor, b: Scalar) { a = a - b }
  public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
  public static func *= (a: inout Tensor, b: Scalar) { a = a * b }
  public static func /= (a: inout Tensor, b: Tensor) { a = a / b }
  public static func /= (a: inout Tensor, b: Scalar) { a = a / b }

  public static func .< (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.less, b) }
  public static func .< (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.less, Tensor(b)) }
  public static func .<= (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.lessEqual, b) }
  public static func .<= (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.lessEqual, Tensor(b)) }
  public static func .> (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.greater, b) }
  public static func .> (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.greater, Tensor(b)) }
  public static func .>= (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.greaterEqual, b) }
  public static func .>= (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.greaterEqual, Tensor(b)) }
}

extension Tensor {
  /// Elementwise equality; `==` answers for the whole tensors.
  public static func .== (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.equal, b) }
  public static func .== (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.equal, Tensor(b)) }
  public static func .!= (a: Tensor, b: Tensor) -> Tensor<Bool> { a.compared(.notEqual, b) }
  public static func .!= (a: Tensor, b: Scalar) -> Tensor<Bool> { a.compared(.notEqual, Tensor(b)) }

  func compared(_ comparison: Comparison, _ other: Tensor) -> Tensor<Bool> {
    Tensor<Bool>(unchecked: apply(Compare(comparison), erased, other.erased))
  }

  @inline(__always)
  func combined(_ operation: BinaryOperation, _ other: Tensor) -> Tensor {
    Tensor(unchecked: apply(Binary(operation), erased, other.erased))
  }

  @inline(__always)
  func mapped(_ operation: UnaryOperation) -> Tensor { Tensor(unchecked: apply(Unary(operation), erased)) }

  /// `mask ? a : b`, element by element; all three broadcast. NumPy's `where`, which alone is a keyword of Swift's:
  /// `Tensor.where(x .> 0, x, -x)`.
  public static func `where`(_ mask: Tensor<Bool>, _ a: Tensor, _ b: Tensor) -> Tensor {
    Tensor(unchecked: apply(Select(), mask.erased, a.erased, b.erased))
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// Elementwise equality of integers of two types, such as `argMax` and labels.
  public static func .== (a: Tensor, b: Tensor<some IntegerScalar>) -> Tensor<Bool> { a.asIndices .== b.asIndices }
  /// Elementwise inequality of integers of two types.
  public static func .!= (a: Tensor, b: Tensor<some IntegerScalar>) -> Tensor<Bool> { a.asIndices .!= b.asIndices }
}

extension Tensor where Scalar == Bool {
  public static prefix func .! (a: Tensor) -> Tensor { Tensor(unchecked: apply(Test(.not), a.erased)) }
  public static func .& (a: Tensor, b: Tensor) -> Tensor { a.combined(.and, b) }
  public static func .| (a: Tensor, b: Tensor) -> Tensor { a.combined(.or, b) }
  public static func .^ (a: Tensor, b: Tensor) -> Tensor { a.combined(.xor, b) }
}
