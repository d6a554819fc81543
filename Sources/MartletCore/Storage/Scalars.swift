/// The type of a tensor's elements, as a value that is known at run time.
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
  /// Half precision, for files and storage only: convert it to compute.
  case float16 = 6
  /// The upper half of a `Float`, for files and storage only: convert it to compute.
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

  // The groups of scalar types. A new type has to be added here, and where the C kernels choose by group.

  /// Whether it is a floating-point type with arithmetic: `float32` or `float64`. `float16` and `bfloat16` are for
  /// storage.
  public var isFloatingPoint: Bool {
    switch self {
    case .float32, .float64: true
    case .int32, .int64, .uint8, .bool, .float16, .bfloat16: false
    }
  }

  /// Whether it is an integer type: `int32`, `int64` or `uint8`.
  public var isInteger: Bool {
    switch self {
    case .int32, .int64, .uint8: true
    case .float32, .float64, .bool, .float16, .bfloat16: false
    }
  }

  /// Whether tensors of this type have derivatives: those of `float32` and `float64` do.
  public var isDifferentiable: Bool { isFloatingPoint }

  /// Whether arithmetic is done in this type.
  public var isNumeric: Bool { isFloatingPoint || isInteger }

  /// Evaluates `float` for `float32` and `double` for `float64`; traps for every other type.
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
  /// The name of the type in Swift, and `BFloat16` for `bfloat16`, which Swift does not have.
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
  /// The type as a value.
  static var scalarType: ScalarType { get }
}

/// A scalar type with arithmetic: all but `Bool`. Integer arithmetic on tensors wraps around.
public protocol NumericScalar: TensorScalar, Comparable, Numeric {
  /// The nearest value of this type; traps where Swift's own conversion does.
  init(tensorScalar value: Double)
  /// The number as a `Double`; large `Int64` are rounded.
  var doubleValue: Double { get }
}

/// A scalar type with derivatives: `Float` or `Double`.
public protocol FloatingScalar: NumericScalar, BinaryFloatingPoint {}

/// An integer scalar type: `Int32`, `Int64` or `UInt8`.
public protocol IntegerScalar: NumericScalar, FixedWidthInteger, IndexScalar {}

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
