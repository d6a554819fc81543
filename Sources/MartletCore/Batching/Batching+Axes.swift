// Batching rules of what works along axes: the axes are one further on. What works along the last axis stays as it is.

extension Reduction {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let shifted = (0..<operands.exampleRank(0)).filter(reduces).map { $0 + 1 }
    return [apply(Reduction(kind, axes: shifted), operands[0])]
  }
}

extension ArgExtreme {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    ArgExtreme(largest: largest, axis: axis + 1).applyStacked(operands)
  }
}

extension Cumulative {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    Cumulative(isProduct: isProduct, axis: axis + 1, fromBack: fromBack).applyStacked(operands)
  }
}

extension LinearRecurrence {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    LinearRecurrence(axis: axis + 1, fromBack: fromBack).applyStacked(operands)
  }
}

extension SoftmaxRows {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension SoftmaxBackward {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension LogSumExp {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension Normalize {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension NormalizeBackward {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension LayerNormRows {
  /// With a scale or a shift for each example, by the composition that this operation is the same as.
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    if !operands.isBatched(1) && !operands.isBatched(2) { return [apply(self, operands.tensors)] }
    let rank = operands.exampleRank(0)
    let normalized = apply(Normalize(epsilon: epsilon), operands.aligned(0, rank: rank))
    return [normalized * operands.aligned(1, rank: rank) + operands.aligned(2, rank: rank)]
  }
}

// The channels of all examples are the channels of one.

extension AnyTensor {
  /// `[examples, batch, channels, ...]` as `[batch, examples * channels, ...]`, and `[examples, channels]` as a row.
  fileprivate var withExamplesAsChannels: AnyTensor {
    if rank == 2 { return apply(ReshapeView(to: [count]), self) }
    var order = AxisList(0..<rank)
    order[0] = 1
    order[1] = 0
    var merged = shape.removing(0)
    merged.axes[1] *= shape.axes[0]
    return apply(ReshapeView(to: merged), apply(Permute(order), self))
  }

  /// What `withExamplesAsChannels` came from, for as many examples.
  fileprivate func withChannelsAsExamples(_ size: Int) -> AnyTensor {
    let axis = rank == 1 ? 0 : 1
    var split = shape.inserting(size, at: axis)
    split.axes[axis + 1] = shape.axes[axis] / size
    var order = AxisList(0..<split.rank)
    order[0] = axis
    order[axis] = 0
    return apply(Permute(order), apply(ReshapeView(to: split), self))
  }
}

extension Primitive {
  fileprivate func applyWithExamplesAsChannels(_ operands: BatchedOperands) -> [AnyTensor]? {
    if operands.size == 0 { return nil }
    return applyAll(self, (0..<operands.count).map { operands.stacked($0).withExamplesAsChannels })
      .map { $0.withChannelsAsExamples(operands.size) }
  }
}

extension BatchNormChannels {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyWithExamplesAsChannels(operands) }
}

extension BatchNormBackward {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyWithExamplesAsChannels(operands) }
}

extension ArgSort {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension Sort {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension TopK {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}
