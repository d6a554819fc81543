import MartletAccountability
import MartletCore
import Testing

@Suite struct IntervalTests {
  @Test("Wilson's interval has its published ends, and is within 0…1 at the extremes") func wilson() throws {
    let counts = try groupCounts(["a": [8, 0, 2, 0], "b": [10, 0, 0, 0], "c": [0, 0, 10, 0], "d": [0, 1, 0, 0]])
    let intervals = try counts.cells.map { try #require(try GroupMeasure.truePositiveRate.interval($0)) }
    // R: prop.test(8, 10, correct = FALSE).
    #expect(isNear(intervals[0].lower, 0.4901625, 5e-8) && isNear(intervals[0].upper, 0.9433178, 5e-8))
    // z²/(n + z²) from each end.
    #expect(isNear(intervals[1].lower, 0.7224672, 5e-8) && intervals[1].upper == 1)
    #expect(intervals[2].lower == 0 && isNear(intervals[2].upper, 0.2775328, 5e-8))
    #expect(intervals[3].lower.isNaN && intervals[3].upper.isNaN)
    #expect(try GroupMeasure.balancedAccuracy.interval(counts.cells[0]) == nil)
    #expect(throws: FairnessError.self) { try GroupMeasure.accuracy.interval(counts.cells[0], confidence: 1) }
  }

  @Test("A weight that all rows share changes no interval") func sharedWeight() throws {
    let plain = try groupCounts(["a": [8, 3, 2, 7]])
    let heavy = try groupCounts(["a": [8, 3, 2, 7]], weight: 5)
    for measure in [GroupMeasure.accuracy, .selectionRate, .truePositiveRate] {
      let a = try #require(try measure.interval(plain.cells[0]))
      let b = try #require(try measure.interval(heavy.cells[0]))
      #expect(isNear(a.lower, b.lower) && isNear(a.upper, b.upper))
    }
  }

  @Test("A gap's interval is as wide as theory says, the same for the same seed, and holds the gap") func bootstrap()
    throws
  {
    let counts = try groupCounts(["a": [400, 0, 600, 0], "b": [600, 0, 400, 0]])
    let interval = try counts.interval(of: .equalOpportunityDifference, replicates: 2000, seed: 3)
    // Two shares of 0.4 and 0.6 of 1000 rows each: the difference has a standard deviation of √(2 · 0.24 / 1000).
    let half = 1.959964 * (2 * 0.24 / 1000).squareRoot()
    #expect(isNear(interval.lower, 0.2 - half, 0.006) && isNear(interval.upper, 0.2 + half, 0.006))
    #expect(try counts.interval(of: .equalOpportunityDifference, replicates: 2000, seed: 3) == interval)
    #expect(try counts.interval(of: .equalOpportunityDifference, replicates: 2000, seed: 4) != interval)
    #expect(try counts.interval(of: .difference(.falsePositiveRate)).lower.isNaN)
    #expect(throws: FairnessError.self) { try counts.interval(of: .difference(.logLoss)) }
    #expect(throws: FairnessError.self) { try counts.interval(of: .equalOpportunityDifference, replicates: 0) }
    #expect(throws: FairnessError.self) { try counts.interval(of: .equalOpportunityDifference, confidence: 0) }
  }

  @Test("Tables have a row for each group and all, with intervals, warnings, and quoted names") func table() throws {
    let counts = try groupCounts(["a|b": [8, 0, 2, 10], "c,d": [40, 40, 40, 40]])
    let table = counts.table([.selectionRate, .balancedAccuracy])
    let lines = table.description.split(separator: "\n")
    #expect(lines[0] == "group  rows         selection_rate  balanced_accuracy")
    #expect(lines[1] == "a|b      20  0.4000 [0.219, 0.613]             0.9000")
    #expect(lines[3].hasPrefix("(all)   180  0.4889 ["))
    #expect(lines[4] == "small group a|b: rates rest on 10 positive and 10 negative rows")
    let markdown = table.markdown.split(separator: "\n")
    #expect(
      markdown[1] == "| --- | ---: | ---: | ---: |" && markdown[2].hasPrefix("| a\\|b | 20 | 0.4000 [0.219, 0.613]"))
    let csv = table.csv.split(separator: "\r\n")
    #expect(csv[0] == "group,rows,selection_rate,selection_rate_lower,selection_rate_upper,balanced_accuracy")
    #expect(csv[1].hasPrefix("a|b,20,0.4,0.21") && csv[1].hasSuffix(",0.9") && csv[2].hasPrefix("\"c,d\",160,0.5,"))
  }
}
