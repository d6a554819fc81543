import MartletCore

// Medians and quantiles of the elements that are not NaN; NaN where there are none. The gradient goes to the elements
// that a result lies between. Each traps when there are no elements at all, and when there is no such axis.

extension Tensor where Scalar: FloatingScalar {
  /// The median of all elements that are not NaN.
  ///
  /// - Complexity: O(count · log count), as of all medians and quantiles that leave NaN out.
  public func nanMedian(keepDims: Bool = false) -> Tensor { nanMedian(over: Array(0..<rank), keepDims) }
  /// The medians along an axis of the elements that are not NaN.
  public func nanMedian(axis: Int, keepDims: Bool = false) -> Tensor { nanMedian(axes: [axis], keepDims: keepDims) }
  /// The medians along several axes of the elements that are not NaN.
  public func nanMedian(axes: [Int], keepDims: Bool = false) -> Tensor {
    nanMedian(over: normalizedAxes(axes, "nanMedian"), keepDims)
  }

  /// The q-th quantile, for q from 0 to 1, of all elements that are not NaN; traps for another q.
  public func nanQuantile(_ q: Double, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    nanQuantiles([q], Array(0..<rank), method, false)[0].withAxes(Array(0..<rank), of: shape, keepDims)
  }
  /// The q-th quantiles along an axis of the elements that are not NaN.
  public func nanQuantile(_ q: Double, axis: Int, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    nanQuantile(q, axes: [axis], method: method, keepDims: keepDims)
  }
  /// The q-th quantiles along several axes of the elements that are not NaN.
  public func nanQuantile(
    _ q: Double, axes: [Int], method: QuantileMethod = .linear, keepDims: Bool = false
  ) -> Tensor {
    let axes = normalizedAxes(axes, "nanQuantile")
    return nanQuantiles([q], axes, method, false)[0].withAxes(axes, of: shape, keepDims)
  }

  /// Several quantiles of all elements that are not NaN, along a new first axis.
  public func nanQuantile(_ q: [Double], method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    nanQuantiles(q, Array(0..<rank), method, keepDims)
  }
  /// Several quantiles along an axis of the elements that are not NaN; they are along a new first axis.
  public func nanQuantile(
    _ q: [Double], axis: Int, method: QuantileMethod = .linear, keepDims: Bool = false
  ) -> Tensor {
    nanQuantile(q, axes: [axis], method: method, keepDims: keepDims)
  }
  /// Several quantiles along several axes of the elements that are not NaN; they are along a new first axis.
  public func nanQuantile(
    _ q: [Double], axes: [Int], method: QuantileMethod = .linear, keepDims: Bool = false
  ) -> Tensor {
    nanQuantiles(q, normalizedAxes(axes, "nanQuantile"), method, keepDims)
  }
}

extension Tensor where Scalar: FloatingScalar {
  private func nanMedian(over axes: [Int], _ keepDims: Bool) -> Tensor {
    let (lower, upper, weights, isEmpty) = rowsToOrder(axes, "nanMedian").placed(1) { count in
      [QuantilePlace(lower: (count - 1) / 2, upper: count / 2, weight: count % 2 == 0 ? 0.5 : 0)]
    }
    // One middle element is not added to itself: that could overflow.
    let middle = Tensor.where(weights .== 0, lower, (lower + upper) / 2).squeezed(axis: -1)
    let value = Tensor.where(isEmpty, Tensor(.nan), middle)
    return value.withAxes(axes, of: shape, keepDims)
  }

  private func nanQuantiles(_ q: [Double], _ axes: [Int], _ method: QuantileMethod, _ keepDims: Bool) -> Tensor {
    requireQuantiles(q, "nanQuantile")
    let (lower, upper, weights, isEmpty) = rowsToOrder(axes, "nanQuantile").placed(q.count) { count in
      q.map { method.place(of: $0, among: count) }
    }
    let between = Tensor.between(lower, upper, weights)
    let value = Tensor.where(isEmpty.expandedDimension(at: -1), Tensor(.nan), between)
    return value.movedLastToFront(keeping: axes, of: shape, keepDims, "nanQuantile")
  }

  /// The elements of each row at places that depend on how many of its elements are not NaN.
  private func placed(
    _ places: Int, _ choose: (_ count: Int) -> [QuantilePlace]
  ) -> (lower: Tensor, upper: Tensor, weights: Tensor, isEmpty: Tensor<Bool>) {
    let outer = shape.removing(rank - 1)
    // Whole numbers: `Float` does not hold every count beyond 2²⁴.
    let numbers = countOfNumbers([rank - 1])
    let counts = numbers.scalars.map { Int($0) }
    // A row without numbers has NaN first, which is what its result is.
    let chosen = Dictionary(uniqueKeysWithValues: Set(counts).map { ($0, choose(Swift.max(1, $0))) })
    let all = counts.flatMap { chosen[$0]! }
    let (lower, upper) = (all.map { Int64($0.lower) }, all.map { Int64($0.upper) })
    let target = outer.inserting(places, at: outer.rank)
    let sorted = sorted(axis: -1)
    func elements(_ places: [Int64]) -> Tensor {
      sorted.takeAlong(Tensor<Int64>(shape: target, scalars: places), axis: -1)
    }
    let weights = Tensor(shape: target, scalars: all.map { Scalar($0.weight) })
    return (elements(lower), elements(upper), weights, (numbers .== 0).squeezed(axis: -1))
  }
}
