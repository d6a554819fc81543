import CKernels

/// An activation that a linear layer applies within its matrix product: its derivative needs the result alone.
public enum FusedActivation: UInt8, CaseIterable, Sendable {
  case identity, relu, tanh, sigmoid

  var epilogue: mk_epilogue { mk_epilogue(rawValue: rawValue) }

  var unary: UnaryOperation? {
    switch self {
    case .identity: nil
    case .relu: .relu
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    }
  }

  /// The operation that turns the result's gradient into that of what went into the activation.
  fileprivate var backward: BinaryOperation? {
    switch self {
    case .identity: nil
    case .relu: .reluBackward
    case .tanh: .tanhBackward
    case .sigmoid: .sigmoidBackward
    }
  }
}

/// activation(x Wᵀ + b), for x of shape [..., in], W of [out, in] and b of [out], or none: one pass over the result.
///
/// Reference composition: `matmul(x, W.transposed()) + b`, then the activation.
struct Linear: Primitive {
  let activation: FusedActivation

  var name: String { "linear" }
  var saves: SavePolicy { activation == .identity ? .crossed : .crossedAndResult }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (x, weight) = (operands.first.body, operands.second!.body)
    if !x.scalarType.isDifferentiable || x.scalarType != weight.scalarType {
      throw TensorError(
        name, "x and weight must both be Float or both Double, not \(x.scalarType) and \(weight.scalarType)")
    }
    if weight.shape.rank != 2 { throw TensorError(name, "weight must be [out, in], not \(weight.shape)") }
    if x.shape.rank == 0 || x.shape.axes[x.shape.rank - 1] != weight.shape.axes[1] {
      let width = x.shape.rank == 0 ? "no axis" : "\(x.shape.axes[x.shape.rank - 1]) ≠ \(weight.shape.axes[1])"
      throw TensorError(
        name, "x has another number of features than weight [out, in]: \(x.shape) and \(weight.shape) (\(width))")
    }
    if let bias = operands.third?.body {
      if bias.shape.rank != 1 || bias.shape.axes[0] != weight.shape.axes[0] || bias.scalarType != x.scalarType {
        throw TensorError(
          name, "bias must be [\(weight.shape.axes[0])] of \(x.scalarType), not \(bias.shape) of \(bias.scalarType)")
      }
    }
    var shape = x.shape
    shape.axes[shape.rank - 1] = weight.shape.axes[0]
    return TensorSpec(x.scalarType, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let type = spec.scalarType
    var x = operands.first.body
    let width = x.shape.axes[x.shape.rank - 1]
    let rows: Shape = [x.shape.elementCount / max(1, width), width]
    if spec.shape.elementCount == 0 { return result }
    if x.shape.rank != 2 {
      let folded = width == 0 ? [spec.shape.elementCount / spec.shape.axes[spec.shape.rank - 1], 0] : rows
      x = x.reshaped(to: folded)
    }
    x = MatMul.dense(x)
    let weight = MatMul.dense(operands.second!.body)
    let bias = operands.third?.body.inOrder()
    MatrixProduct.multiply(
      type, MatMul.left(x), MatMul.left(weight).transposed, into: result.pointer,
      .init(bias: bias.map { UnsafeRawPointer($0.pointer) }, activation: activation.epilogue))
    withExtendedLifetime((x, weight, bias)) {}
    return result
  }

  func pullback(_ cotangent: consuming AnyTensor, _ saved: Saved) -> OperandGradients {
    var g = consume cotangent
    if let backward = activation.backward { g = apply(Binary(backward), g, saved.takeResult()) }
    let rows = g.foldedRows
    var forX: AnyTensor?
    if saved.needs(0) { forX = apply(MatMul(), g, saved.operand(1)) }
    var forWeight: AnyTensor?
    if saved.needs(1) { forWeight = apply(MatMul(), rows.transposedMatrix, saved.operand(0).foldedRows) }
    return OperandGradients(
      forX, forWeight, saved.needs(2) ? apply(Reduction(.sum, axes: [0], rank: 2), rows) : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let plain = Linear(activation: .identity)
    let products = Tangents.sum(
      tangents[0].map { apply(plain, $0, saved.operand(1)) }, tangents[1].map { apply(plain, saved.operand(0), $0) })
    let bias = saved.count == 3 ? tangents[2].map { apply(BroadcastTo(saved.resultShape), $0) } : nil
    guard let moved = Tangents.sum(products, bias) else { return nil }
    return activation.backward.map { apply(Binary($0), moved, saved.result) } ?? moved
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    let inner = operands.second!.shape.axes[1]
    return Cost(
      flops: spec.shape.elementCount * (2 * inner + 2),
      bytes: (operands.first.count + operands.second!.count + spec.shape.elementCount) * spec.scalarType.size)
  }

  static var samples: [Sample] {
    FusedActivation.allCases.flatMap { activation -> [Sample] in
      func sample(_ label: String, _ x: Shape, _ weight: Shape, bias: Bool) -> Sample {
        Sample(
          "\(activation) \(label)", [.init(x), .init(weight)] + (bias ? [.init([weight[0]])] : []),
          apply: { applyAny(Linear(activation: activation), $0) },
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
