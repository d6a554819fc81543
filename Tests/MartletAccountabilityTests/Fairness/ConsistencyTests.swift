import MartletAccountability
import MartletCore
import Testing

@Suite struct ConsistencyTests {
  @Test("The differential fairness of Adult by sex and race is AIF360's published number") func adult() throws {
    // The rows of Adult without missing values, 45222 of them: positive ones and all.
    let rows: [(String, String, Int, Int)] = [
      ("Female", "Amer-Indian-Eskimo", 14, 166), ("Female", "Asian-Pac-Islander", 65, 436),
      ("Female", "Black", 126, 2084),
      ("Female", "Other", 9, 126), ("Female", "White", 1455, 11883), ("Male", "Amer-Indian-Eskimo", 39, 269),
      ("Male", "Asian-Pac-Islander", 304, 867), ("Male", "Black", 408, 2144), ("Male", "Other", 36, 227),
      ("Male", "White", 8752, 27020),
    ]
    var (sex, race, labels, weights) = ([String](), [String](), [Int32](), [Float]())
    for (first, second, positive, all) in rows {
      sex += [first, first]
      race += [second, second]
      labels += [1, 0]
      weights += [Float(positive), Float(all - positive)]
    }
    let groups = try Groups("sex", labels: sex).crossed(with: Groups("race", labels: race))
    let y = Tensor<Int32>(labels)
    let counts = try GroupCounts(labels: y, decisions: y, groups: groups, weights: Tensor<Float>(weights))
    #expect(counts.overall.weight == 45_222)
    #expect(isNear(try counts.value(of: .differentialFairness()), 1.7547611985549287))
    #expect(try counts.value(of: .differentialFairness(concentration: 1000)) < 1.5)
    #expect(throws: FairnessError.self) { try counts.value(of: .differentialFairness(concentration: -1)) }
  }

  @Test("Without a prior a group that is never selected is infinitely far, and one without rows takes no part")
  func unsmoothed() throws {
    let groups = try Groups("a", labels: ["x", "x", "y", "y"]).crossed(with: Groups("b", labels: ["1", "1", "1", "2"]))
    let some: Tensor<Int32> = [1, 0, 0, 1]
    let counts = try GroupCounts(labels: some, decisions: some, groups: groups)
    #expect(try counts.value(of: .differentialFairness(concentration: 0)) == .infinity)
    // Shares of 3/6, 1/4 and 3/4 with a prior of half a row each.
    #expect(isNear(try counts.value(of: .differentialFairness()), 1.0986122886681098))
    #expect(try counts.interval(of: .differentialFairness()).upper >= 1)
  }

  @Test("Consistency is that of the five nearest rows by plain loops, the row itself among them or not")
  func consistency() throws {
    var generator = RandomGenerator(seed: 4)
    let features = Tensor<Double>.randomUniform([60, 3], using: &generator)
    let decisions = Tensor<Int32>.randomInteger([60], in: 0..<2, using: &generator)
    let (rows, answers) = (features.scalars2D, decisions.scalars)
    for countsItself in [true, false] {
      let distances = rows.enumerated().map { row, numbers -> Double in
        let near = rows.indices.filter { countsItself || $0 != row }.sorted { a, b in
          func distance(_ other: Int) -> Double {
            zip(numbers, rows[other]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
          }
          return distance(a) < distance(b)
        }
        return abs(Double(answers[row]) - near.prefix(5).reduce(0) { $0 + Double(answers[$1]) } / 5)
      }
      let expected = 1 - distances.reduce(0, +) / 60
      #expect(isNear(try decisionConsistency(decisions, features: features, countsItself: countsItself), expected))
    }
    // Decisions by one feature alone are alike for like rows.
    let simple = Tensor<Int32>((0..<60).map { $0 < 30 ? 0 : 1 })
    let line = Tensor<Float>((0..<60).map { Float($0) }).reshaped(to: [60, 1])
    #expect(try decisionConsistency(simple, features: line, neighbors: 1) == 1)
    #expect(try decisionConsistency(simple, features: line) > 0.95)
  }

  @Test("Rows that do not fit throw") func badInput() throws {
    let features = Tensor<Float>([[0], [1], [2]])
    #expect(throws: FairnessError.invalid("expected between 1 and 3 neighbors among 3 rows, got 5")) {
      try decisionConsistency([0, 1, 1], features: features)
    }
    #expect(throws: FairnessError.self) { try decisionConsistency([0, 1], features: features, neighbors: 1) }
    #expect(throws: FairnessError.self) { try decisionConsistency([0, 1, 2], features: features, neighbors: 1) }
    #expect(throws: FairnessError.invalid("expected finite features, got nan in row 1")) {
      try decisionConsistency([0, 1, 1], features: Tensor<Float>([0, Float.nan, 2]), neighbors: 1)
    }
    #expect(throws: FairnessError.self) {
      try decisionConsistency(Tensor<Int32>.zeros([0]), features: Tensor<Float>.zeros([0, 2]))
    }
  }
}
