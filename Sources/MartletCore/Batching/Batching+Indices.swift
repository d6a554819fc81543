// Batching rules of what reads or writes at indices. Indices that are the same for all examples index the same axes, one
// further on; indices of each example's own are made positions among the examples and the indexed axes together.

/// Neighbouring axes of one example that are indexed: `lengths` of them from `axis` on.
private struct BatchedIndexing {
  let size: Int
  let axis: Int
  let lengths: [Int]

  /// The positions, among the examples and the indexed axes together, of each example's own indices.
  func positions(_ indices: AnyTensor) -> AnyTensor {
    var column = Shape(axes: AxisList(repeating: 1, count: indices.rank))
    column.axes[0] = size
    let examples = apply(ReshapeView(to: column), Tensor<Int64>.arange(Int64(size)).erased)
    let parts = [CombinedIndices.Part(axis: 0, axes: 1), CombinedIndices.Part(axis: 1, axes: lengths.count)]
    return apply(CombinedIndices(shape: Shape([size] + lengths), parts: parts), [examples, indices])
  }

  /// A batch of tensors, with `count` axes in the place of the indexed ones, with these axes behind the examples.
  func inFront(_ tensor: AnyTensor, count: Int) -> AnyTensor {
    moved(tensor, from: axis + 1, to: 1, count)
  }

  /// The reverse of `inFront`.
  func inPlace(_ tensor: AnyTensor, count: Int) -> AnyTensor {
    moved(tensor, from: 1, to: axis + 1, count)
  }

  private func moved(_ tensor: AnyTensor, from: Int, to: Int, _ count: Int) -> AnyTensor {
    if from == to || count == 0 { return tensor }
    var order = Array(0..<tensor.rank)
    let axes = order[from..<from + count]
    order.removeSubrange(from..<from + count)
    order.insert(contentsOf: axes, at: to)
    return apply(Permute(AxisList(order)), tensor)
  }
}

extension Gather {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let (x, indices) = (operands[0], operands[1])
    if !operands.isBatched(1) { return [apply(Gather(axis: axis + 1, axes: axes), x, indices)] }
    let rank = operands.exampleRank(1)
    let shape = operands.exampleShape(0)
    if !operands.isBatched(0) {
      // The examples are the first of the axes that the indices put in place of the indexed ones.
      let picked = apply(self, x, indices)
      if axis == 0 { return [picked] }
      let order = [axis] + (0..<axis) + (axis + 1..<picked.rank)
      return [apply(Permute(AxisList(order)), picked)]
    }
    // An index out of range would be another example's: they are looked at before they are combined.
    trapping { () throws(TensorError) in try validate(indices: indices.body, axis, axes, of: shape) }
    let indexing = BatchedIndexing(
      size: operands.size, axis: axis, lengths: (axis..<axis + axes).map { shape.axes[$0] })
    let picked = apply(
      Gather(axis: 0, axes: axes + 1), indexing.inFront(x, count: axes), indexing.positions(indices))
    return [indexing.inPlace(picked, count: rank)]
  }
}

extension ScatterAdd {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let (x, indices) = (operands.stacked(0), operands[1])
    if !operands.isBatched(1) { return [apply(ScatterAdd(axis: axis + 1, lengths: lengths), x, indices)] }
    let indexing = BatchedIndexing(size: operands.size, axis: axis, lengths: (0..<lengths.count).map { lengths[$0] })
    let summed = apply(
      ScatterAdd(axis: 0, lengths: AxisList([operands.size] + indexing.lengths)),
      indexing.inFront(x, count: operands.exampleRank(1)), indexing.positions(indices))
    return [indexing.inPlace(summed, count: lengths.count)]
  }
}

extension Replace {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let (base, values, indices) = (operands.stacked(0), operands.stacked(1), operands[2])
    if !operands.isBatched(2) { return [apply(Replace(axis: axis + 1, axes: axes), base, values, indices)] }
    let shape = operands.exampleShape(0)
    trapping { () throws(TensorError) in try validate(indices: indices.body, axis, axes, of: shape) }
    let indexing = BatchedIndexing(
      size: operands.size, axis: axis, lengths: (axis..<axis + axes).map { shape.axes[$0] })
    let changed = apply(
      Replace(axis: 0, axes: axes + 1), indexing.inFront(base, count: axes),
      indexing.inFront(values, count: operands.exampleRank(2)), indexing.positions(indices))
    return [indexing.inPlace(changed, count: axes)]
  }
}

extension GatherAlong {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    GatherAlong(axis: axis + 1).applyStacked(operands)
  }
}

extension ScatterAddAlong {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    ScatterAddAlong(axis: axis + 1, length: length).applyStacked(operands)
  }
}

extension ScatterAlong {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    ScatterAlong(axis: axis + 1, reduction: reduction).applyStacked(operands)
  }
}
