import MartletCore

// Forward mode against reverse mode, in Double: ⟨J v, w⟩ = ⟨v, Jᵀ w⟩. Both sides are exact up to rounding, so the
// tolerance is smaller than finite differences allow.

extension PrimitiveCheck {
  /// How many pairs of directions the check of transposes takes.
  package static let transposeDraws = 3
}

extension PrimitiveCheck.Case {
  /// Where forward and reverse mode disagree, in first and in second derivatives.
  public func transposeProblems() -> [String] {
    guard sample.isDifferentiable else { return [] }
    var random = random("transposes")
    let probe = Probe(sample, &random)
    return probe.transposeProblems(&random) + probe.symmetryProblems(&random)
  }
}

extension Probe {
  private func recorded(_ at: [AnyTensor]) -> Linearization {
    let all = tensors
    return Linearization(at: at) { outputs(replacing(variables, in: all, by: $0)) }
  }

  /// Where differentials are not the transposes of pullbacks.
  fileprivate func transposeProblems(_ random: inout SplitMix) -> [String] {
    let at = variables.map { AnyTensor(operands[$0]) }
    let point = recorded(at)
    return (0..<PrimitiveCheck.transposeDraws).compactMap { _ in
      let v = at.map { draw(like: $0, &random) }
      let w = point.values.map { draw(like: $0, &random) }
      let forward = Product(point.differential(v), w)
      let backward = Product(v, point.pullback(w))
      return forward.agrees(with: backward) ? nil : "⟨Jv, w⟩ = \(forward.sum), ⟨v, Jᵀw⟩ = \(backward.sum)"
    }
  }

  /// Where the derivative of x ↦ Jᵀ(x) w differs between the two modes, or is not symmetric.
  fileprivate func symmetryProblems(_ random: inout SplitMix) -> [String] {
    let at = variables.map { AnyTensor(operands[$0]) }
    let w = recorded(at).values.map { draw(like: $0, &random) }
    let gradient = Linearization(at: at) { recorded($0).pullback(w) }
    let v = at.map { draw(like: $0, &random) }
    let u = at.map { draw(like: $0, &random) }
    let forward = Product(gradient.differential(v), u)
    let backward = Product(v, gradient.pullback(u))
    let exchanged = Product(gradient.differential(u), v)
    if forward.agrees(with: backward) && forward.agrees(with: exchanged) { return [] }
    return ["second derivatives: \(forward.sum) forward, \(backward.sum) backward, \(exchanged.sum) exchanged"]
  }
}

/// The sum of products of elements, and that of their magnitudes.
private struct Product {
  let sum: Double
  private let magnitude: Double

  init(_ a: [AnyTensor], _ b: [AnyTensor]) {
    let terms = zip(a, b).flatMap { zip($0.plainValues, $1.plainValues).map { $0 * $1 } }
    sum = terms.reduce(0, +)
    magnitude = terms.reduce(0) { $0 + abs($1) }
  }

  func agrees(with other: Product) -> Bool {
    abs(sum - other.sum) <= 1e-12 * max(magnitude, other.magnitude, 1e-3)
  }
}

private func draw(like tensor: AnyTensor, _ random: inout SplitMix) -> AnyTensor {
  AnyTensor(PlainTensor(drawing: .init(tensor.shape, in: -1...1), floating: tensor.scalarType, &random))
}
