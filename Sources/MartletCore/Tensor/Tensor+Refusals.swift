// Operators that people who know NumPy, PyTorch or Swift's numbers may write and that Martlet does not have. The
// compiler refuses them with a message that says what to write instead; its own message would name protocols that have
// nothing to do with the mistake.

extension Tensor where Scalar: NumericScalar {
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .<, or take the numbers with item()")
  public static func < (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .<, or take the number with item()")
  public static func < (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .>, or take the number with item()")
  public static func < (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }

  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .<=, or take the numbers with item()")
  public static func <= (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .<=, or take the number with item()")
  public static func <= (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .>=, or take the number with item()")
  public static func <= (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }

  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .>, or take the numbers with item()")
  public static func > (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .>, or take the number with item()")
  public static func > (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .<, or take the number with item()")
  public static func > (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }

  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .>=, or take the numbers with item()")
  public static func >= (a: Tensor, b: Tensor) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .>=, or take the number with item()")
  public static func >= (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .<=, or take the number with item()")
  public static func >= (a: Scalar, b: Tensor) -> Bool { fatalError("unavailable") }
}

extension Tensor {
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .==, or take the number with item()")
  public static func == (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "compare element by element with .!=, or take the number with item()")
  public static func != (a: Tensor, b: Scalar) -> Bool { fatalError("unavailable") }

  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "the scalar types differ: convert one with cast(to:)")
  public static func .== <Other>(a: Tensor, b: Tensor<Other>) -> Tensor<Bool> { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "the scalar types differ: convert one with cast(to:)")
  public static func .!= <Other>(a: Tensor, b: Tensor<Other>) -> Tensor<Bool> { fatalError("unavailable") }
}

infix operator ** : BitwiseShiftPrecedence

extension Tensor where Scalar: FloatingScalar {
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "write pow(x, y) or x.power(y)")
  public static func ** (x: Tensor, y: Tensor) -> Tensor { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "write pow(x, y) or x.power(y)")
  public static func ** (x: Tensor, y: Scalar) -> Tensor { fatalError("unavailable") }
  /// Not available: the message of the compiler says what to write instead.
  @available(*, unavailable, message: "write pow(x, y) or Tensor(x).power(y)")
  public static func ** (x: Scalar, y: Tensor) -> Tensor { fatalError("unavailable") }
}
