// Writing at indices along an axis, at positions in row-major order, and where a mask is true.

extension Tensor {
  /// The tensor with values combined with its elements at indices along an axis: PyTorch's `scatter` and
  /// `scatter_reduce`.
  ///
  /// `values[i, j]` goes to `[indices[i, j], j]` along axis 0. The values broadcast to the indices' shape, and the
  /// indices to the tensor's beside the axis. Where an index occurs several times in a line, all its values count; by
  /// `.set`, the last. Traps when shapes do not fit, or an index is not within `0 ..< length`; `Bool` is only set.
  ///
  /// Where several elements are the least or the greatest, they share the gradient.
  ///
  /// - Complexity: O(count + indices).
  public func scatter(
    _ values: Tensor, at indices: Tensor<Int64>, axis: Int, reduction: ScatterReduction = .set
  ) -> Tensor {
    let axis = normalizedAxes([axis], "scatter")[0]
    var beside = shape
    if indices.rank == rank { beside.axes[axis] = indices.shape.axes[axis] }
    let indices = indices.shape.canBroadcast(to: beside) ? indices.broadcast(to: beside) : indices
    if !values.shape.canBroadcast(to: indices.shape) {
      trap("scatter", "\(values.shape) does not broadcast to the indices' \(indices.shape)")
    }
    let values = values.broadcast(to: indices.shape)
    if reduction == .multiply && (erased.node != nil || values.erased.node != nil) {
      return multiplied(values, indices, axis)
    }
    return scattered(values, indices, axis, reduction)
  }

  /// The tensor with values combined with its elements at indices, of any integer type, along an axis.
  public func scatter(
    _ values: Tensor, at indices: Tensor<some IntegerScalar>, axis: Int, reduction: ScatterReduction = .set
  ) -> Tensor {
    scatter(values, at: indices.asIndices, axis: axis, reduction: reduction)
  }

  /// The tensor with a number combined with its elements at indices, of any integer type, along an axis.
  public func scatter(
    _ value: Scalar, at indices: Tensor<some IntegerScalar>, axis: Int, reduction: ScatterReduction = .set
  ) -> Tensor {
    scatter(Tensor(value), at: indices.asIndices, axis: axis, reduction: reduction)
  }

  /// The tensor with a number combined with its elements at indices along an axis.
  public func scatter(
    _ value: Scalar, at indices: Tensor<Int64>, axis: Int, reduction: ScatterReduction = .set
  ) -> Tensor {
    scatter(Tensor(value), at: indices, axis: axis, reduction: reduction)
  }

  private func scattered(_ values: Tensor, _ indices: Tensor<Int64>, _ axis: Int, _ reduction: ScatterReduction)
    -> Tensor
  {
    Tensor(
      unchecked: apply(
        ScatterAlong(axis: axis, reduction: reduction), [erased, values.erased, indices.erased], as: "scatter"))
  }

  /// Multiplies so that the derivatives hold at factors that are 0: these are kept apart, in as many layers as there
  /// are at one place, and multiplied without division.
  private func multiplied(_ values: Tensor, _ indices: Tensor<Int64>, _ axis: Int) -> Tensor {
    func isZero(_ x: Tensor) -> AnyTensor { x.erased.detached().compared(.equal, x.erased.scalar(0)) }
    func choose(_ mask: AnyTensor, _ a: AnyTensor, _ b: AnyTensor) -> AnyTensor { apply(Select(), mask, a, b) }
    let one = erased.scalar(1)
    let (mine, theirs) = (isZero(self), isZero(values))
    let ones = Tensor(unchecked: choose(mine, one, erased))
    var result = ones.scattered(Tensor(unchecked: choose(theirs, one, values.erased)), indices, axis, .multiply).erased
    result = result * choose(mine, erased, one)
    // Of the zeros at one place, the first is in layer 1, the next in layer 2.
    let zeros = Tensor<Int64>(unchecked: theirs.converted(to: .int64))
    let layers = Tensor.ranks(zeros, indices, axis, length: shape.axes[axis]) * zeros
    let depth = layers.count == 0 ? 0 : layers.max().item()
    var longer = shape
    longer.axes[axis] += 1
    let blank = Tensor(unchecked: AnyTensor(full: longer, 1, scalarType: erased.scalarType))
    for layer in stride(from: 1, through: depth, by: 1) {
      // What is not in the layer goes to a place of its own behind the axis.
      let here = layers .== layer
      let target = Tensor<Int64>.where(here, indices, Tensor<Int64>(Int64(shape.axes[axis])))
      let factors = blank.scattered(values, target, axis, .set).erased
      result = result * factors.sliced(axis: axis, start: 0, count: shape.axes[axis])
    }
    return Tensor(unchecked: result)
  }

  /// For each element that is 1, how many of those at its place come up to it in its line.
  private static func ranks(_ ones: Tensor<Int64>, _ indices: Tensor<Int64>, _ axis: Int, length: Int) -> Tensor<Int64>
  {
    // Stably sorted by place, the elements of a place are neighbours: a running total, less what it was before the
    // place.
    let order = indices.argSort(axis: axis)
    let sorted = ones.takeAlong(order, axis: axis)
    let totals = sorted.cumulativeSum(axis: axis)
    var lengths = indices.shape
    lengths.axes[axis] = length
    let counts = Tensor<Int64>.zeros(lengths).scattered(ones, indices, axis, .add)
    let before = counts.cumulativeSum(axis: axis) - counts
    let ranks = totals - before.takeAlong(indices.takeAlong(order, axis: axis), axis: axis)
    return Tensor<Int64>.zeros(indices.shape).scattered(ranks, order, axis, .set)
  }

  /// Assigns values to the elements at positions in row-major order: NumPy's `put`.
  ///
  /// The values broadcast to the positions' shape; a negative position counts from the end. Where one occurs twice, the
  /// later value remains. Changes this tensor alone: what other tensors see is copied first. Traps when a position is
  /// not one of the tensor's, or the values do not broadcast.
  ///
  /// - Complexity: O(positions), or O(count) when another tensor sees the memory or the assignment is recorded.
  public mutating func put(_ values: Tensor, at positions: Tensor<Int64>) {
    let place = IndexedPlace(shape, axis: 0, axes: rank)
    assign(values, at: place, flat(positions, "put"), for: "put")
  }

  /// Assigns values to the elements at positions, of any integer type, in row-major order.
  public mutating func put(_ values: Tensor, at positions: Tensor<some IntegerScalar>) {
    put(values, at: positions.asIndices)
  }

  /// Assigns a number to the elements at positions in row-major order.
  public mutating func put(_ value: Scalar, at positions: Tensor<Int64>) { put(Tensor(value), at: positions) }

  /// Assigns a number to the elements at positions, of any integer type, in row-major order.
  public mutating func put(_ value: Scalar, at positions: Tensor<some IntegerScalar>) {
    put(Tensor(value), at: positions.asIndices)
  }

  /// The positions in row-major order, all counted from the first.
  private func flat(_ positions: Tensor<Int64>, _ operation: String) -> AnyTensor {
    if let (_, position) = Indices(positions.erased.body).first(outside: count, from: -count) {
      trap(operation, "position \(position) is out of range for the \(count) elements of \(shape)")
    }
    return apply(
      CombinedIndices(shape: shape, parts: [.init(axis: 0, axes: rank)]), [positions.detached().erased], as: operation)
  }

  /// The tensor with `value` where the mask is true: PyTorch's `masked_fill`.
  ///
  /// The mask broadcasts to the tensor's shape; `t[mask] = value` does the same in place. Traps when it does not.
  public func maskedFill(_ mask: Tensor<Bool>, with value: Scalar) -> Tensor {
    if !mask.shape.canBroadcast(to: shape) {
      trap("maskedFill", "expected a mask that broadcasts to \(shape), got \(mask.shape)")
    }
    return Tensor(unchecked: apply(Select(), mask.erased, Tensor(value).erased, erased))
  }
}
