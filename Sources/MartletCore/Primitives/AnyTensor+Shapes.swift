// Changes of shape that derivatives and the callers of kernels need.

extension AnyTensor {
  /// The tensor with its last two axes exchanged.
  package var transposedMatrix: AnyTensor {
    var order = AxisList(0..<rank)
    order[rank - 1] = rank - 2
    order[rank - 2] = rank - 1
    return apply(Permute(order), self)
  }

  /// The tensor as a matrix: all axes but the last are merged into one.
  package var foldedRows: AnyTensor {
    if rank == 2 { return self }
    var rows = 1
    for axis in 0..<max(0, rank - 1) { rows *= shape.axes[axis] }
    return apply(ReshapeView(to: [rows, rank == 0 ? 1 : shape.axes[rank - 1]]), self)
  }

  /// The gradient of a vector of `shape`, `[n]`, from that of the matrix it stood for, `[..., 1, n]` or `[..., n, 1]`.
  func summedRows(to shape: Shape) -> AnyTensor {
    let batches = count / max(1, shape.elementCount)
    return apply(ReshapeView(to: [batches, shape.elementCount]), self).summed(to: shape)
  }

  /// The sum over the axes along which a tensor of `shape` was broadcast to this one.
  @inline(__always)
  package func summed(to shape: Shape) -> AnyTensor { self.shape == shape ? self : summedOverBroadcast(to: shape) }

  @inline(never)
  private func summedOverBroadcast(to shape: Shape) -> AnyTensor {
    let sum = apply(Reduction(.sum, axes: self.shape.axesBroadcast(from: shape)), self)
    return sum.shape == shape ? sum : apply(ReshapeView(to: shape), sum)
  }

  /// The sums along the last axis, which is kept with length 1.
  package var rowSums: AnyTensor {
    let sum = apply(Reduction(.sum, axes: [rank - 1]), self)
    return apply(ReshapeView(to: sum.shape.inserting(1, at: sum.rank)), sum)
  }

  /// Element `columns[r]` of each row r of a matrix.
  func picked(columns: AnyTensor) -> AnyTensor {
    let rows = shape.axes[0]
    let column = apply(ReshapeView(to: [rows, 1]), columns)
    return apply(ReshapeView(to: [rows]), apply(GatherAlong(axis: 1), self, column))
  }
}
