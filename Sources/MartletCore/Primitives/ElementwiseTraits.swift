import CKernels

/// The scalar types that an elementwise operation takes.
enum ElementwiseDomain: UInt8, Sendable {
  /// Every type with arithmetic.
  case numeric
  case floating
  /// `Bool` and integers.
  case bits
  case integer

  @inline(__always)
  func takes(_ type: ScalarType) -> Bool {
    switch self {
    case .numeric: type.isNumeric
    case .floating: type.isFloatingPoint
    case .bits: type.isInteger || type == .bool
    case .integer: type.isInteger
    }
  }

  /// Why operations of the domain have no derivative; nil for those that have one.
  var derivativeRefusal: String? {
    switch self {
    case .numeric, .floating: nil
    case .bits: "its result is Bool or an integer"
    case .integer: "its result is an integer"
    }
  }
}

/// What is needed of a table's row whenever an elementwise operation is applied, in four bytes.
struct ElementwiseTraits {
  /// The kernel's number.
  let kernel: UInt8
  let domain: ElementwiseDomain
  /// Whether the operation is bound by memory, not by arithmetic.
  let isCheap: Bool
  let saves: SavePolicy

  /// The fewest elements that a thread is given.
  @inline(__always)
  var grain: Int { isCheap ? ElementwiseLoop.cheapGrain : ElementwiseLoop.expensiveGrain }

  /// The approximate number of floating-point operations for each element.
  var flops: Int { isCheap ? 1 : 16 }

  /// The traits of a row. They are read at every application, hence from a table in C, without a call or reference
  /// counting.
  @inline(__always)
  static func of(_ index: UInt8, in table: mk_table, _ rows: @autoclosure () -> [ElementwiseTraits])
    -> ElementwiseTraits
  {
    let all = mk_table_get(table) ?? pack(rows(), into: table)
    return all.assumingMemoryBound(to: ElementwiseTraits.self)[Int(index)]
  }

  /// Makes the table at its first use; when two threads do so at once, one of the two tables is left unused.
  @inline(never)
  private static func pack(_ rows: [ElementwiseTraits], into table: mk_table) -> UnsafeRawPointer {
    let all = UnsafeMutablePointer<ElementwiseTraits>.allocate(capacity: rows.count)
    all.initialize(from: rows, count: rows.count)
    mk_table_set(table, all)
    return UnsafeRawPointer(all)
  }
}
