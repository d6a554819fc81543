import MartletAccountability
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// A model that knows the best answer for each value of one feature: what a learner could at best do, without rounding.
final class LookUp: Layer {
  private let answers: [Float: Float]

  /// The label of the greater weight, or the mean target, of each value.
  init(_ x: Tensor<Float>, _ targets: [Double], _ weights: [Float]?, isMean: Bool) {
    var sums: [Float: (target: Double, weight: Double)] = [:]
    for (row, value) in x.scalars.enumerated() {
      let weight = weights.map { Double($0[row]) } ?? 1
      sums[value, default: (0, 0)].target += weight * targets[row]
      sums[value]!.weight += weight
    }
    answers = sums.mapValues { sum in
      let mean = sum.weight > 0 ? sum.target / sum.weight : 0
      return isMean ? Float(mean) : mean > 0.5 ? 1 : 0
    }
  }

  func forward(_ x: Tensor<Float>) -> Tensor<Float> { Tensor<Float>(x.scalars.map { answers[$0]! }) }
}

/// The logistic regression of five numbers.
final class Logistic: Layer {
  @Parameter var slopes = Tensor<Float>.zeros([5, 1])
  @Parameter var intercept = Tensor<Float>.zeros([1])

  func forward(_ x: Tensor<Float>) -> Tensor<Float> { (matmul(x, slopes) + intercept).reshaped(to: [x.shape[0]]) }
}

@Suite struct ReductionTests {
  // MARK: Fairlearn's figures

  private static let moments: [(String, FairnessMoment)] = [
    ("demographic_parity", .demographicParity(.difference(0.02))),
    ("demographic_parity_ratio", .demographicParity(.ratio(0.8, slack: 0.01))),
    ("true_positive_rate_parity", .truePositiveRateParity(.difference(0.02))),
    ("false_positive_rate_parity", .falsePositiveRateParity(.difference(0.01))),
    ("equalized_odds", .equalizedOdds(.difference(0.02))),
    ("error_rate_parity", .errorRateParity(.difference(0.02))),
  ]

  @Test("With a learner that rounds nothing, mixtures on Adult are as good as Fairlearn's", arguments: moments)
  func fairlearn(name: String, moment: FairnessMoment) throws {
    let adult = try CoarseAdult()
    let expected = try #require(adult.figures.reductions[name])
    let fair = try ExponentiatedGradient(moment).fit(
      adult.x, labels: adult.labels, groups: adult.sex, weights: adult.counts, from: .probabilities
    ) { rows in
      LookUp(rows.x, rows.y.scalars.map(Double.init), rows.weights?.scalars, isMean: false)
    }
    let record = fair.record
    #expect(isNear(record.tolerance, expected.tolerance, 1e-9))
    #expect(record.hasConverged == (expected.gap < expected.tolerance))
    #expect(record.best.gap < max(expected.gap, expected.tolerance) + 1e-9)
    // Both are within their gaps of the best, and so of each other.
    #expect(isNear(record.best.error, expected.error, record.best.gap + expected.gap + 1e-9))
    #expect(record.best.excess <= 2 * record.best.gap)
    // The record is of what the probabilities come to.
    let rates = ExpectedRates(
      try fair.probabilities(adult.x).cast(to: Double.self), adult.labels, adult.sex, adult.counts)
    #expect(isNear(1 - rates.value(.accuracy), record.best.error, 1e-6))
    #expect(isNear(fair.members.reduce(0) { $0 + $1.probability }, 1, 1e-9))
  }

  @Test("A limit to the loss of each group holds, at no more loss than Fairlearn's") func groupLoss() throws {
    let adult = try CoarseAdult()
    let expected = try #require(adult.figures.reductions["bounded_group_loss"])
    let targets = Tensor<Float>(adult.ages.map { Float($0 / 100) })
    let hours = Tensor<Float>(adult.x.scalars.map { $0.truncatingRemainder(dividingBy: 10) })
    let moment = FairnessMoment.boundedGroupLoss(.squared(0...1), limit: 0.01945)
    let fair = try ExponentiatedGradient(moment).fit(
      hours, targets: targets, groups: adult.sex, weights: adult.counts
    ) { rows in
      LookUp(rows.x, rows.y.scalars.map(Double.init), rows.weights?.scalars, isMean: true)
    }
    #expect(isNear(fair.record.tolerance, expected.tolerance, 1e-7))
    #expect(isNear(fair.record.best.error, expected.error, fair.record.best.gap + expected.gap + 1e-7))
    #expect(isNear(fair.record.best.excess + 0.01945, expected.violation, 2e-4))
    // The mean answer has at most the loss of the mixture.
    func loss(_ answers: Tensor<Float>) -> Double {
      var (sum, weight) = (0.0, 0.0)
      for (row, answer) in answers.scalars.enumerated() {
        let (distance, count) = (Double(answer - targets.scalars[row]), Double(adult.counts.scalars[row]))
        sum += count * distance * distance
        weight += count
      }
      return sum / weight
    }
    #expect(loss(try fair.predict(hours)) <= fair.record.best.error + 1e-6)
    #expect(try fair.predict(hours, seed: 1) == fair.predict(hours, seed: 1))
  }

  @Test("The errors of a grid of multipliers, with a logistic regression as learner, are Fairlearn's") func grid()
    throws
  {
    let adult = try MitigationFixture()
    let x = Tensor<Float>.stack(
      MitigationFixture.names.enumerated().map { index, name in
        let (mean, spread) = (adult.figures.mean[index], adult.figures.spread[index])
        return Tensor<Float>(adult.columns[name]!.map { Float(($0 - mean) / spread) })
      }, axis: 1)
    let search = FairnessGridSearch(.demographicParity(), size: 7)
    let found = try search.fit(x, labels: adult.labels, groups: adult.sex, weights: adult.counts) { rows -> Logistic in
      let model = Logistic()
      let (x, weights) = (rows.x, rows.weights!)
      let (y, sum) = (rows.y.cast(to: Float.self), weights.sum().item())
      LBFGS(maximumIterations: 100).minimize(model) { model in
        let logits = model(x)
        let losses = weights * (logits.softplus() - y * logits)
        // scikit-learn's penalty of half the squared length, beside the sum of losses.
        return (losses.sum() + 0.5 * model.slopes.squared().sum()) / sum
      }
      return model
    }
    let expected = adult.figures.grid
    #expect(found.candidates.count == 7 && found.bestIndex == expected.best)
    let published = [0.20328, 0.19293, 0.187218, 0.185621, 0.185007, 0.192777, 0.216117]
    for (index, candidate) in found.candidates.enumerated() {
      #expect(isNear(candidate.error, expected.objectives[index], 2e-4), "\(index)")
      #expect(isNear(candidate.error, published[index], 2e-4), "\(index)")
      #expect(isNear(candidate.violation, expected.violations[index], 5e-4), "\(index)")
    }
    let counts = try GroupCounts(
      labels: adult.labels, decisions: found.predict(x), groups: adult.sex, weights: adult.counts)
    #expect(isNear(1 - GroupMeasure.accuracy(counts.overall), found.best.error, 1e-9))
  }

  // MARK: With networks

  /// Rows whose labels depend on the group, and one feature tells the group.
  private static func rows() throws -> (x: Tensor<Float>, y: Tensor<Int32>, groups: Groups) {
    var generator = RandomGenerator(seed: 5)
    let draws = Tensor<Float>.randomUniform([400, 3], using: &generator).scalars2D
    let groups = try Groups("g", labels: draws.map { $0[2] < 0.4 ? "a" : "b" })
    let features = draws.map { [$0[0] - 0.5, $0[2] < 0.4 ? 1 : -1] }
    let labels: [Int32] = draws.map { $0[0] + 0.2 * ($0[1] - 0.5) > ($0[2] < 0.4 ? 0.3 : 0.6) ? 1 : 0 }
    return (Tensor<Float>(features), Tensor<Int32>(labels), groups)
  }

  private static func network(_ rows: Dataset<Tensor<Float>, Tensor<Int32>>) throws -> Sequential {
    let model = withRandomSeed(1) { Sequential(inputShape: [2]) { Dense(2) } }
    let trainer = Trainer(model, optimizer: Adam(learningRate: 0.05), loss: .crossEntropy)
    try trainer.fit(rows, epochs: 4, batchSize: 50, seed: 1, progress: .none)
    return model
  }

  @Test("A network that fit trains becomes fair: its gap falls under the bound, for some accuracy") func networks()
    throws
  {
    let (x, y, groups) = try Self.rows()
    let free = try Self.network(try Dataset(x, y))
    let before = try GroupCounts(labels: y, decisions: free(x).argMax(axis: 1).cast(to: Int32.self), groups: groups)
    let gap = try before.value(of: .demographicParityDifference)
    let method = ExponentiatedGradient(.demographicParity(.difference(0.03)), maximumIterations: 12)
    let fair = try method.fit(x, labels: y, groups: groups, learn: Self.network)
    let rates = ExpectedRates(try fair.probabilities(x).cast(to: Double.self), y, groups, .ones([400]))
    let after = rates.selection.max()! - rates.selection.min()!
    #expect(gap > 0.2 && after < 0.08, "\(gap) \(after)")
    #expect(rates.value(.accuracy) > 0.7)
    let drawn = try fair.predict(x, seed: 2)
    #expect(try fair.predict(x, seed: 2) == drawn)
    let probabilities = try fair.probabilities(x)
    #expect(try fair.predict(x).scalars == probabilities.scalars.map { $0 > 0.5 ? 1 : 0 })
    #expect(fair.record.description.split(separator: "\n").count == fair.record.steps.count + 2)
  }

  @Test("Weights of rows count as so many rows") func weights() throws {
    let adult = try CoarseAdult()
    let few = (0..<adult.labels.count).filter { $0 % 40 == 0 }
    func part<Scalar: TensorScalar>(_ tensor: Tensor<Scalar>, _ rows: [Int]) -> Tensor<Scalar> {
      tensor.take(Tensor<Int32>(rows.map { Int32($0) }))
    }
    let repeated = few.flatMap { [Int](repeating: $0, count: Int(adult.counts.scalars[$0])) }
    func fit(_ rows: [Int], _ weights: Tensor<Float>?) throws -> ReductionRecord {
      let groups = try Groups("sex", labels: rows.map { adult.sex.indices[$0] == 1 ? "Male" : "Female" })
      return try ExponentiatedGradient(.equalizedOdds(), maximumIterations: 6).fit(
        part(adult.x, rows), labels: part(adult.labels, rows), groups: groups, weights: weights, from: .probabilities
      ) { rows in
        LookUp(rows.x, rows.y.scalars.map(Double.init), rows.weights?.scalars, isMean: false)
      }.record
    }
    let (weighted, plain) = (try fit(few, part(adult.counts, few)), try fit(repeated, nil))
    #expect(isNear(weighted.tolerance, plain.tolerance, 1e-9))
    for (a, b) in zip(weighted.steps, plain.steps) { #expect(isNear(a.error, b.error, 1e-6)) }
  }

  @Test("Where the constraint leaves one label alone, a constant answers") func constants() throws {
    let groups = try Groups("g", labels: ["a", "a", "b", "b"])
    // Equal rates are only possible with one answer for all, as each group has one feature.
    let fair = try ExponentiatedGradient(.demographicParity(.difference(0))).fit(
      Tensor<Float>([0, 0, 1, 1]), labels: [0, 0, 1, 0], groups: groups, from: .probabilities
    ) { rows in
      LookUp(rows.x, rows.y.scalars.map(Double.init), rows.weights?.scalars, isMean: false)
    }
    let probabilities = try fair.probabilities(Tensor<Float>([0, 1])).scalars
    #expect(abs(probabilities[0] - probabilities[1]) < 0.05)
    #expect(fair.record.best.error < 0.3)
  }

  // MARK: Bad input

  @Test("Rows and options that cannot be used throw before the first fit") func badInput() throws {
    let groups = try Groups("g", labels: ["a", "a", "b", "b"])
    let x = Tensor<Float>([0, 1, 0, 1])
    func fit(
      _ method: ExponentiatedGradient, _ labels: Tensor<Int32> = [0, 1, 0, 1], x: Tensor<Float> = [0, 1, 0, 1],
      weights: Tensor<Float>? = nil, batchSize: Int = 256
    ) throws {
      _ = try method.fit(
        x, labels: labels, groups: groups, weights: weights, from: .probabilities, batchSize: batchSize
      ) { rows -> LookUp in throw Called() }
    }
    let usual = ExponentiatedGradient(.demographicParity())
    #expect(throws: Called.self) { try fit(usual) }
    #expect(throws: FairnessError.self) { try fit(usual, [0, 1, 0]) }
    #expect(throws: FairnessError.invalid("expected labels 0 or 1, got 2 in row 1")) { try fit(usual, [0, 2, 0, 1]) }
    #expect(throws: FairnessError.shapes("expected features of 4 rows as the labels, got 3")) {
      try fit(usual, x: [0, 1, 0])
    }
    #expect(throws: FairnessError.self) { try fit(usual, weights: [1, 1, -1, 1]) }
    #expect(throws: FairnessError.self) { try fit(usual, batchSize: 0) }
    for method in [
      ExponentiatedGradient(.demographicParity(.difference(-1))), .init(.equalizedOdds(.ratio(1.5))),
      .init(.equalizedOdds(.ratio(0.5, slack: -1))), .init(.boundedGroupLoss(.zeroOne, limit: .infinity)),
      .init(.demographicParity(), multiplierLimit: 0), .init(.demographicParity(), maximumIterations: 0),
      .init(.demographicParity(), tolerance: -1), .init(.demographicParity(), learningRate: 0),
    ] {
      #expect(throws: FairnessError.self) { try fit(method) }
    }
    #expect(
      throws: FairnessError.empty("true positive rate parity: expected rows of the label that it is about, got none")
    ) { try fit(.init(.truePositiveRateParity()), [0, 0, 0, 0]) }
    #expect(throws: FairnessError.self) {
      try ExponentiatedGradient(.demographicParity()).fit(x, targets: Tensor<Float>([1, 2, 3, 4]), groups: groups) {
        rows -> LookUp in throw Called()
      }
    }
    #expect(throws: FairnessError.self) {
      try ExponentiatedGradient(.boundedGroupLoss(.squared(0...1), limit: 1)).fit(
        x, targets: Tensor<Float>([1, Float.nan, 3, 4]), groups: groups
      ) { rows -> LookUp in throw Called() }
    }
    for search in [
      FairnessGridSearch(.demographicParity(), size: 0), .init(.demographicParity(), limit: .nan),
      .init(.demographicParity(), violationWeight: 2),
    ] {
      #expect(throws: FairnessError.self) {
        try search.fit(x, labels: [0, 1, 0, 1], groups: groups) { rows -> LookUp in throw Called() }
      }
    }
  }

  private struct Called: Error {}
}

/// The training rows of Adult by a number for schooling, tens of years of age and tens of hours a week.
struct CoarseAdult {
  let figures: MitigationFixture.Figures
  let x: Tensor<Float>
  let labels: Tensor<Int32>
  let sex: Groups
  let counts: Tensor<Float>
  let ages: [Double]

  /// Cells of the same number, age, sex and label are one, as a learner sees no more of them.
  init() throws {
    let adult = try MitigationFixture()
    figures = adult.figures
    let (age, schooling) = (adult.columns["age"]!, adult.columns["education-num"]!)
    var sums: [[Double]: Double] = [:]
    for (row, hours) in adult.columns["hours-per-week"]!.enumerated() {
      let tens = (age[row] / 10).rounded(.down) * 10 + min((hours / 10).rounded(.down), 6)
      let key = [
        schooling[row] * 100 + tens, age[row], Double(adult.sex.indices[row]), Double(adult.labels.scalars[row]),
      ]
      sums[key, default: 0] += Double(adult.counts.scalars[row])
    }
    let cells = sums.keys.sorted { $0.lexicographicallyPrecedes($1) }
    x = Tensor<Float>(cells.map { Float($0[0]) })
    ages = cells.map { $0[1] }
    sex = try Groups("sex", labels: cells.map { $0[2] == 1 ? "Male" : "Female" })
    labels = Tensor<Int32>(cells.map { Int32($0[3]) })
    counts = Tensor<Float>(cells.map { Float(sums[$0]!) })
  }
}
