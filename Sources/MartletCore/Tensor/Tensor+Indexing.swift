/// One of the indices in the brackets of `tensor[...]`: see the members of `TensorIndexing`.
public struct TensorIndex: Sendable, ExpressibleByIntegerLiteral {
  package enum Kind {
    case element(Int)
    case slice(from: Int?, to: Int?, step: Int)
    case newAxis
    case ellipsis
    case tensor(Tensor<Int64>)
    case mask(Tensor<Bool>)
  }

  package let kind: Kind

  package init(_ kind: Kind) { self.kind = kind }

  public init(integerLiteral value: Int) { kind = .element(value) }
}

/// A value that can be an index in the brackets of `tensor[...]`: an integer, a range of integers, a tensor or an array
/// of integers or of `Bool`, or a `TensorIndex`.
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
  /// Elements and slices: `t[0]`, `t[1..<3]`, `t[0, 1...]`, `t[..., -1]`, `t[.slice(step: -1)]`, `t[[0, 2], .all]`,
  /// `t[t .> 0]`.
  ///
  /// An integer drops its axis, a range keeps it, and axes that are not named are taken whole. Reading gives a view, or
  /// a copy where an index is a tensor. An assignment broadcasts the new value; it changes this tensor alone: what
  /// other tensors see is copied first. Traps when an index or a range is past the end, as Swift's arrays do.
  ///
  /// Tensors and arrays of integers name elements along an axis each; a mask of `Bool`, whose shape is that of as many
  /// axes, names those where it is true, in row-major order. Several are broadcast together, and what they name has
  /// their axes: in place of the axes they index where these are neighbours, counting integers among them, else in
  /// front (NumPy's advanced indexing). Where an element is named twice, assigning sets it once, to the last of the
  /// values, and `+=` adds once: `add(_:at:)` adds as often as it is named.
  ///
  /// Negative positions count from the end: `t[-1]`, `t[(-3)...]`, `t[..<(-1)]`, `t[-3 ..< -1]`. Swift itself traps on
  /// a range that ends before it begins: for Python's `t[1:-1]` write `t[.slice(from: 1, to: -1)]`, not `t[1 ..< -1]`.
  ///
  /// - Complexity: Reading is O(rank), or O(elements read) at tensors; an assignment is O(elements written), or O(count)
  ///   when another tensor sees the memory or the assignment is recorded. A mask is read once more.
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

  // Not left to `TensorIndexing`: a literal of integers would be taken for the list of indices below.

  /// The elements at integers along the first axis: `t[[0, 2]]`.
  public subscript(indices: [Int]) -> Tensor {
    get { self[[indices.tensorIndex]] }
    set { self[[indices.tensorIndex]] = newValue }
  }

  /// Elements and slices by a list of indices.
  public subscript(indices: [TensorIndex]) -> Tensor {
    get { read(IndexedPlace(indices, of: shape)) }
    set { assign(newValue, at: IndexedPlace(indices, of: shape)) }
  }
}
