import CKernels

/// Layer normalisation (arXiv:1607.06450) in one pass: rows along the last axis are normalised, then scaled and
/// shifted.
///
/// The operands are x of shape `[..., width]`, a scale and a shift of `[width]`. The same as
/// `normalize(x) * scale + shift`.
package struct LayerNormRows: Primitive {
  package let epsilon: Double

  package init(epsilon: Double) { self.epsilon = epsilon }

  package var name: String { "layerNorm" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let spec = try Normalize(epsilon: epsilon).specs(of: operands).first
    let width = spec.shape.axes[spec.shape.rank - 1]
    for index in 1...2 {
      let row = operands[index]
      if row.shape == [width] && row.scalarType == spec.scalarType { continue }
      throw mistake(
        expected: "a scale and a shift of [\(width)] of \(spec.scalarType)",
        got: "\(row.shape) of \(row.scalarType)")
    }
    return TensorSpecs(spec)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let epsilon = epsilon
    let (scale, shift) = (operands.second.inOrder(), operands[2].inOrder())
    RowKernel.run(operands.first, into: result) { type, x, y, rows, columns in
      mk_normalize_rows(type, epsilon, x, scale.pointer, shift.pointer, y, rows, columns)
    }
    withExtendedLifetime((scale, shift)) {}
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let g = cotangents.first
    let (x, scale) = (saved.operand(0), saved.operand(1))
    return Cotangents(
      saved.needs(0) ? apply(NormalizeBackward(epsilon: epsilon), x, g * scale) : nil,
      saved.needs(1) ? g * apply(Normalize(epsilon: epsilon), x) : nil, saved.needs(2) ? g : nil)
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 8 * results.first.count, bytes: 2 * results.first.byteCount)
  }
}
