import MartletCore

// Batching rules of this module's primitives, for vectorized functions. Those that have none, such as the order of whole
// rows, are applied to one example after the other.

extension MatrixFactorization {
  /// The axes before the matrices are a batch already.
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension Solve {
  /// Matrices that are the same for all examples are factored once.
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyAligned(operands) }
}

extension TriangularSolve {
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyAligned(operands) }
}

extension Diagonals {
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension ArgPartition {
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension OrderStatistics {
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension LogCumulativeSumExp {
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    LogCumulativeSumExp(axis: axis + 1).applyStacked(operands)
  }
}

extension CumulativeArgExtreme {
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    CumulativeArgExtreme(largest: largest, axis: axis + 1).applyStacked(operands)
  }
}

extension Bins {
  /// Elements of each example among the same edges; edges of each example's own have no rule.
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    operands.isBatched(1) ? nil : applyAll(self, [operands[0], operands[1]])
  }
}

extension SearchSorted {
  /// Values of each example in the same vector are more values; in vectors of each example's own they are its row.
  func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    if operands.exampleRank(0) > 1 { return applyStacked(operands) }
    if !operands.isBatched(0) { return applyAll(self, [operands[0], operands[1]]) }
    let values = operands.stacked(1)
    let rows = values.reshaped(to: [operands.size, operands.exampleShape(1).elementCount])
    return [apply(self, [operands[0], rows]).reshaped(to: values.shape)]
  }
}
