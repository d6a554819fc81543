// Batching rules of elementwise operations: the operation itself. Where operands broadcast, the examples must meet.

extension Unary {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension Test {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension Convert {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension Contiguous {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension Binary {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyAligned(operands) }
}

extension Compare {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyAligned(operands) }
}

extension Select {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyAligned(operands) }
}

extension CombinedIndices {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyAligned(operands) }
}

extension ReproducibleExp {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}
