// Elements by index along an axis.

extension Tensor {
  /// Rows (or, along another axis, slices) picked by index; the indices' shape takes the axis's place.
  public func gathered(_ indices: Tensor<Int64>, axis: Int = 0) -> Tensor {
    let axis = normalizedAxes([axis], "gathered")[0]
    if axis == 0 { return Tensor(unchecked: apply(GatherRows(), erased, indices.erased, as: "gathered")) }
    shape.requireRank(rank - 1 + indices.rank, for: "gathered")
    indices.requireIndices(within: axis, of: shape, for: "gathered")
    // The axis goes first, its picks come out in front, and are put back where it was.
    let order = [axis] + (0..<rank).filter { $0 != axis }
    let picked = Tensor(unchecked: apply(GatherRows(), permuted(order).erased, indices.erased))
    let inner = indices.rank
    let back = (0..<axis).map { inner + $0 } + Array(0..<inner) + (axis..<(rank - 1)).map { inner + $0 }
    return picked.permuted(back)
  }

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
