import MartletCore

extension Tensor where Scalar: FloatingScalar {
  /// The mean of all elements with weights of the same shape: NumPy's `average`.
  ///
  /// Traps when the weights have another shape or their sum is 0.
  public func average(weights: Tensor, keepDims: Bool = false) -> Tensor {
    average(weights, Array(0..<rank), keepDims)
  }

  /// The means along an axis with weights, which have the tensor's shape or are one for each index along the axis.
  ///
  /// Traps when the weights have another shape or a sum of them is 0.
  public func average(weights: Tensor, axis: Int, keepDims: Bool = false) -> Tensor {
    average(weights, normalizedAxes([axis], "average"), keepDims)
  }

  /// The means along several axes with weights, which have the tensor's shape or that of the axes, in their order.
  ///
  /// Traps when the weights have another shape or a sum of them is 0.
  public func average(weights: Tensor, axes: [Int], keepDims: Bool = false) -> Tensor {
    average(weights, normalizedAxes(axes, "average"), keepDims)
  }

  private func average(_ weights: Tensor, _ axes: [Int], _ keepDims: Bool) -> Tensor {
    var weights = weights
    if weights.shape != shape {
      let own = Shape(axes.map { shape[$0] })
      if weights.shape != own { trap("average", "expected weights of shape \(shape) or \(own), got \(weights.shape)") }
      // The given order of the axes, brought into that of the tensor.
      let sorted = axes.indices.sorted { axes[$0] < axes[$1] }
      weights = weights.permuted(sorted).reshaped(to: Shape((0..<rank).map { axes.contains($0) ? shape[$0] : 1 }))
    }
    let total = weights.sum(axes: axes, keepDims: keepDims)
    if !total.erased.dependsOnExample && (total.detached() .== 0).any().item() {
      trap("average", "expected weights whose sum is not 0, got such, of shape \(weights.shape)")
    }
    return (self * weights).sum(axes: axes, keepDims: keepDims) / total
  }
}

extension Tensor where Scalar: NumericScalar {
  /// The largest of all elements less the smallest, NaN if there is one; integers wrap around: NumPy's `ptp`.
  ///
  /// Traps when there are no elements.
  public func peakToPeak(keepDims: Bool = false) -> Tensor { max(keepDims: keepDims) - min(keepDims: keepDims) }
  /// The largest elements along an axis less the smallest.
  public func peakToPeak(axis: Int, keepDims: Bool = false) -> Tensor { peakToPeak(axes: [axis], keepDims: keepDims) }
  /// The largest elements along several axes less the smallest.
  public func peakToPeak(axes: [Int], keepDims: Bool = false) -> Tensor {
    let axes = normalizedAxes(axes, "peakToPeak")
    return max(axes: axes, keepDims: keepDims) - min(axes: axes, keepDims: keepDims)
  }

  /// How many of all elements are not 0, as NaN is not.
  public func countNonzero(keepDims: Bool = false) -> Tensor<Int64> { (self .!= 0).sum(keepDims: keepDims) }
  /// How many elements along an axis are not 0.
  public func countNonzero(axis: Int, keepDims: Bool = false) -> Tensor<Int64> {
    countNonzero(axes: [axis], keepDims: keepDims)
  }
  /// How many elements along several axes are not 0.
  public func countNonzero(axes: [Int], keepDims: Bool = false) -> Tensor<Int64> {
    (self .!= 0).sum(axes: normalizedAxes(axes, "countNonzero"), keepDims: keepDims)
  }
}

extension Tensor where Scalar: NumericScalar {
  /// The smallest and the largest of all elements, NaN if there is one: PyTorch's `aminmax`. Traps when there are none.
  public func minMax(keepDims: Bool = false) -> (min: Tensor, max: Tensor) {
    (min(keepDims: keepDims), max(keepDims: keepDims))
  }
  /// The smallest and the largest elements along an axis.
  public func minMax(axis: Int, keepDims: Bool = false) -> (min: Tensor, max: Tensor) {
    let axes = normalizedAxes([axis], "minMax")
    return (min(axes: axes, keepDims: keepDims), max(axes: axes, keepDims: keepDims))
  }
}
