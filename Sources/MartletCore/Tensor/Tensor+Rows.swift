// Rows picked and written by index.

extension Tensor {
  /// Rows by index, read and written: reading gathers them, writing replaces them (of an index that comes twice the
  /// later row stays). Both have derivatives.
  public subscript(rows indices: Tensor<Int64>) -> Tensor {
    get {
      gathered(indices)
    }
    set {
      var rows = indices.shape
      for axis in 1..<Swift.max(1, rank) { rows.axes.append(shape.axes[axis]) }
      let values = newValue.shape == rows ? newValue : newValue.broadcast(to: rows)
      self = Tensor(unchecked: apply(ReplaceRows(), erased, values.erased, indices.erased))
    }
  }
}

extension Tensor where Scalar: NumericScalar {
  /// The tensor with rows added at indices; where an index comes twice, both are added. `rows` has the indices' shape in
  /// front.
  public func adding(rows: Tensor, at indices: Tensor<Int64>) -> Tensor {
    if rank == 0 { trap("adding(rows:at:)", "a scalar has no rows") }
    let sums = Tensor(unchecked: apply(ScatterAddRows(rows: shape.axes[0]), rows.erased, indices.erased))
    if sums.shape != shape {
      trap("adding(rows:at:)", "rows of \(rows.shape) at indices \(indices.shape) do not fit \(shape)")
    }
    return self + sums
  }
}
