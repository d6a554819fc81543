// Elements selected by index along an axis. Each method has a form for indices of Int64, which is what literals are
// taken for, and one for those of any other integer type.

extension Tensor {
  /// The rows at the given indices, or the slices along another axis: NumPy's `take`.
  ///
  /// The shape of the indices replaces the axis: for a tensor `[5, 3]` and indices `[2, 4]`, the result is `[2, 4, 3]`.
  /// An index may occur several times: the gradients are then added up. Traps when an index is not within `0 ..<
  /// length`. Along the first axis this is `x[rows: indices]`.
  public func take(_ indices: Tensor<Int64>, axis: Int = 0) -> Tensor {
    let axis = normalizedAxes([axis], "take")[0]
    if axis == 0 { return Tensor(unchecked: apply(GatherRows(), erased, indices.erased, as: "take")) }
    shape.requireRank(rank - 1 + indices.rank, for: "take")
    indices.requireIndices(within: axis, of: shape, for: "take")
    // The axis is moved to the front, where the axes of the indices replace it; these are then moved to its place.
    let order = [axis] + (0..<rank).filter { $0 != axis }
    let picked = Tensor(unchecked: apply(GatherRows(), permuted(order).erased, indices.erased))
    let inner = indices.rank
    let back = (0..<axis).map { inner + $0 } + Array(0..<inner) + (axis..<(rank - 1)).map { inner + $0 }
    return picked.permuted(back)
  }

  /// The rows at the given indices, or the slices along another axis, with indices of any integer type.
  public func take(_ indices: Tensor<some IntegerScalar>, axis: Int = 0) -> Tensor {
    take(indices.asIndices, axis: axis)
  }

  /// Takes one element of this tensor for each element of `indices`, which is its index along the axis: NumPy's
  /// `take_along_axis`, PyTorch's `gather`.
  ///
  /// Along the other axes the element is at the same place as its index. The result has the shape of the indices, which
  /// must be the tensor's except along the axis: `x.takeAlong(x.argSort(axis: 0), axis: 0)` is `x.sorted(axis: 0)`.
  /// Traps when the shapes differ in another axis, or an index is not within `0 ..< length`. Where an index occurs
  /// several times, the gradients are added up.
  public func takeAlong(_ indices: Tensor<Int64>, axis: Int) -> Tensor {
    let axis = normalizedAxes([axis], "takeAlong")[0]
    return Tensor(unchecked: apply(GatherAlong(axis: axis), erased, indices.erased, as: "takeAlong"))
  }

  /// Takes one element of this tensor for each element of `indices`, of any integer type.
  public func takeAlong(_ indices: Tensor<some IntegerScalar>, axis: Int) -> Tensor {
    takeAlong(indices.asIndices, axis: axis)
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// The indices as Int64, which is what the kernels take.
  var asIndices: Tensor<Int64> { Tensor<Int64>(unchecked: erased.converted(to: .int64)) }
}

extension Tensor where Scalar == Int64 {
  /// Traps in the name of `operation` when the axis does not have one of the indices.
  fileprivate func requireIndices(within axis: Int, of shape: Shape, for operation: String) {
    let length = shape.axes[axis]
    if let (_, index) = Indices(erased.body).first(outside: length) {
      trap(
        TensorError(
          operation, expected: "indices within 0 ..< \(length), axis \(axis) of \(shape)", got: "\(index)"))
    }
  }
}
