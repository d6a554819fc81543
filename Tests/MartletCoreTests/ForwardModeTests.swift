import Testing

@testable import MartletCore

/// Forward mode against reverse mode for every sample of every primitive: ⟨J v, w⟩ = ⟨v, Jᵀ w⟩, in `Double`.
///
/// Both sides are exact up to rounding, hence a tolerance that finite differences do not reach.
@Suite struct ForwardModeTests {
  private static let tolerance = 1e-12

  private static func dot(_ a: [AnyTensor], _ b: [AnyTensor]) -> (sum: Double, magnitude: Double) {
    let terms = zip(a, b).flatMap { zip($0.plainValues, $1.plainValues).map { $0 * $1 } }
    return (terms.reduce(0, +), terms.reduce(0) { $0 + abs($1) })
  }

  private static func agree(_ a: (sum: Double, magnitude: Double), _ b: (sum: Double, magnitude: Double)) -> Bool {
    abs(a.sum - b.sum) <= tolerance * max(a.magnitude, b.magnitude, 1e-3)
  }

  private static func draw(like tensor: AnyTensor, _ random: inout SplitMix) -> AnyTensor {
    AnyTensor(PlainTensor(drawing: .init(tensor.shape, in: -1...1), floating: tensor.scalarType, &random))
  }

  /// A sample recorded at the operands that have derivatives.
  private struct Case {
    let at: [AnyTensor]
    let function: ([AnyTensor]) -> [AnyTensor]
    let recorded: Linearization

    init(_ sample: Sample, _ random: inout SplitMix) {
      let operands = sample.operands.map { AnyTensor(PlainTensor(drawing: $0, floating: .float64, &random)) }
      let moving = operands.indices.filter { operands[$0].scalarType.isDifferentiable }
      at = moving.map { operands[$0] }
      function = { inner in
        var all = operands
        for (place, tensor) in zip(moving, inner) { all[place] = tensor }
        return [sample.apply(all)]
      }
      recorded = Linearization(at: at, of: function)
    }
  }

  @Test func `differentials are the transposes of pullbacks`() {
    var problems: [String] = []
    var checks = 0
    for primitive in PrimitiveCatalogue.all + [SquaredDistances.self] {
      for sample in primitive.samples where sample.isDifferentiable {
        var random = SplitMix("transpose \(primitive) \(sample.label)")
        let point = Case(sample, &random)
        for _ in 0..<3 {
          let v = point.at.map { ForwardModeTests.draw(like: $0, &random) }
          let w = point.recorded.values.map { ForwardModeTests.draw(like: $0, &random) }
          let forward = ForwardModeTests.dot(point.recorded.differential(v), w)
          let backward = ForwardModeTests.dot(v, point.recorded.pullback(w))
          checks += 1
          if !ForwardModeTests.agree(forward, backward) {
            problems.append("\(primitive) \(sample.label): ⟨Jv, w⟩ = \(forward.sum), ⟨v, Jᵀw⟩ = \(backward.sum)")
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
    print("transposes: \(checks) checks")
  }

  /// The derivative of x ↦ Jᵀ(x) w is symmetric in second-order terms: forward over reverse against reverse over reverse.
  @Test func `gradients have the same derivative in both modes`() {
    var problems: [String] = []
    for primitive in PrimitiveCatalogue.all + [SquaredDistances.self] {
      for sample in primitive.samples where sample.isDifferentiable {
        var random = SplitMix("second transpose \(primitive) \(sample.label)")
        let point = Case(sample, &random)
        let w = point.recorded.values.map { ForwardModeTests.draw(like: $0, &random) }
        let gradient = Linearization(at: point.at) { Linearization(at: $0, of: point.function).pullback(w) }
        let v = point.at.map { ForwardModeTests.draw(like: $0, &random) }
        let u = point.at.map { ForwardModeTests.draw(like: $0, &random) }
        let forward = ForwardModeTests.dot(gradient.differential(v), u)
        let backward = ForwardModeTests.dot(v, gradient.pullback(u))
        // A Hessian is symmetric: moving along u and looking along v is the same.
        let exchanged = ForwardModeTests.dot(gradient.differential(u), v)
        if !ForwardModeTests.agree(forward, backward) || !ForwardModeTests.agree(forward, exchanged) {
          problems.append(
            "\(primitive) \(sample.label): \(forward.sum) forward, \(backward.sum) backward, \(exchanged.sum) exchanged"
          )
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
  }
}
