import MartletCore

// Medians, quantiles and percentiles over all elements, one axis or several. Where an element is NaN, so is the result.
// The gradient goes to the elements that a result lies between; of equal ones to the earlier. Each traps when there are
// no elements to take it of, and when there is no such axis.

extension Tensor where Scalar: FloatingScalar {
  /// The median of all elements: the middle one of them in order, or the mean of both.
  ///
  /// NaN if an element is; traps when there are no elements.
  ///
  /// - Complexity: O(count) on average, O(count · log count) at worst, as of all medians and quantiles.
  public func median(keepDims: Bool = false) -> Tensor { median(over: Array(0..<rank), keepDims) }
  /// The medians along an axis.
  public func median(axis: Int, keepDims: Bool = false) -> Tensor { median(axes: [axis], keepDims: keepDims) }
  /// The medians along several axes.
  public func median(axes: [Int], keepDims: Bool = false) -> Tensor {
    median(over: normalizedAxes(axes, "median"), keepDims)
  }

  /// The q-th quantile of all elements, for q from 0 to 1.
  ///
  /// NaN if an element is; traps when there are no elements, and for another q.
  public func quantile(_ q: Double, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    quantiles([q], Array(0..<rank), method, false, "quantile")[0].withAxes(Array(0..<rank), of: shape, keepDims)
  }
  /// The q-th quantiles along an axis.
  public func quantile(_ q: Double, axis: Int, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    quantile(q, axes: [axis], method: method, keepDims: keepDims)
  }
  /// The q-th quantiles along several axes.
  public func quantile(_ q: Double, axes: [Int], method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    let axes = normalizedAxes(axes, "quantile")
    return quantiles([q], axes, method, false, "quantile")[0].withAxes(axes, of: shape, keepDims)
  }

  /// Several quantiles of all elements, along a new first axis.
  public func quantile(_ q: [Double], method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    quantiles(q, Array(0..<rank), method, keepDims, "quantile")
  }
  /// Several quantiles along an axis; they are along a new first axis.
  public func quantile(_ q: [Double], axis: Int, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    quantile(q, axes: [axis], method: method, keepDims: keepDims)
  }
  /// Several quantiles along several axes; they are along a new first axis.
  public func quantile(_ q: [Double], axes: [Int], method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    quantiles(q, normalizedAxes(axes, "quantile"), method, keepDims, "quantile")
  }

  /// The percentile p of all elements, for p from 0 to 100: the quantile p / 100.
  ///
  /// NaN if an element is; traps when there are no elements, and for another p.
  public func percentile(_ p: Double, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    quantiles(percents: [p], Array(0..<rank), method, false)[0].withAxes(Array(0..<rank), of: shape, keepDims)
  }
  /// The percentiles p along an axis.
  public func percentile(_ p: Double, axis: Int, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    percentile(p, axes: [axis], method: method, keepDims: keepDims)
  }
  /// The percentiles p along several axes.
  public func percentile(_ p: Double, axes: [Int], method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    let axes = normalizedAxes(axes, "percentile")
    return quantiles(percents: [p], axes, method, false)[0].withAxes(axes, of: shape, keepDims)
  }

  /// Several percentiles of all elements, along a new first axis.
  public func percentile(_ p: [Double], method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    quantiles(percents: p, Array(0..<rank), method, keepDims)
  }
  /// Several percentiles along an axis; they are along a new first axis.
  public func percentile(_ p: [Double], axis: Int, method: QuantileMethod = .linear, keepDims: Bool = false) -> Tensor {
    percentile(p, axes: [axis], method: method, keepDims: keepDims)
  }
  /// Several percentiles along several axes; they are along a new first axis.
  public func percentile(
    _ p: [Double], axes: [Int], method: QuantileMethod = .linear, keepDims: Bool = false
  ) -> Tensor {
    quantiles(percents: p, normalizedAxes(axes, "percentile"), method, keepDims)
  }
}

extension Tensor where Scalar: FloatingScalar {
  fileprivate func median(over axes: [Int], _ keepDims: Bool) -> Tensor {
    let rows = rowsToOrder(axes, "median")
    let middle = rows.count(of: -1) / 2
    let places = rows.count(of: -1) % 2 == 1 ? [middle] : [middle - 1, middle]
    let found = rows.elements(sortedAt: places)
    let value = places.count == 1 ? found.squeezed(axis: -1) : found.mean(axis: -1)
    return value.withAxes(axes, of: shape, keepDims)
  }

  fileprivate func quantiles(percents: [Double], _ axes: [Int], _ method: QuantileMethod, _ keepDims: Bool) -> Tensor {
    if let p = percents.first(where: { !(0...100 ~= $0) }) {
      trap("percentile", "expected percentiles within 0 ... 100, got \(p)")
    }
    return quantiles(percents.map { $0 / 100 }, axes, method, keepDims, "percentile")
  }

  /// The quantiles along a new first axis.
  fileprivate func quantiles(
    _ q: [Double], _ axes: [Int], _ method: QuantileMethod, _ keepDims: Bool, _ name: String
  ) -> Tensor {
    requireQuantiles(q, name)
    let rows = rowsToOrder(axes, name)
    let places = q.map { method.place(of: $0, among: rows.count(of: -1)) }
    let halves = rows.elements(sortedAt: places.map(\.lower) + places.map(\.upper)).split([q.count, q.count], axis: -1)
    let value = Tensor.between(halves[0], halves[1], Tensor(places.map { Scalar($0.weight) }))
    return value.movedLastToFront(keeping: axes, of: shape, keepDims, name)
  }

  /// Traps unless all are within 0 ... 1.
  func requireQuantiles(_ q: [Double], _ name: String) {
    if let wrong = q.first(where: { !(0...1 ~= $0) }) {
      trap(name, "expected quantiles within 0 ... 1, got \(wrong)")
    }
  }

  /// The elements of the axes as rows, along one last axis; traps when there are none.
  func rowsToOrder(_ axes: [Int], _ name: String) -> Tensor {
    if reducedCount(axes) == 0 {
      trap(name, "expected at least one element to order, got none along axes \(axes) of \(shape)")
    }
    return movedToBack(axes)
  }

  func count(of axis: Int) -> Int { shape[axis < 0 ? axis + rank : axis] }

  /// Linear interpolation, from the nearer end, as NumPy does it.
  static func between(_ lower: Tensor, _ upper: Tensor, _ weight: Tensor) -> Tensor {
    let distance = upper - lower
    return Tensor.where(weight .< 0.5, lower + distance * weight, upper - distance * (1 - weight))
  }

  /// Several quantiles with their axis, the last, in front, and with length 1 for the reduced axes of `shape` if they
  /// are to be kept.
  func movedLastToFront(keeping axes: [Int], of shape: Shape, _ keepDims: Bool, _ name: String) -> Tensor {
    let result = permuted([rank - 1] + Array(0..<(rank - 1)))
    if !keepDims { return result }
    shape.requireRank(shape.rank + 1, for: name)
    return result.reshaped(to: shape.reduced(along: axes).inserting(result.shape[0], at: 0))
  }

  /// A reduction's result with length 1 for the reduced axes of `shape` if they are to be kept.
  func withAxes(_ axes: [Int], of shape: Shape, _ keepDims: Bool) -> Tensor {
    keepDims ? reshaped(to: shape.reduced(along: axes)) : self
  }
}
