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

  var unary: UnaryOperation? {
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
struct Linear: Primitive {
  let activation: FusedActivation

  var name: String { "linear" }
  var saves: SavePolicy { activation == .identity ? .crossed : .crossedAndResults }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
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

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let type = result.scalarType
    var x = operands.first
    let width = x.shape.axes[x.shape.rank - 1]
    let rows: Shape = [x.shape.elementCount / max(1, width), width]
    if result.count == 0 { return }
    if x.shape.rank != 2 {
      let folded = width == 0 ? [result.shape.elementCount / result.shape.axes[result.shape.rank - 1], 0] : rows
      x = x.reshaped(to: folded)
    }
    x = x.matrices()
    let weight = operands.second.matrices()
    let bias = operands.count == 3 ? operands[2].inOrder() : nil
    MatrixProduct.multiply(
      type, .init(left: x), .init(left: weight).transposed, into: result.pointer,
      .init(bias: bias.map { UnsafeRawPointer($0.pointer) }, activation: activation.epilogue))
    withExtendedLifetime((x, weight, bias)) {}
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    var g = cotangents.takeFirst()
    if let backward = activation.backward { g = apply(Binary(backward), g, saved.takeResult()) }
    let rows = g.foldedRows
    return Cotangents(
      saved.needs(0) ? apply(MatMul(), g, saved.operand(1)) : nil,
      saved.needs(1) ? apply(MatMul(), rows.transposedMatrix, saved.operand(0).foldedRows) : nil,
      saved.needs(2) ? apply(Reduction(.sum, axes: [0]), rows) : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let plain = Linear(activation: .identity)
    let products = Tangents.sum(
      tangents[0].map { apply(plain, $0, saved.operand(1)) }, tangents[1].map { apply(plain, saved.operand(0), $0) })
    let bias = saved.count == 3 ? tangents[2].map { apply(BroadcastTo(saved.resultShape), $0) } : nil
    guard let moved = Tangents.sum(products, bias) else { return Tangents(nil) }
    return Tangents(activation.backward.map { apply(Binary($0), moved, saved.result) } ?? moved)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: results.first.count * (2 * operands[1].shape.axes[1] + 2),
      bytes: operands[0].byteCount + operands[1].byteCount + results.first.byteCount)
  }

  static var samples: [Sample] {
    FusedActivation.allCases.flatMap { activation -> [Sample] in
      func sample(_ label: String, _ x: Shape, _ weight: Shape, bias: Bool) -> Sample {
        Sample(
          "\(activation) \(label)", Linear(activation: activation),
          [.init(x), .init(weight)] + (bias ? [.init([weight[0]])] : []),
          reference: { o in
            Reference(o[0].shape.dropLast() + [weight[0]]) { index in
              var sum = bias ? o[2].values[index.last!] : 0
              for p in 0..<weight[1] { sum += o[0][index.dropLast() + [p]] * o[1][[index.last!, p]] }
              return activation.unary?.facts.reference(sum) ?? sum
            }
          }, tolerance: 1e-5)
      }
      return [
        sample("with bias", [3, 4], [5, 4], bias: true), sample("without bias", [3, 4], [5, 4], bias: false),
        sample("of a batch", [2, 3, 4], [2, 4], bias: true), sample("of one row", [4], [3, 4], bias: true),
        sample("to one", [3, 4], [1, 4], bias: true),
      ]
    }
  }
}
