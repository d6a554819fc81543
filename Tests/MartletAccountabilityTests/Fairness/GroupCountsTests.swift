import MartletAccountability
import MartletCore
import MartletData
import MartletMetrics
import Testing

@Suite struct GroupCountsTests {
  let labels: Tensor<Int32> = [1, 0, 1, 0, 1, 1, 0, 0]
  let decisions: Tensor<Int32> = [1, 1, 0, 0, 1, 1, 0, 1]
  let sex = ["f", "f", "f", "f", "m", "m", "m", "m"]
  let age: Tensor<Int32> = [30, 30, 40, 40, 30, 30, 30, 30]

  func crossed() throws -> GroupCounts {
    try GroupCounts(
      labels: labels, decisions: decisions,
      groups: Groups("sex", labels: sex).crossed(with: Groups("age", labels: age)))
  }

  @Test("Every rate is that of loops over the rows, with weights as without") func rates() throws {
    let weights: [Float] = [1, 2, 3, 4, 5, 6, 7, 8]
    for each in [[Float](repeating: 1, count: 8), weights] {
      let counts = try GroupCounts(
        labels: labels, decisions: decisions, groups: Groups("sex", labels: sex), weights: Tensor<Float>(each))
      func share(_ level: String, _ counted: (Int32, Int32) -> Bool, _ among: (Int32, Int32) -> Bool) -> Double {
        var (sum, total) = (0.0, 0.0)
        for row in 0..<8 where sex[row] == level {
          let pair = (labels.scalars[row], decisions.scalars[row])
          guard among(pair.0, pair.1) else { continue }
          total += Double(each[row])
          if counted(pair.0, pair.1) { sum += Double(each[row]) }
        }
        return sum / total
      }
      for level in ["f", "m"] {
        func value(_ measure: GroupMeasure) throws -> Double { try counts.values(measure).value(of: [level]) }
        #expect(try value(.selectionRate) == share(level, { $1 == 1 }, { _, _ in true }))
        #expect(try value(.baseRate) == share(level, { y, _ in y == 1 }, { _, _ in true }))
        #expect(try value(.truePositiveRate) == share(level, { $1 == 1 }, { y, _ in y == 1 }))
        #expect(try value(.falsePositiveRate) == share(level, { $1 == 1 }, { y, _ in y == 0 }))
        #expect(try value(.trueNegativeRate) == share(level, { $1 == 0 }, { y, _ in y == 0 }))
        #expect(try value(.falseNegativeRate) == share(level, { $1 == 0 }, { y, _ in y == 1 }))
        #expect(try value(.positivePredictiveValue) == share(level, { y, _ in y == 1 }, { $1 == 1 }))
        #expect(try value(.negativePredictiveValue) == share(level, { y, _ in y == 0 }, { $1 == 0 }))
        #expect(try value(.accuracy) == share(level, { $0 == $1 }, { _, _ in true }))
        let rates = try (value(.truePositiveRate), value(.trueNegativeRate))
        #expect(try value(.balancedAccuracy) == (rates.0 + rates.1) / 2)
      }
    }
  }

  @Test("A combination without rows is NaN and takes no part in gaps") func missingCombination() throws {
    let values = try crossed().values(.selectionRate)
    #expect(values.levels.levels == [["f", "m"], ["30", "40"]])
    #expect(try values.value(of: ["m", "40"]).isNaN)
    #expect(values.min == 0 && values.max == 1 && values.difference() == 1)
    let one = try GroupCounts(labels: [1, 1], decisions: [1, 0], groups: Groups("g", labels: ["a", "b"]))
    // No negative row anywhere: the rate is not 0, it is not there.
    #expect(one.values(.falsePositiveRate).difference().isNaN)
    #expect(try one.value(of: .equalizedOddsDifference).isNaN)
  }

  @Test("Crossed counts give those of each attribute, and those within the levels of another") func marginals() throws {
    let counts = try crossed()
    let plain = try GroupCounts(labels: labels, decisions: decisions, groups: Groups("sex", labels: sex))
    #expect(try counts.marginal(["sex"]) == plain)
    #expect(try counts.marginal(["age", "sex"]).levels.attributes == ["age", "sex"])
    #expect(try counts.marginal(["age", "sex"]).marginal(["sex"]) == plain)
    let strata = try counts.strata(of: ["age"])
    #expect(strata.map(\.levels) == [["30"], ["40"]])
    #expect(strata[0].counts.values(.selectionRate).values == [1, 0.75])
    #expect(strata[1].counts.values(.selectionRate).values[0] == 0 && strata[1].counts.cells[1].rowCount == 0)
  }

  @Test("Counts of batches add up to those of all rows") func merged() throws {
    let sexes = try Groups("sex", labels: ["f", "m", "f", "m", "f", "m", "f", "m"])
    let halves = try Groups("sex", labels: ["f", "m", "f", "m"])
    let scores: Tensor<Float> = [0.9, 0.6, 0.4, 0.2, 0.5, 0.1, 0.3, 0.8]
    let all = try GroupCounts(labels: labels, probabilities: scores, groups: sexes)
    var sum = try GroupCounts(labels: labels[0..<4], probabilities: scores[0..<4], groups: halves)
    try sum.merge(GroupCounts(labels: labels[4..<8], probabilities: scores[4..<8], groups: halves))
    #expect(sum.values(.accuracy) == all.values(.accuracy))
    #expect(isNear(sum.values(.logLoss).overall, all.values(.logLoss).overall))
    let ece = GroupMeasure.expectedCalibrationError(.topLabel)
    #expect(isNear(sum.values(ece).values[0], all.values(ece).values[0]))
  }

  @Test("Groups come from texts, numbers and columns of a table, in ascending order") func groups() throws {
    let table = try Table(columns: [
      ("sex", .texts(["m", nil, "f"])), ("age", .numbers([40, 30, 40])), ("score", .numbers([0.5, 1, 2])),
    ])
    let groups = try Groups(table, columns: ["sex", "age"])
    #expect(groups.levels.levels == [["f", "m", "missing"], ["30", "40"]])
    #expect(groups.indices == [3, 4, 1])
    #expect(groups.levels.name(at: 4) == "missing/30")
    // More levels than are compared one by one, and numbers far apart.
    let many = try Groups("n", labels: (0..<30).map { "level \($0 % 15 + 10)" })
    #expect(many.levels.levels[0].count == 15 && many.indices[14] == 14 && many.indices[15] == 0)
    #expect(try Groups("n", labels: [5, -1_000_000, 5]).indices == [1, 0, 1])
    #expect(throws: FairnessError.invalid("expected whole numbers or texts in column \"score\", got 0.5 in row 0")) {
      try Groups(table, columns: ["score"])
    }
    #expect(throws: FairnessError.self) { try Groups(table, columns: ["race"]) }
    #expect(throws: FairnessError.self) { try Groups(table, columns: []) }
    #expect(throws: FairnessError.self) { try Groups(table, columns: ["sex", "sex"]) }
    #expect(throws: FairnessError.self) { try groups.crossed(with: Groups("other", labels: ["a"])) }
  }

  @Test("Texts are told apart by all their bytes, of any length and number, over pieces of the rows") func texts()
    throws
  {
    var levels = ["", "a", "aa", "abc", "abcd", "abcde", "abcdefgh", "é", "e\u{301}", "日本語"]
    // Lengths around 16 bytes, of which the first and the last eight are the same.
    for length in [15, 16, 17, 18, 40] {
      for middle in ["x", "y"] {
        let filler = String(repeating: "-", count: max(0, length - 17))
        levels.append("12345678" + (length > 16 ? filler + middle : "") + "abcdefgh".suffix(min(8, length - 8)))
      }
    }
    levels.append("12345678--------------x---------abcdefgh")
    for names in [Array(levels.prefix(4)), levels] {
      // 70,000 rows are three pieces; the last levels come late.
      let labels = (0..<70_000).map { row in names[row < 60_000 ? row * 7 % min(3, names.count) : row % names.count] }
      let groups = try Groups("g", labels: labels)
      let found = groups.levels.levels[0]
      #expect(
        found.map { Array($0.utf8) } == Set(names.map { Array($0.utf8) }).sorted { $0.lexicographicallyPrecedes($1) })
      let isSame = labels.indices.allSatisfy { found[Int(groups.indices[$0])].utf8.elementsEqual(labels[$0].utf8) }
      #expect(isSame)
    }
  }

  @Test("What cannot be counted throws") func badInput() throws {
    let groups = try Groups("g", labels: ["a", "b"])
    func error(_ body: () throws -> GroupCounts) -> String {
      do { return "\(try body().levels)" } catch { return "\(error)" }
    }
    #expect(
      error { try GroupCounts(labels: [0, 2], decisions: [0, 1], groups: groups) }
        == "expected labels 0 or 1, got 2 in row 1")
    #expect(
      error { try GroupCounts(labels: [0, 1], decisions: [-1, 1], groups: groups) }
        == "expected decisions 0 or 1, got -1 in row 0")
    #expect(
      error { try GroupCounts(labels: [0], decisions: [1], groups: groups) }.contains("expected labels and decisions"))
    #expect(
      error {
        try GroupCounts(labels: [0, 1], probabilities: [0.5, 1.5] as Tensor<Float>, groups: groups)
      } == "expected probabilities within 0…1, got 1.5 in row 1")
    #expect(
      error { try GroupCounts(labels: [0, 1], decisions: [0, 1], groups: groups, weights: [1, -1]) }
        == "expected weights that are finite and not negative, got -1.0 in row 1")
    #expect(
      error { try GroupCounts(labels: [0, 1], decisions: [0, 1], groups: groups, weights: [0, 0]) }
        == "expected a weight above 0, got none")
    #expect(throws: FairnessError.self) { try Groups("g", labels: [String]()) }
    let counts = try GroupCounts(labels: [0, 1], decisions: [0, 1], groups: groups)
    let pair = FairnessGap.Pair("g", unprivileged: ["a"], privileged: ["z"])
    #expect(throws: FairnessError.unknown("expected one of the levels \"a\", \"b\" of \"g\", got \"z\"")) {
      try counts.value(of: .disparateImpact(pair))
    }
    #expect(throws: FairnessError.self) { try counts.marginal(["sex"]) }
    #expect(throws: FairnessError.self) { try counts.strata(of: ["g"]) }
    #expect(counts.values(.logLoss).overall.isNaN)
  }

  @Test("Any metric is measured by group") func anyMetric() throws {
    let outputs = Tensor<Float>([[0, 1], [0, 1], [1, 0], [1, 0], [0, 1]])
    let values = try Metric<Tensor<Float>, Tensor<Int32>>.accuracy.byGroup(
      outputs, [1, 0, 0, 1, 1], groups: Groups("g", labels: ["a", "a", "a", "b", "b"]))
    #expect(values.values.map { Float($0) } == [Float(2.0 / 3), 0.5] && Float(values.overall) == 0.6)
    #expect(throws: FairnessError.self) {
      try Metric<Tensor<Float>, Tensor<Int32>>.accuracy.byGroup(
        outputs, [1, 0, 0, 1, 1], groups: Groups("g", labels: ["a"]))
    }
  }
}
