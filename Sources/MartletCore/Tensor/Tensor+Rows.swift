// Rows read and written by index.

extension Tensor {
  /// The rows at the given indices: reading gathers them, writing replaces them.
  ///
  /// Of a tensor `[5, 3]` and indices `[2, 4]`, the rows are `[2, 4, 3]`. Where an index occurs twice, the later row
  /// remains. Reading and writing have derivatives. Traps when an index is not within `0 ..< length`.
  ///
  /// - Complexity: O(elements read or written); O(count) for a write that is recorded or when another tensor sees the
  ///   memory.
  public subscript(rows indices: Tensor<Int64>) -> Tensor {
    get {
      Tensor(unchecked: apply(Gather(), erased, indices.erased, as: subscriptName))
    }
    set {
      let rows = trapping { () throws(TensorError) in try shape.rows(at: indices.shape, for: subscriptName) }
      if !newValue.shape.canBroadcast(to: rows) {
        trap(subscriptName, "\(newValue.shape) does not broadcast to \(rows), the rows of \(shape) at \(indices.shape)")
      }
      indices.requireIndices(0, 1, of: shape, for: subscriptName)
      assign(newValue, at: IndexedPlace(shape, axis: 0, axes: 1), indices.erased, for: subscriptName)
    }
  }
}

extension Tensor {
  /// The rows at the given indices, of any integer type.
  public subscript(rows indices: Tensor<some IntegerScalar>) -> Tensor {
    get { self[rows: indices.asIndices] }
    set { self[rows: indices.asIndices] = newValue }
  }
}

private let subscriptName = "subscript(rows:)"

extension Tensor where Scalar: NumericScalar {
  /// The tensor with `rows` added to its rows at the given indices; where an index occurs twice, both rows are added.
  ///
  /// The shape of `rows` is that of the indices followed by that of one row. Traps when it is another, or when an index
  /// is not within `0 ..< length`.
  public func adding(rows: Tensor, at indices: Tensor<Int64>) -> Tensor {
    let name = "adding(rows:at:)"
    let fitting = trapping { () throws(TensorError) in try shape.rows(at: indices.shape, for: name) }
    if rows.shape != fitting {
      trap(name, "expected rows of \(fitting) for indices \(indices.shape) of \(shape), got \(rows.shape)")
    }
    indices.requireIndices(0, 1, of: shape, for: name)
    return self + Tensor(unchecked: apply(ScatterAdd(lengths: AxisList([shape.axes[0]])), rows.erased, indices.erased))
  }

  /// The tensor with `rows` added to its rows at the given indices, of any integer type.
  public func adding(rows: Tensor, at indices: Tensor<some IntegerScalar>) -> Tensor {
    adding(rows: rows, at: indices.asIndices)
  }
}
