import CKernels

/// Brings rows along the last axis to mean 0 and variance 1: (x − mean) / √(variance + ε), with a population's
/// variance.
///
/// This is layer normalisation without its scale and shift (Ba, Kiros and Hinton, arXiv:1607.06450). The same as
/// `(x - x.mean(axis: -1)) * (x.variance(axis: -1) + epsilon).rsqrt()`.
package struct Normalize: Primitive {
  package let epsilon: Double

  package init(epsilon: Double) { self.epsilon = epsilon }

  package var name: String { "normalize" }
  package var saves: SavePolicy { .firstOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireFloating(operands[0])
    try requireAxes(operands[0])
    return TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let epsilon = epsilon
    RowKernel.run(operands.first, into: result) { type, x, y, rows, columns in
      mk_normalize_rows(type, epsilon, x, nil, nil, y, rows, columns)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(NormalizeBackward(epsilon: epsilon), saved.operand(0), g.first))
  }

  // The Jacobian is symmetric, so that this is the same as the pullback.
  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(NormalizeBackward(epsilon: epsilon), saved.operand(0), $0) })
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 6 * results.first.count, bytes: 2 * results.first.byteCount)
  }
}

/// The gradient of `Normalize`: (g − mean g − y mean(g y)) / √(variance + ε), where y is the normalised x.
///
/// The operands are x and g.
package struct NormalizeBackward: Primitive {
  let epsilon: Double

  package init(epsilon: Double) { self.epsilon = epsilon }

  package var name: String { "normalizeBackward" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, g) = (operands[0], operands[1])
    try requireFloating(x)
    try requireAxes(x)
    if x.shape != g.shape || x.scalarType != g.scalarType {
      throw mistake("operand and gradient differ: \(x.shape) and \(g.shape)")
    }
    return TensorSpecs(x)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let epsilon = epsilon
    RowKernel.run(operands.first, operands.second, into: result) { type, x, g, dx, rows, columns in
      mk_normalize_rows_backward(type, epsilon, x, g, dx, rows, columns)
    }
  }

  /// The formula recorded as tensor operations, from which the chain rule gives its derivative.
  private func recorded(_ x: AnyTensor, _ g: AnyTensor) -> Linearization {
    Linearization(at: [x, g]) { operands in
      let (x, g) = (operands[0], operands[1])
      let share = 1 / Double(max(1, x.shape.axes[x.rank - 1]))
      func mean(_ tensor: AnyTensor) -> AnyTensor { tensor.rowSums * share }
      let centred = x - mean(x)
      let scale = (mean(centred.applying(.square)) + epsilon).applying(.rsqrt)
      let y = centred * scale
      return [(g - mean(g) - y * mean(g * y)) * scale]
    }
  }

  package func pullback(_ c: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let gradients = recorded(saved.operand(0), saved.operand(1)).pullback([c.first])
    return Cotangents(gradients[0], gradients[1])
  }
}
