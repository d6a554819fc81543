// Elements by index along an axis. Each method is there for indices of Int64, which a literal is taken for, and for
// those of any other integer type.

extension Tensor {
  /// Rows (or, along another axis, slices) by index: NumPy's `take`.
  ///
  /// The indices' shape takes the axis's place: of a tensor [5, 3] and indices [2, 4], the result is [2, 4, 3]. An
  /// index may occur several times, and has to be within `0 ..< length`: traps where one is not. The derivative adds up
  /// where an index occurs several times. Along the first axis this is `x[rows: indices]`.
  public func take(_ indices: Tensor<Int64>, axis: Int = 0) -> Tensor {
    let axis = normalizedAxes([axis], "take")[0]
    if axis == 0 { return Tensor(unchecked: apply(GatherRows(), erased, indices.erased, as: "take")) }
    shape.requireRank(rank - 1 + indices.rank, for: "take")
    indices.requireIndices(within: axis, of: shape, for: "take")
    // The axis goes first, its picks come out in front, and are put back where it was.
    let order = [axis] + (0..<rank).filter { $0 != axis }
    let picked = Tensor(unchecked: apply(GatherRows(), permuted(order).erased, indices.erased))
    let inner = indices.rank
    let back = (0..<axis).map { inner + $0 } + Array(0..<inner) + (axis..<(rank - 1)).map { inner + $0 }
    return picked.permuted(back)
  }

  /// As with indices of Int64, of any integer type.
  public func take(_ indices: Tensor<some IntegerScalar>, axis: Int = 0) -> Tensor {
    take(indices.asIndices, axis: axis)
  }

  /// For each position of `indices`, the element of this tensor at the same position but for the axis, where it is at
  /// the index: NumPy's `take_along_axis`, PyTorch's `gather`.
  ///
  /// `x.takeAlong(x.argSort(axis: 0), axis: 0)` is `x.sorted(axis: 0)`. The result has the indices' shape, which is the
  /// tensor's but for the axis. Traps where the shapes differ beyond it, or an index is not within `0 ..< length`. The
  /// derivative adds up where an index occurs several times.
  public func takeAlong(_ indices: Tensor<Int64>, axis: Int) -> Tensor {
    let axis = normalizedAxes([axis], "takeAlong")[0]
    return Tensor(unchecked: apply(GatherAlong(axis: axis), erased, indices.erased, as: "takeAlong"))
  }

  /// As with indices of Int64, of any integer type.
  public func takeAlong(_ indices: Tensor<some IntegerScalar>, axis: Int) -> Tensor {
    takeAlong(indices.asIndices, axis: axis)
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// The indices as the kernels take them.
  var asIndices: Tensor<Int64> { Tensor<Int64>(unchecked: erased.converted(to: .int64)) }
}

extension Tensor where Scalar == Int64 {
  /// Refuses indices that an axis does not have, in the name of the operation that was called.
  fileprivate func requireIndices(within axis: Int, of shape: Shape, for operation: String) {
    let length = shape.axes[axis]
    if let (_, index) = Indices(erased.body).first(outside: length) {
      trap(
        TensorError(
          operation, expected: "indices within 0 ..< \(length), axis \(axis) of \(shape)", got: "\(index)"))
    }
  }
}
