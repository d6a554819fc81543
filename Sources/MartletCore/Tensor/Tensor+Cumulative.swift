// Running totals along an axis.

extension Tensor where Scalar: NumericScalar {
  /// Element i is the sum of elements 0 ... i; integers wrap.
  public func cumulativeSum(axis: Int) -> Tensor {
    Tensor(unchecked: apply(Cumulative(isProduct: false, axis: normalizedAxes([axis], "cumulativeSum")[0]), erased))
  }

  /// Element i is the product of elements 0 ... i; integers wrap.
  public func cumulativeProduct(axis: Int) -> Tensor {
    Tensor(unchecked: apply(Cumulative(isProduct: true, axis: normalizedAxes([axis], "cumulativeProduct")[0]), erased))
  }
}
