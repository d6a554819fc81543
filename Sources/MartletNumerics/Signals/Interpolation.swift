import MartletCore

/// Linear interpolation between points `[n]`, in ascending order, and their values `[n]`, at each element of x: NumPy's
/// `interp`.
///
/// The result has the shape of x. Outside of the points it is `left` and `right`, by default the first and the last
/// value; NaN where x is. Differentiable in x, the points and the values; at a point the derivative in x is that to its
/// right. Traps when points and values are not of the same shape `[n]` with n > 0, or the points do not ascend.
///
/// - Complexity: O(count · log n).
public func interpolate<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, points: Tensor<Scalar>, values: Tensor<Scalar>, left: Scalar? = nil, right: Scalar? = nil
) -> Tensor<Scalar> {
  requirePoints(points, values)
  if !points.detached().isAscending {
    trap("interpolate", "expected points that ascend, got others, of \(points.shape)")
  }
  return interpolated(x, points, values, left, right)
}

/// Linear interpolation of a function with a period, whose points may come in any order, and x be anywhere.
///
/// Traps as without a period, and when that is 0.
///
/// - Complexity: O((count + n) · log n).
public func interpolate<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, points: Tensor<Scalar>, values: Tensor<Scalar>, period: Scalar
) -> Tensor<Scalar> {
  requirePoints(points, values)
  if !(period > 0 || period < 0) { trap("interpolate", "expected a period other than 0, got \(period)") }
  let period = abs(period)
  let wrapped = points.remainder(period)
  let order = wrapped.detached().argSort()
  let (sorted, ordered) = (wrapped.take(order), values.take(order))
  // One point more at each end, from the period before and the one after.
  let extended = Tensor.concatenate([sorted[(-1)...] - period, sorted, sorted[..<1] + period])
  let around = Tensor.concatenate([ordered[(-1)...], ordered, ordered[..<1]])
  return interpolated(x.remainder(period), extended, around, nil, nil)
}

private func requirePoints<Scalar>(_ points: Tensor<Scalar>, _ values: Tensor<Scalar>) {
  if points.rank != 1 || points.count == 0 || values.shape != points.shape {
    trap("interpolate", "expected points and values of one shape [n], got \(points.shape) and \(values.shape)")
  }
}

private func interpolated<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, _ points: Tensor<Scalar>, _ values: Tensor<Scalar>, _ left: Scalar?, _ right: Scalar?
) -> Tensor<Scalar> {
  let (known, last) = (points.detached(), points.count - 1)
  var inside: Tensor<Scalar>
  if last == 0 {
    // NaN stays NaN, and the only value has the gradient of all.
    inside = values + (x - points).detached() * 0
  } else {
    let place = known.searchSorted(x.detached(), side: .right) - 1
    let lower = maximum(minimum(place, Int64(last - 1)), 0)
    let (from, to) = (points.take(lower), points.take(lower + 1))
    let (start, end) = (values.take(lower), values.take(lower + 1))
    // Equal points have nothing between them; a division by 0, though not chosen below, would spoil the gradient.
    let distance = to - from
    let width = Tensor.where(distance.detached() .== 0, Tensor(1), distance)
    inside = start + (end - start) / width * (x - from)
  }
  // The ends themselves are met exactly; where two points are equal, the last one counts.
  let beyond = x.detached() .>= known[last]
  let before = x.detached() .< known[0]
  let atEnd = Tensor.where(x.detached() .== known[last], values[last], right.map { Tensor($0) } ?? values[last])
  inside = Tensor.where(beyond, atEnd, inside)
  return Tensor.where(before, left.map { Tensor($0) } ?? values[0], inside)
}
