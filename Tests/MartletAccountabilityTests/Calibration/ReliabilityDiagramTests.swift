import MartletAccountability
import MartletCore
import Testing

@Suite struct ReliabilityDiagramTests {
  @Test("The diagram has a line with its expected error for each group that has rows, and for all") func lines() throws
  {
    let adult = try AdultFixture()
    let picture = try adult.counts(adult.sex).reliabilityDiagram().svg()
    for line in ["Female: expected error 0.085", "Male: expected error 0.045", "(all): expected error 0.020"] {
      #expect(picture.contains(line))
    }
    #expect(try adult.counts(adult.sex).reliabilityDiagram(.topLabel).svg().contains("share of right decisions"))
    let groups = try Groups("a", labels: ["x", "y"]).crossed(with: Groups("b", labels: ["u", "v"]))
    let some = try GroupCounts(labels: [0, 1], probabilities: [0.5, 1] as Tensor<Float>, groups: groups)
    let small = try some.reliabilityDiagram().svg()
    #expect(small.contains("x/u: expected") && !small.contains("x/v: expected"))
  }

  @Test("Counts of decisions have no diagram") func decisions() throws {
    let counts = try GroupCounts(labels: [0, 1], decisions: [0, 1], groups: Groups("a", labels: ["x", "y"]))
    #expect(
      throws: FairnessError.invalid(
        "expected counts of probabilities for a reliability diagram, got counts of decisions")
    ) { try counts.reliabilityDiagram() }
  }
}
