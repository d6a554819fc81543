import MartletCore

// Rules answer for any operands.

extension PrimitiveCheck.Case {
  /// What is wrong with the primitive's rule for shapes and scalar types that the sample does not have: it throws
  /// without saying what is wrong, answers differently when asked again, or gives a negative cost. A trap ends the
  /// program.
  public func ruleProblems() -> [String] {
    askedSpecs.flatMap { specs -> [String] in
      let answer = answer(to: specs)
      if answer != self.answer(to: specs) { return ["\(describe(specs)): the rule has two answers"] }
      return answer.problem.map { ["\(describe(specs)): \($0)"] } ?? []
    }
  }

  /// The operands' shapes and types; then with every axis of one length made 2, then with one operand replaced by any
  /// other, then with all of them replaced.
  package var askedSpecs: [[TensorSpec]] {
    let own = sample.operands.map { $0.spec(.float32) }
    var asked = [own, sample.operands.map { $0.spec(.float64) }]
    for length in Set(sample.operands.flatMap(\.shape)).sorted() {
      asked.append(own.map { TensorSpec($0.scalarType, Shape($0.shape.map { $0 == length ? 2 : $0 })) })
    }
    for index in own.indices {
      for spec in RuleAnswer.pool {
        var other = own
        other[index] = spec
        asked.append(other)
      }
    }
    if own.count > 1 {
      var random = random("rules")
      for _ in 0..<100 { asked.append(own.map { _ in RuleAnswer.pool.randomElement(using: &random)! }) }
    }
    return asked
  }

  private func answer(to specs: [TensorSpec]) -> RuleAnswer {
    do {
      let results = try sample.primitive.specs(of: OperandSpecs(specs))
      return RuleAnswer(
        results: (0..<results.count).map { results[$0] }, cost: sample.primitive.cost(OperandSpecs(specs), results))
    } catch {
      return RuleAnswer(error: error)
    }
  }

  private func describe(_ specs: [TensorSpec]) -> String {
    specs.map { "\($0.scalarType) \($0.shape)" }.joined(separator: ", ")
  }
}

/// What a rule answers for some operands.
private struct RuleAnswer: Equatable {
  var results: [TensorSpec] = []
  var cost = Cost.nothing
  var error: TensorError?

  /// Every scalar type with every kind of shape.
  static let pool: [TensorSpec] = ScalarType.allCases.flatMap { type in
    ([[], [0], [1], [3], [2, 3], [3, 2], [0, 3], [2, 3, 4], [1, 2, 1, 2, 1, 2, 1, 2]] as [Shape]).map {
      TensorSpec(type, $0)
    }
  }

  /// What is wrong with the answer itself.
  var problem: String? {
    if let error { return error.operation.isEmpty || error.message.isEmpty ? "the error says nothing: \(error)" : nil }
    return cost.flops < 0 || cost.bytes < 0 ? "the cost is \(cost)" : nil
  }
}
