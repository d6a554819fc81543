import CKernels

/// An activation that a linear layer applies within its matrix product.
///
/// The derivative of each needs the result alone, so that the activation's operand is not saved.
public enum FusedActivation: UInt8, CaseIterable, Sendable {
  /// x: no activation.
  case identity
  /// max(x, 0).
  case relu
  /// The hyperbolic tangent.
  case tanh
  /// 1 / (1 + e⁻ˣ).
  case sigmoid

  var epilogue: mk_epilogue { mk_epilogue(rawValue: rawValue) }

  package var unary: UnaryOperation? {
    switch self {
    case .identity: nil
    case .relu: .relu
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    }
  }

  /// The operation that computes the gradient of the activation's operand from the result and its gradient.
  fileprivate var backward: BinaryOperation? {
    switch self {
    case .identity: nil
    case .relu: .reluBackward
    case .tanh: .tanhBackward
    case .sigmoid: .sigmoidBackward
    }
  }
}

/// activation(x Wᵀ + b) in one pass over the result, for x of shape `[..., in]`, W `[out, in]` and b `[out]` or none.
///
/// The same as `matmul(x, W.transposed()) + b`, then the activation.
package struct Linear: Primitive {
  package let activation: FusedActivation

  package init(activation: FusedActivation) { self.activation = activation }

  package var name: String { "linear" }
  package var saves: SavePolicy { activation == .identity ? .crossed : .crossedAndResults }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, weight) = (operands[0], operands[1])
    if !x.scalarType.isFloatingPoint || x.scalarType != weight.scalarType {
      throw mistake(
        expected: "x and weight both of Float or both of Double", got: "\(x.scalarType) and \(weight.scalarType)")
    }
    if weight.shape.rank != 2 { throw mistake(expected: "a weight of [out, in]", got: "\(weight.shape)") }
    if x.shape.rank == 0 || x.shape.axes[x.shape.rank - 1] != weight.shape.axes[1] {
      let width = x.shape.rank == 0 ? "no axis" : "\(x.shape.axes[x.shape.rank - 1]) ≠ \(weight.shape.axes[1])"
      throw mistake(
        "x has another number of features than weight [out, in]: \(x.shape) and \(weight.shape) (\(width))")
    }
    if operands.count == 3 {
      let bias = operands[2]
      if bias.shape.rank != 1 || bias.shape.axes[0] != weight.shape.axes[0] || bias.scalarType != x.scalarType {
        throw mistake(
          expected: "a bias of [\(weight.shape.axes[0])] of \(x.scalarType)",
          got: "\(bias.shape) of \(bias.scalarType)")
      }
    }
    var shape = x.shape
    shape.axes[shape.rank - 1] = weight.shape.axes[0]
    return TensorSpecs(x.scalarType, shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let type = result.scalarType
    var x = operands.first
    let width = x.shape.axes[x.shape.rank - 1]
    if result.count == 0 { return }
    if x.shape.rank != 2 {
      let rows = result.count / result.shape.axes[result.shape.rank - 1]
      x = x.reshaped(to: [rows, width])
    }
    x = x.matrices()
    let weight = operands.second.matrices()
    let bias = operands.count == 3 ? operands[2].inOrder() : nil
    MatrixProduct.multiply(
      type, .init(left: x), .init(left: weight).transposed, into: result.pointer,
      .init(bias: bias.map { UnsafeRawPointer($0.pointer) }, activation: activation.epilogue))
    withExtendedLifetime((x, weight, bias)) {}
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    var g = cotangents.takeFirst()
    if let backward = activation.backward { g = apply(Binary(backward), g, saved.takeResult()) }
    if saved.wantsFactors(1) || saved.wantsFactors(2) { return giveFactors(g, saved) }
    let rows = g.foldedRows
    return Cotangents(
      saved.needs(0) ? apply(MatMul(), g, saved.operand(1)) : nil,
      saved.needs(1) ? apply(MatMul(), rows.transposedMatrix, saved.operand(0).foldedRows) : nil,
      saved.needs(2) ? apply(Reduction(.sum, axes: [0]), rows) : nil)
  }

  /// The gradient of x, with those of the weight and the bias in factors where they are wanted.
  private func giveFactors(_ g: AnyTensor, _ saved: Saved) -> Cotangents {
    var weight: AnyTensor?
    if saved.wantsFactors(1) {
      saved.give(.products(outer: g, inner: saved.operand(0)), 1)
    } else if saved.needs(1) {
      weight = apply(MatMul(), g.foldedRows.transposedMatrix, saved.operand(0).foldedRows)
    }
    return Cotangents(
      saved.needs(0) ? apply(MatMul(), g, saved.operand(1)) : nil, weight, saved.needs(2) ? g : nil)
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let plain = Linear(activation: .identity)
    let products = Tangents.sum(
      tangents[0].map { apply(plain, $0, saved.operand(1)) }, tangents[1].map { apply(plain, saved.operand(0), $0) })
    let bias = saved.count == 3 ? tangents[2].map { apply(BroadcastTo(saved.resultShape), $0) } : nil
    guard let moved = Tangents.sum(products, bias) else { return Tangents(nil) }
    return Tangents(activation.backward.map { apply(Binary($0), moved, saved.result) } ?? moved)
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: results.first.count * (2 * operands[1].shape.axes[1] + 2),
      bytes: operands[0].byteCount + operands[1].byteCount + results.first.byteCount)
  }
}
