import MartletCore

extension Tensor where Scalar: FloatingScalar {
  /// The integral along an axis of the function whose values at equal distances these are, by the trapezoidal rule:
  /// NumPy's `trapezoid`.
  ///
  /// 0 for an axis of one element or none.
  public func trapezoid(axis: Int = -1, spacing: Scalar = 1) -> Tensor {
    let axis = normalizedAxes([axis], "trapezoid")[0]
    return (trapezoids(axis) * spacing).sum(axis: axis)
  }

  /// The integral along an axis of the function whose values at `coordinates` these are, one for each index along the
  /// axis or of the tensor's shape.
  ///
  /// Differentiable in the coordinates as well. Traps for coordinates of another shape.
  public func trapezoid(coordinates: Tensor, axis: Int = -1) -> Tensor {
    let axis = normalizedAxes([axis], "trapezoid")[0]
    return (trapezoids(axis) * distances(coordinates, axis, "trapezoid")).sum(axis: axis)
  }

  /// The integrals along an axis up to each element but the first, by the trapezoidal rule: SciPy's
  /// `cumulative_trapezoid`.
  ///
  /// The axis is one shorter, or as long with `initial`, which is then the first. Traps when the axis is empty.
  public func cumulativeTrapezoid(axis: Int = -1, spacing: Scalar = 1, initial: Scalar? = nil) -> Tensor {
    let axis = normalizedAxes([axis], "cumulativeTrapezoid")[0]
    return accumulated(trapezoids(axis) * spacing, axis, initial)
  }

  /// The integrals along an axis up to each element but the first, of the function whose values at `coordinates` these
  /// are, one for each index along the axis or of the tensor's shape.
  ///
  /// Traps for coordinates of another shape, and when the axis is empty.
  public func cumulativeTrapezoid(coordinates: Tensor, axis: Int = -1, initial: Scalar? = nil) -> Tensor {
    let axis = normalizedAxes([axis], "cumulativeTrapezoid")[0]
    return accumulated(trapezoids(axis) * distances(coordinates, axis, "cumulativeTrapezoid"), axis, initial)
  }

  /// The means of neighbours along an axis.
  private func trapezoids(_ axis: Int) -> Tensor {
    let count = Swift.max(0, shape[axis] - 1)
    return (along(axis, Swift.min(1, shape[axis]), count) + along(axis, 0, count)) / 2
  }

  private func distances(_ coordinates: Tensor, _ axis: Int, _ name: String) -> Tensor {
    if coordinates.shape == shape { return coordinates.difference(axis: axis) }
    requireCoordinates(coordinates, axis, name)
    return coordinates.difference().lined(up: axis, of: rank)
  }

  private func accumulated(_ areas: Tensor, _ axis: Int, _ initial: Scalar?) -> Tensor {
    if shape[axis] == 0 {
      trap("cumulativeTrapezoid", "expected at least one element, got none along axis \(axis) of \(shape)")
    }
    let sums = areas.cumulativeSum(axis: axis)
    guard let initial else { return sums }
    var first = shape
    first[axis] = 1
    return Tensor.concatenate([Tensor.full(first, initial), sums], axis: axis)
  }
}
