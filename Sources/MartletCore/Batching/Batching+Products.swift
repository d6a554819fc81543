// Batching rules of matrix products. Where one operand is the same for all examples, the batch is only more rows of one
// product; else the leading axes broadcast.

extension MatMul {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let (a, b) = (operands[0], operands[1])
    let (rankA, rankB) = (operands.exampleRank(0), operands.exampleRank(1))
    switch (operands.isBatched(0), operands.isBatched(1)) {
    case (true, false) where rankB <= 2: return [apply(self, a, b)]
    case (false, true) where rankA == 1 && rankB == 1: return [apply(self, b, a)]
    case (false, true) where rankA == 2 && rankB == 1: return [apply(self, b, a.transposedMatrix)]
    case (false, true) where rankA <= 2 && rankB >= 2: return [apply(self, a, b)]
    case (true, true) where rankA == 1 && rankB == 1: return [apply(Reduction(.sum, axes: [1]), a * b)]
    default: break
    }
    // A row on the left and a column on the right, whose axis is dropped from the result.
    func matrix(_ tensor: AnyTensor, isVector: Bool, isLeft: Bool) -> AnyTensor {
      isVector ? apply(ReshapeView(to: tensor.shape.inserting(1, at: tensor.rank - (isLeft ? 1 : 0))), tensor) : tensor
    }
    let matrices = BatchedOperands(
      size: operands.size,
      [matrix(a, isVector: rankA == 1, isLeft: true), matrix(b, isVector: rankB == 1, isLeft: false)],
      isBatched: [operands.isBatched(0), operands.isBatched(1)])
    let product = applyAligned(matrices)[0]
    if rankA > 1 && rankB > 1 { return [product] }
    var shape = product.shape
    if rankB == 1 { shape = shape.removing(shape.rank - 1) }
    if rankA == 1 { shape = shape.removing(shape.rank - (rankB == 1 ? 1 : 2)) }
    return [apply(ReshapeView(to: shape), product)]
  }
}

extension Linear {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let hasBias = operands.count == 3
    let hasOwnBias = hasBias && operands.isBatched(2)
    if !operands.isBatched(1) && !hasOwnBias { return [apply(self, operands.tensors)] }
    var result: AnyTensor
    if operands.isBatched(1) {
      let factors = BatchedOperands(
        size: operands.size, [operands[0], operands[1].transposedMatrix], isBatched: [operands.isBatched(0), true])
      result = MatMul().results(forEach: factors)[0]
    } else {
      result = apply(Linear(activation: .identity), operands[0], operands[1])
    }
    if hasBias { result = result + operands.aligned(2, rank: operands.exampleRank(0)) }
    return [activation.unary.map { result.applying($0) } ?? result]
  }
}
