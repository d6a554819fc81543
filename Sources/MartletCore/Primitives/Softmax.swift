import CKernels

/// Softmax along the last axis, or its logarithm; the gradients are primitives too, so that they can be differentiated.
package struct SoftmaxRows: Primitive {
  package let isLogarithmic: Bool

  package init(isLogarithmic: Bool) { self.isLogarithmic = isLogarithmic }

  package var name: String { isLogarithmic ? "logSoftmax" : "softmax" }
  package var saves: SavePolicy { .results }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireFloating(operands[0])
    try requireAxes(operands[0])
    return TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let isLogarithmic = isLogarithmic
    RowKernel.run(operands.first, into: result) { type, x, y, rows, columns in
      if isLogarithmic { mk_log_softmax(type, x, y, rows, columns) } else { mk_softmax(type, x, y, rows, columns) }
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(SoftmaxBackward(isLogarithmic: isLogarithmic), saved.result, g.first))
  }

  // The Jacobian of softmax is symmetric, so that its gradient can be used; that of the logarithm is not.
  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    guard let tangent = tangents[0] else { return Tangents(nil) }
    let y = saved.result
    return Tangents(
      isLogarithmic
        ? tangent - (y.applying(.exp) * tangent).rowSums : apply(SoftmaxBackward(isLogarithmic: false), y, tangent))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 20 * results.first.count, bytes: 2 * results.first.byteCount)
  }
}

/// The gradient of `SoftmaxRows`: y (g − Σ g y) for softmax's result y, and g − exp(y) Σ g for its logarithm's.
///
/// The operands are y and g.
package struct SoftmaxBackward: Primitive {
  let isLogarithmic: Bool

  package init(isLogarithmic: Bool) { self.isLogarithmic = isLogarithmic }

  package var name: String { isLogarithmic ? "logSoftmaxBackward" : "softmaxBackward" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (y, g) = (operands[0], operands[1])
    try requireFloating(y)
    try requireAxes(y)
    if y.shape != g.shape || y.scalarType != g.scalarType {
      throw mistake("result and gradient differ: \(y.shape) and \(g.shape)")
    }
    return TensorSpecs(y)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let isLogarithmic = isLogarithmic
    RowKernel.run(operands.first, operands.second, into: result) { type, y, g, out, rows, columns in
      if isLogarithmic {
        mk_log_softmax_backward(type, y, g, out, rows, columns)
      } else {
        mk_softmax_backward(type, y, g, out, rows, columns)
      }
    }
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let c = cotangents.first
    let (y, g) = (saved.operand(0), saved.operand(1))
    if isLogarithmic {
      // r = g − exp(y) Σ g.
      let p = y.applying(.exp)
      let cp = c * p
      return Cotangents(-(cp * g.rowSums), c - cp.rowSums)
    }
    // r = y (g − Σ g y).
    let cy = c * y
    let inner = cy.rowSums
    return Cotangents(c * (g - (g * y).rowSums) - g * inner, y * (c - inner))
  }
}
