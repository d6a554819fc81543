// The arithmetic operators again, for each scalar type by name.
//
// They do what the generic ones in Tensor+Operators.swift do, which generic code needs. These are for the compiler: with
// generic overloads alone, an expression with a handful of literals takes it seconds, or more than it is willing to spend;
// concrete ones bring that to milliseconds.

extension Tensor where Scalar == Float {
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  public static func + (a: Tensor, b: Float) -> Tensor { a.combined(.add, Tensor(b)) }
  public static func + (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  public static func - (a: Tensor, b: Float) -> Tensor { a.combined(.subtract, Tensor(b)) }
  public static func - (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  public static func * (a: Tensor, b: Float) -> Tensor { a.combined(.multiply, Tensor(b)) }
  public static func * (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  public static func / (a: Tensor, b: Float) -> Tensor { a.combined(.divide, Tensor(b)) }
  public static func / (a: Float, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == Double {
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  public static func + (a: Tensor, b: Double) -> Tensor { a.combined(.add, Tensor(b)) }
  public static func + (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  public static func - (a: Tensor, b: Double) -> Tensor { a.combined(.subtract, Tensor(b)) }
  public static func - (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  public static func * (a: Tensor, b: Double) -> Tensor { a.combined(.multiply, Tensor(b)) }
  public static func * (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  public static func / (a: Tensor, b: Double) -> Tensor { a.combined(.divide, Tensor(b)) }
  public static func / (a: Double, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == Int32 {
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  public static func + (a: Tensor, b: Int32) -> Tensor { a.combined(.add, Tensor(b)) }
  public static func + (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  public static func - (a: Tensor, b: Int32) -> Tensor { a.combined(.subtract, Tensor(b)) }
  public static func - (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  public static func * (a: Tensor, b: Int32) -> Tensor { a.combined(.multiply, Tensor(b)) }
  public static func * (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  public static func / (a: Tensor, b: Int32) -> Tensor { a.combined(.divide, Tensor(b)) }
  public static func / (a: Int32, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == Int64 {
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  public static func + (a: Tensor, b: Int64) -> Tensor { a.combined(.add, Tensor(b)) }
  public static func + (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  public static func - (a: Tensor, b: Int64) -> Tensor { a.combined(.subtract, Tensor(b)) }
  public static func - (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  public static func * (a: Tensor, b: Int64) -> Tensor { a.combined(.multiply, Tensor(b)) }
  public static func * (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  public static func / (a: Tensor, b: Int64) -> Tensor { a.combined(.divide, Tensor(b)) }
  public static func / (a: Int64, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}

extension Tensor where Scalar == UInt8 {
  public static func + (a: Tensor, b: Tensor) -> Tensor { a.combined(.add, b) }
  public static func + (a: Tensor, b: UInt8) -> Tensor { a.combined(.add, Tensor(b)) }
  public static func + (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.add, b) }
  public static func - (a: Tensor, b: Tensor) -> Tensor { a.combined(.subtract, b) }
  public static func - (a: Tensor, b: UInt8) -> Tensor { a.combined(.subtract, Tensor(b)) }
  public static func - (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.subtract, b) }
  public static func * (a: Tensor, b: Tensor) -> Tensor { a.combined(.multiply, b) }
  public static func * (a: Tensor, b: UInt8) -> Tensor { a.combined(.multiply, Tensor(b)) }
  public static func * (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.multiply, b) }
  public static func / (a: Tensor, b: Tensor) -> Tensor { a.combined(.divide, b) }
  public static func / (a: Tensor, b: UInt8) -> Tensor { a.combined(.divide, Tensor(b)) }
  public static func / (a: UInt8, b: Tensor) -> Tensor { Tensor(a).combined(.divide, b) }
  public static prefix func - (a: Tensor) -> Tensor { a.mapped(.negate) }
}
