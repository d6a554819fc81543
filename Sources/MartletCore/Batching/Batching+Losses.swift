// Batching rules of the fused losses: the rows of all examples are the rows of one, and a number for each example is a
// sum over the other axes.

/// A tensor whose first two axes are merged into one.
private func merged(_ tensor: AnyTensor) -> AnyTensor {
  var shape = tensor.shape.removing(0)
  shape.axes[0] = tensor.shape.axes[0] * tensor.shape.axes[1]
  return apply(ReshapeView(to: shape), tensor)
}

extension CrossEntropy {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let (x, labels) = (operands.stacked(0), operands.stacked(1))
    return [apply(ReshapeView(to: labels.shape), apply(self, merged(x), merged(labels)))]
  }
}

extension CrossEntropyBackward {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let tensors = (0..<3).map(operands.stacked)
    return [
      apply(ReshapeView(to: tensors[0].shape), apply(self, merged(tensors[0]), merged(tensors[1]), merged(tensors[2])))
    ]
  }
}

extension SquaredError {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let difference = operands[0] - operands[1]
    let sum = apply(Reduction(.sumOfSquares, axes: Array(1..<difference.rank)), difference)
    return [isMean ? sum / Double(operands.exampleShape(0).elementCount) : sum]
  }
}

extension SquaredErrorBackward {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let shape = operands.exampleShape(0)
    let scale = operands.aligned(2, rank: shape.rank) * (isMean ? 2 / Double(shape.elementCount) : 2)
    let product = (operands[0] - operands[1]) * scale
    return [product]
  }
}
