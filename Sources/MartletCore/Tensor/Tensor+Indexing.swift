/// One of the indices in the brackets of `tensor[...]`: see the members of `TensorIndexing`.
public struct TensorIndex: Sendable, ExpressibleByIntegerLiteral {
  package enum Kind {
    case element(Int)
    case slice(from: Int?, to: Int?, step: Int)
    case newAxis
    case ellipsis
  }

  package let kind: Kind

  package init(_ kind: Kind) { self.kind = kind }

  public init(integerLiteral value: Int) { kind = .element(value) }
}

/// A value that can be an index in the brackets of `tensor[...]`: an integer, a range of integers, or a `TensorIndex`.
public protocol TensorIndexing {
  /// The value as an index of an axis.
  var tensorIndex: TensorIndex { get }
}

extension TensorIndexing where Self == TensorIndex {
  /// One element, which drops the axis; a negative index counts from the end.
  public static func element(_ index: Int) -> TensorIndex { TensorIndex(.element(index)) }

  /// Every `step`-th element from `from` on, up to but not including `to`.
  ///
  /// Nil stands for the beginning or the end of the axis, the other way round with a negative step. Negative positions
  /// count from the end.
  public static func slice(from: Int? = nil, to: Int? = nil, step: Int = 1) -> TensorIndex {
    TensorIndex(.slice(from: from, to: to, step: step))
  }

  /// The whole axis.
  public static var all: TensorIndex { TensorIndex(.slice(from: nil, to: nil, step: 1)) }

  /// A new axis of length 1.
  public static var newAxis: TensorIndex { TensorIndex(.newAxis) }

  /// As many whole axes as no other index names.
  public static var ellipsis: TensorIndex { TensorIndex(.ellipsis) }
}

extension TensorIndex: TensorIndexing {
  /// The index itself.
  public var tensorIndex: TensorIndex { self }
}

extension Int: TensorIndexing {
  /// One element, which drops the axis; a negative number counts from the end.
  public var tensorIndex: TensorIndex { .element(self) }
}

extension Range: TensorIndexing where Bound == Int {
  /// The elements from the lower bound up to but not including the upper one.
  public var tensorIndex: TensorIndex { .slice(from: lowerBound, to: upperBound, step: 1) }
}

extension ClosedRange: TensorIndexing where Bound == Int {
  /// The elements from the lower bound up to and including the upper one.
  public var tensorIndex: TensorIndex { .slice(from: lowerBound, to: end(through: upperBound), step: 1) }
}

extension PartialRangeFrom: TensorIndexing where Bound == Int {
  /// The elements from the lower bound on.
  public var tensorIndex: TensorIndex { .slice(from: lowerBound, to: nil, step: 1) }
}

extension PartialRangeUpTo: TensorIndexing where Bound == Int {
  /// The elements up to but not including the upper bound.
  public var tensorIndex: TensorIndex { .slice(from: nil, to: upperBound, step: 1) }
}

extension PartialRangeThrough: TensorIndexing where Bound == Int {
  /// The elements up to and including the upper bound.
  public var tensorIndex: TensorIndex { .slice(from: nil, to: end(through: upperBound), step: 1) }
}

/// The end of a slice whose last position is given; for −1 it is nil, the end of the axis. The greatest number is kept:
/// it is past the end of every axis, and traps as such.
private func end(through last: Int) -> Int? { last == -1 ? nil : last == .max ? .max : last + 1 }

extension Tensor {
  /// Elements and slices: `t[0]`, `t[1..<3]`, `t[0, 1...]`, `t[..., -1]`, `t[.slice(step: -1)]`.
  ///
  /// An integer drops its axis, a range keeps it, and axes that are not named are taken whole. Reading gives a view. An
  /// assignment broadcasts the new value; it changes this tensor alone: what other tensors see is copied first. Traps
  /// when an index or a range is past the end, as Swift's arrays do.
  ///
  /// Negative positions count from the end: `t[-1]`, `t[(-3)...]`, `t[..<(-1)]`, `t[-3 ..< -1]`. Swift itself traps on
  /// a range that ends before it begins: for Python's `t[1:-1]` write `t[.slice(from: 1, to: -1)]`, not `t[1 ..< -1]`.
  ///
  /// - Complexity: Reading is O(rank); an assignment is O(elements written), or O(count) when another tensor sees the
  ///   memory.
  public subscript(_ a: some TensorIndexing) -> Tensor {
    get { self[[a.tensorIndex]] }
    set { self[[a.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first two axes.
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first three axes.
  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first four axes.
  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing
  ) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first five axes.
  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing,
    _ e: some TensorIndexing
  ) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first six axes.
  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing,
    _ e: some TensorIndexing, _ f: some TensorIndexing
  ) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first seven axes.
  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing,
    _ e: some TensorIndexing, _ f: some TensorIndexing, _ g: some TensorIndexing
  ) -> Tensor {
    get {
      self[[
        a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex, g.tensorIndex,
      ]]
    }
    set {
      self[[
        a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex, g.tensorIndex,
      ]] = newValue
    }
  }

  /// Elements and slices along the first eight axes.
  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing,
    _ e: some TensorIndexing, _ f: some TensorIndexing, _ g: some TensorIndexing, _ h: some TensorIndexing
  ) -> Tensor {
    get {
      self[[
        a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex, g.tensorIndex,
        h.tensorIndex,
      ]]
    }
    set {
      self[[
        a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex, g.tensorIndex,
        h.tensorIndex,
      ]] = newValue
    }
  }

  /// Elements and slices by a list of indices.
  public subscript(indices: [TensorIndex]) -> Tensor {
    get { Tensor(unchecked: apply(resolved(indices), erased)) }
    set { assign(newValue, at: indices) }
  }

  private func resolved(_ indices: [TensorIndex]) -> Slice { Slice(indices, of: shape) }

  private mutating func assign(_ value: Tensor, at indices: [TensorIndex]) {
    let slice = resolved(indices)
    if !value.shape.canBroadcast(to: slice.shape) {
      trap(
        "subscript", "\(value.shape) does not broadcast to \(slice.shape), the elements that \(shape) is assigned at")
    }
    if erased.node != nil || value.erased.node != nil {
      self = Tensor(unchecked: apply(UpdateSlice(slice), erased, value.erased))
      return
    }
    // Nothing is recorded, so that it can be done in place, after a copy where another tensor sees the memory.
    let source = value.erased.body
    erased.makeUnique()
    perform(Assign(slice: slice), reading: [source], writing: [erased.body])
  }
}

extension Slice {
  /// Creates the slice that the indices in brackets name.
  fileprivate init(_ indices: [TensorIndex], of shape: Shape) {
    self.init(of: shape)
    var (named, ellipses, rank) = (0, 0, shape.rank)
    for index in indices {
      switch index.kind {
      case .newAxis: rank += 1
      case .ellipsis: ellipses += 1
      case .element:
        named += 1
        rank -= 1
      case .slice: named += 1
      }
    }
    if named > shape.rank { trap("subscript", "\(named) indices for \(shape), which has \(shape.rank) axes") }
    if ellipses > 1 { trap("subscript", "more than one ellipsis") }
    shape.requireRank(rank, for: "subscript")
    var axis = 0
    func takeWhole(_ count: Int, _ slice: inout Slice) {
      for _ in 0..<count {
        slice.takeAll(axis)
        axis += 1
      }
    }
    for index in indices {
      switch index.kind {
      case .newAxis: insertAxis()
      case .ellipsis: takeWhole(shape.rank - named, &self)
      case .element(let position):
        let length = shape.axes[axis]
        let element = position < 0 ? position + length : position
        if element < 0 || element >= length {
          trap("subscript", "index \(position) is out of range for axis \(axis) of \(shape)")
        }
        drop(axis, at: element)
        axis += 1
      case .slice(let from, let to, let step):
        takeRange(axis, from, to, step, of: shape)
        axis += 1
      }
    }
    takeWhole(shape.rank - axis, &self)
  }

  private mutating func takeRange(_ axis: Int, _ from: Int?, _ to: Int?, _ step: Int, of shape: Shape) {
    let length = shape.axes[axis]
    if step == 0 { trap("subscript", "a slice's step is not 0") }
    func counted(_ position: Int) -> Int {
      let result = position < 0 ? position + length : position
      if result < 0 || result > length {
        trap("subscript", "position \(position) is out of range for axis \(axis) of \(shape)")
      }
      return result
    }
    let start = from.map(counted) ?? (step > 0 ? 0 : length - 1)
    let end = to.map(counted) ?? (step > 0 ? length : -1)
    let distance = step > 0 ? end - start : start - end
    let count = distance <= 0 ? 0 : (distance - 1) / Int(clamping: step.magnitude) + 1
    if count > 0 && start >= length {
      trap("subscript", "position \(start) is out of range for axis \(axis) of \(shape)")
    }
    take(axis, start: start, step: step, count: count)
  }
}
