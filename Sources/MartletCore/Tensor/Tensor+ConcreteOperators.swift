// The arithmetic operators once more, for each scalar type by name.
//
// They do what the generic ones in Tensor+Operators.swift do, which generic code needs. They are here for the compiler:
// with generic overloads alone, it takes seconds for an expression with a few literals, or gives up; with concrete ones
// it takes milliseconds.

extension Tensor where Scalar == Float {
  /// Sums of elements; shapes broadcast.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  /// Every element plus the number.
  public static func + (a: Tensor, b: Float) -> Tensor { a.combined(.add, Tensor(b)) }
  /// The number plus every element.
  public static func + (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  /// Differences of elements; shapes broadcast.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  /// Every element minus the number.
  public static func - (a: Tensor, b: Float) -> Tensor { a.combined(.subtract, Tensor(b)) }
  /// The number minus every element.
  public static func - (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  /// Products of elements; shapes broadcast.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  /// Every element times the number.
  public static func * (a: Tensor, b: Float) -> Tensor { a.combined(.multiply, Tensor(b)) }
  /// The number times every element.
  public static func * (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  /// Quotients of elements; shapes broadcast.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  /// Every element divided by the number.
  public static func / (a: Tensor, b: Float) -> Tensor { a.combined(.divide, Tensor(b)) }
  /// The number divided by every element.
  public static func / (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  /// Every element negated.
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == Double {
  /// Sums of elements; shapes broadcast.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  /// Every element plus the number.
  public static func + (a: Tensor, b: Double) -> Tensor { a.combined(.add, Tensor(b)) }
  /// The number plus every element.
  public static func + (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  /// Differences of elements; shapes broadcast.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  /// Every element minus the number.
  public static func - (a: Tensor, b: Double) -> Tensor { a.combined(.subtract, Tensor(b)) }
  /// The number minus every element.
  public static func - (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  /// Products of elements; shapes broadcast.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  /// Every element times the number.
  public static func * (a: Tensor, b: Double) -> Tensor { a.combined(.multiply, Tensor(b)) }
  /// The number times every element.
  public static func * (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  /// Quotients of elements; shapes broadcast.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  /// Every element divided by the number.
  public static func / (a: Tensor, b: Double) -> Tensor { a.combined(.divide, Tensor(b)) }
  /// The number divided by every element.
  public static func / (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  /// Every element negated.
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == Int32 {
  /// Sums of elements; shapes broadcast, and overflow wraps around.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  /// Every element plus the number; overflow wraps around.
  public static func + (a: Tensor, b: Int32) -> Tensor { a.combined(.add, Tensor(b)) }
  /// The number plus every element; overflow wraps around.
  public static func + (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  /// Differences of elements; shapes broadcast, and overflow wraps around.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  /// Every element minus the number; overflow wraps around.
  public static func - (a: Tensor, b: Int32) -> Tensor { a.combined(.subtract, Tensor(b)) }
  /// The number minus every element; overflow wraps around.
  public static func - (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  /// Products of elements; shapes broadcast, and overflow wraps around.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  /// Every element times the number; overflow wraps around.
  public static func * (a: Tensor, b: Int32) -> Tensor { a.combined(.multiply, Tensor(b)) }
  /// The number times every element; overflow wraps around.
  public static func * (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  /// Quotients of elements, truncated; shapes broadcast, and division by zero traps.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  /// Every element divided by the number, truncated; division by zero traps.
  public static func / (a: Tensor, b: Int32) -> Tensor { a.combined(.divide, Tensor(b)) }
  /// The number divided by every element, truncated; division by zero traps.
  public static func / (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  /// Every element negated; overflow wraps around.
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == Int64 {
  /// Sums of elements; shapes broadcast, and overflow wraps around.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  /// Every element plus the number; overflow wraps around.
  public static func + (a: Tensor, b: Int64) -> Tensor { a.combined(.add, Tensor(b)) }
  /// The number plus every element; overflow wraps around.
  public static func + (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  /// Differences of elements; shapes broadcast, and overflow wraps around.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  /// Every element minus the number; overflow wraps around.
  public static func - (a: Tensor, b: Int64) -> Tensor { a.combined(.subtract, Tensor(b)) }
  /// The number minus every element; overflow wraps around.
  public static func - (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  /// Products of elements; shapes broadcast, and overflow wraps around.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  /// Every element times the number; overflow wraps around.
  public static func * (a: Tensor, b: Int64) -> Tensor { a.combined(.multiply, Tensor(b)) }
  /// The number times every element; overflow wraps around.
  public static func * (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  /// Quotients of elements, truncated; shapes broadcast, and division by zero traps.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  /// Every element divided by the number, truncated; division by zero traps.
  public static func / (a: Tensor, b: Int64) -> Tensor { a.combined(.divide, Tensor(b)) }
  /// The number divided by every element, truncated; division by zero traps.
  public static func / (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  /// Every element negated; overflow wraps around.
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == UInt8 {
  /// Sums of elements; shapes broadcast, and overflow wraps around.
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  /// Every element plus the number; overflow wraps around.
  public static func + (a: Tensor, b: UInt8) -> Tensor { a.combined(.add, Tensor(b)) }
  /// The number plus every element; overflow wraps around.
  public static func + (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  /// Differences of elements; shapes broadcast, and overflow wraps around.
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  /// Every element minus the number; overflow wraps around.
  public static func - (a: Tensor, b: UInt8) -> Tensor { a.combined(.subtract, Tensor(b)) }
  /// The number minus every element; overflow wraps around.
  public static func - (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  /// Products of elements; shapes broadcast, and overflow wraps around.
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  /// Every element times the number; overflow wraps around.
  public static func * (a: Tensor, b: UInt8) -> Tensor { a.combined(.multiply, Tensor(b)) }
  /// The number times every element; overflow wraps around.
  public static func * (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  /// Quotients of elements, truncated; shapes broadcast, and division by zero traps.
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  /// Every element divided by the number, truncated; division by zero traps.
  public static func / (a: Tensor, b: UInt8) -> Tensor { a.combined(.divide, Tensor(b)) }
  /// The number divided by every element, truncated; division by zero traps.
  public static func / (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  /// Every element negated; overflow wraps around.
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}
