import MartletCore

extension PrimitiveCheck {
  /// How often operands are drawn for the check of values.
  package static let valueDraws = 3
}

extension PrimitiveCheck.Case {
  /// What is wrong with the values, compared with the sample's plain loops, for floating-point operands of one type.
  public func valueProblems(floating: ScalarType) -> [String] {
    var random = random("values of \(floating)")
    return (0..<PrimitiveCheck.valueDraws).flatMap { draw -> [String] in
      let operands = self.draw(floating, &random)
      return problems(operands, operands.map { AnyTensor($0) }, floating).map { "draw \(draw) of \(floating): \($0)" }
    }
  }

  /// What is wrong with the values at strided operands: transposed, reversed, with gaps, with axes repeated by a stride
  /// of 0.
  public func stridedValueProblems(floating: ScalarType) -> [String] {
    var random = random("strided values of \(floating)")
    let drawn = draw(floating, &random)
    return placements.flatMap { placements -> [String] in
      let operands = zip(drawn, placements).map { $0.repeated(along: $1.repeatedAxes($0.reference.shape)) }
      return problems(operands, zip(operands, placements).map { AnyTensor($0, $1) }, floating)
        .map { "\(placements) of \(floating): \($0)" }
    }
  }

  /// The placements of the operands, one list after the other: all the same, then each another one.
  package var placements: [[Placement]] {
    let all = Placement.allCases
    let operands = sample.operands.indices
    let alike = all.map { placement in operands.map { _ in placement } }
    if operands.count < 2 { return alike }
    return alike + all.indices.map { shift in operands.map { all[(shift + $0 * (1 + shift % 3)) % all.count] } }
  }

  private func problems(_ plain: [PlainTensor], _ operands: [AnyTensor], _ floating: ScalarType) -> [String] {
    var problems: [String] = []
    let before = operands.map(\.plainValues)
    let results = sample.apply(operands)
    // Repeated elements may cancel completely, so that only the operands' magnitude counts.
    let isRepeated = operands.contains { operand in
      (0..<operand.rank).contains { operand.body.layout.stride(of: $0) == 0 }
    }
    let floor = isRepeated ? before.joined().reduce(1e-3) { $1.isFinite ? max($0, abs($1)) : $0 } : 1e-3
    let relative = floating == .float32 ? sample.tolerance : sample.tolerance * 5e-7
    let expected = sample.reference(plain.map(\.reference))
    if results.count != expected.count { problems.append("\(results.count) results instead of \(expected.count)") }
    for (index, (result, expected)) in zip(results, expected).enumerated() {
      if let problem = mismatch(result, expected, relative: relative, floor: floor) {
        problems.append("result \(index): \(problem)")
      }
    }
    problems += differences(results, operands)
    for (index, operand) in operands.enumerated() where !zip(operand.plainValues, before[index]).allSatisfy(isSame) {
      problems.append("operand \(index) was changed")
    }
    return problems
  }

  /// Where the results are not what the rule says.
  func differences(_ results: [AnyTensor], _ operands: [AnyTensor]) -> [String] {
    do {
      let specs = try check(sample.primitive, operands)
      if specs.count != results.count { return ["\(results.count) results, where the rule says \(specs.count)"] }
      return results.enumerated().compactMap { index, result in
        let spec = result.spec
        return spec == specs[index] ? nil : "result \(index) is \(spec), where the rule says \(specs[index])"
      }
    } catch {
      return ["the rule refuses what was applied: \(error)"]
    }
  }
}

private func isSame(_ a: Double, _ b: Double) -> Bool { a == b || (a.isNaN && b.isNaN) }
