/// A short list: three elements are stored inline, further ones in an array.
///
/// Most operations have at most three operands, so that their list needs no memory from the heap.
struct Few<Element> {
  var inline: (Element?, Element?, Element?)
  var rest: [Element]?
  var length: Int

  /// The number of elements.
  @inline(__always)
  var count: Int { length }

  /// Creates an empty list.
  @inline(__always)
  init() {
    inline = (nil, nil, nil)
    rest = nil
    length = 0
  }

  /// Creates a list of one element.
  @inline(__always)
  init(_ first: Element) {
    inline = (first, nil, nil)
    rest = nil
    length = 1
  }

  /// Creates a list of two elements.
  @inline(__always)
  init(_ first: Element, _ second: Element) {
    inline = (first, second, nil)
    rest = nil
    length = 2
  }

  /// Creates a list of three elements.
  @inline(__always)
  init(_ first: Element, _ second: Element, _ third: Element) {
    inline = (first, second, third)
    rest = nil
    length = 3
  }

  /// Creates a list of the elements of an array.
  init(_ elements: [Element]) {
    inline = (
      elements.count > 0 ? elements[0] : nil, elements.count > 1 ? elements[1] : nil,
      elements.count > 2 ? elements[2] : nil
    )
    rest = elements.count > 3 ? Array(elements[3...]) : nil
    length = elements.count
  }

  /// Creates a list of `count` elements, of which at most three are given as such and the others by `rest`.
  @inline(__always)
  init(_ first: Element, _ second: Element, _ third: Element, rest: [Element]?, count: Int) {
    inline = (count > 0 ? first : nil, count > 1 ? second : nil, count > 2 ? third : nil)
    self.rest = rest
    length = count
  }

  /// The element at a position; traps when there is none.
  subscript(index: Int) -> Element {
    @inline(__always)
    get {
      switch index {
      case 0: inline.0!
      case 1: inline.1!
      case 2: inline.2!
      default: rest![index - 3]
      }
    }
    // `set`, not `_modify`: a coroutine with several yields is not inlined and takes its frame from the heap.
    @inline(__always)
    set {
      switch index {
      case 0: inline.0 = newValue
      case 1: inline.1 = newValue
      case 2: inline.2 = newValue
      default: rest![index - 3] = newValue
      }
    }
  }

  /// Adds an element at the end.
  mutating func append(_ element: Element) {
    switch count {
    case 0: inline.0 = element
    case 1: inline.1 = element
    case 2: inline.2 = element
    default: rest = (rest ?? []) + [element]
    }
    length += 1
  }

  /// Calls `body` with every element, in order.
  @inline(__always)
  func forEach(_ body: (Element) -> Void) {
    if count > 0 { body(inline.0!) }
    if count > 1 { body(inline.1!) }
    if count > 2 { body(inline.2!) }
    if let rest { for element in rest { body(element) } }
  }

  /// Calls `body` with every element in place, in order.
  @inline(__always)
  mutating func mutate(_ body: (inout Element) -> Void) {
    if count > 0 { body(&inline.0!) }
    if count > 1 { body(&inline.1!) }
    if count > 2 { body(&inline.2!) }
    if rest != nil { for index in rest!.indices { body(&rest![index]) } }
  }

  /// The list of the results of `transform` for each element and its position.
  @inline(__always)
  func map<Other>(_ transform: (_ index: Int, _ element: Element) -> Other) -> Few<Other> {
    var result = Few<Other>()
    result.length = length
    if count > 0 { result.inline.0 = transform(0, inline.0!) }
    if count > 1 { result.inline.1 = transform(1, inline.1!) }
    if count > 2 { result.inline.2 = transform(2, inline.2!) }
    if let rest { result.rest = rest.enumerated().map { transform($0.offset + 3, $0.element) } }
    return result
  }

  /// The elements as an array.
  var array: [Element] {
    var all: [Element] = []
    all.reserveCapacity(count)
    forEach { all.append($0) }
    return all
  }
}

extension Few: Sendable where Element: Sendable {}
