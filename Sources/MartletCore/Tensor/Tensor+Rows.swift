// Rows picked and written by index.

extension Tensor {
  /// Rows by index, read and written: reading gathers them, writing replaces them; of an index that occurs twice, the
  /// later row remains. Both have derivatives. A write costs the rows where nothing is recorded and no copy shares the
  /// memory.
  public subscript(rows indices: Tensor<Int64>) -> Tensor {
    get {
      Tensor(unchecked: apply(GatherRows(), erased, indices.erased, as: subscriptName))
    }
    set {
      let rows = trapping { () throws(TensorError) in try shape.rows(at: indices.shape, for: subscriptName) }
      if !newValue.shape.canBroadcast(to: rows) {
        trap(subscriptName, "\(newValue.shape) does not broadcast to \(rows), the rows of \(shape) at \(indices.shape)")
      }
      let values = newValue.shape == rows ? newValue : newValue.broadcast(to: rows)
      let operands = [erased, values.erased, indices.erased]
      _ = trapping(as: subscriptName) { () throws(TensorError) in try check(ReplaceRows(), operands) }
      if erased.node != nil || values.erased.node != nil {
        self = Tensor(unchecked: apply(ReplaceRows(), erased, values.erased, indices.erased))
        return
      }
      erased.makeUnique()
      perform(WriteRows(), reading: [values.erased.body, indices.erased.body], writing: [erased.body])
    }
  }
}

extension Tensor {
  /// As with indices of Int64, of any integer type.
  public subscript(rows indices: Tensor<some IntegerScalar>) -> Tensor {
    get { self[rows: indices.asIndices] }
    set { self[rows: indices.asIndices] = newValue }
  }
}

private let subscriptName = "subscript(rows:)"

extension Tensor where Scalar: NumericScalar {
  /// The tensor with rows added at indices; of an index that occurs twice, both rows are added. `rows` has the indices'
  /// shape in front.
  public func adding(rows: Tensor, at indices: Tensor<Int64>) -> Tensor {
    let name = "adding(rows:at:)"
    let fitting = trapping { () throws(TensorError) in try shape.rows(at: indices.shape, for: name) }
    if rows.shape != fitting {
      trap(name, "expected rows of \(fitting) for indices \(indices.shape) of \(shape), got \(rows.shape)")
    }
    let scatter = ScatterAddRows(rows: shape.axes[0])
    trapping(as: name) { () throws(TensorError) in try scatter.validate(indices: indices.erased.body, rowsOf: shape) }
    return self + Tensor(unchecked: apply(scatter, rows.erased, indices.erased))
  }

  /// As with indices of Int64, of any integer type.
  public func adding(rows: Tensor, at indices: Tensor<some IntegerScalar>) -> Tensor {
    adding(rows: rows, at: indices.asIndices)
  }
}
