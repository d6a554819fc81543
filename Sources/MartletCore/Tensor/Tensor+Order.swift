// Sorting along an axis.

extension Tensor where Scalar: NumericScalar {
  /// The indices that sort the elements along an axis; the sort is stable, and NaN is larger than every number.
  ///
  /// - Complexity: O(count · log n) for an axis of length n.
  public func argSort(axis: Int = -1, descending: Bool = false) -> Tensor<Int64> {
    let axis = normalizedAxes([axis], "argSort")[0]
    let last = swappedAxes(axis, -1)
    let order = Tensor<Int64>(unchecked: apply(ArgSort(descending: descending), last.erased))
    return order.swappedAxes(axis, -1)
  }

  /// The elements sorted along an axis; the sort is stable, and NaN is larger than every number.
  ///
  /// The gradient goes to where each element came from.
  ///
  /// - Complexity: O(count · log n) for an axis of length n.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    let axis = normalizedAxes([axis], "sorted")[0]
    // The kernel works along the last axis.
    let last = swappedAxes(axis, -1)
    return Tensor(unchecked: apply(Sort(descending: descending), last.erased)).swappedAxes(axis, -1)
  }

  /// The `count` largest (or smallest) elements along an axis, in order, and their indices.
  ///
  /// Traps when `count` is negative or greater than the length of the axis.
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
