// Reductions of `Bool` tensors over all elements, one axis or several, as those of numbers, and whether numbers are 0.

extension Tensor where Scalar: NumericScalar {
  /// Whether any element is not 0, as NaN is not; false if there are none.
  public func any(keepDims: Bool = false) -> Tensor<Bool> { (self .!= 0).any(keepDims: keepDims) }
  /// Whether any element along an axis is not 0.
  public func any(axis: Int, keepDims: Bool = false) -> Tensor<Bool> { any(axes: [axis], keepDims: keepDims) }
  /// Whether any element along several axes is not 0.
  public func any(axes: [Int], keepDims: Bool = false) -> Tensor<Bool> {
    (self .!= 0).any(axes: normalizedAxes(axes, "any"), keepDims: keepDims)
  }

  /// Whether all elements are not 0, as NaN is not; true if there are none.
  public func all(keepDims: Bool = false) -> Tensor<Bool> { (self .!= 0).all(keepDims: keepDims) }
  /// Whether all elements along an axis are not 0.
  public func all(axis: Int, keepDims: Bool = false) -> Tensor<Bool> { all(axes: [axis], keepDims: keepDims) }
  /// Whether all elements along several axes are not 0.
  public func all(axes: [Int], keepDims: Bool = false) -> Tensor<Bool> {
    (self .!= 0).all(axes: normalizedAxes(axes, "all"), keepDims: keepDims)
  }
}

extension Tensor where Scalar == Bool {
  /// Whether any element is true; false if there are none.
  public func any(keepDims: Bool = false) -> Tensor { reduced(.any, keepDims) }
  /// Whether any element along an axis is true.
  public func any(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.any, [axis], keepDims) }
  /// Whether any element along several axes is true.
  public func any(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.any, axes, keepDims) }

  /// Whether all elements are true; true if there are none.
  public func all(keepDims: Bool = false) -> Tensor { reduced(.all, keepDims) }
  /// Whether all elements along an axis are true.
  public func all(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.all, [axis], keepDims) }
  /// Whether all elements along several axes are true.
  public func all(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.all, axes, keepDims) }

  /// How many elements are true.
  public func sum(keepDims: Bool = false) -> Tensor<Int64> { cast(to: Int64.self).sum(keepDims: keepDims) }
  /// How many elements along an axis are true.
  public func sum(axis: Int, keepDims: Bool = false) -> Tensor<Int64> {
    cast(to: Int64.self).sum(axis: axis, keepDims: keepDims)
  }
  /// How many elements along several axes are true.
  public func sum(axes: [Int], keepDims: Bool = false) -> Tensor<Int64> {
    cast(to: Int64.self).sum(axes: axes, keepDims: keepDims)
  }

  /// The share of all elements that are true, such as an accuracy: `(predicted .== labels).mean()`.
  ///
  /// NaN if there are no elements.
  public func mean(keepDims: Bool = false) -> Tensor<Float> { share(sum(keepDims: keepDims), of: count) }
  /// The shares of the elements along an axis that are true.
  public func mean(axis: Int, keepDims: Bool = false) -> Tensor<Float> { mean(axes: [axis], keepDims: keepDims) }
  /// The shares of the elements along several axes that are true.
  public func mean(axes: [Int], keepDims: Bool = false) -> Tensor<Float> {
    let axes = normalizedAxes(axes, "mean")
    return share(sum(axes: axes, keepDims: keepDims), of: reducedCount(axes))
  }

  /// Divides in Double, so that the result is as exact as a Float can be, however many elements there are.
  private func share(_ trues: Tensor<Int64>, of count: Int) -> Tensor<Float> {
    (trues.cast(to: Double.self) / Double(count)).cast(to: Float.self)
  }
}
