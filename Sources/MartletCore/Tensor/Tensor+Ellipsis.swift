// NumPy's `...` in a subscript: as many whole axes as no index names. Swift's `...` has a function type, which cannot
// conform to a protocol, so that each form is a subscript of its own. In all other forms `.ellipsis` means the same.

extension Tensor {
  /// All elements: `x[...] = y` assigns them.
  public subscript(_ whole: UnboundedRange) -> Tensor {
    get { self[[.ellipsis]] }
    set { self[[.ellipsis]] = newValue }
  }

  /// Elements and slices along the last axis: `x[..., 0]`.
  public subscript(_ others: UnboundedRange, _ last: some TensorIndexing) -> Tensor {
    get { self[[.ellipsis, last.tensorIndex]] }
    set { self[[.ellipsis, last.tensorIndex]] = newValue }
  }

  /// Elements and slices along the last two axes: `x[..., 0, 1...]`.
  public subscript(
    _ others: UnboundedRange, _ first: some TensorIndexing, _ last: some TensorIndexing
  ) -> Tensor {
    get { self[[.ellipsis, first.tensorIndex, last.tensorIndex]] }
    set { self[[.ellipsis, first.tensorIndex, last.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first and the last axis: `x[0, ..., 1]`.
  public subscript(
    _ first: some TensorIndexing, _ others: UnboundedRange, _ last: some TensorIndexing
  ) -> Tensor {
    get { self[[first.tensorIndex, .ellipsis, last.tensorIndex]] }
    set { self[[first.tensorIndex, .ellipsis, last.tensorIndex]] = newValue }
  }

  /// Elements and slices along the first axis: `x[0, ...]`, which is `x[0]`.
  public subscript(_ first: some TensorIndexing, _ others: UnboundedRange) -> Tensor {
    get { self[[first.tensorIndex, .ellipsis]] }
    set { self[[first.tensorIndex, .ellipsis]] = newValue }
  }

  /// Assigns one number to all elements: `x[...] = 0`.
  @_disfavoredOverload
  public subscript(_ whole: UnboundedRange) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x.item()")
    get { fatalError("unavailable") }
    set { self[[.ellipsis]] = newValue }
  }

  /// Assigns one number to all elements at an index along the last axis: `x[..., 0] = 1`.
  @_disfavoredOverload
  public subscript(_ others: UnboundedRange, _ last: some TensorIndexing) -> Scalar? {
    @available(*, unavailable, message: "a subscript gives a tensor; the number of one with one element is x[…].item()")
    get { fatalError("unavailable") }
    set { self[[.ellipsis, last.tensorIndex]] = newValue }
  }
}
