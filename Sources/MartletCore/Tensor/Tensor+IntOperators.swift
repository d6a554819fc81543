// Arithmetic of floating-point tensors with integers such as counts: `x / n`, `x.sum() / x.count`, `2 * n * x`.
//
// Disfavoured, so that a literal is of the tensor's own scalar type, and the compiler considers these operators only
// where nothing else fits: it is as fast as without them.

extension Tensor where Scalar: FloatingScalar {
  /// Every element plus an integer, rounded to the scalar type.
  @_disfavoredOverload
  public static func + (a: Tensor, b: Int) -> Tensor { a + Scalar(b) }
  /// An integer, rounded to the scalar type, plus every element.
  @_disfavoredOverload
  public static func + (a: Int, b: Tensor) -> Tensor { Scalar(a) + b }
  /// Every element minus an integer, rounded to the scalar type.
  @_disfavoredOverload
  public static func - (a: Tensor, b: Int) -> Tensor { a - Scalar(b) }
  /// An integer, rounded to the scalar type, minus every element.
  @_disfavoredOverload
  public static func - (a: Int, b: Tensor) -> Tensor { Scalar(a) - b }
  /// Every element times an integer, rounded to the scalar type.
  @_disfavoredOverload
  public static func * (a: Tensor, b: Int) -> Tensor { a * Scalar(b) }
  /// An integer, rounded to the scalar type, times every element.
  @_disfavoredOverload
  public static func * (a: Int, b: Tensor) -> Tensor { Scalar(a) * b }
  /// Every element divided by an integer, rounded to the scalar type.
  @_disfavoredOverload
  public static func / (a: Tensor, b: Int) -> Tensor { a / Scalar(b) }
  /// An integer, rounded to the scalar type, divided by every element.
  @_disfavoredOverload
  public static func / (a: Int, b: Tensor) -> Tensor { Scalar(a) / b }

  /// Adds an integer to every element.
  @_disfavoredOverload
  public static func += (a: inout Tensor, b: Int) { a = a + Scalar(b) }
  /// Subtracts an integer from every element.
  @_disfavoredOverload
  public static func -= (a: inout Tensor, b: Int) { a = a - Scalar(b) }
  /// Multiplies every element by an integer.
  @_disfavoredOverload
  public static func *= (a: inout Tensor, b: Int) { a = a * Scalar(b) }
  /// Divides every element by an integer.
  @_disfavoredOverload
  public static func /= (a: inout Tensor, b: Int) { a = a / Scalar(b) }
}
