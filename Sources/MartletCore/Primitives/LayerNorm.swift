import CKernels

/// Layer normalisation (arXiv:1607.06450) in one pass: rows along the last axis are normalised, then scaled and
/// shifted.
///
/// The operands are x of shape `[..., width]`, a scale and a shift of `[width]`. The same as
/// `normalize(x) * scale + shift`.
struct LayerNorm: Primitive {
  let epsilon: Double

  var name: String { "layerNorm" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
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

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let epsilon = epsilon
    let (scale, shift) = (operands.second.inOrder(), operands[2].inOrder())
    RowKernel.run(operands.first, into: result) { type, x, y, rows, columns in
      mk_normalize_rows(type, epsilon, x, scale.pointer, shift.pointer, y, rows, columns)
    }
    withExtendedLifetime((scale, shift)) {}
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let g = cotangents.first
    let (x, scale) = (saved.operand(0), saved.operand(1))
    return Cotangents(
      saved.needs(0) ? apply(NormalizeBackward(epsilon: epsilon), x, g * scale) : nil,
      saved.needs(1) ? g * apply(Normalize(epsilon: epsilon), x) : nil, saved.needs(2) ? g : nil)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 8 * results.first.count, bytes: 2 * results.first.byteCount)
  }

  static var samples: [Sample] {
    [
      Sample(
        "layerNorm", LayerNorm(epsilon: 1e-3), [.init([3, 7]), .init([7]), .init([7])],
        reference: { o in
          let y = Normalize.reference(o[0], 1e-3)
          return Reference(y.shape) { y[$0] * o[1][[$0[1]]] + o[2][[$0[1]]] }
        }, tolerance: 2e-5)
    ]
  }
}
