// NumPy's `...` between the brackets: as many whole axes as are not named. Swift's is of a function type, which can
// have no conformance, so that each form is a subscript of its own. Elsewhere `.ellipsis` is the same.

extension Tensor {
  /// All elements: `x[...] = y` assigns them.
  public subscript(_ whole: UnboundedRange) -> Tensor {
    get { self[[.ellipsis]] }
    set { self[[.ellipsis]] = newValue }
  }

  /// An index of the last axis: `x[..., 0]`.
  public subscript(_ others: UnboundedRange, _ last: some TensorIndexing) -> Tensor {
    get { self[[.ellipsis, last.tensorIndex]] }
    set { self[[.ellipsis, last.tensorIndex]] = newValue }
  }

  /// Indices of the last two axes: `x[..., 0, 1...]`.
  public subscript(
    _ others: UnboundedRange, _ first: some TensorIndexing, _ last: some TensorIndexing
  ) -> Tensor {
    get { self[[.ellipsis, first.tensorIndex, last.tensorIndex]] }
    set { self[[.ellipsis, first.tensorIndex, last.tensorIndex]] = newValue }
  }

  /// An index of the first axis, and one of the last: `x[0, ..., 1]`.
  public subscript(
    _ first: some TensorIndexing, _ others: UnboundedRange, _ last: some TensorIndexing
  ) -> Tensor {
    get { self[[first.tensorIndex, .ellipsis, last.tensorIndex]] }
    set { self[[first.tensorIndex, .ellipsis, last.tensorIndex]] = newValue }
  }

  /// An index of the first axis: `x[0, ...]`, as `x[0]`.
  public subscript(_ first: some TensorIndexing, _ others: UnboundedRange) -> Tensor {
    get { self[[first.tensorIndex, .ellipsis]] }
    set { self[[first.tensorIndex, .ellipsis]] = newValue }
  }

  /// A number for all elements: `x[...] = 0`.
  @_disfavoredOverload
  public subscript(_ whole: UnboundedRange) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x.item()")
    get { fatalError("unavailable") }
    set { self[[.ellipsis]] = newValue }
  }

  /// A number for all elements at an index of the last axis: `x[..., 0] = 1`.
  @_disfavoredOverload
  public subscript(_ others: UnboundedRange, _ last: some TensorIndexing) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[.ellipsis, last.tensorIndex]] = newValue }
  }
}
