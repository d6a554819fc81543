import MartletCore

// The same bits from a plan as from the operations one by one.

extension PrimitiveCheck.Case {
  /// Where a compiled function gives other results than the function itself, for the results and for the gradients, with
  /// contiguous operands and with transposed ones. The operands are others at each call.
  public func compilationProblems() -> [String] {
    [ScalarType.float32, .float64].flatMap { floating in
      [Placement.rowMajor, .columnMajor].flatMap { placement in
        problems("results of \(floating), \(placement)", floating, placement) { sample.apply($0) }
      }
    } + gradientCompilationProblems()
  }

  private func gradientCompilationProblems() -> [String] {
    guard sample.isDifferentiable else { return [] }
    var random = random("compiled gradients")
    let probe = Probe(sample, &random)
    return problems("gradients", .float64, .rowMajor) { operands in
      probe.gradients(operands, at: probe.variables)
    }
  }

  private func problems(
    _ what: String, _ floating: ScalarType, _ placement: Placement, _ function: @escaping ([AnyTensor]) -> [AnyTensor]
  ) -> [String] {
    var random = random("compiled \(what)")
    let compiled = CompiledTensors { (function($0), nil) }
    for call in 1...4 {
      let operands = draw(floating, &random).map { AnyTensor($0, placement) }
      let (got, _, failure) = compiled.run(operands)
      if let failure { return ["\(what): call \(call) cannot be compiled: \(failure)"] }
      for (index, pair) in zip(got, function(operands)).enumerated() {
        if pair.0.spec != pair.1.spec { return ["\(what): call \(call) gives result \(index) as \(pair.0.spec)"] }
        if let place = PrimitiveCheck.firstDifference(pair.0, pair.1) {
          return ["\(what): call \(call) gives result \(index) other bits from byte \(place) on"]
        }
      }
    }
    return compiled.planCount == 1 ? [] : ["\(what): there are \(compiled.planCount) plans after four calls"]
  }
}
