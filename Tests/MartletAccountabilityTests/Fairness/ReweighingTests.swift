import MartletAccountability
import MartletCore
import Testing

@Suite struct ReweighingTests {
  @Test("The weights of Adult are those published, and make base rates equal") func adult() throws {
    let rows = try AdultFixture().figures.adult
    var (labels, names) = ([Int32](), [String]())
    for (name, numbers) in rows {
      labels += [Int32](repeating: 1, count: numbers[2]) + [Int32](repeating: 0, count: numbers[3])
      names += [String](repeating: name, count: numbers[2] + numbers[3])
    }
    let groups = try Groups("sex", labels: names)
    let y = Tensor<Int32>(labels)
    let reweighing = try Reweighing(labels: y, groups: groups)
    #expect(groups.levels.levels == [["Female", "Male"]])
    #expect(isNear(reweighing.positiveWeights[1], 0.787714, 5e-7))
    #expect(isNear(reweighing.negativeWeights[1], 1.092621, 5e-7))
    #expect(isNear(reweighing.positiveWeights[0], 2.190192, 5e-7))
    #expect(isNear(reweighing.negativeWeights[0], 0.854021, 5e-7))
    let weights = try reweighing.weights(labels: y, groups: groups)
    let counts = try GroupCounts(labels: y, decisions: y, groups: groups, weights: weights)
    #expect(isNear(counts.values(.baseRate).difference(), 0, 1e-7))
  }

  @Test("A combination that there were no rows of, and other levels, throw") func badInput() throws {
    let groups = try Groups("g", labels: ["a", "a", "b"])
    let reweighing = try Reweighing(labels: [0, 1, 1], groups: groups)
    #expect(reweighing.negativeWeights[1].isNaN)
    #expect(
      throws: FairnessError.empty("expected a group and label that there were rows of, got label 0 of \"b\" in row 2")
    ) { try reweighing.weights(labels: [0, 1, 0], groups: groups) }
    #expect(throws: FairnessError.self) { try reweighing.weights(labels: [0, 1, 2], groups: groups) }
    #expect(throws: FairnessError.self) { try reweighing.weights(labels: [0, 1], groups: groups) }
    #expect(throws: FairnessError.self) {
      try reweighing.weights(labels: [0, 1, 1], groups: Groups("g", labels: ["a", "a", "c"]))
    }
  }
}
