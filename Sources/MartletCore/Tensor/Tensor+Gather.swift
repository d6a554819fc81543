// Elements selected by index along an axis. Each method has a form for indices of Int64, which is what literals are
// taken for, and one for those of any other integer type.

extension Tensor {
  /// The rows at the given indices, or the slices along another axis: NumPy's `take`.
  ///
  /// The shape of the indices replaces the axis: for a tensor `[5, 3]` and indices `[2, 4]`, the result is `[2, 4, 3]`.
  /// An index may occur several times: the gradients are then added up. Traps when an index is not within `0 ..<
  /// length`. Along the first axis this is `x[rows: indices]`.
  public func take(_ indices: Tensor<Int64>, axis: Int = 0) -> Tensor {
    let axis = axis == 0 && rank > 0 ? 0 : normalizedAxes([axis], "take")[0]
    return Tensor(unchecked: apply(Gather(axis: axis), erased, indices.erased, as: "take"))
  }

  /// The rows at the given indices, or the slices along another axis, with indices of any integer type.
  public func take(_ indices: Tensor<some IntegerScalar>, axis: Int = 0) -> Tensor {
    take(indices.asIndices, axis: axis)
  }

  /// Takes one element of this tensor for each element of `indices`, which is its index along the axis: NumPy's
  /// `take_along_axis`, PyTorch's `gather`.
  ///
  /// Along the other axes, where the two shapes broadcast, the element is at the same place as its index; along the
  /// axis the result is as long as the indices: `x.takeAlong(x.argSort(axis: 0), axis: 0)` is `x.sorted(axis: 0)`.
  /// Traps when the shapes do not broadcast in another axis or differ in rank, or an index is not within
  /// `0 ..< length`. Where an index occurs several times, the gradients are added up.
  public func takeAlong(_ indices: Tensor<Int64>, axis: Int) -> Tensor {
    let axis = normalizedAxes([axis], "takeAlong")[0]
    let (x, indices) = besides(axis, indices)
    return Tensor(unchecked: apply(GatherAlong(axis: axis), x.erased, indices.erased, as: "takeAlong"))
  }

  /// Takes one element of this tensor for each element of `indices`, of any integer type.
  public func takeAlong(_ indices: Tensor<some IntegerScalar>, axis: Int) -> Tensor {
    takeAlong(indices.asIndices, axis: axis)
  }
}

extension Tensor {
  /// Consecutive rows, as a view: `self[range]` without what indices of other kinds need; traps as that does.
  package func rows(_ range: Range<Int>) -> Tensor {
    Tensor(unchecked: apply(Slice(of: shape, axis: 0, start: range.lowerBound, count: range.count), erased))
  }

  /// This tensor and the indices, broadcast to one shape except along the axis; as they are where that cannot be, which
  /// the rule then refuses.
  private func besides(_ axis: Int, _ indices: Tensor<Int64>) -> (Tensor, Tensor<Int64>) {
    if indices.rank != rank { return (self, indices) }
    var (mine, theirs) = (shape, indices.shape)
    (mine.axes[axis], theirs.axes[axis]) = (1, 1)
    guard mine != theirs, var target = mine.broadcast(with: theirs) else { return (self, indices) }
    target.axes[axis] = shape.axes[axis]
    let wide = broadcast(to: target)
    target.axes[axis] = indices.shape.axes[axis]
    return (wide, indices.broadcast(to: target))
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// The indices as Int64, which is what the kernels take.
  var asIndices: Tensor<Int64> { Tensor<Int64>(unchecked: erased.converted(to: .int64)) }
}

extension Tensor where Scalar == Int64 {
  /// Traps in the name of `operation` when an index is not within `count` axes from `axis` on.
  func requireIndices(_ axis: Int, _ count: Int, of shape: Shape, for operation: String) {
    let length = shape.elements(axis, count)
    if let (_, index) = Indices(erased.body).first(outside: length) {
      trap(
        TensorError(
          operation, expected: "indices within 0 ..< \(length), \(shape.named(axis, count)) of \(shape)",
          got: "\(index)"))
    }
  }
}
