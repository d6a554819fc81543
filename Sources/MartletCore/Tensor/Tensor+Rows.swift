// Rows picked and written by index.

extension Tensor {
  /// Rows by index, read and written: reading gathers them, writing replaces them; of an index that occurs twice, the later
  /// row remains. Both have derivatives. A write costs the rows where nothing is recorded and no copy shares the memory.
  public subscript(rows indices: Tensor<Int64>) -> Tensor {
    get {
      gathered(indices)
    }
    set {
      var rows = indices.shape
      for axis in 1..<Swift.max(1, rank) { rows.axes.append(shape.axes[axis]) }
      let values = newValue.shape == rows ? newValue : newValue.broadcast(to: rows)
      if erased.node != nil || values.erased.node != nil {
        self = Tensor(unchecked: apply(ReplaceRows(), erased, values.erased, indices.erased))
        return
      }
      let operands = [erased, values.erased, indices.erased]
      _ = trapping { () throws(TensorError) in try check(ReplaceRows(), operands) }
      erased.makeUnique()
      perform(WriteRows(), reading: [values.erased.body, indices.erased.body], writing: [erased.body])
    }
  }
}

extension Tensor where Scalar: NumericScalar {
  /// The tensor with rows added at indices; of an index that occurs twice, both rows are added. `rows` has the indices' shape in
  /// front.
  public func adding(rows: Tensor, at indices: Tensor<Int64>) -> Tensor {
    if rank == 0 { trap("adding(rows:at:)", "a scalar has no rows") }
    let scatter = ScatterAddRows(rows: shape.axes[0])
    trapping { () throws(TensorError) in try scatter.validate(indices: indices.erased.body, rowsOf: shape) }
    let sums = Tensor(unchecked: apply(scatter, rows.erased, indices.erased))
    if sums.shape != shape {
      trap("adding(rows:at:)", "rows of \(rows.shape) at indices \(indices.shape) do not fit \(shape)")
    }
    return self + sums
  }
}
