import MartletCore

// Derivatives against finite differences, in Double.

extension PrimitiveCheck {
  /// How often operands are drawn for the checks of first and second derivatives.
  package static let gradientDraws = 2
}

extension PrimitiveCheck.Case {
  /// What is wrong with the gradients, against finite differences in `Double`: with respect to all operands together
  /// and to each alone, of all results together and of each alone.
  public func gradientProblems() -> [String] {
    guard sample.isDifferentiable else { return [] }
    var random = random("gradients")
    return (0..<PrimitiveCheck.gradientDraws).flatMap { _ -> [String] in
      let probe = Probe(sample, &random)
      if probe.results.isEmpty || probe.variables.isEmpty { return ["there is nothing to differentiate"] }
      return probe.selections.flatMap { probe in
        moving.compactMap { variables in
          probe.gradientProblem(at: variables, &random).map { "\(probe.selection(variables)): \($0)" }
        }
      }
    }
  }

  /// What is wrong with the second derivatives, the gradients of gradients, against finite differences in `Double`.
  public func secondDerivativeProblems() -> [String] {
    guard sample.isDifferentiable else { return [] }
    var random = random("second derivatives")
    return (0..<PrimitiveCheck.gradientDraws).flatMap { _ in
      Probe(sample, &random).selections.compactMap { probe in
        probe.secondProblem(&random).map { "\(probe.selection(probe.variables)): \($0)" }
      }
    }
  }

  /// What is wrong with the differentials (forward mode) of the results and of their gradients, against finite
  /// differences in `Double`.
  public func differentialProblems() -> [String] {
    guard sample.isDifferentiable else { return [] }
    var random = random("differentials")
    let probe = Probe(sample, &random)
    let first = moving.compactMap { variables in
      probe.differentialProblem(at: variables, &random).map { "moving operands \(variables): \($0)" }
    }
    let second = probe.selections.compactMap { probe in
      probe.forwardOverReverseProblem(&random).map { "\(probe.selection(probe.variables)): \($0)" }
    }
    return first + second
  }

  /// Where the gradients at strided operands are not those at contiguous ones.
  public func stridedGradientProblems() -> [String] {
    guard sample.isDifferentiable else { return [] }
    var random = random("strided gradients")
    let probe = Probe(sample, &random)
    let expected = probe.gradients(probe.tensors, at: probe.variables)
    return [Placement.columnMajor, .everySecond, .reversed].flatMap { placement in
      let got = probe.gradients(probe.operands.map { AnyTensor($0, placement) }, at: probe.variables)
      return zip(got, expected).compactMap { got, expected in
        mismatch(got, expected.plain.reference, relative: 1e-13).map { "\(placement): \($0)" }
      }
    }
  }

  /// The sets of operands that are moved in the checks of first derivatives: all together, then each alone.
  package var moving: [[Int]] {
    guard sample.isDifferentiable else { return [] }
    let variables = sample.operands.indices.filter { sample.operands[$0].spec(.float64).scalarType.isDifferentiable }
    return [variables] + (variables.count > 1 ? variables.map { [$0] } : [])
  }
}

extension Probe {
  fileprivate func selection(_ variables: [Int]) -> String { "results \(results) by operands \(variables)" }

  /// <gradient, direction> against a central difference.
  package func gradientProblem(at variables: [Int], _ random: inout SplitMix) -> String? {
    let directions = directions(variables, &random)
    let gradients = gradients(tensors, at: variables)
    let above = value(moved(variables, directions, by: Probe.step))
    let below = value(moved(variables, directions, by: -Probe.step))
    return problem(gradients, at: variables, directions, (above - below) / (2 * Probe.step))
  }

  /// The gradient of <gradient, v> against a central difference of <gradient, v>.
  package func secondProblem(_ random: inout SplitMix) -> String? {
    let v = directions(variables, &random).map { AnyTensor($0) }
    let directions = directions(variables, &random)
    let all = tensors
    let seconds = valueWithGradients(at: variables.map { all[$0] }) { inner in
      slope(replacing(variables, in: all, by: inner), along: v)
    }.gradients
    func moved(_ step: Double) -> Double {
      slope(self.moved(variables, directions, by: step).map { AnyTensor($0) }, along: v).plainValues[0]
    }
    let difference = (moved(Probe.step) - moved(-Probe.step)) / (2 * Probe.step)
    return problem(seconds, at: variables, directions, difference)
  }

  /// The tangents of the results, in forward mode, against a central difference of every element.
  fileprivate func differentialProblem(at variables: [Int], _ random: inout SplitMix) -> String? {
    let directions = directions(variables, &random)
    let all = tensors
    let recorded = Linearization(at: variables.map { all[$0] }) { outputs(replacing(variables, in: all, by: $0)) }
    let tangents = recorded.differential(directions.map { AnyTensor($0) })
    func values(_ step: Double) -> [Reference] {
      outputs(moved(variables, directions, by: step).map { AnyTensor($0) }).map(\.plain.reference)
    }
    return problem(tangents, values(Probe.step), values(-Probe.step), values(0))
  }

  /// The differential of the gradient (the Hessian times a direction) against a central difference of every element.
  fileprivate func forwardOverReverseProblem(_ random: inout SplitMix) -> String? {
    let directions = directions(variables, &random)
    let all = tensors
    let recorded = Linearization(at: variables.map { all[$0] }) {
      gradients(replacing(variables, in: all, by: $0), at: variables)
    }
    let tangents = recorded.differential(directions.map { AnyTensor($0) })
    func moved(_ step: Double) -> [Reference] {
      gradients(self.moved(variables, directions, by: step).map { AnyTensor($0) }, at: variables)
        .map(\.plain.reference)
    }
    let above = moved(Probe.step)
    return problem(tangents, above, moved(-Probe.step), above).map { "the gradient's differential: \($0)" }
  }

  /// Tangents against central differences of every element.
  private func problem(
    _ tangents: [AnyTensor], _ above: [Reference], _ below: [Reference], _ values: [Reference]
  ) -> String? {
    if tangents.count != above.count { return "\(tangents.count) tangents instead of \(above.count)" }
    for index in tangents.indices {
      let slopes = zip(above[index].values, below[index].values).map { ($0 - $1) / (2 * Probe.step) }
      let magnitude = values[index].values.reduce(0.1) { max($0, abs($1)) }
      let expected = Reference(above[index].shape, slopes)
      if let problem = mismatch(tangents[index], expected, relative: Probe.tolerance, floor: magnitude) {
        return "tangent \(index): \(problem)"
      }
    }
    return nil
  }

  private func problem(
    _ gradients: [AnyTensor], at variables: [Int], _ directions: [PlainTensor], _ difference: Double
  ) -> String? {
    for (gradient, variable) in zip(gradients, variables) {
      let shape = operands[variable].reference.shape
      if gradient.shape.dimensions != shape { return "the gradient's shape is \(gradient.shape) instead of \(shape)" }
      if gradient.scalarType != .float64 { return "the gradient is of \(gradient.scalarType)" }
    }
    let terms = zip(gradients, directions).flatMap { zip($0.plainValues, $1.reference.values).map { $0 * $1 } }
    let slope = terms.reduce(0, +)
    let magnitude = terms.reduce(abs(difference)) { $0 + abs($1) }
    if abs(slope - difference) <= Probe.tolerance * max(magnitude, 0.1) { return nil }
    return "the slope is \(slope), by finite differences \(difference)"
  }
}
