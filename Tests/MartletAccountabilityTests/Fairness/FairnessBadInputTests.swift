import MartletAccountability
import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// Nothing that data can hold stops the program: it throws, or is NaN where that is documented.
@Suite struct FairnessBadInputTests {
  private let groups: Groups

  init() throws { groups = try Groups("g", labels: ["a", "a", "b", "b"]) }

  private func text(_ body: () throws -> Any) -> String {
    do { return "no error, but \(try body())" } catch { return "\(error)" }
  }

  @Test("Unknown groups, attributes and levels throw wherever they are named") func unknown() throws {
    let counts = try GroupCounts(labels: [0, 1, 0, 1], decisions: [0, 1, 1, 0], groups: groups)
    let values = counts.values(.accuracy)
    #expect(text { try values.value(of: ["c"]) } == "expected one of the levels \"a\", \"b\" of \"g\", got \"c\"")
    #expect(text { try values.value(of: ["a", "b"]) } == "expected a level for each of [\"g\"], got [\"a\", \"b\"]")
    #expect(text { try values.value(of: []) }.hasPrefix("expected a level for each"))
    #expect(text { try counts.cell(of: "h", levels: ["a"]) } == "expected one of the attributes \"g\", got \"h\"")
    #expect(text { try counts.cell(of: "g", levels: ["c"]) }.hasPrefix("expected one of the levels"))
    #expect(text { try counts.marginal([]) } == "expected at least one attribute, got none")
    #expect(text { try counts.marginal(["g", "g"]) }.contains("twice"))
    #expect(text { try counts.strata(of: ["h"]) }.hasPrefix("expected one of the attributes"))
    for pair in [
      FairnessGap.Pair("h", unprivileged: ["a"], privileged: ["b"]),
      FairnessGap.Pair("g", unprivileged: ["c"], privileged: ["b"]),
      FairnessGap.Pair("g", unprivileged: ["a"], privileged: ["a", "b"]),
    ] {
      let gaps: [FairnessGap] = [
        .statisticalParityDifference(pair), .disparateImpact(pair), .signedEqualOpportunityDifference(pair),
        .averageOddsDifference(pair), .averageAbsoluteOddsDifference(pair),
      ]
      for gap in gaps {
        #expect(throws: FairnessError.self) { try counts.value(of: gap) }
        #expect(throws: FairnessError.self) { try counts.interval(of: gap, replicates: 2) }
      }
    }
    // No levels at all are no rows.
    let none = FairnessGap.Pair("g", unprivileged: [], privileged: ["b"])
    #expect(try counts.value(of: .disparateImpact(none)).isNaN)
  }

  @Test("Cells and strata without rows are NaN in every measure, gap, interval, table and diagram") func emptyCells()
    throws
  {
    let crossed = try groups.crossed(with: Groups("h", labels: ["x", "x", "x", "y"]))
    let counts = try GroupCounts(
      labels: [0, 1, 0, 1], probabilities: [0.2, 0.7, 0.6, 0.4] as Tensor<Float>, groups: crossed)
    let measures: [GroupMeasure] = [
      .selectionRate, .baseRate, .truePositiveRate, .falsePositiveRate, .trueNegativeRate, .falseNegativeRate,
      .positivePredictiveValue, .negativePredictiveValue, .accuracy, .balancedAccuracy, .logLoss, .brierScore,
      .expectedCalibrationError(.positiveClass), .expectedCalibrationError(.topLabel),
      .maximumCalibrationError(.positiveClass), .maximumCalibrationError(.topLabel), .theilIndex,
      .generalizedEntropy(alpha: 0), .generalizedEntropy(alpha: 2), .generalizedEntropy(alpha: .nan),
    ]
    let empty = counts.values(.selectionRate).levels
    #expect(empty.name(at: 1) == "a/y")
    for measure in measures {
      #expect(measure(counts.cells[1]).isNaN, "\(measure.name)")
      let interval = try measure.interval(counts.cells[1])
      #expect(interval.map { $0.lower.isNaN && $0.upper.isNaN } ?? true, "\(measure.name)")
      // What has a number in the others is not changed by it.
      let difference = counts.values(measure).difference()
      #expect(difference.isNaN || difference >= 0, "\(measure.name)")
    }
    // A stratum of groups of which none has rows.
    let three = try crossed.crossed(with: Groups("i", labels: ["p", "p", "q", "q"]))
    let strata = try GroupCounts(labels: [0, 1, 0, 1], decisions: [0, 1, 1, 0], groups: three).strata(of: ["g", "h"])
    let stratum = try #require(strata.first { $0.levels == ["a", "y"] }).counts
    let gaps: [FairnessGap] = [
      .demographicParityDifference, .demographicParityRatio, .equalOpportunityDifference, .equalOpportunityRatio,
      .equalizedOddsDifference, .equalizedOddsRatio, .meanEqualizedOddsDifference, .meanEqualizedOddsRatio,
      .differentialFairness(), .difference(.accuracy, .toOverall), .ratio(.accuracy, .toOverall),
    ]
    for gap in gaps {
      #expect(try stratum.value(of: gap).isNaN, "\(gap.name)")
      let interval = try stratum.interval(of: gap, replicates: 3)
      #expect(interval.lower.isNaN && interval.upper.isNaN, "\(gap.name)")
    }
    #expect(stratum.overall.rowCount == 0 && stratum.smallGroups().isEmpty)
    #expect(stratum.table([.accuracy]).csv.contains("nan"))
    #expect(!stratum.table(measures).description.isEmpty && !stratum.table([]).markdown.isEmpty)
    #expect(try stratum.reliabilityDiagram().svg().hasPrefix("<svg"))
    // A group whose rows have no weight.
    let weightless = try GroupCounts(
      labels: [0, 1, 0, 1], probabilities: [0.2, 0.7, 0.6, 0.4] as Tensor<Float>, groups: groups,
      weights: [0, 0, 1, 1])
    #expect(weightless.values(.accuracy).values[0].isNaN && weightless.values(.logLoss).values[0].isNaN)
    #expect(try weightless.reliabilityDiagram().svg().contains("b: expected error"))
    #expect(try weightless.interval(of: .demographicParityDifference, replicates: 5).lower == 0)
    #expect(!weightless.table([.accuracy]).description.isEmpty)
  }

  @Test("Labels of one class leave the rates of the other undefined, in counts, intervals, weights and metrics")
  func oneClass() throws {
    let counts = try GroupCounts(
      labels: [1, 1, 1, 1], probabilities: [0.2, 0.7, 1, 0] as Tensor<Float>, groups: groups)
    #expect(counts.values(.falsePositiveRate).values.allSatisfy { $0.isNaN })
    #expect(counts.values(.trueNegativeRate).overall.isNaN && counts.values(.balancedAccuracy).overall.isNaN)
    #expect(try counts.value(of: .equalizedOddsDifference).isNaN)
    #expect(try counts.value(of: .equalizedOddsRatio).isNaN)
    #expect(try counts.interval(of: .equalizedOddsDifference, replicates: 5).upper.isNaN)
    #expect(counts.values(.logLoss).overall.isFinite)
    let reweighing = try Reweighing(labels: [1, 1, 1, 1], groups: groups)
    #expect(reweighing.positiveWeights == [1, 1] && reweighing.negativeWeights.allSatisfy { $0.isNaN })
    #expect(throws: FairnessError.self) { try reweighing.weights(labels: [0, 1, 1, 1], groups: groups) }
    // A group of one class has no area under a curve; the other has.
    let areas = try Metric<Tensor<Float>, Tensor<Float>>.rocAUC.byGroup(
      [0.1, 0.9, 0.3, 0.4], [0, 1, 1, 1] as Tensor<Float>, groups: groups)
    #expect(areas.values[0] == 1 && areas.values[1].isNaN && areas.difference() == 0)
    let crossed = try groups.crossed(with: Groups("h", labels: ["x", "x", "x", "y"]))
    let weighted = try Metric<Tensor<Float>, Tensor<Float>>.brierScore(from: .probabilities).byGroup(
      [0.1, 0.9, 0.3, 0.4], [0, 1, 1, 1] as Tensor<Float>, groups: crossed, weights: [0, 0, 1, 1])
    #expect(weighted.values[0].isNaN && weighted.values[1].isNaN && !weighted.values[2].isNaN)
  }

  @Test(
    "Probabilities outside 0…1, NaN and infinite ones, and weights that are none throw",
    arguments: [-0.1, 1.1, .nan, .infinity] as [Float])
  func probabilities(bad: Float) throws {
    let error = text {
      try GroupCounts(labels: [0, 1, 0, 1], probabilities: Tensor<Float>([0, 1, bad, 0.5]), groups: groups)
    }
    #expect(error.hasPrefix("expected probabilities within 0…1, got") && error.hasSuffix("in row 2"))
    #expect(throws: (any Error).self) {
      try GroupCounts(
        labels: [0, 1, 0, 1], decisions: [0, 1, 0, 1], groups: groups,
        weights: Tensor<Float>([1, 1, bad == 1.1 ? -1 : bad, 1]))
    }
    #expect(throws: FairnessError.self) {
      try GroupCounts(
        labels: [0, 1, 0, 1], probabilities: [0, 1, 0, 1] as Tensor<Float>, threshold: .nan, groups: groups)
    }
  }

  @Test("More groups, bins and replicates than memory throw") func tooMany() throws {
    let many = try Groups("n", labels: Tensor<Int32>((0..<2000).map { Int32($0) }))
    let crossed = try many.crossed(with: Groups("m", labels: Tensor<Int32>((0..<2000).map { Int32($0) })))
    let zeros = Tensor<Int32>.zeros([2000])
    #expect(
      text { try GroupCounts(labels: zeros, decisions: zeros, groups: crossed) }
        == "expected at most 2²⁰ groups to count, got 4000000; cross fewer attributes")
    #expect(
      text { try crossed.crossed(with: Groups("l", labels: Tensor<Int32>((0..<2000).map { Int32($0) }))) }
        == "expected fewer than 2³¹ groups, got more")
    for bins in [0, -1, 1 << 40, .max] {
      #expect(throws: FairnessError.self) {
        try GroupCounts(
          labels: [0, 1, 0, 1], probabilities: [0, 1, 0, 1] as Tensor<Float>, groups: groups, bins: bins)
      }
    }
    let counts = try GroupCounts(labels: [0, 1, 0, 1], decisions: [0, 1, 1, 0], groups: groups)
    for replicates in [0, -1, 1_000_001, .max] {
      #expect(throws: FairnessError.self) {
        try counts.interval(of: .demographicParityDifference, replicates: replicates)
      }
    }
    for confidence in [0, 1, -1, 2, Double.nan] {
      #expect(throws: FairnessError.self) {
        try counts.interval(of: .demographicParityDifference, confidence: confidence)
      }
      #expect(throws: FairnessError.self) {
        try GroupMeasure.accuracy.interval(counts.cells[0], confidence: confidence)
      }
    }
    // Draws of several parts are of one stream.
    let parts = try many.crossed(with: Groups("m", labels: Tensor<Int32>((0..<2000).map { Int32($0 % 2) })))
    let wide = try GroupCounts(labels: zeros, decisions: zeros, groups: parts)
    #expect(try wide.interval(of: .difference(.accuracy), replicates: 20).upper == 0)
  }

  @Test("Rows of other lists, tensors of other ranks and tables without rows throw") func shapes() throws {
    #expect(text { try Groups("g", labels: Tensor<Int32>.zeros([2, 2])) }.hasPrefix("expected labels of shape [rows]"))
    #expect(text { try Groups("g", labels: Tensor<Int32>.zeros([0])) }.hasPrefix("expected rows"))
    #expect(text { try Groups("g", labels: Tensor<Int32>.zeros([])) }.hasPrefix("expected labels of shape [rows]"))
    let table = try Table(columns: [("a", .texts([])), ("b", .numbers([]))])
    #expect(throws: FairnessError.self) { try Groups(table, columns: ["a"]) }
    #expect(throws: FairnessError.self) { try Groups(table, columns: ["b"]) }
    for number in [Double.nan, .infinity, 1e300, 0.5] {
      let one = try Table(columns: [("b", .numbers([number]))])
      #expect(throws: FairnessError.self) { try Groups(one, columns: ["b"]) }
    }
    let wrong = Tensor<Int32>.zeros([4, 1])
    #expect(throws: FairnessError.self) { try GroupCounts(labels: wrong, decisions: wrong, groups: groups) }
    #expect(throws: FairnessError.self) { try GroupCounts(labels: .zeros([]), decisions: .zeros([]), groups: groups) }
    #expect(throws: FairnessError.self) { try Reweighing(labels: wrong, groups: groups) }
    #expect(throws: FairnessError.self) { try Reweighing(labels: [0, 1, 2, 0], groups: groups) }
    let metric = Metric<Tensor<Float>, Tensor<Float>>.brierScore()
    #expect(throws: (any Error).self) { try metric.byGroup(Tensor<Float>(1), Tensor<Float>(1), groups: groups) }
    #expect(throws: (any Error).self) { try metric.byGroup(.zeros([0]), Tensor<Float>.zeros([0]), groups: groups) }
    #expect(throws: (any Error).self) { try metric.byGroup([1, 2, 3, 4], [1, 0] as Tensor<Float>, groups: groups) }
    #expect(throws: (any Error).self) {
      try metric.byGroup([1, 2, 3, 4], [1, 0, 1, 0] as Tensor<Float>, groups: groups, weights: [1, 1, 1, -1])
    }
    let words = Tensor<Float>.ones([2, 3])
    for bad in [
      Tensor<Float>.zeros([2, 3]), .full([2, 3], .nan), .full([2, 3], .infinity), .ones([2]), .ones([]), .ones([0, 3]),
      .ones([2, 0]),
    ] {
      #expect(throws: FairnessError.self, "\(bad.shape)") {
        try EmbeddingAssociation(bad, words, attributes: words, words)
      }
      #expect(throws: FairnessError.self, "\(bad.shape)") {
        try EmbeddingAssociation(words, words, attributes: words, bad)
      }
    }
  }

  @Test("A model that gives NaN, or outputs of other shapes, ends the fit with a typed error") func training() throws {
    let x = Tensor<Float>.ones([4, 2])
    let labels: Tensor<Int32> = [0, 1, 0, 1]
    func error(_ model: Sequential, _ loss: Loss<Tensor<Float>, Tensor<Int32>>, _ x: Tensor<Float>) throws -> String {
      let fairness = try FairnessValidation<Sequential>(
        x, labels: labels, groups: groups, gaps: [.equalizedOddsDifference])
      let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1), loss: loss)
      return text { try trainer.fit(.ones([4, 2]), labels, epochs: 1, progress: .none, callbacks: [fairness]) }
    }
    let three = Sequential(inputShape: [2]) { Dense(3) }
    #expect(try error(three, .crossEntropy, x).contains("expected outputs of shape [4], [4, 1] or [4, 2], got [4, 3]"))
    let two = Sequential(inputShape: [2]) { Dense(2) }
    #expect(try error(two, .crossEntropy, .full([4, 2], .nan)).contains("got nan in row 0"))
    #expect(throws: FairnessError.self) {
      try FairnessValidation<Sequential>(
        x, labels: labels, groups: groups, gaps: [.equalizedOddsDifference], batchSize: 0)
    }
    #expect(throws: FairnessError.self) {
      try FairnessValidation<Sequential>(
        x, labels: labels, groups: groups, gaps: [.equalizedOddsDifference], threshold: .nan)
    }
    var history = History()
    history.append([("val_group_accuracy", .nan), ("gap", .nan)], seconds: 1)
    let front = try FairnessFront(history, gap: "gap")
    #expect(front.front.isEmpty && front.epoch(gapAtMost: .nan) == nil && front.epoch(measureAtLeast: 0) == nil)
    #expect(front.chart().svg().hasPrefix("<svg"))
    #expect(throws: FairnessError.self) { try FairnessFront(History(), gap: "gap") }
  }

  @Test("A group that there is not traps, with the groups that there are") func traps() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Groups("g", labels: ["a", "b"]).levels.group(at: 2)
    }
    #expect(errorText(result).contains("GroupLevels: expected a group within 0..<2, got 2"))
  }
}
