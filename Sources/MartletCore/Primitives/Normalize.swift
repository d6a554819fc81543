import CKernels

/// Brings rows along the last axis to mean 0 and variance 1: (x − mean) / √(variance + ε), with a population's
/// variance.
///
/// This is layer normalisation without its scale and shift (Ba, Kiros and Hinton, arXiv:1607.06450). The same as
/// `(x - x.mean(axis: -1)) * (x.variance(axis: -1) + epsilon).rsqrt()`.
struct Normalize: Primitive {
  let epsilon: Double

  var name: String { "normalize" }
  var saves: SavePolicy { .firstOperand }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireFloating(operands[0])
    try requireAxes(operands[0])
    return TensorSpecs(operands[0])
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let epsilon = epsilon
    RowKernel.run(operands.first, into: result) { type, x, y, rows, columns in
      mk_normalize_rows(type, epsilon, x, nil, nil, y, rows, columns)
    }
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(NormalizeBackward(epsilon: epsilon), saved.operand(0), g.first))
  }

  // The Jacobian is symmetric, so that this is the same as the pullback.
  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(NormalizeBackward(epsilon: epsilon), saved.operand(0), $0) })
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 6 * results.first.count, bytes: 2 * results.first.byteCount)
  }

  static var samples: [Sample] {
    [
      Sample(
        "normalize", Normalize(epsilon: 1e-5), [.init([3, 7])],
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

/// The gradient of `Normalize`: (g − mean g − y mean(g y)) / √(variance + ε), where y is the normalised x.
///
/// The operands are x and g.
struct NormalizeBackward: Primitive {
  let epsilon: Double

  var name: String { "normalizeBackward" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, g) = (operands[0], operands[1])
    try requireFloating(x)
    try requireAxes(x)
    if x.shape != g.shape || x.scalarType != g.scalarType {
      throw mistake("operand and gradient differ: \(x.shape) and \(g.shape)")
    }
    return TensorSpecs(x)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
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

  func pullback(_ c: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let gradients = recorded(saved.operand(0), saved.operand(1)).pullback([c.first])
    return Cotangents(gradients[0], gradients[1])
  }

  static var samples: [Sample] {
    [
      Sample(
        "normalizeBackward", NormalizeBackward(epsilon: 1e-3), [.init([3, 7]), .init([3, 7])],
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
