// Order and running totals along an axis.

extension Tensor where Scalar: NumericScalar {
  /// The indices that put an axis in order, stable; NaN is larger than everything.
  public func argSort(axis: Int = -1, descending: Bool = false) -> Tensor<Int64> {
    let axis = normalizedAxes([axis], "argSort")[0]
    let last = swappedAxes(axis, -1)
    let order = Tensor<Int64>(unchecked: apply(ArgSort(descending: descending), last.erased))
    return order.swappedAxes(axis, -1)
  }

  /// The elements of an axis in order, stable; NaN is larger than everything. The gradient goes back to where each
  /// element came from.
  public func sorted(axis: Int = -1, descending: Bool = false) -> Tensor {
    picked(along: axis, argSort(axis: axis, descending: descending))
  }

  /// The `count` largest (or smallest) elements of an axis in order, and where they were.
  public func topK(_ count: Int, axis: Int = -1, largest: Bool = true) -> (values: Tensor, indices: Tensor<Int64>) {
    let index = normalizedAxes([axis], "topK")[0]
    if count < 0 || count > shape.axes[index] {
      trap("topK", "expected a count within 0 ... \(shape.axes[index]), axis \(index) of \(shape), got \(count)")
    }
    let results = applyAll(TopK(count: count, largest: largest), [swappedAxes(index, -1).erased])
    return (
      Tensor(unchecked: results[0]).swappedAxes(index, -1), Tensor<Int64>(unchecked: results[1]).swappedAxes(index, -1)
    )
  }

  /// Element i is the sum of elements 0 ... i; integers wrap.
  public func cumulativeSum(axis: Int) -> Tensor {
    Tensor(unchecked: apply(Cumulative(isProduct: false, axis: normalizedAxes([axis], "cumulativeSum")[0]), erased))
  }

  /// Element i is the product of elements 0 ... i; integers wrap.
  public func cumulativeProduct(axis: Int) -> Tensor {
    Tensor(unchecked: apply(Cumulative(isProduct: true, axis: normalizedAxes([axis], "cumulativeProduct")[0]), erased))
  }
}

extension Tensor {
  /// For each position of `indices`, the element of this tensor at the same position but for the axis, where it is at the index:
  /// NumPy's `take_along_axis`, PyTorch's `gather`. Shapes are equal beyond the axis.
  public func picked(along axis: Int, _ indices: Tensor<Int64>) -> Tensor {
    let axis = normalizedAxes([axis], "picked")[0]
    if indices.rank != rank || indices.shape.removing(axis) != shape.removing(axis) {
      trap("picked", "indices \(indices.shape) and \(shape) differ beyond axis \(axis)")
    }
    // Every element by its index in row-major order.
    let steps = Layout(contiguous: shape).strides
    var position = indices.detached() * Tensor<Int64>(Int64(steps[axis]))
    for other in 0..<rank where other != axis {
      var column = Shape(axes: AxisList(repeating: 1, count: rank))
      column.axes[other] = shape.axes[other]
      let offsets = Tensor<Int64>.arange(Int64(shape.axes[other])) * Tensor<Int64>(Int64(steps[other]))
      position = position + offsets.reshaped(to: column)
    }
    indices.requireIndices(within: axis, of: shape, for: "picked")
    return Tensor(unchecked: apply(GatherRows(), flattened().erased, position.erased))
  }

  /// The tensor cut along an axis into parts of the given lengths, which must add up to the axis's; views.
  public func split(_ lengths: [Int], axis: Int = 0) -> [Tensor] {
    let axis = normalizedAxes([axis], "split")[0]
    return applyAll(Split(axis: axis, lengths: lengths), [erased]).map { Tensor(unchecked: $0) }
  }

  /// The tensor cut along an axis into `count` equal parts; views. Traps where they are not equal.
  public func split(_ count: Int, axis: Int = 0) -> [Tensor] {
    let index = normalizedAxes([axis], "split")[0]
    if count < 1 || shape.axes[index] % count != 0 {
      trap("split", "axis \(index) of \(shape) cannot be cut into \(count) equal parts")
    }
    return split(Array(repeating: shape.axes[index] / count, count: count), axis: index)
  }

  /// The tensor with `value` put before and after the elements of each axis: `padding` names both counts, per axis.
  public func padded(_ padding: [(before: Int, after: Int)], with value: Scalar) -> Tensor {
    if padding.count != rank || padding.contains(where: { $0.before < 0 || $0.after < 0 }) {
      trap(
        "padded",
        "\(rank) pairs of counts, none negative, are needed for \(shape), not \(padding.map { [$0.before, $0.after] })")
    }
    var target = shape
    for axis in 0..<rank { target.axes[axis] += padding[axis].before + padding[axis].after }
    var result = Tensor.full(target, value)
    let inside = (0..<rank).map { axis in
      TensorIndex.slice(from: padding[axis].before, to: padding[axis].before + shape.axes[axis], step: 1)
    }
    result[inside] = self
    return result
  }
}

extension Tensor where Scalar: NumericScalar {
  /// The tensor with zeros put before and after the elements of each axis.
  public func padded(_ padding: [(before: Int, after: Int)]) -> Tensor { padded(padding, with: 0) }
}

extension Tensor where Scalar: FloatingScalar {
  /// The last axis brought to mean 0 and variance 1, then scaled and shifted: layer normalisation (arXiv:1607.06450).
  ///
  /// The scale and the shift are one row each, `[width]` for a tensor of `[..., width]`.
  public func layerNormalized(scale: Tensor? = nil, shift: Tensor? = nil, epsilon: Double = 1e-5) -> Tensor {
    guard let width = shape.last else {
      trap("layerNormalized", "expected at least one axis, got a scalar, of shape []")
    }
    func require(_ row: Tensor?, _ name: String) {
      guard let row, row.shape != [width] else { return }
      trap("layerNormalized", "expected a \(name) of [\(width)] for \(shape), got \(row.shape)")
    }
    require(scale, "scale")
    require(shift, "shift")
    if !(epsilon >= 0) { trap("layerNormalized", "expected an epsilon of at least 0, got \(epsilon)") }
    if let scale, let shift {
      return Tensor(unchecked: apply(LayerNorm(epsilon: epsilon), erased, scale.erased, shift.erased))
    }
    var result = Tensor(unchecked: apply(Normalize(epsilon: epsilon), erased))
    if let scale { result = result * scale }
    if let shift { result = result + shift }
    return result
  }
}

extension Tensor where Scalar == Int64 {
  /// Refuses indices that an axis does not have, in the name of the operation that was called.
  func requireIndices(within axis: Int, of shape: Shape, for operation: String) {
    let length = shape.axes[axis]
    if let (_, index) = Indices(erased.body).first(outside: length) {
      trap(operation, "index \(index) is not within 0 ..< \(length), axis \(axis) of \(shape)")
    }
  }
}
