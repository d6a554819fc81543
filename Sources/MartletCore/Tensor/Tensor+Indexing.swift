/// What stands between the brackets of `tensor[...]`, one an axis: see `TensorIndexing`'s members.
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

/// A value that can stand between the brackets: integers, ranges of integers, and `TensorIndex` itself.
public protocol TensorIndexing {
  var tensorIndex: TensorIndex { get }
}

extension TensorIndexing where Self == TensorIndex {
  /// One element: the axis is dropped. Negative ones count from the back.
  public static func element(_ index: Int) -> TensorIndex { TensorIndex(.element(index)) }

  /// Every `step`-th element from `from` up to before `to`; nil is the axis's end, negative ones count from the back.
  public static func slice(from: Int? = nil, to: Int? = nil, step: Int = 1) -> TensorIndex {
    TensorIndex(.slice(from: from, to: to, step: step))
  }

  /// The whole axis.
  public static var all: TensorIndex { TensorIndex(.slice(from: nil, to: nil, step: 1)) }

  /// A new axis of length 1.
  public static var newAxis: TensorIndex { TensorIndex(.newAxis) }

  /// As many whole axes as are not named.
  public static var ellipsis: TensorIndex { TensorIndex(.ellipsis) }
}

extension TensorIndex: TensorIndexing {
  public var tensorIndex: TensorIndex { self }
}

extension Int: TensorIndexing {
  public var tensorIndex: TensorIndex { .element(self) }
}

extension Range: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(from: lowerBound, to: upperBound, step: 1) }
}

extension ClosedRange: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(from: lowerBound, to: upperBound == -1 ? nil : upperBound + 1, step: 1) }
}

extension PartialRangeFrom: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(from: lowerBound, to: nil, step: 1) }
}

extension PartialRangeUpTo: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(from: nil, to: upperBound, step: 1) }
}

extension PartialRangeThrough: TensorIndexing where Bound == Int {
  public var tensorIndex: TensorIndex { .slice(from: nil, to: upperBound == -1 ? nil : upperBound + 1, step: 1) }
}

extension Tensor {
  /// Elements and slices: `t[0]`, `t[1..<3]`, `t[0, 1...]`, `t[.ellipsis, -1]`, `t[.slice(step: -1)]`.
  ///
  /// An integer drops its axis, a range keeps it, axes that are not named are taken whole. Reading gives a view. An
  /// assignment broadcasts the new value; it changes this tensor alone, copying first what others share. Ranges that
  /// reach past the end are an error, as in Swift's arrays.
  public subscript(_ a: some TensorIndexing) -> Tensor {
    get { self[[a.tensorIndex]] }
    set { self[[a.tensorIndex]] = newValue }
  }

  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex]] = newValue }
  }

  public subscript(_ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex]] = newValue }
  }

  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing
  ) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex]] = newValue }
  }

  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing,
    _ e: some TensorIndexing
  ) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex]] = newValue }
  }

  public subscript(
    _ a: some TensorIndexing, _ b: some TensorIndexing, _ c: some TensorIndexing, _ d: some TensorIndexing,
    _ e: some TensorIndexing, _ f: some TensorIndexing
  ) -> Tensor {
    get { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex]] }
    set { self[[a.tensorIndex, b.tensorIndex, c.tensorIndex, d.tensorIndex, e.tensorIndex, f.tensorIndex]] = newValue }
  }

  /// Elements and slices by a list of indices.
  public subscript(indices: [TensorIndex]) -> Tensor {
    get { resolved(indices).view(of: self) }
    set { assign(newValue, at: indices) }
  }

  private func resolved(_ indices: [TensorIndex]) -> ResolvedIndex { ResolvedIndex(indices, shape) }

  private mutating func assign(_ value: Tensor, at indices: [TensorIndex]) {
    let index = resolved(indices)
    if erased.node == nil && value.erased.node == nil {
      // Nothing is recorded: in place, where nobody else sees it.
      let target = index.layout(of: shape)
      if !value.shape.canBroadcast(to: target.shape) {
        trap(
          "subscript", "\(value.shape) does not broadcast to \(target.shape), the elements that \(shape) is assigned at"
        )
      }
      let source = value.erased.body
      erased.makeUnique()
      var view = index.layout(of: erased.body.layout)
      view.shape = target.shape
      StridedWrite.write(source, to: erased.body.view(view))
      return
    }
    self = Tensor(unchecked: index.updating(erased, with: value.erased))
  }
}

/// An index with every number known: slices along axes, then which axes are dropped and where new ones come.
private struct ResolvedIndex {
  var slices: [Slice] = []
  /// The resulting axes in order: nil for a new one, else the axis of the operand.
  var axes: [Int?] = []

  init(_ indices: [TensorIndex], _ shape: Shape) {
    func count(_ isCounted: (TensorIndex) -> Bool) -> Int { indices.filter(isCounted).count }
    let named = count { if case .newAxis = $0.kind { false } else if case .ellipsis = $0.kind { false } else { true } }
    if named > shape.rank { trap("subscript", "\(named) indices for \(shape), which has \(shape.rank) axes") }
    if count({ if case .ellipsis = $0.kind { true } else { false } }) > 1 {
      trap("subscript", "more than one ellipsis")
    }
    var axis = 0
    for index in indices {
      switch index.kind {
      case .newAxis: axes.append(nil)
      case .ellipsis:
        for _ in 0..<(shape.rank - named) {
          axes.append(axis)
          axis += 1
        }
      case .element(let position):
        let length = shape.axes[axis]
        let place = position < 0 ? position + length : position
        if place < 0 || place >= length {
          trap("subscript", "index \(position) is out of range for axis \(axis) of \(shape)")
        }
        slices.append(Slice(axis: axis, start: place, step: 1, count: 1))
        axis += 1
      case .slice(let from, let to, let step):
        slices.append(ResolvedIndex.slice(axis, from, to, step, shape))
        axes.append(axis)
        axis += 1
      }
    }
    while axis < shape.rank {
      axes.append(axis)
      axis += 1
    }
  }

  private static func slice(_ axis: Int, _ from: Int?, _ to: Int?, _ step: Int, _ shape: Shape) -> Slice {
    let length = shape.axes[axis]
    if step == 0 { trap("subscript", "a slice's step is not 0") }
    func place(_ position: Int) -> Int {
      let result = position < 0 ? position + length : position
      if result < 0 || result > length {
        trap("subscript", "position \(position) is out of range for axis \(axis) of \(shape)")
      }
      return result
    }
    let start = from.map(place) ?? (step > 0 ? 0 : length - 1)
    let end = to.map(place) ?? (step > 0 ? length : -1)
    let distance = step > 0 ? end - start : start - end
    let count = max(0, (distance + abs(step) - 1) / abs(step))
    if count > 0 && start >= length {
      trap("subscript", "position \(start) is out of range for axis \(axis) of \(shape)")
    }
    return Slice(axis: axis, start: count == 0 ? 0 : start, step: step, count: count)
  }

  /// The layout of the elements within a layout, axes dropped and added.
  func layout(of layout: Layout) -> Layout {
    var sliced = layout
    for slice in slices {
      sliced = sliced.sliced(axis: slice.axis, start: slice.start, step: slice.step, count: slice.count)
    }
    var result = Layout(shape: .scalar, strides: AxisList(), offset: sliced.offset)
    for axis in axes {
      result.shape.axes.append(axis.map { sliced.shape.axes[$0] } ?? 1)
      result.strides.append(axis.map { sliced.strides[$0] } ?? 0)
    }
    return result
  }

  func layout(of shape: Shape) -> Layout { layout(of: Layout(contiguous: shape)) }

  func view<Scalar>(of tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    if tensor.erased.node == nil {
      // Nothing is recorded: one view for the whole index.
      return Tensor(unchecked: AnyTensor(tensor.erased.body.view(layout(of: tensor.erased.body.layout))))
    }
    var result = tensor.erased
    for slice in slices { result = apply(slice, result) }
    return Tensor(unchecked: apply(Reshape(to: layout(of: tensor.shape).shape), result))
  }

  /// The tensor with the elements at the index replaced, as recorded operations: the innermost slice is updated, and
  /// each slice with the one within it.
  func updating(_ base: AnyTensor, with value: AnyTensor) -> AnyTensor {
    var parts = [base]
    for slice in slices { parts.append(apply(slice, parts.last!)) }
    let target = layout(of: base.shape).shape
    if !value.shape.canBroadcast(to: target) {
      trap(
        "subscript", "\(value.shape) does not broadcast to \(target), the elements that \(base.shape) is assigned at")
    }
    var updated = apply(Reshape(to: parts.last!.shape), apply(BroadcastTo(target), value))
    for (slice, part) in zip(slices, parts).reversed() { updated = apply(UpdateSlice(slice), part, updated) }
    return updated
  }
}
