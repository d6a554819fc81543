import Testing

@testable import MartletCore

/// First and second derivatives of all primitives, over all of their samples, against finite differences in `Double`.
@Suite struct PrimitiveDerivativeTests {
  @Test func `every gradient agrees with finite differences`() {
    var problems: [String] = []
    var (samples, checks) = (0, 0)
    for primitive in PrimitiveCatalogue.all {
      for sample in primitive.samples where sample.isDifferentiable {
        samples += 1
        var random = SplitMix("gradient \(primitive) \(sample.label)")
        for _ in 0..<2 {
          let probe = Probe(sample, &random)
          checks += 1
          if let problem = probe.gradientProblem(at: probe.variables, &random) {
            problems.append("\(primitive) \(sample.label): \(problem)")
          }
          for variable in probe.variables where probe.variables.count > 1 {
            checks += 1
            if let problem = probe.gradientProblem(at: [variable], &random) {
              problems.append("\(primitive) \(sample.label) at operand \(variable) alone: \(problem)")
            }
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
    print("gradients: \(samples) samples, \(checks) checks")
  }

  @Test func `every gradient's gradient agrees with finite differences`() {
    var problems: [String] = []
    var (samples, checks) = (0, 0)
    for primitive in PrimitiveCatalogue.all {
      for sample in primitive.samples where sample.isDifferentiable {
        samples += 1
        var random = SplitMix("second \(primitive) \(sample.label)")
        for _ in 0..<2 {
          let probe = Probe(sample, &random)
          checks += 1
          if let problem = probe.secondProblem(&random) { problems.append("\(primitive) \(sample.label): \(problem)") }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
    print("second derivatives: \(samples) samples, \(checks) checks")
  }

  @Test func `every differential agrees with finite differences`() {
    var problems: [String] = []
    var (samples, checks) = (0, 0)
    for primitive in PrimitiveCatalogue.all {
      for sample in primitive.samples where sample.isDifferentiable {
        samples += 1
        var random = SplitMix("differential \(primitive) \(sample.label)")
        let probe = Probe(sample, &random)
        for moving in [probe.variables] + (probe.variables.count > 1 ? probe.variables.map { [$0] } : []) {
          checks += 1
          if let problem = probe.differentialProblem(at: moving, &random) {
            problems.append("\(primitive) \(sample.label), moving \(moving): \(problem)")
          }
        }
        checks += 1
        if let problem = probe.forwardOverReverseProblem(&random) {
          problems.append("\(primitive) \(sample.label): \(problem)")
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
    print("differentials: \(samples) samples, \(checks) checks")
  }

  /// A gradient with respect to a view must come back in the operand's own order.
  @Test func `gradients over strided operands are those over contiguous ones`() {
    var problems: [String] = []
    for primitive in PrimitiveCatalogue.all {
      for sample in primitive.samples where sample.isDifferentiable {
        var random = SplitMix("strided gradient \(primitive) \(sample.label)")
        let probe = Probe(sample, &random)
        let expected = probe.gradients(probe.operands.map { AnyTensor($0) }, at: probe.variables)
        for placement in [Placement.columnMajor, .everySecond, .reversed] {
          let got = probe.gradients(probe.operands.map { AnyTensor($0, placement) }, at: probe.variables)
          for (a, b) in zip(got, expected) {
            if let problem = mismatch(a, b.plain.reference, relative: 1e-13) {
              problems.append("\(primitive) \(sample.label), \(placement): \(problem)")
            }
          }
        }
      }
    }
    #expect(problems.isEmpty, "\(report(problems))")
  }

  @Test func `products differentiate at zeros`() {
    // One zero and two zeros along the axis: the products of the others are right, and so are the gradients' gradients.
    var problems: [String] = []
    for values in [[2, 0, 3, -1.5], [0, 0, 3, 2], [0, 0, 0, 2], [1, 2, 3, 4]] as [[Double]] {
      let sample = Sample(
        "product of \(values)", [.init([4])], apply: { apply(Reduction(.product, axes: [0], rank: 1), $0[0]) },
        reference: { $0[0] })
      var random = SplitMix("\(values)")
      let probe = Probe(sample, [PlainTensor(.float64, Reference([4], values))], &random)
      if let problem = probe.gradientProblem(at: [0], &random) { problems.append("\(values): \(problem)") }
      if let problem = probe.secondProblem(&random) { problems.append("second, \(values): \(problem)") }
    }
    #expect(problems.isEmpty, "\(report(problems))")
  }
}

/// A sample at a point, made a scalar by random weights.
private struct Probe {
  let sample: Sample
  let operands: [PlainTensor]
  /// The operands that have derivatives.
  let variables: [Int]
  private let weights: AnyTensor

  private static let step = 1e-5
  private static let tolerance = 1e-7

  init(_ sample: Sample, _ random: inout SplitMix) {
    let operands = sample.operands.map { PlainTensor(drawing: $0, floating: .float64, &random) }
    self.init(sample, operands, &random)
  }

  init(_ sample: Sample, _ operands: [PlainTensor], _ random: inout SplitMix) {
    self.sample = sample
    self.operands = operands
    variables = operands.indices.filter { operands[$0].type.isDifferentiable }
    let shape = sample.apply(operands.map { AnyTensor($0) }).shape
    weights = AnyTensor(PlainTensor(drawing: .init(shape, in: -1...1), floating: .float64, &random))
  }

  /// The weighted sum of the result, in plain loops.
  private func value(_ operands: [PlainTensor]) -> Double {
    let result = sample.apply(operands.map { AnyTensor($0) })
    return zip(result.plainValues, weights.plainValues).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func recorded(_ operands: [AnyTensor]) -> AnyTensor { Probe.dot(sample.apply(operands), weights) }

  private static func dot(_ a: AnyTensor, _ b: AnyTensor) -> AnyTensor {
    apply(Reduction(.sum, allOf: a.rank), apply(Binary(.multiply), a, b))
  }

  func gradients(_ operands: [AnyTensor], at variables: [Int]) -> [AnyTensor] {
    valueWithGradients(at: variables.map { operands[$0] }) { inner in
      var all = operands
      for (variable, tensor) in zip(variables, inner) { all[variable] = tensor }
      return recorded(all)
    }.gradients
  }

  /// The operands moved along directions, one for each of `variables`.
  private func moved(_ variables: [Int], _ directions: [PlainTensor], by step: Double) -> [PlainTensor] {
    var result = operands
    for (variable, direction) in zip(variables, directions) {
      result[variable].reference = Reference.zip(operands[variable].reference, direction.reference) { $0 + step * $1 }
    }
    return result
  }

  private func directions(_ variables: [Int], _ random: inout SplitMix) -> [PlainTensor] {
    variables.map {
      PlainTensor(drawing: .init(Shape(operands[$0].reference.shape), in: -1...1), floating: .float64, &random)
    }
  }

  /// <gradient, direction> against a central difference.
  func gradientProblem(at variables: [Int], _ random: inout SplitMix) -> String? {
    let directions = directions(variables, &random)
    let gradients = gradients(operands.map { AnyTensor($0) }, at: variables)
    let difference =
      (value(moved(variables, directions, by: Probe.step)) - value(moved(variables, directions, by: -Probe.step)))
      / (2 * Probe.step)
    return Probe.problem(gradients, directions, variables.map { operands[$0].reference.shape }, difference)
  }

  /// The gradient of <gradient, v> against a central difference of <gradient, v>.
  func secondProblem(_ random: inout SplitMix) -> String? {
    let v = directions(variables, &random).map { AnyTensor($0) }
    let directions = directions(variables, &random)
    func slope(_ operands: [AnyTensor]) -> AnyTensor {
      let products = zip(gradients(operands, at: variables), v).map { Probe.dot($0, $1) }
      return products.dropFirst().reduce(products[0]) { apply(Binary(.add), $0, $1) }
    }
    let all = operands.map { AnyTensor($0) }
    let seconds = valueWithGradients(at: variables.map { all[$0] }) { inner in
      var recorded = all
      for (variable, tensor) in zip(variables, inner) { recorded[variable] = tensor }
      return slope(recorded)
    }.gradients
    func moved(_ step: Double) -> Double {
      slope(self.moved(variables, directions, by: step).map { AnyTensor($0) }).plainValues[0]
    }
    let difference = (moved(Probe.step) - moved(-Probe.step)) / (2 * Probe.step)
    return Probe.problem(seconds, directions, variables.map { operands[$0].reference.shape }, difference)
  }

  /// The tangent of the result, in forward mode, against a central difference of every element.
  func differentialProblem(at variables: [Int], _ random: inout SplitMix) -> String? {
    let directions = directions(variables, &random)
    let all = operands.map { AnyTensor($0) }
    let recorded = Linearization(at: variables.map { all[$0] }) { inner in
      var recorded = all
      for (variable, tensor) in zip(variables, inner) { recorded[variable] = tensor }
      return [sample.apply(recorded)]
    }
    let tangent = recorded.differential(directions.map { AnyTensor($0) })[0]
    func values(_ step: Double) -> [Double] {
      sample.apply(moved(variables, directions, by: step).map { AnyTensor($0) }).plainValues
    }
    let slopes = zip(values(Probe.step), values(-Probe.step)).map { ($0 - $1) / (2 * Probe.step) }
    let magnitude = values(0).reduce(0.1) { max($0, abs($1)) }
    return mismatch(
      tangent, Reference(recorded.values[0].shape.dimensions, slopes), relative: Probe.tolerance, floor: magnitude)
  }

  /// The differential of the gradient: the Hessian, applied from the other side.
  func forwardOverReverseProblem(_ random: inout SplitMix) -> String? {
    let directions = directions(variables, &random)
    let all = operands.map { AnyTensor($0) }
    let recorded = Linearization(at: variables.map { all[$0] }) { inner in
      var recorded = all
      for (variable, tensor) in zip(variables, inner) { recorded[variable] = tensor }
      return gradients(recorded, at: variables)
    }
    let tangents = recorded.differential(directions.map { AnyTensor($0) })
    func gradientsMoved(_ step: Double) -> [AnyTensor] {
      self.gradients(moved(variables, directions, by: step).map { AnyTensor($0) }, at: variables)
    }
    for ((tangent, above), below) in zip(zip(tangents, gradientsMoved(Probe.step)), gradientsMoved(-Probe.step)) {
      let slopes = zip(above.plainValues, below.plainValues).map { ($0 - $1) / (2 * Probe.step) }
      let magnitude = above.plainValues.reduce(0.1) { max($0, abs($1)) }
      let expected = Reference(above.shape.dimensions, slopes)
      if let problem = mismatch(tangent, expected, relative: Probe.tolerance, floor: magnitude) {
        return "the gradient's differential: \(problem)"
      }
    }
    return nil
  }

  private static func problem(
    _ gradients: [AnyTensor], _ directions: [PlainTensor], _ shapes: [[Int]], _ difference: Double
  ) -> String? {
    for (gradient, shape) in zip(gradients, shapes) where gradient.shape.dimensions != shape {
      return "the gradient's shape is \(gradient.shape) instead of \(shape)"
    }
    if let wrong = gradients.first(where: { $0.scalarType != .float64 }) {
      return "the gradient is of \(wrong.scalarType)"
    }
    let terms = zip(gradients, directions).flatMap { zip($0.plainValues, $1.reference.values).map { $0 * $1 } }
    let slope = terms.reduce(0, +)
    let magnitude = terms.reduce(abs(difference)) { $0 + abs($1) }
    if abs(slope - difference) <= tolerance * max(magnitude, 0.1) { return nil }
    return "the slope is \(slope), by finite differences \(difference)"
  }
}
