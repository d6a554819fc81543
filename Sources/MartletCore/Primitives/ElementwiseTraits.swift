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

  /// The traits of all rows, where an application finds them without counting references.
  static func packed(_ rows: [ElementwiseTraits]) -> UnsafePointer<ElementwiseTraits> {
    let all = UnsafeMutablePointer<ElementwiseTraits>.allocate(capacity: rows.count)
    all.initialize(from: rows, count: rows.count)
    return UnsafePointer(all)
  }
}
