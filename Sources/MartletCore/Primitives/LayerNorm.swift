import CKernels

/// Layer normalisation (arXiv:1607.06450) in one pass: rows of the last axis normalised, then scaled and shifted by one
/// row each; operands x, scale and shift.
///
/// Reference composition: `normalize(x) * scale + shift`.
struct LayerNorm: Primitive {
  let epsilon: Double

  var name: String { "layerNorm" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let spec = try Normalize(epsilon: epsilon).result(of: Operands(operands.first))
    for row in [operands.second!, operands.third!] where !LayerNorm.fits(row, operands.first) {
      let width = spec.shape.axes[spec.shape.rank - 1]
      throw TensorError(
        name, "scale and shift must be [\(width)] of \(spec.scalarType), not \(row.shape) of \(row.scalarType)")
    }
    return spec
  }

  /// Whether a tensor is one row of x's last axis.
  static func fits(_ row: AnyTensor, _ x: AnyTensor) -> Bool {
    x.shape.rank > 0 && row.shape == [x.shape.axes[x.shape.rank - 1]] && row.scalarType == x.scalarType
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let epsilon = epsilon
    let (scale, shift) = (operands.second!.body.inOrder(), operands.third!.body.inOrder())
    Rows.run([operands.first.body], into: result) { type, x, y, rows, columns in
      mk_normalize_rows(type, epsilon, x[0], scale.pointer, shift.pointer, y, rows, columns)
    }
    withExtendedLifetime((scale, shift)) {}
    return result
  }

  func pullback(_ g: AnyTensor, _ saved: Saved) -> OperandGradients {
    let (x, scale) = (saved.operand(0), saved.operand(1))
    return OperandGradients(
      saved.needs(0) ? apply(NormalizeBackward(epsilon: epsilon), x, g * scale) : nil,
      saved.needs(1) ? g * apply(Normalize(epsilon: epsilon), x) : nil, saved.needs(2) ? g : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let (x, scale) = (saved.operand(0), saved.operand(1))
    let alongX = tangents[0].map { apply(NormalizeBackward(epsilon: epsilon), x, $0) * scale }
    let alongScale = tangents[1].map { apply(Normalize(epsilon: epsilon), x) * $0 }
    let alongShift = tangents[2].map { apply(BroadcastTo(saved.resultShape), $0) }
    return Tangents.sum(Tangents.sum(alongX, alongScale), alongShift)
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 8 * spec.shape.elementCount, bytes: 2 * spec.shape.elementCount * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [
      Sample(
        "layerNorm", [.init([3, 7]), .init([7]), .init([7])], apply: { applyAny(LayerNorm(epsilon: 1e-3), $0) },
        reference: { o in
          let y = Normalize.reference(o[0], 1e-3)
          return Reference(y.shape) { y[$0] * o[1][[$0[1]]] + o[2][[$0[1]]] }
        }, tolerance: 2e-5)
    ]
  }
}
