/// References to objects of which each may be missing: three without an array, further ones in one.
///
/// Beside `Few` since a missing reference needs no room of its own here: every recorded operation has two such lists.
struct FewReferences<Object: AnyObject> {
  private(set) var inline: (Object?, Object?, Object?)
  private(set) var rest: [Object?]?
  private(set) var count: Int

  /// Creates an empty list.
  @inline(__always)
  init() {
    inline = (nil, nil, nil)
    rest = nil
    count = 0
  }

  /// Creates a list of one reference.
  @inline(__always)
  init(_ first: Object) {
    inline = (first, nil, nil)
    rest = nil
    count = 1
  }

  /// Creates a list of `count` references, of which at most three are given as such and the others by `rest`.
  @inline(__always)
  init(_ first: Object?, _ second: Object?, _ third: Object?, rest: [Object?]?, count: Int) {
    inline = (first, second, third)
    self.rest = rest
    self.count = count
  }

  /// Creates a list of the references of an array.
  init(_ all: [Object]) {
    self.init(
      all.count > 0 ? all[0] : nil, all.count > 1 ? all[1] : nil, all.count > 2 ? all[2] : nil,
      rest: all.count > 3 ? all[3...].map { $0 } : nil, count: all.count)
  }

  /// The reference at a position; nil where it is missing, also where there is no such position.
  @inline(__always)
  subscript(index: Int) -> Object? {
    switch index {
    case 0: inline.0
    case 1: inline.1
    case 2: inline.2
    default: rest.flatMap { index - 3 < $0.count ? $0[index - 3] : nil }
    }
  }

  /// Calls `body` with every reference in place, in order.
  @inline(__always)
  mutating func mutate(_ body: (inout Object?) -> Void) {
    body(&inline.0)
    body(&inline.1)
    body(&inline.2)
    if rest != nil { for index in rest!.indices { body(&rest![index]) } }
  }
}
