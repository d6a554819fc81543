import CKernels

/// Rows of the last axis brought to mean 0 and variance 1: (x − mean) / √(variance + ε), the population's variance.
///
/// What layer normalisation does before its scale and shift (Ba, Kiros and Hinton, arXiv:1607.06450). Reference
/// composition: `(x - x.mean(axis: -1)) * (x.variance(axis: -1) + epsilon).rsqrt()`.
struct Normalize: Primitive {
  let epsilon: Double

  var name: String { "normalize" }
  var saves: SavePolicy { .firstOperand }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (type, shape) = (operands.first.scalarType, operands.first.shape)
    if !type.isDifferentiable { throw TensorError(name, "\(type) is not supported; convert with cast(to: Float.self)") }
    if shape.rank == 0 { throw TensorError(name, "a scalar has no axis") }
    return TensorSpec(type, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let epsilon = epsilon
    Rows.run([operands.first.body], into: result) { type, x, y, rows, columns in
      mk_normalize_rows(type, epsilon, x[0], nil, nil, y, rows, columns)
    }
    return result
  }

  func pullback(_ g: AnyTensor, _ saved: Saved) -> OperandGradients {
    OperandGradients(apply(NormalizeBackward(epsilon: epsilon), saved.operand(0), g))
  }

  // The Jacobian is symmetric.
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    tangents[0].map { apply(NormalizeBackward(epsilon: epsilon), saved.operand(0), $0) }
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 6 * spec.shape.elementCount, bytes: 2 * spec.shape.elementCount * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [
      Sample(
        "normalize", [.init([3, 7])], apply: { applyAny(Normalize(epsilon: 1e-5), $0) },
        reference: { Normalize.reference($0[0], 1e-5) }, tolerance: 2e-5)
    ]
  }

  static func reference(_ x: Reference, _ epsilon: Double) -> Reference {
    let n = Double(x.shape.last!)
    let mean = x.reduced([x.shape.count - 1], keepDims: true) { $0.reduce(0, +) / n }
    let centred = Reference(x.shape) { x[$0] - mean[$0] }
    let scale = centred.reduced([x.shape.count - 1], keepDims: true) {
      1 / ($0.reduce(0) { $0 + $1 * $1 } / n + epsilon).squareRoot()
    }
    return Reference(x.shape) { centred[$0] * scale[$0] }
  }
}

/// (g − mean g − y mean(g y)) / √(variance + ε), y the normalised x: operands x and g.
struct NormalizeBackward: Primitive {
  let epsilon: Double

  var name: String { "normalizeBackward" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (x, g) = (operands.first, operands.second!)
    if x.shape != g.shape || x.scalarType != g.scalarType {
      throw TensorError(name, "operand and gradient differ: \(x.shape) and \(g.shape)")
    }
    return TensorSpec(x.scalarType, x.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let epsilon = epsilon
    Rows.run([operands.first.body, operands.second!.body], into: result) { type, operands, dx, rows, columns in
      mk_normalize_rows_backward(type, epsilon, operands[0], operands[1], dx, rows, columns)
    }
    return result
  }

  /// By the chain rule over the formula, written out as tensor operations.
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

  func pullback(_ c: AnyTensor, _ saved: Saved) -> OperandGradients {
    let gradients = recorded(saved.operand(0), saved.operand(1)).pullback([c])
    return OperandGradients(gradients[0], gradients[1])
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let (x, g) = (saved.operand(0), saved.operand(1))
    let zero = AnyTensor(zeros: x.shape, scalarType: x.scalarType)
    return recorded(x, g).differential([tangents[0] ?? zero, tangents[1] ?? zero])[0]
  }

  static var samples: [Sample] {
    [
      Sample(
        "normalizeBackward", [.init([3, 7]), .init([3, 7])], apply: { applyAny(NormalizeBackward(epsilon: 1e-3), $0) },
        reference: { o in
          let (x, g) = (o[0], o[1])
          let n = Double(x.shape.last!)
          let y = Normalize.reference(x, 1e-3)
          let mean = x.reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          let variance = Reference(x.shape) { (x[$0] - mean[$0]) * (x[$0] - mean[$0]) }
            .reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          let middle = g.reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          let slope = Reference.zip(g, y, *).reduced([1], keepDims: true) { $0.reduce(0, +) / n }
          return Reference(x.shape) { (g[$0] - middle[$0] - y[$0] * slope[$0]) / (variance[$0] + 1e-3).squareRoot() }
        }, tolerance: 2e-5)
    ]
  }
}
