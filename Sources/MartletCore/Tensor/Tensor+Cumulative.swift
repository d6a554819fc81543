// Cumulative sums and products along an axis.

extension Tensor where Scalar: NumericScalar {
  /// The cumulative sum along an axis: element i is the sum of elements 0 ... i; integers wrap around.
  public func cumulativeSum(axis: Int) -> Tensor {
    Tensor(unchecked: apply(Cumulative(isProduct: false, axis: normalizedAxes([axis], "cumulativeSum")[0]), erased))
  }

  /// The cumulative product along an axis: element i is the product of elements 0 ... i; integers wrap around.
  public func cumulativeProduct(axis: Int) -> Tensor {
    Tensor(unchecked: apply(Cumulative(isProduct: true, axis: normalizedAxes([axis], "cumulativeProduct")[0]), erased))
  }
}
