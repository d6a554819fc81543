// Order along an axis.

extension Tensor where Scalar: NumericScalar {
  /// The indices that put an axis in order, stable; NaN is larger than everything.
  ///
  /// - Complexity: O(count · log n) for an axis of length n.
  public func argSort(axis: Int = -1, descending: Bool = false) -> Tensor<Int64> {
    let axis = normalizedAxes([axis], "argSort")[0]
    let last = swappedAxes(axis, -1)
    let order = Tensor<Int64>(unchecked: apply(ArgSort(descending: descending), last.erased))
    return order.swappedAxes(axis, -1)
  }

  /// The elements of an axis in order, stable; NaN is larger than everything. The gradient goes back to where each
  /// element came from.
  ///
  /// - Complexity: O(count · log n) for an axis of length n.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    let axis = normalizedAxes([axis], "sorted")[0]
    // The order lies along the last axis, and so does the gathering: along another one, both would be copied.
    let last = swappedAxes(axis, -1)
    return last.takeAlong(last.argSort(descending: descending), axis: -1).swappedAxes(axis, -1)
  }

  /// The `count` largest (or smallest) elements of an axis in order, and where they were.
  ///
  /// - Complexity: O(count · log k) for the k largest.
  public func topK(_ count: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor<Int64>) {
    let index = normalizedAxes([axis], "topK")[0]
    if count < 0 || count > shape.axes[index] {
      trap("topK", "expected a count within 0 ... \(shape.axes[index]), axis \(index) of \(shape), got \(count)")
    }
    let results = applyAll(TopK(count: count, largest: largest), [swappedAxes(index, -1).erased])
    return (
      Tensor(unchecked: results[0]).swappedAxes(index, -1), Tensor<Int64>(unchecked: results[1]).swappedAxes(index, -1)
    )
  }
}
