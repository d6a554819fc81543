// Reductions over all elements, one axis or several. Negative axes count from the last. A reduction traps when there is
// no such axis or one is named twice. Reduced axes are dropped, or kept with length 1 where `keepDims` is true.

extension Tensor where Scalar: NumericScalar {
  /// The sum of all elements, 0 if there are none; integers wrap around.
  public func sum(keepDims: Bool = false) -> Tensor { reduced(.sum, keepDims) }
  /// The sums along an axis.
  public func sum(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.sum, [axis], keepDims) }
  /// The sums along several axes.
  public func sum(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.sum, axes, keepDims) }

  /// The product of all elements, 1 if there are none; integers wrap around.
  public func product(keepDims: Bool = false) -> Tensor { reduced(.product, keepDims) }
  /// The products along an axis.
  public func product(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.product, [axis], keepDims) }
  /// The products along several axes.
  public func product(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.product, axes, keepDims) }

  /// The largest element, NaN if there is one; traps when there are no elements.
  public func max(keepDims: Bool = false) -> Tensor { reduced(.max, keepDims) }
  /// The largest elements along an axis.
  public func max(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.max, [axis], keepDims) }
  /// The largest elements along several axes.
  public func max(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.max, axes, keepDims) }

  /// The smallest element, NaN if there is one; traps when there are no elements.
  public func min(keepDims: Bool = false) -> Tensor { reduced(.min, keepDims) }
  /// The smallest elements along an axis.
  public func min(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.min, [axis], keepDims) }
  /// The smallest elements along several axes.
  public func min(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.min, axes, keepDims) }

  /// The index in row-major order of the first largest of all elements; NaN counts as largest.
  ///
  /// Traps when there are no elements.
  public func argMax(keepDims: Bool = false) -> Tensor<Int64> { extreme(largest: true, keepDims) }
  /// The index of the first largest element along an axis; NaN counts as largest.
  public func argMax(axis: Int, keepDims: Bool = false) -> Tensor<Int64> { extreme(largest: true, axis, keepDims) }

  /// The index in row-major order of the first smallest of all elements; NaN counts as smallest.
  ///
  /// Traps when there are no elements.
  public func argMin(keepDims: Bool = false) -> Tensor<Int64> { extreme(largest: false, keepDims) }
  /// The index of the first smallest element along an axis; NaN counts as smallest.
  public func argMin(axis: Int, keepDims: Bool = false) -> Tensor<Int64> { extreme(largest: false, axis, keepDims) }

  private func extreme(largest: Bool, _ axis: Int, _ keepDims: Bool) -> Tensor<Int64> {
    let axis = normalizedAxes([axis], largest ? "argMax" : "argMin")[0]
    let result = Tensor<Int64>(unchecked: apply(ArgExtreme(largest: largest, axis: axis), erased))
    return keepDims ? result.expandedDimension(at: axis) : result
  }

  private func extreme(largest: Bool, _ keepDims: Bool) -> Tensor<Int64> {
    let row = rank == 1 ? self : flattened()
    let result = Tensor<Int64>(unchecked: apply(ArgExtreme(largest: largest, axis: 0), row.erased))
    return keepDims ? result.reshaped(to: shape.reduced(along: Array(0..<rank))) : result
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// The mean of all elements, NaN if there are none.
  public func mean(keepDims: Bool = false) -> Tensor { reduced(.sum, keepDims) / Scalar(count) }
  /// The means along an axis.
  public func mean(axis: Int, keepDims: Bool = false) -> Tensor { mean(axes: [axis], keepDims: keepDims) }
  /// The means along several axes.
  public func mean(axes: [Int], keepDims: Bool = false) -> Tensor { mean(over: normalizedAxes(axes, "mean"), keepDims) }

  private func mean(over axes: [Int], _ keepDims: Bool) -> Tensor {
    reduced(.sum, over: axes, keepDims) / Scalar(reducedCount(axes))
  }

  /// The variance of all elements: the sum of their squared distances from the mean, divided by the count minus
  /// `correction`.
  ///
  /// - Parameters:
  ///   - keepDims: Whether the axes stay, with length 1.
  ///   - correction: 0 for the variance of a population, NumPy's default; 1 for that of a sample, PyTorch's.
  public func variance(keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(over: Array(0..<rank), keepDims, correction)
  }
  /// The variances along an axis.
  public func variance(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(axes: [axis], keepDims: keepDims, correction: correction)
  }
  /// The variances along several axes.
  public func variance(axes: [Int], keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(over: normalizedAxes(axes, "variance"), keepDims, correction)
  }

  private func variance(over axes: [Int], _ keepDims: Bool, _ correction: Int) -> Tensor {
    let distance = self - mean(over: axes, true)
    return distance.reduced(.sumOfSquares, over: axes, keepDims)
      / Scalar(Swift.max(0, reducedCount(axes) - correction))
  }

  /// The square root of the variance of all elements.
  public func standardDeviation(keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(keepDims: keepDims, correction: correction).sqrt()
  }
  /// The square roots of the variances along an axis.
  public func standardDeviation(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    standardDeviation(axes: [axis], keepDims: keepDims, correction: correction)
  }
  /// The square roots of the variances along several axes.
  public func standardDeviation(axes: [Int], keepDims: Bool = false, correction: Int = 0) -> Tensor {
    variance(over: normalizedAxes(axes, "standardDeviation"), keepDims, correction).sqrt()
  }

  /// The sum of the squares of all elements.
  public func sumOfSquares(keepDims: Bool = false) -> Tensor { reduced(.sumOfSquares, keepDims) }
  /// The sums of the squares along an axis.
  public func sumOfSquares(axis: Int, keepDims: Bool = false) -> Tensor { reduced(.sumOfSquares, [axis], keepDims) }
  /// The sums of the squares along several axes.
  public func sumOfSquares(axes: [Int], keepDims: Bool = false) -> Tensor { reduced(.sumOfSquares, axes, keepDims) }
}

extension Shape {
  /// The shape with length 1 for the given axes, which are not negative.
  package func reduced(along axes: [Int]) -> Shape {
    var result = self
    for axis in axes { result.axes[axis] = 1 }
    return result
  }
}

extension Tensor {
  /// The axes counted from the first; traps when there is no such axis or one is named twice.
  package func normalizedAxes(_ axes: [Int], _ name: String) -> [Int] {
    var result: [Int] = []
    for axis in axes {
      guard let index = shape.normalized(axis: axis) else { trap(name, "\(shape) has no axis \(axis)") }
      if result.contains(index) { trap(name, "axis \(axis) of \(shape) is named twice") }
      result.append(index)
    }
    return result
  }

  /// The number of elements along the given axes, which are not negative.
  package func reducedCount(_ axes: [Int]) -> Int { axes.reduce(1) { $0 * shape.axes[$1] } }

  func reduced(_ kind: ReductionKind, _ keepDims: Bool) -> Tensor {
    if keepDims { return reduced(kind, over: Array(0..<rank), true) }
    return Tensor(unchecked: apply(Reduction(kind, allOf: rank), erased))
  }

  func reduced(_ kind: ReductionKind, _ axes: [Int], _ keepDims: Bool) -> Tensor {
    reduced(kind, over: normalizedAxes(axes, "\(kind)"), keepDims)
  }

  /// Reduces over the given axes, which are not negative.
  func reduced(_ kind: ReductionKind, over axes: [Int], _ keepDims: Bool) -> Tensor {
    let result = Tensor(unchecked: apply(Reduction(kind, axes: axes), erased))
    return keepDims ? result.reshaped(to: shape.reduced(along: axes)) : result
  }
}
