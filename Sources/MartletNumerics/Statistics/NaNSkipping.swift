import MartletCore

// Statistics that leave NaN out, over all elements, one axis or several: NumPy's functions of the same names. Where all
// elements are NaN, a sum is 0, a product 1, and the others are NaN. The gradient of an element that is NaN is 0.

extension Tensor where Scalar: FloatingScalar {
  /// The sum of all elements that are not NaN.
  public func nanSum(keepDims: Bool = false) -> Tensor { replacingNaN(0).sum(keepDims: keepDims) }
  /// The sums along an axis of the elements that are not NaN.
  public func nanSum(axis: Int, keepDims: Bool = false) -> Tensor { nanSum(axes: [axis], keepDims: keepDims) }
  /// The sums along several axes of the elements that are not NaN.
  public func nanSum(axes: [Int], keepDims: Bool = false) -> Tensor {
    replacingNaN(0).sum(axes: normalizedAxes(axes, "nanSum"), keepDims: keepDims)
  }

  /// The product of all elements that are not NaN.
  public func nanProduct(keepDims: Bool = false) -> Tensor { replacingNaN(1).product(keepDims: keepDims) }
  /// The products along an axis of the elements that are not NaN.
  public func nanProduct(axis: Int, keepDims: Bool = false) -> Tensor { nanProduct(axes: [axis], keepDims: keepDims) }
  /// The products along several axes of the elements that are not NaN.
  public func nanProduct(axes: [Int], keepDims: Bool = false) -> Tensor {
    replacingNaN(1).product(axes: normalizedAxes(axes, "nanProduct"), keepDims: keepDims)
  }

  /// The mean of all elements that are not NaN; NaN if there are none.
  public func nanMean(keepDims: Bool = false) -> Tensor { nanMean(over: Array(0..<rank), keepDims) }
  /// The means along an axis of the elements that are not NaN.
  public func nanMean(axis: Int, keepDims: Bool = false) -> Tensor { nanMean(axes: [axis], keepDims: keepDims) }
  /// The means along several axes of the elements that are not NaN.
  public func nanMean(axes: [Int], keepDims: Bool = false) -> Tensor {
    nanMean(over: normalizedAxes(axes, "nanMean"), keepDims)
  }

  /// The variance of all elements that are not NaN, divided by their count minus `correction`; NaN where that is not
  /// positive.
  public func nanVariance(keepDims: Bool = false, correction: Int = 0) -> Tensor {
    nanVariance(over: Array(0..<rank), keepDims, correction)
  }
  /// The variances along an axis of the elements that are not NaN.
  public func nanVariance(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    nanVariance(axes: [axis], keepDims: keepDims, correction: correction)
  }
  /// The variances along several axes of the elements that are not NaN.
  public func nanVariance(axes: [Int], keepDims: Bool = false, correction: Int = 0) -> Tensor {
    nanVariance(over: normalizedAxes(axes, "nanVariance"), keepDims, correction)
  }

  /// The square root of the variance of all elements that are not NaN.
  public func nanStandardDeviation(keepDims: Bool = false, correction: Int = 0) -> Tensor {
    nanVariance(keepDims: keepDims, correction: correction).sqrt()
  }
  /// The square roots of the variances along an axis of the elements that are not NaN.
  public func nanStandardDeviation(axis: Int, keepDims: Bool = false, correction: Int = 0) -> Tensor {
    nanStandardDeviation(axes: [axis], keepDims: keepDims, correction: correction)
  }
  /// The square roots of the variances along several axes of the elements that are not NaN.
  public func nanStandardDeviation(axes: [Int], keepDims: Bool = false, correction: Int = 0) -> Tensor {
    nanVariance(over: normalizedAxes(axes, "nanStandardDeviation"), keepDims, correction).sqrt()
  }

  /// The largest of all elements that are not NaN; traps when there are no elements at all.
  public func nanMax(keepDims: Bool = false) -> Tensor { nanExtreme(largest: true, Array(0..<rank), keepDims) }
  /// The largest elements along an axis that are not NaN.
  public func nanMax(axis: Int, keepDims: Bool = false) -> Tensor { nanMax(axes: [axis], keepDims: keepDims) }
  /// The largest elements along several axes that are not NaN.
  public func nanMax(axes: [Int], keepDims: Bool = false) -> Tensor {
    nanExtreme(largest: true, normalizedAxes(axes, "nanMax"), keepDims)
  }

  /// The smallest of all elements that are not NaN; traps when there are no elements at all.
  public func nanMin(keepDims: Bool = false) -> Tensor { nanExtreme(largest: false, Array(0..<rank), keepDims) }
  /// The smallest elements along an axis that are not NaN.
  public func nanMin(axis: Int, keepDims: Bool = false) -> Tensor { nanMin(axes: [axis], keepDims: keepDims) }
  /// The smallest elements along several axes that are not NaN.
  public func nanMin(axes: [Int], keepDims: Bool = false) -> Tensor {
    nanExtreme(largest: false, normalizedAxes(axes, "nanMin"), keepDims)
  }

  /// The index in row-major order of the first largest of all elements that are not NaN.
  ///
  /// Traps when there are none, as NumPy raises an error. NumPy answers with a NaN's index where all others are −∞;
  /// this does not.
  public func nanArgMax(keepDims: Bool = false) -> Tensor<Int64> { nanArgExtreme(largest: true, keepDims) }
  /// The index along an axis of the first largest element that is not NaN.
  public func nanArgMax(axis: Int, keepDims: Bool = false) -> Tensor<Int64> {
    nanArgExtreme(largest: true, normalizedAxes([axis], "nanArgMax")[0], keepDims)
  }

  /// The index in row-major order of the first smallest of all elements that are not NaN.
  ///
  /// Traps when there are none, as NumPy raises an error. NumPy answers with a NaN's index where all others are ∞; this
  /// does not.
  public func nanArgMin(keepDims: Bool = false) -> Tensor<Int64> { nanArgExtreme(largest: false, keepDims) }
  /// The index along an axis of the first smallest element that is not NaN.
  public func nanArgMin(axis: Int, keepDims: Bool = false) -> Tensor<Int64> {
    nanArgExtreme(largest: false, normalizedAxes([axis], "nanArgMin")[0], keepDims)
  }

  /// The cumulative sum along an axis, with NaN as 0.
  public func nanCumulativeSum(axis: Int) -> Tensor {
    replacingNaN(0).cumulativeSum(axis: normalizedAxes([axis], "nanCumulativeSum")[0])
  }
  /// The cumulative product along an axis, with NaN as 1.
  public func nanCumulativeProduct(axis: Int) -> Tensor {
    replacingNaN(1).cumulativeProduct(axis: normalizedAxes([axis], "nanCumulativeProduct")[0])
  }
}

extension Tensor where Scalar: FloatingScalar {
  private func replacingNaN(_ value: Scalar) -> Tensor { Tensor.where(detached().isNaN(), Tensor(value), self) }

  /// How many elements along the axes, which are kept with length 1, are not NaN.
  func countOfNumbers(_ axes: [Int]) -> Tensor<Int64> { (.!detached().isNaN()).sum(axes: axes, keepDims: true) }

  private func dropping(_ axes: [Int], _ keepDims: Bool) -> Tensor {
    if keepDims { return self }
    return reshaped(to: Shape((0..<rank).filter { !axes.contains($0) }.map { shape[$0] }))
  }

  private func nanMean(over axes: [Int], _ keepDims: Bool) -> Tensor {
    (replacingNaN(0).sum(axes: axes, keepDims: true) / countOfNumbers(axes).cast(to: Scalar.self))
      .dropping(axes, keepDims)
  }

  private func nanVariance(over axes: [Int], _ keepDims: Bool, _ correction: Int) -> Tensor {
    let distance = Tensor.where(detached().isNaN(), Tensor(0), self - nanMean(over: axes, true))
    let degrees = (countOfNumbers(axes) - Int64(correction)).cast(to: Scalar.self)
    let variance = distance.sumOfSquares(axes: axes, keepDims: true) / degrees
    return Tensor.where(degrees .> 0, variance, Tensor(.nan)).dropping(axes, keepDims)
  }

  private func nanExtreme(largest: Bool, _ axes: [Int], _ keepDims: Bool) -> Tensor {
    if reducedCount(axes) == 0 {
      trap(largest ? "nanMax" : "nanMin", "expected at least one element, got none along axes \(axes) of \(shape)")
    }
    let numbers = replacingNaN(largest ? -.infinity : .infinity)
    let extreme = largest ? numbers.max(axes: axes, keepDims: true) : numbers.min(axes: axes, keepDims: true)
    return Tensor.where(countOfNumbers(axes) .> 0, extreme, Tensor(.nan)).dropping(axes, keepDims)
  }

  private func nanArgExtreme(largest: Bool, _ axis: Int, _ keepDims: Bool) -> Tensor<Int64> {
    let name = largest ? "nanArgMax" : "nanArgMin"
    if shape[axis] == 0 { trap(name, "expected at least one element, got none along axis \(axis) of \(shape)") }
    if !erased.dependsOnExample && !(countOfNumbers([axis]) .> 0).all().item() {
      trap(name, "expected a number in every line along axis \(axis) of \(shape), got one of NaN alone")
    }
    // In order NaN comes last: the first of the negated numbers is the largest, and never NaN.
    let (_, indices) = (largest ? -self : self).topK(1, axis: axis, largest: false)
    return keepDims ? indices : indices.squeezed(axis: axis)
  }

  private func nanArgExtreme(largest: Bool, _ keepDims: Bool) -> Tensor<Int64> {
    let index = (rank == 1 ? self : flattened()).nanArgExtreme(largest: largest, 0, false)
    return keepDims ? index.reshaped(to: shape.reduced(along: Array(0..<rank))) : index
  }
}
