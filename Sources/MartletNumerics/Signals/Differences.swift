import MartletCore

extension Tensor where Scalar: NumericScalar {
  /// The differences of neighbours along an axis, x[i + 1] − x[i], taken `order` times: NumPy's `diff`.
  ///
  /// Each time the axis is one shorter, until it is empty; integers wrap around. Traps when the order is negative.
  ///
  /// - Complexity: O(count · order).
  public func difference(order: Int = 1, axis: Int = -1) -> Tensor {
    let axis = normalizedAxes([axis], "difference")[0]
    if order < 0 { trap("difference", "expected an order of at least 0, got \(order)") }
    var result = self
    for _ in 0..<Swift.min(order, shape[axis]) {
      let length = result.shape[axis]
      result = result.along(axis, 1, length - 1) - result.along(axis, 0, length - 1)
    }
    return result
  }

  /// The `count` elements along an axis from `start` on.
  func along(_ axis: Int, _ start: Int, _ count: Int) -> Tensor {
    Tensor(unchecked: erased.sliced(axis: axis, start: start, count: count))
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// The derivative along an axis of the function whose values at equal distances these are: NumPy's `gradient`.
  ///
  /// Inside by central differences; at both edges by one-sided ones of order `edgeOrder`, 1 or 2. The shape remains.
  /// (What the functions named gradient here take is the derivative of a program.) Traps when the axis has not more
  /// elements than `edgeOrder`, for another order, and when the spacing is 0.
  public func centralDifferences(axis: Int, spacing: Scalar = 1, edgeOrder: Int = 1) -> Tensor {
    let axis = edgeAxis(axis, edgeOrder)
    if spacing == 0 { trap("centralDifferences", "expected a spacing other than 0, got \(spacing)") }
    return differences(axis, Tensor.full([1], spacing).broadcast(to: [shape[axis] - 1]), edgeOrder) {
      before, _, behind in (behind - before) / (2 * spacing)
    }
  }

  /// The derivative along an axis of the function whose values at `coordinates` these are.
  ///
  /// Inside by differences of second order from both neighbours, whatever their distances; the coordinates are one for
  /// each index along the axis. Differentiable in the coordinates as well. Traps when there are others, and as with equal
  /// distances.
  public func centralDifferences(axis: Int, coordinates: Tensor, edgeOrder: Int = 1) -> Tensor {
    let axis = edgeAxis(axis, edgeOrder)
    requireCoordinates(coordinates, axis, "centralDifferences")
    let (length, steps) = (shape[axis], coordinates.difference().lined(up: axis, of: rank))
    return differences(axis, coordinates.difference(), edgeOrder) { before, at, behind in
      let stepAxis = steps.rank - (rank - axis)
      let (a, b) = (steps.along(stepAxis, 0, length - 2), steps.along(stepAxis, 1, length - 2))
      return behind * (a / (b * (a + b))) + at * ((b - a) / (a * b)) - before * (b / (a * (a + b)))
    }
  }

  /// The derivatives along all axes, each by central differences of the values at equal distances.
  ///
  /// - Complexity: O(count · rank).
  public func centralDifferences(spacing: Scalar = 1, edgeOrder: Int = 1) -> [Tensor] {
    (0..<rank).map { centralDifferences(axis: $0, spacing: spacing, edgeOrder: edgeOrder) }
  }

  private func edgeAxis(_ axis: Int, _ edgeOrder: Int) -> Int {
    let name = "centralDifferences"
    let axis = normalizedAxes([axis], name)[0]
    if edgeOrder != 1 && edgeOrder != 2 { trap(name, "expected an edge order of 1 or 2, got \(edgeOrder)") }
    if shape[axis] <= edgeOrder {
      trap(
        name,
        "expected more than \(edgeOrder) elements for edge order \(edgeOrder), got \(shape[axis]) along axis \(axis) of \(shape)"
      )
    }
    return axis
  }

  /// Traps unless there is one coordinate for each index along an axis.
  func requireCoordinates(_ coordinates: Tensor, _ axis: Int, _ name: String) {
    if coordinates.shape != [shape[axis]] {
      trap(name, "expected coordinates of [\(shape[axis])], axis \(axis) of \(shape), got \(coordinates.shape)")
    }
  }

  /// A vector along an axis, with length 1 for the axes behind it.
  func lined(up axis: Int, of rank: Int) -> Tensor {
    reshaped(to: Shape([count] + [Int](repeating: 1, count: rank - 1 - axis)))
  }

  /// The derivative by differences, from the distances of neighbours, which are one fewer than the elements; `inside` has
  /// that of the elements between two others.
  private func differences(
    _ axis: Int, _ distances: Tensor, _ edgeOrder: Int,
    inside: (_ before: Tensor, _ at: Tensor, _ behind: Tensor) -> Tensor
  ) -> Tensor {
    let length = shape[axis]
    let steps = distances.lined(up: axis, of: rank)
    let stepAxis = steps.rank - (rank - axis)
    func value(_ index: Int) -> Tensor { along(axis, index < 0 ? index + length : index, 1) }
    func step(_ index: Int) -> Tensor { steps.along(stepAxis, index < 0 ? index + length - 1 : index, 1) }
    var parts: [Tensor] = []
    if edgeOrder == 1 {
      parts.append((value(1) - value(0)) / step(0))
    } else {
      let (a, b) = (step(0), step(1))
      parts.append(
        value(1) * ((a + b) / (a * b)) - value(0) * ((a * 2 + b) / (a * (a + b))) - value(2) * (a / (b * (a + b))))
    }
    if length > 2 {
      parts.append(inside(along(axis, 0, length - 2), along(axis, 1, length - 2), along(axis, 2, length - 2)))
    }
    if edgeOrder == 1 {
      parts.append((value(-1) - value(-2)) / step(-1))
    } else {
      let (a, b) = (step(-2), step(-1))
      parts.append(
        value(-3) * (b / (a * (a + b))) - value(-2) * ((a + b) / (a * b)) + value(-1) * ((b * 2 + a) / (b * (a + b))))
    }
    return Tensor.concatenate(parts, axis: axis)
  }
}
