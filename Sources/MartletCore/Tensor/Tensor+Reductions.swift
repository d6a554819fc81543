// Reductions: over all elements, one axis or several. Negative axes count from the back. Reduced axes are dropped, or
// kept with length 1 where `keepDims` is true.

extension Tensor where Scalar: NumericScalar {
  /// The sum of all elements; integers wrap.
  public func sum() -> Tensor { reduced(.sum) }
  /// The sums along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func sum(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.sum, [axis], keepDims) }
  /// The sums along several axes, which are dropped, or kept with length 1 (`keepDims`).
  public func sum(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.sum, axes, keepDims) }

  /// The product of all elements; integers wrap.
  public func product() -> Tensor { reduced(.product) }
  /// The products along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func product(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.product, [axis], keepDims) }
  /// The products along several axes, which are dropped, or kept with length 1 (`keepDims`).
  public func product(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.product, axes, keepDims) }

  /// The largest element, NaN if there is one; traps where there are no elements.
  public func max() -> Tensor { reduced(.max) }
  /// The largest elements along an axis, which is dropped, or kept with length 1 (`keepDims`); traps where there are none.
  public func max(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.max, [axis], keepDims) }
  /// The largest elements along several axes, which are dropped, or kept with length 1 (`keepDims`); traps where there are none.
  public func max(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.max, axes, keepDims) }

  /// The smallest element, NaN if there is one; traps where there are no elements.
  public func min() -> Tensor { reduced(.min) }
  /// The smallest elements along an axis, which is dropped, or kept with length 1 (`keepDims`); traps where there are none.
  public func min(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.min, [axis], keepDims) }
  /// The smallest elements along several axes, which are dropped, or kept with length 1 (`keepDims`); traps where there are none.
  public func min(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.min, axes, keepDims) }

  /// The index of the first largest element along an axis; NaN counts as largest.
  public func argMax(axis: Int = -1, keepDims: Bool = false) -> Tensor<Int64> { extreme(largest: true, axis, keepDims) }

  /// The index of the first smallest element along an axis; NaN counts as smallest.
  public func argMin(axis: Int = -1, keepDims: Bool = false) -> Tensor<Int64> {
    extreme(largest: false, axis, keepDims)
  }

  private func extreme(largest: Bool, _ axis: Int, _ keepDims: Bool) -> Tensor<Int64> {
    let axis = normalizedAxes([axis], largest ? "argMax" : "argMin")[0]
    let result = Tensor<Int64>(unchecked: apply(ArgExtreme(largest: largest, axis: axis), erased))
    return keepDims ? result.expandedDimension(at: axis) : result
  }
}

extension Tensor where Scalar == Bool {
  /// Whether any element is true.
  public func any() -> Tensor { reduced(.any) }
  /// Whether any element is true along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func any(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.any, [axis], keepDims) }

  /// Whether all elements are true.
  public func all() -> Tensor { reduced(.all) }
  /// Whether all elements are true along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func all(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.all, [axis], keepDims) }
}

extension Tensor where Scalar: FloatingScalar {
  /// The mean of all elements, NaN if there are none.
  public func mean() -> Tensor { reduced(.sum) / Scalar(count) }
  /// The means along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func mean(axis: Int, keepDims: Bool = false) -> Tensor { mean(axes: [axis], keepDims: keepDims) }
  /// The means along several axes, which are dropped, or kept with length 1 (`keepDims`).
  public func mean(axes: [Int], keepDims: Bool = false) -> Tensor { mean(over: normalizedAxes(axes, "mean"), keepDims) }

  private func mean(over axes: [Int], _ keepDims: Bool) -> Tensor {
    reduced(.sum, over: axes, keepDims) / Scalar(reducedCount(axes))
  }

  /// The mean squared distance from the mean: divided by the count less `correction` (0: the population's, NumPy's
  /// default; 1: the sample's, PyTorch's).
  public func variance(correction: Int = 0) -> Tensor { variance(axes: Array(0..<rank), correction: correction) }
  /// The variances along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func variance(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(axes: [axis], keepDims: keepDims, correction: correction)
  }
  /// The variances along several axes, which are dropped, or kept with length 1 (`keepDims`).
  public func variance(axes: [Int], keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(over: normalizedAxes(axes, "variance"), keepDims, correction)
  }

  private func variance(over axes: [Int], _ keepDims: Bool, _ correction: Int) -> Tensor {
    let distance = self - mean(over: axes, true)
    return distance.reduced(.sumOfSquares, over: axes, keepDims)
      / Scalar(Swift.max(0, reducedCount(axes) - correction))
  }

  /// The square root of the variance.
  public func standardDeviation(correction: Int = 0) -> Tensor { variance(correction: correction).sqrt() }
  /// The standard deviations along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func standardDeviation(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(over: normalizedAxes([axis], "standardDeviation"), keepDims, correction).sqrt()
  }

  /// The sum of the squares of all elements.
  public func sumOfSquares() -> Tensor { reduced(.sumOfSquares) }
  /// The sums of the squares along an axis, which is dropped, or kept with length 1 (`keepDims`).
  public func sumOfSquares(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.sumOfSquares, [axis], keepDims) }

  /// log Σ exp along an axis, without overflow.
  public func logSumExp(axis: Int = -1, keepDims: Bool = false) -> Tensor {
    let axis = normalizedAxes([axis], "logSumExp")[0]
    let result = Tensor(unchecked: apply(LogSumExp(), movedToBack(axis).erased))
    return keepDims ? result.expandedDimension(at: axis) : result
  }

  /// exp(x) / Σ exp(x) along an axis.
  public func softmax(axis: Int = -1) -> Tensor { alongBack(axis, "softmax", Softmax(isLogarithmic: false)) }

  /// The logarithm of softmax, without its cancellation.
  public func logSoftmax(axis: Int = -1) -> Tensor { alongBack(axis, "logSoftmax", Softmax(isLogarithmic: true)) }

  private func alongBack(_ axis: Int, _ name: String, _ primitive: Softmax) -> Tensor {
    let axis = normalizedAxes([axis], name)[0]
    if axis == rank - 1 { return Tensor(unchecked: apply(primitive, erased)) }
    return Tensor(unchecked: apply(primitive, swappedAxes(axis, -1).erased)).swappedAxes(axis, -1)
  }

  /// The axis behind all others, whose order is kept.
  private func movedToBack(_ axis: Int) -> Tensor {
    if axis == rank - 1 { return self }
    var order = (0..<rank).filter { $0 != axis }
    order.append(axis)
    return permuted(order)
  }
}

extension Tensor {
  /// The axes counted from the front; traps where there is no such axis or one is named twice.
  func normalizedAxes(_ axes: [Int], _ name: String) -> [Int] {
    var result: [Int] = []
    for axis in axes {
      guard let index = shape.normalized(axis: axis) else { trap(name, "\(shape) has no axis \(axis)") }
      if result.contains(index) { trap(name, "axis \(axis) of \(shape) is named twice") }
      result.append(index)
    }
    return result
  }

  /// The elements along axes, which are counted from the front.
  fileprivate func reducedCount(_ axes: [Int]) -> Int { axes.reduce(1) { $0 * shape.axes[$1] } }

  fileprivate func reduced(_ kind: ReductionKind) -> Tensor {
    Tensor(unchecked: apply(Reduction(kind, allOf: rank), erased))
  }

  fileprivate func reduced(_ kind: ReductionKind, _ axes: [Int], _ keepDims: Bool) -> Tensor {
    reduced(kind, over: normalizedAxes(axes, "\(kind)"), keepDims)
  }

  /// The axes are counted from the front.
  fileprivate func reduced(_ kind: ReductionKind, over axes: [Int], _ keepDims: Bool) -> Tensor {
    let result = Tensor(unchecked: apply(Reduction(kind, axes: axes), erased))
    if !keepDims { return result }
    var kept = shape
    for axis in axes { kept.axes[axis] = 1 }
    return result.reshaped(to: kept)
  }
}
