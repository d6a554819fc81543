/// The type of a tensor's elements, as the kernels and files know it.
public enum ScalarType: UInt8, Sendable, CaseIterable {
  /// `Float`.
  case float32 = 0
  /// `Double`.
  case float64 = 1
  /// `Int32`.
  case int32 = 2
  /// `Int64`.
  case int64 = 3
  /// `UInt8`.
  case uint8 = 4
  /// `Bool`, a byte that is 0 or 1.
  case bool = 5
  /// For files and storage: convert to compute.
  case float16 = 6
  /// For files and storage: convert to compute.
  case bfloat16 = 7

  /// Bytes per element.
  public var size: Int {
    switch self {
    case .uint8, .bool: 1
    case .float16, .bfloat16: 2
    case .float32, .int32: 4
    case .float64, .int64: 8
    }
  }

  // The families of types. A further type is entered here, and in the kernels' choice by family.

  /// Whether it is a floating-point type that is computed with: `float32` and `float64`. The other two are for storage.
  public var isFloatingPoint: Bool {
    switch self {
    case .float32, .float64: true
    case .int32, .int64, .uint8, .bool, .float16, .bfloat16: false
    }
  }

  /// Whether it is an integer type with arithmetic.
  public var isInteger: Bool {
    switch self {
    case .int32, .int64, .uint8: true
    case .float32, .float64, .bool, .float16, .bfloat16: false
    }
  }

  /// Whether derivatives exist: of the floating-point types that are computed with.
  public var isDifferentiable: Bool { isFloatingPoint }

  /// Whether arithmetic is done in this type.
  public var isNumeric: Bool { isFloatingPoint || isInteger }

  /// The one choice between the floating-point types; stops at a type that is none.
  @inlinable @inline(__always)
  public func floating<R>(_ float: @autoclosure () -> R, _ double: @autoclosure () -> R) -> R {
    switch self {
    case .float32: float()
    case .float64: double()
    default: notComputedWith()
    }
  }

  @usableFromInline
  func notComputedWith() -> Never {
    fatalError("expected a floating-point type that is computed with, Float or Double, got \(self)")
  }
}

extension ScalarType: CustomStringConvertible {
  /// Swift's name of the type, `BFloat16` for the one that Swift has none for.
  public var description: String {
    switch self {
    case .float32: "Float"
    case .float64: "Double"
    case .int32: "Int32"
    case .int64: "Int64"
    case .uint8: "UInt8"
    case .bool: "Bool"
    case .float16: "Float16"
    case .bfloat16: "BFloat16"
    }
  }
}

/// A type that tensors hold: `Float`, `Double`, `Int32`, `Int64`, `UInt8` or `Bool`.
///
/// Kernels exist for these six; conforming another type does not add one.
public protocol TensorScalar: Hashable, Sendable {
  /// The type as the kernels and files know it.
  static var scalarType: ScalarType { get }
}

/// A scalar with arithmetic: all but `Bool`. Integers wrap around.
public protocol NumericScalar: TensorScalar, Comparable, Numeric {
  /// The nearest value of this type; traps where Swift's own conversion does.
  init(tensorScalar value: Double)
  /// The number as a `Double`; large `Int64` are rounded.
  var doubleValue: Double { get }
}

/// A scalar with derivatives: `Float` and `Double`.
public protocol FloatingScalar: NumericScalar, BinaryFloatingPoint {}

/// An integer scalar: `Int32`, `Int64` and `UInt8`.
public protocol IntegerScalar: NumericScalar, FixedWidthInteger {}

extension FloatingScalar {
  public init(tensorScalar value: Double) { self.init(value) }
  /// The number as a `Double`.
  public var doubleValue: Double { Double(self) }
}

extension IntegerScalar {
  public init(tensorScalar value: Double) { self.init(value) }
  /// The number as a `Double`; large `Int64` are rounded.
  public var doubleValue: Double { Double(self) }
}

extension Float: FloatingScalar {
  /// `float32`.
  public static var scalarType: ScalarType { .float32 }
}

extension Double: FloatingScalar {
  /// `float64`.
  public static var scalarType: ScalarType { .float64 }
}

extension Int32: IntegerScalar {
  /// `int32`.
  public static var scalarType: ScalarType { .int32 }
}

extension Int64: IntegerScalar {
  /// `int64`.
  public static var scalarType: ScalarType { .int64 }
}

extension UInt8: IntegerScalar {
  /// `uint8`.
  public static var scalarType: ScalarType { .uint8 }
}

extension Bool: TensorScalar {
  /// `bool`.
  public static var scalarType: ScalarType { .bool }
}
