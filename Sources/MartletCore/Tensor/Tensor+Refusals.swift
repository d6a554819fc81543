// What a person who knows NumPy, PyTorch or Swift's numbers writes and Martlet has not, refused by a message that says
// what to write. The compiler's own message would speak of protocols that have nothing to do with it.

extension Tensor where Scalar: NumericScalar {
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .<, or take the numbers with item()")
  public static func < (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .<, or take the number with item()")
  public static func < (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .>, or take the number with item()")
  public static func < (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }

  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .<=, or take the numbers with item()")
  public static func <= (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .<=, or take the number with item()")
  public static func <= (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .>=, or take the number with item()")
  public static func <= (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }

  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .>, or take the numbers with item()")
  public static func > (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .>, or take the number with item()")
  public static func > (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .<, or take the number with item()")
  public static func > (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }

  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .>=, or take the numbers with item()")
  public static func >= (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .>=, or take the number with item()")
  public static func >= (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .<=, or take the number with item()")
  public static func >= (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }
}

extension Tensor {
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .==, or take the number with item()")
  public static func == (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "compare element by element with .!=, or take the number with item()")
  public static func != (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }

  /// Refused, with what to write.
  @available(*, unavailable, message: "the scalar types differ: convert one with cast(to:)")
  public static func .== <Other>(a: Tensor, b: Tensor<Other>) -> Tensor<Bool> { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "the scalar types differ: convert one with cast(to:)")
  public static func .!= <Other>(a: Tensor, b: Tensor<Other>) -> Tensor<Bool> { fatalError("unavailable") }
}

infix operator ** : BitwiseShiftPrecedence

extension Tensor where Scalar: FloatingScalar {
  /// Refused, with what to write.
  @available(*, unavailable, message: "write pow(x, y) or x.power(y)")
  public static func ** (x: Tensor, y: Tensor) -> Tensor { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "write pow(x, y) or x.power(y)")
  public static func ** (x: Tensor, y: Scalar) -> Tensor { fatalError("unavailable") }
  /// Refused, with what to write.
  @available(*, unavailable, message: "write pow(x, y) or Tensor(x).power(y)")
  public static func ** (x: Scalar, y: Tensor) -> Tensor { fatalError("unavailable") }
}
