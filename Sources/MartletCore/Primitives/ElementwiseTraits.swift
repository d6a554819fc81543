import CKernels

/// The scalar types that an elementwise operation takes.
enum ElementwiseDomain: UInt8, Sendable {
  /// Every type with arithmetic.
  case numeric
  case floating
  case logical

  @inline(__always)
  func takes(_ type: ScalarType) -> Bool {
    switch self {
    case .numeric: type.isNumeric
    case .floating: type.isFloatingPoint
    case .logical: type == .bool
    }
  }
}

/// What every application of an elementwise operation asks of its row in the table, in four bytes.
struct ElementwiseTraits {
  /// The kernel's number.
  let kernel: UInt8
  let domain: ElementwiseDomain
  /// Whether memory, not arithmetic, is the limit.
  let isCheap: Bool
  let saves: SavePolicy

  /// Elements that a thread should have at least.
  @inline(__always)
  var grain: Int { isCheap ? ElementwiseLoop.cheapGrain : ElementwiseLoop.expensiveGrain }

  /// Floating-point operations per element, about.
  var flops: Int { isCheap ? 1 : 16 }

  /// A row's traits, found at every application: hence in a table in C, which is read without a call or a reference
  /// count.
  @inline(__always)
  static func of(_ index: UInt8, in table: mk_table, _ rows: @autoclosure () -> [ElementwiseTraits])
    -> ElementwiseTraits
  {
    let all = mk_table_get(table) ?? pack(rows(), into: table)
    return all.assumingMemoryBound(to: ElementwiseTraits.self)[Int(index)]
  }

  /// Made by whoever comes first; of two at once, one table is left unused.
  @inline(never)
  private static func pack(_ rows: [ElementwiseTraits], into table: mk_table) -> UnsafeRawPointer {
    let all = UnsafeMutablePointer<ElementwiseTraits>.allocate(capacity: rows.count)
    all.initialize(from: rows, count: rows.count)
    mk_table_set(table, all)
    return UnsafeRawPointer(all)
  }
}
