import Foundation
import MartletAccountability
import MartletCore
import MartletFormats
import MartletNN
import MartletTraining
import TestSupport
import Testing

@Suite struct ThresholdOptimizerTests {
  typealias Constraint = ThresholdOptimizer.Constraint
  typealias Objective = ThresholdOptimizer.Objective

  // MARK: Published figures

  private static let cases: [(String, Constraint, Objective, Bool)] = [
    ("demographic_parity/accuracy_score", .demographicParity, .accuracy, false),
    ("true_positive_rate_parity/accuracy_score", .truePositiveRateParity, .accuracy, false),
    ("false_positive_rate_parity/accuracy_score", .falsePositiveRateParity, .accuracy, false),
    ("true_negative_rate_parity/accuracy_score", .trueNegativeRateParity, .accuracy, false),
    ("false_negative_rate_parity/accuracy_score", .falseNegativeRateParity, .accuracy, false),
    ("equalized_odds/accuracy_score", .equalizedOdds, .accuracy, false),
    ("equalized_odds/accuracy_score", .equalizedOdds, .accuracy, true),
    ("demographic_parity/accuracy_score", .demographicParity, .accuracy, true),
    ("equalized_odds/balanced_accuracy_score", .equalizedOdds, .balancedAccuracy, false),
  ]

  @Test("Thresholds by sex on the training rows of Adult are Fairlearn's on its grid") func fairlearn() throws {
    let adult = try MitigationFixture()
    let scores = adult.probabilities
    for (name, constraint, objective, flips) in Self.cases {
      let key = "\(name)/\(flips ? "flip" : "above")"
      let expected = try #require(adult.figures.thresholds[key])
      let found = try ThresholdOptimizer(
        fittedTo: scores, labels: adult.labels, groups: adult.sex, weights: adult.counts, constraint: constraint,
        objective: objective, search: .grid(1000), flips: flips)
      for group in ["Female", "Male"] {
        let (rule, published) = (try found.rule(of: [group]), expected.rules[group]!)
        #expect(rule.parts.count == 2)
        for (index, part) in rule.parts.enumerated() {
          #expect(isNear(part.cut.threshold, published.thresholds[index], 1e-9), "\(key) \(group)")
          #expect(isNear(part.probability, published.probabilities[index], 1e-8), "\(key) \(group)")
        }
        #expect(isNear(rule.ignoredShare, published.ignored, 1e-9), "\(key) \(group)")
        if rule.ignoredShare > 0 { #expect(isNear(rule.ignoredProbability, published.constant), "\(key) \(group)") }
        let x: Double =
          switch constraint {
          case .truePositiveRateParity: rule.truePositiveRate
          case .falseNegativeRateParity: 1 - rule.truePositiveRate
          case .trueNegativeRateParity: 1 - rule.falsePositiveRate
          case .falsePositiveRateParity, .equalizedOdds: rule.falsePositiveRate
          default: rule.selectionRate
          }
        #expect(isNear(x, expected.x, 1e-9), "\(key) \(group)")
        if constraint == .equalizedOdds { #expect(isNear(rule.truePositiveRate, expected.y, 1e-9)) }
      }
      if constraint != .equalizedOdds { #expect(isNear(found.objectiveValue, expected.y, 1e-9), "\(key)") }
    }
  }

  @Test("FICO's scores have the published thresholds for a profit of 1/6 and a loss of 5/6") func fico() throws {
    let fico = try FICOFixture()
    func fit(_ constraint: Constraint) throws -> ThresholdOptimizer {
      try fico.fit(constraint, .cost(.init(truePositive: -1.0 / 6, falsePositive: 5.0 / 6)))
    }
    let single = try fit(.singleThreshold)
    #expect(fico.lowestSelected(single, part: 0) == [42.5, 42.5, 42.5, 42.5])
    let profit = try fit(.none)
    #expect(fico.lowestSelected(profit, part: 0) == [38.5, 49, 47, 41])
    // What was published of the rest came of a search in steps of a thousandth between single thresholds, which stops on
    // the plateaus: the best is near it, and costs less.
    let parity = try fit(.demographicParity)
    let opportunity = try fit(.truePositiveRateParity)
    for (found, published, cost) in [
      (parity, [53.5, 18, 31.5, 52], -0.0467), (opportunity, [45.5, 29.5, 35, 46], -0.0637),
    ] {
      #expect(isNear(fico.cost(at: published), cost, 5e-5))
      for group in 0..<4 {
        let (high, low) = (fico.lowestSelected(found, part: 0)[group], fico.lowestSelected(found, part: 1)[group])
        #expect(high - low <= 1 && abs(published[group] - low) <= 4.5, "\(published) \(group) \(low)...\(high)")
      }
    }
    #expect(parity.objectiveValue < fico.cost(at: [53.5, 18, 31.5, 52]))
    for rule in opportunity.rules { #expect(isNear(1 - rule!.truePositiveRate, 0.2402515, 0.01)) }
    let odds = try fit(.equalizedOdds)
    for rule in odds.rules {
      #expect(isNear(rule!.falsePositiveRate, 0.11393540, 2e-3) && isNear(rule!.truePositiveRate, 0.70916950, 4e-3))
    }
    // More freedom never costs more.
    let costs = [profit, single, opportunity, odds].map(\.objectiveValue)
    #expect(costs[0] <= costs[1] && costs[0] <= costs[2] && costs[2] <= costs[3] && costs[0] <= parity.objectiveValue)
  }

  // MARK: What holds of any data

  /// Rows of three groups whose scores are better and worse, drawn anew for each seed.
  private static func rows(_ seed: UInt64, count: Int = 300) throws -> (
    Tensor<Double>, Tensor<Int32>, Groups, Tensor<Float>
  ) {
    var generator = RandomGenerator(seed: seed)
    let group = Tensor<Int32>.randomInteger([count], in: 0..<3, using: &generator).scalars
    let draws = Tensor<Double>.randomUniform([3, count], using: &generator).scalars2D
    var (scores, labels, weights) = ([Double](), [Int32](), [Float]())
    for row in 0..<count {
      let label: Int32 = draws[0][row] < 0.25 + 0.2 * Double(group[row]) ? 1 : 0
      let noise = 0.5 + 0.4 * Double(group[row])
      labels.append(label)
      // Tenths, so that scores are shared.
      scores.append(((Double(label) + noise * 4 * (draws[1][row] - 0.5)) * 10).rounded() / 10)
      weights.append(Float(1 + 2 * draws[2][row]))
    }
    return (
      Tensor<Double>(scores), Tensor<Int32>(labels), try Groups("g", labels: group.map { "g\($0)" }),
      Tensor<Float>(weights)
    )
  }

  @Test("What is common is common in the probabilities, and the objective is what they come to", arguments: 0..<4)
  func constraints(seed: UInt64) throws {
    let (scores, labels, groups, weights) = try Self.rows(seed)
    let costs = ThresholdOptimizer.Costs(truePositive: -0.3, falsePositive: 0.5, falseNegative: 0.2)
    let objectives: [Objective] = [.accuracy, .balancedAccuracy, .truePositiveRate, .trueNegativeRate, .cost(costs)]
    for constraint in Constraint.allCases {
      for objective in objectives {
        let found = try ThresholdOptimizer(
          fittedTo: scores, labels: labels, groups: groups, weights: weights, constraint: constraint,
          objective: objective)
        let probabilities = try found.probabilities(of: scores, groups: groups)
        let rates = ExpectedRates(probabilities, labels, groups, weights)
        let held: [[Double]] =
          switch constraint {
          case .none, .singleThreshold: []
          case .demographicParity: [rates.selection]
          case .truePositiveRateParity, .falseNegativeRateParity: [rates.truePositive]
          case .falsePositiveRateParity, .trueNegativeRateParity: [rates.falsePositive]
          case .equalizedOdds: [rates.truePositive, rates.falsePositive]
          }
        for rate in held { #expect(rate.max()! - rate.min()! < 1e-9, "\(constraint) \(objective)") }
        #expect(isNear(found.objectiveValue, rates.value(objective), 1e-9), "\(constraint) \(objective)")
        for (index, rule) in found.rules.enumerated() {
          #expect(isNear(rule!.selectionRate, rates.selection[index], 1e-9))
          #expect(isNear(rule!.truePositiveRate, rates.truePositive[index], 1e-9))
          #expect(isNear(rule!.falsePositiveRate, rates.falsePositive[index], 1e-9))
        }
      }
    }
  }

  @Test("The exact search is never worse than a fine grid, and hardly better", arguments: 0..<4)
  func exactness(seed: UInt64) throws {
    let (scores, labels, groups, weights) = try Self.rows(seed)
    for constraint in [Constraint.demographicParity, .truePositiveRateParity, .equalizedOdds] {
      func fit(_ search: ThresholdOptimizer.Search) throws -> Double {
        try ThresholdOptimizer(
          fittedTo: scores, labels: labels, groups: groups, weights: weights, constraint: constraint, search: search
        ).objectiveValue
      }
      let (exact, fine) = (try fit(.exact), try fit(.grid(5000)))
      #expect(exact >= fine - 1e-12 && exact < fine + 1e-3, "\(constraint)")
      #expect(exact >= (try fit(.grid(7))), "\(constraint)")
    }
  }

  @Test("Without a common rate each group, or all together, has the best of all thresholds") func thresholds() throws {
    let (scores, labels, groups, weights) = try Self.rows(9)
    func value(_ accepts: (Int, Double) -> Bool) -> Double {
      let decided = zip(groups.indices, scores.scalars).map { accepts(Int($0), $1) ? 1.0 : 0 }
      return ExpectedRates(Tensor<Double>(decided), labels, groups, weights).value(.accuracy)
    }
    let cuts = stride(from: -5.05, to: 5, by: 0.1)
    let single = cuts.map { cut in value { $1 > cut } }.max()!
    var best = [Double](repeating: 0, count: 3)
    for group in 0..<3 {
      best[group] = cuts.max { a, b in value { $0 == group && $1 > a } < value { $0 == group && $1 > b } }!
    }
    let apart = value { $1 > best[$0] }
    func fit(_ constraint: Constraint) throws -> ThresholdOptimizer {
      try ThresholdOptimizer(
        fittedTo: scores, labels: labels, groups: groups, weights: weights, constraint: constraint)
    }
    #expect(isNear(try fit(.singleThreshold).objectiveValue, single, 1e-9))
    #expect(isNear(try fit(.none).objectiveValue, apart, 1e-9))
    let cut = try fit(.singleThreshold).rules.map { $0!.parts[0].cut }
    #expect(cut.allSatisfy { $0 == cut[0] })
  }

  @Test("A group whose low scores are the positive ones is turned round, if it may be") func flips() throws {
    let scores = Tensor<Float>([0.1, 0.2, 0.8, 0.9, 0.1, 0.2, 0.8, 0.9])
    let labels: Tensor<Int32> = [0, 0, 1, 1, 1, 1, 0, 0]
    let groups = try Groups("g", labels: ["a", "a", "a", "a", "b", "b", "b", "b"])
    let turned = try ThresholdOptimizer(
      fittedTo: scores, labels: labels, groups: groups, constraint: .equalizedOdds, flips: true)
    #expect(turned.objectiveValue == 1)
    #expect(try turned.rule(of: ["b"]).parts.map(\.cut.side) == [.below])
    #expect(try turned.predict(scores, groups: groups) == labels)
    let straight = try ThresholdOptimizer(
      fittedTo: scores, labels: labels, groups: groups, constraint: .equalizedOdds)
    #expect(straight.objectiveValue == 0.5)
  }

  // MARK: Decisions

  @Test("Probabilities and their rounding are the same at every call; draws follow a seed") func decisions() throws {
    let adult = try MitigationFixture()
    let scores = adult.probabilities
    let fitted = try ThresholdOptimizer(
      fittedTo: scores, labels: adult.labels, groups: adult.sex, weights: adult.counts, constraint: .equalizedOdds)
    let probabilities = try fitted.probabilities(of: scores, groups: adult.sex)
    #expect(try fitted.probabilities(of: scores, groups: adult.sex) == probabilities)
    #expect(try fitted.predict(scores, groups: adult.sex).scalars == probabilities.scalars.map { $0 > 0.5 ? 1 : 0 })
    let drawn = try fitted.predict(scores, groups: adult.sex, seed: 3)
    #expect(try fitted.predict(scores, groups: adult.sex, seed: 3) == drawn)
    #expect(try fitted.predict(scores, groups: adult.sex, seed: 4) != drawn)
    let (share, expected) = (drawn.cast(to: Double.self).mean().item(), probabilities.mean().item())
    #expect(abs(share - expected) < 4 * (expected / Double(drawn.count)).squareRoot())
    let certain = probabilities.scalars.enumerated().filter { $1 == 0 || $1 == 1 }
    #expect(certain.count > 0)
    for (row, probability) in certain { #expect(Double(drawn.scalars[row]) == probability) }
  }

  @Test("Rows of part of the groups, in any order, are decided by their own group's thresholds") func subset() throws {
    let adult = try MitigationFixture()
    let scores = adult.probabilities
    let fitted = try ThresholdOptimizer(
      fittedTo: scores, labels: adult.labels, groups: adult.sex, weights: adult.counts, constraint: .none)
    let all = try fitted.probabilities(of: scores, groups: adult.sex).scalars
    let males = adult.sex.indices.indices.filter { adult.sex.indices[$0] == 1 }
    let some = try Groups("sex", labels: males.map { _ in "Male" })
    let part = Tensor<Double>(males.map { scores.scalars[$0] })
    #expect(try fitted.probabilities(of: part, groups: some).scalars == males.map { all[$0] })
  }

  // MARK: Bad input

  @Test("Groups that are unknown throw") func unknownGroups() throws {
    let groups = try Groups("a", labels: ["x", "y", "x", "y"]).crossed(with: Groups("b", labels: ["1", "1", "1", "2"]))
    let scores: Tensor<Float> = [0.1, 0.2, 0.8, 0.9]
    let fitted = try ThresholdOptimizer(
      fittedTo: scores, labels: [0, 0, 1, 1], groups: groups, constraint: .demographicParity)
    #expect(fitted.rules[1] == nil)
    let none = try Groups("a", labels: ["x"]).crossed(with: Groups("b", labels: ["2"]))
    #expect(
      throws: FairnessError.unknown("expected a group that thresholds were fitted for, got \"x/2\", of no row then")
    ) { try fitted.probabilities(of: Tensor<Float>([0.5]), groups: none) }
    let strange = try Groups("a", labels: ["x", "z"]).crossed(with: Groups("b", labels: ["1", "1"]))
    #expect(
      throws: FairnessError.unknown("expected a group that thresholds were fitted for, got \"z/1\" in row 1")
    ) { try fitted.predict(Tensor<Float>([0.5, 0.5]), groups: strange) }
    #expect(throws: FairnessError.unknown("expected groups by \"a\", \"b\", got groups by \"a\"")) {
      try fitted.predict(Tensor<Float>([0.5]), groups: Groups("a", labels: ["x"]), seed: 1)
    }
    #expect(throws: FairnessError.self) { try fitted.rule(of: ["x", "2"]) }
    #expect(throws: FairnessError.self) { try fitted.rule(of: ["q", "1"]) }
    #expect(throws: FairnessError.self) { try fitted.rule(of: ["x"]) }
  }

  @Test("Rows, labels, scores, weights and options that cannot be used throw") func badInput() throws {
    let groups = try Groups("g", labels: ["a", "a", "b", "b"])
    let scores: Tensor<Float> = [0.1, 0.2, 0.8, 0.9]
    func fit(
      _ scores: Tensor<Float>, _ labels: Tensor<Int32> = [0, 1, 0, 1], weights: Tensor<Float>? = nil,
      constraint: Constraint = .equalizedOdds, objective: Objective = .accuracy,
      search: ThresholdOptimizer.Search = .exact
    ) throws -> ThresholdOptimizer {
      try ThresholdOptimizer(
        fittedTo: scores, labels: labels, groups: groups, weights: weights, constraint: constraint,
        objective: objective, search: search)
    }
    #expect(throws: FairnessError.shapes("expected scores of shape [4] as the groups have rows, got [3]")) {
      try fit([0.1, 0.2, 0.3])
    }
    #expect(throws: FairnessError.self) { try fit(scores, [0, 1, 0]) }
    #expect(throws: FairnessError.invalid("expected labels 0 or 1, got 2 in row 1")) { try fit(scores, [0, 2, 0, 1]) }
    #expect(throws: FairnessError.invalid("expected finite scores, got nan in row 0")) {
      try fit(Tensor<Float>([Float.nan, 1, 2, 3]))
    }
    #expect(throws: FairnessError.invalid("expected finite scores, got inf in row 2")) {
      try fit(Tensor<Float>([0, 1, Float.infinity, 3]))
    }
    #expect(throws: FairnessError.self) { try fit(scores, weights: [1, -1, 1, 1]) }
    #expect(throws: FairnessError.empty("expected a weight above 0, got none")) {
      try fit(scores, weights: .zeros([4]))
    }
    #expect(throws: FairnessError.empty("expected positive rows of \"a\", got none")) { try fit(scores, [0, 0, 0, 1]) }
    #expect(throws: FairnessError.empty("expected negative rows of \"b\", got none")) {
      try fit(scores, [0, 1, 1, 1], constraint: .falsePositiveRateParity)
    }
    #expect(throws: FairnessError.empty("balanced accuracy: expected positive rows, got none")) {
      try fit(scores, [0, 0, 0, 0], constraint: .demographicParity, objective: .balancedAccuracy)
    }
    // Without positive rows there is still a selection rate.
    #expect(try fit(scores, [0, 0, 0, 0], constraint: .demographicParity).objectiveValue == 1)
    #expect(throws: FairnessError.self) {
      try fit(scores, constraint: .none, objective: .cost(.init(falsePositive: .infinity)))
    }
    #expect(throws: FairnessError.self) { try fit(scores, objective: .cost(.init(truePositive: 1))) }
    #expect(throws: FairnessError.invalid("expected at least one step of a grid, got 0")) {
      try fit(scores, search: .grid(0))
    }
    let fitted = try fit(scores)
    #expect(throws: FairnessError.self) { try fitted.predict(Tensor<Float>([Float.nan, 0, 0, 0]), groups: groups) }
    #expect(throws: FairnessError.self) { try fitted.predict(Tensor<Float>([0, 0, 0]), groups: groups) }
  }

  // MARK: Saved

  @Test("They are saved in the model's file and read from it") func saved() throws {
    let (scores, labels, groups, weights) = try Self.rows(2)
    let fitted = try ThresholdOptimizer(
      fittedTo: scores, labels: labels, groups: groups, weights: weights, constraint: .equalizedOdds)
    let model = Sequential(inputShape: [2]) { Dense(1) }
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("thresholds-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var contents = ModelContents(classes: ["no", "yes"])
    contents.add(fitted)
    try model.save(to: path, contents)
    let read = try model.load(from: path)
    #expect(try read.part(ThresholdOptimizer.self) == fitted)
    #expect(read.classes == ["no", "yes"])
    #expect(try ModelContents().part(ThresholdOptimizer.self) == nil)
    contents.metadata[ThresholdOptimizer.metadataKey] = "{}"
    #expect(throws: FairnessError.self) { try contents.part(ThresholdOptimizer.self) }
  }

  @Test("JSON, also by Codable, has every bit; what is damaged throws") func json() throws {
    let groups = try Groups("a", labels: ["x", "y", "x", "y"]).crossed(with: Groups("b", labels: ["1", "1", "1", "2"]))
    // Infinite thresholds, rates that are NaN, and a group without rows.
    let fitted = try ThresholdOptimizer(
      fittedTo: Tensor<Double>([0.1, 0.2, 1.0 / 3, 0.9]), labels: [0, 0, 1, 1], groups: groups,
      constraint: .demographicParity)
    let read = try ThresholdOptimizer(json: fitted.json)
    #expect(read.json == fitted.json && read.levels == fitted.levels && read.rules[1] == nil)
    #expect(fitted.json.contains("\"nan\""))
    let decoded = try JSONDecoder().decode(ThresholdOptimizer.self, from: Data(fitted.json.utf8))
    #expect(decoded.json == fitted.json)
    let encoded = String(decoding: try JSONEncoder().encode(fitted), as: UTF8.self)
    #expect(try ThresholdOptimizer(json: encoded).json == fitted.json)
    for length in 0..<fitted.json.utf8.count {
      #expect(throws: FairnessError.self) { try ThresholdOptimizer(json: String(fitted.json.prefix(length))) }
    }
    for (text, other) in [
      ("demographicParity", "parity"), ("\"above\"", "\"beside\""), ("\"x\",\"y\"", "\"x\""), ("[\"a\",\"b\"]", "[]"),
      ("\"probability\":1}", "\"probability\":2}"), ("\"ignoredShare\":0,", "\"ignoredShare\":\"nan\","),
    ] {
      let damaged = fitted.json.replacingOccurrences(of: text, with: other)
      #expect(damaged != fitted.json, "\(text)")
      #expect(throws: FairnessError.self, "\(text)") { try ThresholdOptimizer(json: damaged) }
      #expect(throws: (any Error).self, "\(text)") {
        try JSONDecoder().decode(ThresholdOptimizer.self, from: Data(damaged.utf8))
      }
    }
    // What is wrong, and where.
    let one = try ThresholdOptimizer(
      fittedTo: Tensor<Double>([0.25, 0.75]), labels: [0, 1], groups: Groups("a", labels: ["x", "x"]),
      constraint: .none)
    for (text, other, message) in [
      ("\"objective\"", "\"aim\"", "expected a member \"objective\", got none"),
      ("\"objectiveValue\":1", "\"objectiveValue\":[1]", "objectiveValue: expected a number, got a list"),
      ("\"threshold\":0.5", "\"threshold\":\"0.5\"", "rules[0].parts[0].threshold: expected a number, got a text"),
      ("\"threshold\":0.5", "\"threshold\":\"nan\"", "a threshold of NaN"),
      ("\"rules\":[", "\"rules\":[null,", "2 rules for 1 groups"),
    ] {
      let damaged = one.json.replacing(text, with: other)
      #expect(damaged != one.json, "\(text)")
      #expect(throws: FairnessError.invalid("expected the JSON of thresholds, got \(message)")) {
        try ThresholdOptimizer(json: damaged)
      }
    }
    // What the version before wrote.
    let earlier = one.json.replacing("\"objectiveValue\":1,", with: "\"objectiveValue\":1.0,")
    #expect(try earlier != one.json && ThresholdOptimizer(json: earlier) == one)
  }

  @Test("The description has a line for each group") func description() throws {
    let fitted = try ThresholdOptimizer(
      fittedTo: Tensor<Double>([0.25, 0.75, 0.25, 0.75]), labels: [0, 1, 0, 1],
      groups: Groups("sex", labels: ["f", "f", "m", "m"]), constraint: .equalizedOdds)
    #expect(
      fitted.description == """
        equalizedOdds, accuracy 1.0000
        group  selected      selection rate  true positive rate  false positive rate
        f      above 0.5000          0.5000              1.0000               0.0000
        m      above 0.5000          0.5000              1.0000               0.0000
        """)
  }
}

/// Rates of each group that probabilities come to, and an objective over all, by plain loops.
struct ExpectedRates {
  var (selection, truePositive, falsePositive) = ([Double](), [Double](), [Double]())
  private var (all, positives, negatives) = (0.0, 0.0, 0.0)
  private var (truePositives, falsePositives) = (0.0, 0.0)

  init(_ probabilities: Tensor<Double>, _ labels: Tensor<Int32>, _ groups: Groups, _ weights: Tensor<Float>) {
    let rows = zip(zip(probabilities.scalars, labels.scalars), zip(groups.indices, weights.scalars.map(Double.init)))
    for group in 0..<groups.levels.count {
      let mine = rows.filter { $0.1.0 == group }
      func sum(_ label: Int32?, _ value: (Double) -> Double) -> Double {
        mine.reduce(0) { label == nil || $1.0.1 == label ? $0 + $1.1.1 * value($1.0.0) : $0 }
      }
      let (held, taken) = ([sum(0) { _ in 1 }, sum(1) { _ in 1 }], [sum(0) { $0 }, sum(1) { $0 }])
      selection.append((taken[0] + taken[1]) / (held[0] + held[1]))
      truePositive.append(taken[1] / held[1])
      falsePositive.append(taken[0] / held[0])
      negatives += held[0]
      positives += held[1]
      falsePositives += taken[0]
      truePositives += taken[1]
    }
    all = positives + negatives
  }

  func value(_ objective: ThresholdOptimizer.Objective) -> Double {
    let trueNegatives = negatives - falsePositives
    switch objective {
    case .accuracy: return (truePositives + trueNegatives) / all
    case .balancedAccuracy: return (truePositives / positives + trueNegatives / negatives) / 2
    case .selectionRate: return (truePositives + falsePositives) / all
    case .truePositiveRate: return truePositives / positives
    case .trueNegativeRate: return trueNegatives / negatives
    case .cost(let costs):
      let ofPositives = costs.truePositive * truePositives + costs.falseNegative * (positives - truePositives)
      return (ofPositives + costs.falsePositive * falsePositives + costs.trueNegative * trueNegatives) / all
    }
  }
}

/// The shares of FICO's scores by group and outcome, as rows with weights.
struct FICOFixture {
  let scores: [Double]
  private let rows: (scores: Tensor<Double>, labels: Tensor<Int32>, groups: Groups, weights: Tensor<Float>)

  init() throws {
    var arrays: [String: AnyTensor] = [:]
    for (name, tensor) in try NPZ.read(from: Fixture.path("fairness/fico", type: "npz")) { arrays[name] = tensor }
    scores = try Tensor<Double>(arrays["scores"]!).scalars
    let weights = try Tensor<Double>(arrays["weights"]!)
    let names = ["Asian", "Black", "Hispanic", "White"]
    var (rowScores, labels, groups) = ([Double](), [Int32](), [String]())
    for score in scores {
      for name in names {
        rowScores += [score, score]
        labels += [0, 1]
        groups += [name, name]
      }
    }
    rows = (
      Tensor<Double>(rowScores), Tensor<Int32>(labels), try Groups("race", labels: groups),
      weights.reshaped(to: [labels.count]).cast(to: Float.self)
    )
  }

  func fit(
    _ constraint: ThresholdOptimizer.Constraint, _ objective: ThresholdOptimizer.Objective
  ) throws -> ThresholdOptimizer {
    try ThresholdOptimizer(
      fittedTo: rows.scores, labels: rows.labels, groups: rows.groups, weights: rows.weights, constraint: constraint,
      objective: objective)
  }

  /// The mean cost where each group's rows are selected from a score on, with a profit of 1/6 and a loss of 5/6.
  func cost(at thresholds: [Double]) -> Double {
    var (sum, weight) = (0.0, 0.0)
    for (row, score) in rows.scores.scalars.enumerated() {
      let share = Double(rows.weights.scalars[row])
      weight += share
      if score < thresholds[Int(rows.groups.indices[row])] { continue }
      sum += rows.labels.scalars[row] == 1 ? -share / 6 : share * 5 / 6
    }
    return sum / weight
  }

  /// The lowest score that a part of each group's rule selects; the only part's where there is one.
  func lowestSelected(_ fitted: ThresholdOptimizer, part: Int) -> [Double] {
    fitted.rules.map { rule in
      let cut = rule!.parts[min(part, rule!.parts.count - 1)].cut
      return scores.first { $0 > cut.threshold } ?? .infinity
    }
  }
}
