// Means and spreads of integers, which are `Double`, as NumPy's are: computed in it, so that sums do not wrap around.

extension Tensor where Scalar: IntegerScalar {
  private var asDouble: Tensor<Double> { cast(to: Double.self) }

  /// The mean of all elements, NaN if there are none.
  public func mean(keepDims: Bool = false) -> Tensor<Double> { asDouble.mean(keepDims: keepDims) }
  /// The means along an axis.
  public func mean(axis: Int, keepDims: Bool = false) -> Tensor<Double> {
    asDouble.mean(axis: axis, keepDims: keepDims)
  }
  /// The means along several axes.
  public func mean(axes: [Int], keepDims: Bool = false) -> Tensor<Double> {
    asDouble.mean(axes: axes, keepDims: keepDims)
  }

  /// The variance of all elements: the sum of their squared distances from the mean, divided by the count minus
  /// `correction`.
  public func variance(keepDims: Bool = false, correction: Int = 0) -> Tensor<Double> {
    asDouble.variance(keepDims: keepDims, correction: correction)
  }
  /// The variances along an axis.
  public func variance(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor<Double> {
    asDouble.variance(axis: axis, keepDims: keepDims, correction: correction)
  }
  /// The variances along several axes.
  public func variance(axes: [Int], keepDims: Bool = false, correction: Int = 0) -> Tensor<Double> {
    asDouble.variance(axes: axes, keepDims: keepDims, correction: correction)
  }

  /// The square root of the variance of all elements.
  public func standardDeviation(keepDims: Bool = false, correction: Int = 0) -> Tensor<Double> {
    asDouble.standardDeviation(keepDims: keepDims, correction: correction)
  }
  /// The square roots of the variances along an axis.
  public func standardDeviation(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor<Double> {
    asDouble.standardDeviation(axis: axis, keepDims: keepDims, correction: correction)
  }
  /// The square roots of the variances along several axes.
  public func standardDeviation(axes: [Int], keepDims: Bool = false, correction: Int = 0) -> Tensor<Double> {
    asDouble.standardDeviation(axes: axes, keepDims: keepDims, correction: correction)
  }
}
