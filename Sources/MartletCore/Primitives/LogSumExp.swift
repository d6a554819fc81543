import CKernels

/// log Σ exp along the last axis, which is dropped.
package struct LogSumExp: Primitive {
  package init() {}

  package var name: String { "logSumExp" }
  package var saves: SavePolicy { .operandsAndResults }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    try requireFloating(x)
    try requireAxes(x)
    return TensorSpecs(x.scalarType, x.shape.removing(x.shape.rank - 1))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    RowKernel.run(operands.first, into: result, dropsAxis: true) { type, x, y, rows, columns in
      mk_log_sum_exp(type, x, y, rows, columns)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    func column(_ tensor: AnyTensor) -> AnyTensor {
      apply(ReshapeView(to: tensor.shape.inserting(1, at: tensor.rank)), tensor)
    }
    return Cotangents(column(g.first) * (saved.operand(0) - column(saved.result)).applying(.exp))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 20 * operands[0].count, bytes: operands[0].byteCount)
  }
}
