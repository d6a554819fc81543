import MartletCore
import MartletData
import MartletText

/// From where on a difference is called drift.
public struct DriftThresholds: Sendable, Hashable, Codable {
  /// The population stability index from which a change is moderate: 0.1 (N. Siddiqi, Credit risk scorecards, 2006).
  public var moderate: Double
  /// The population stability index from which a change is major: 0.25 (the same).
  public var major: Double
  /// The probability below which a test's outcome is not put down to chance, over all columns together: each is held to
  /// this divided by their number (C. Bonferroni, 1936). A convention: 0.01.
  public var significance: Double
  /// The change of the share of missing values from which it is moderate. A convention: 0.05.
  public var missingChange: Double
  /// The share of values that the training data did not have, texts or numbers outside its range, from which it is
  /// moderate. A convention: 0.05.
  public var newShare: Double

  /// Makes thresholds, by default the customary ones.
  public init(
    moderate: Double = 0.1, major: Double = 0.25, significance: Double = 0.01, missingChange: Double = 0.05,
    newShare: Double = 0.05
  ) {
    (self.moderate, self.major, self.significance) = (moderate, major, significance)
    (self.missingChange, self.newShare) = (missingChange, newShare)
  }

  func check() throws(RobustnessError) {
    let isOrdered = moderate > 0 && major >= moderate && major.isFinite
    let shares = [significance, missingChange, newShare]
    if !isOrdered || !shares.allSatisfy({ $0 > 0 && $0 <= 1 }) {
      throw .invalid("expected indices that ascend from above 0 and shares above 0 and up to 1, got \(self)")
    }
  }
}

/// How later data differs from a profile of the training data, column by column, and what a model predicts for it.
///
/// ```swift
/// let report = try DriftReport(profile, march, probabilities: predictor.predict(march), classes: classes)
/// if report.level == .major { print(report) }
/// ```
/// A column has drifted when its population stability index is past a threshold and a test says that chance does not
/// explain it; when values are missing more or less often; and when it has many values that training did not. Drift of a
/// feature need not harm a model, and a model may fail without any: only labels tell.
public struct DriftReport: Sendable, Hashable, Codable, CustomStringConvertible {
  /// How much a column has drifted.
  public enum Level: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Not past any threshold.
    case stable
    /// Past one.
    case moderate
    /// Past that of a major change, or without any value.
    case major

    /// Whether one level is less than another.
    public static func < (a: Level, b: Level) -> Bool { allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)! }
  }

  /// What became of one column.
  public struct Column: Sendable, Hashable, Codable {
    /// The name.
    public let name: String
    /// Whether it is of the model's predictions.
    public let isPrediction: Bool
    /// Whether it holds numbers; else it holds texts.
    public let isNumeric: Bool
    /// The population stability index; nil when there are no values then or now.
    public let stabilityIndex: Double?
    /// The index that rows of the same distribution have on average, (bins - 1) (1/n + 1/m), from their numbers then and
    /// now. Source: B. Yurdakul, Statistical properties of population stability index (2018).
    public let indexByChance: Double?
    /// The Kolmogorov–Smirnov test of numbers, the chi-squared test of texts; nil when there are no values then or now.
    public let test: DriftTest?
    /// The share of missing values in training.
    public let missingShareBefore: Double
    /// The share of missing values now.
    public let missingShare: Double
    /// The share of values outside the range of training's numbers, or of texts that training did not have; nil where that
    /// is not known, as of texts beyond the most frequent ones.
    public let newShare: Double?
    /// How much it has drifted.
    public let level: Level
    /// Why.
    public let reasons: [String]
  }

  /// From where on a difference is called drift.
  public let thresholds: DriftThresholds
  /// The number of later rows.
  public let rowCount: Int
  /// What became of each column, in the profile's order.
  public let columns: [Column]

  /// The worst of the columns' levels.
  public var level: Level { columns.map(\.level).max() ?? .stable }
  /// The columns that have drifted.
  public var drifted: [Column] { columns.filter { $0.level > .stable } }

  /// Compares later rows with a profile.
  ///
  /// Throws when there are no rows, when a column is missing or of another type, when a number is infinite, when a
  /// profile of predictions is given no probabilities, or one without them is, when these do not fit, and when a threshold
  /// cannot be used.
  /// - Complexity: O(n log n) for each column.
  /// - Parameters:
  ///   - profile: The profile of the training data.
  ///   - table: The later rows, before preprocessing. Further columns are passed over.
  ///   - probabilities: What the model predicts for them, as for the profile.
  ///   - classes: The names of the classes, as for the profile.
  ///   - thresholds: From where on a difference is called drift.
  public init(
    _ profile: DataProfile, _ table: Table, probabilities: Tensor<Float>? = nil, classes: [String] = [],
    thresholds: DriftThresholds = DriftThresholds()
  ) throws(RobustnessError) {
    try thresholds.check()
    if table.rowCount == 0 { throw .empty("expected rows to compare, got none") }
    if profile.columns.contains(where: \.isPrediction) != (probabilities != nil) {
      throw .invalid(
        probabilities == nil
          ? "expected probabilities, as the profile has those of training, got none"
          : "expected a profile with the probabilities of training, got one without")
    }
    let predicted = try probabilities.map { (given) throws(RobustnessError) in
      try predictionColumns(given, classes, rows: table.rowCount)
    }
    (self.thresholds, rowCount) = (thresholds, table.rowCount)
    let alpha = thresholds.significance / Double(profile.columns.count)
    var found: [Column] = []
    for before in profile.columns {
      let now =
        before.isPrediction
        ? predicted?.first { ExactName($0.name) == ExactName(before.name) }?.column : table[before.name]
      guard let now else {
        throw .unknown("expected a column \(shown(before.name)) as in training, got none")
      }
      found.append(try Column(before, now, thresholds, alpha: alpha))
    }
    columns = found
  }
}

extension DriftReport.Column {
  /// What two lists of values say.
  private struct Comparison {
    var index: Double?
    var byChance: Double?
    var test: DriftTest?
    var newShare: Double?
  }

  fileprivate init(
    _ before: DataProfile.Column, _ now: Table.Column, _ thresholds: DriftThresholds, alpha: Double
  ) throws(RobustnessError) {
    let (comparison, missing) = try Self.compare(before, now)
    let missingNow = Double(missing) / Double(now.count)
    var (level, reasons) = (DriftReport.Level.stable, [String]())
    func raise(_ to: DriftReport.Level, _ reason: String) {
      level = max(level, to)
      reasons.append(reason)
    }
    if let index = comparison.index, let test = comparison.test, index >= thresholds.moderate {
      let text = "index \(NumberFormat.fixed(index, 3))"
      if test.pValue >= alpha {
        reasons.append("\(text), which chance explains")
      } else if index >= thresholds.major {
        raise(.major, "\(text), from \(thresholds.major) on")
      } else {
        raise(.moderate, "\(text), from \(thresholds.moderate) on")
      }
    }
    if missing == now.count && before.missingCount < before.rowCount {
      raise(.major, "no values")
    } else if abs(missingNow - before.missingShare) >= thresholds.missingChange {
      raise(.moderate, "missing: \(percent(before.missingShare)), now \(percent(missingNow))")
    }
    if let share = comparison.newShare, share >= thresholds.newShare {
      raise(.moderate, "\(percent(share)) \(before.isNumeric ? "outside the range" : "not in training")")
    }
    self.init(
      name: before.name, isPrediction: before.isPrediction, isNumeric: before.isNumeric,
      stabilityIndex: comparison.index, indexByChance: comparison.byChance, test: comparison.test,
      missingShareBefore: before.missingShare, missingShare: missingNow, newShare: comparison.newShare, level: level,
      reasons: reasons)
  }

  private static func compare(
    _ before: DataProfile.Column, _ now: Table.Column
  ) throws(RobustnessError) -> (Comparison, missing: Int) {
    let hadValues = before.missingCount < before.rowCount
    switch (before.values, now) {
    case (.numbers(let profile), .numbers(let numbers)):
      let held = numbers.filter { !$0.isNaN }.sorted()
      if let bad = held.first(where: \.isInfinite) {
        throw .invalid("column \(shown(before.name)): expected finite numbers, got \(bad)")
      }
      if held.isEmpty || !hadValues { return (Comparison(), numbers.count - held.count) }
      let expected = profile.counts + (profile.isDiscrete ? [0] : [])
      let actual = NumberProfile.counts(held, edges: profile.edges, isDiscrete: profile.isDiscrete, others: true)
      let (low, high) = (profile.distribution.points[0], profile.distribution.points.last!)
      let outside = held.count { $0 < low || $0 > high }
      var comparison = try compare(expected, actual, newShare: Double(outside) / Double(held.count))
      comparison.test = profile.distribution.test(sorted: held)
      return (comparison, numbers.count - held.count)
    case (.texts(let profile), .texts(let texts)):
      let held = texts.compactMap { $0 }
      if held.isEmpty || !hadValues { return (Comparison(), texts.count - held.count) }
      let (expected, actual) = (profile.counts + [profile.otherCount], profile.counts(of: held))
      let unseen = profile.otherCount == 0 ? Double(actual.last!) / Double(held.count) : nil
      var comparison = try compare(expected, actual, newShare: unseen)
      comparison.test = try DriftTest.chiSquared(expected, actual)
      return (comparison, texts.count - held.count)
    // A column without any value may be of either type.
    case (_, .texts(let texts)) where texts.allSatisfy({ $0 == nil }):
      return (Comparison(), texts.count)
    case (_, .numbers(let numbers)) where numbers.allSatisfy(\.isNaN):
      return (Comparison(), numbers.count)
    default:
      throw .invalid(
        "column \(shown(before.name)): expected \(before.isNumeric ? "numbers" : "texts") as in training, got "
          + (before.isNumeric ? "texts" : "numbers"))
    }
  }

  private static func compare(
    _ expected: [Int], _ actual: [Int], newShare: Double?
  ) throws(RobustnessError) -> Comparison {
    let bins = zip(expected, actual).count { $0 + $1 > 0 }
    let (before, now) = (Double(expected.reduce(0, +)), Double(actual.reduce(0, +)))
    return Comparison(
      index: try DriftTest.populationStabilityIndex(expected: expected, actual: actual),
      byChance: Double(bins - 1) * (1 / before + 1 / now), test: nil, newShare: newShare)
  }
}
