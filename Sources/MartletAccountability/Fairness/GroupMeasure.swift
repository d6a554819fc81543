/// A measure of a group's rows, such as the share that is decided positively.
public struct GroupMeasure: Sendable {
  /// The outcomes that a rate counts, and those that it divides by.
  struct Rate: Sendable {
    let counted: [GroupCell.Outcome]
    let among: [GroupCell.Outcome]

    func sum(_ outcomes: [GroupCell.Outcome], _ values: [Double]) -> Double {
      outcomes.reduce(0) { $0 + values[$1.rawValue] }
    }

    func callAsFunction(_ cell: GroupCell) -> Double {
      let weight = sum(among, cell.weights)
      return weight > 0 ? sum(counted, cell.weights) / weight : .nan
    }
  }

  /// The name of the measure in tables.
  public let name: String
  /// The rate that the measure is, if it is one: rates have Wilson intervals.
  let rate: Rate?
  /// Whether counts of labels and decisions are enough: only then gaps have bootstrap intervals.
  let isOfCounts: Bool
  let compute: @Sendable (GroupCell) -> Double

  private init(_ name: String, _ counted: [GroupCell.Outcome], among: [GroupCell.Outcome]) {
    let rate = Rate(counted: counted, among: among)
    (self.name, self.rate, isOfCounts, compute) = (name, rate, true, { rate($0) })
  }

  /// Makes a measure of your own from a group's counts, NaN where they do not define it.
  public init(_ name: String, _ compute: @escaping @Sendable (GroupCell) -> Double) {
    (self.name, rate, isOfCounts, self.compute) = (name, nil, true, compute)
  }

  private init(_ name: String, ofScores compute: @escaping @Sendable (ScoreSums) -> Double) {
    (self.name, rate, isOfCounts) = (name, nil, false)
    self.compute = { cell in
      guard let scores = cell.scores, scores.weight > 0 else { return .nan }
      return compute(scores)
    }
  }

  /// The measure of a group's rows; NaN where they do not define it.
  public func callAsFunction(_ cell: GroupCell) -> Double { compute(cell) }

  /// The share of rows that are decided positively.
  public static var selectionRate: GroupMeasure {
    GroupMeasure("selection_rate", [.truePositive, .falsePositive], among: GroupCell.Outcome.allCases)
  }
  /// The share of rows whose label is positive.
  public static var baseRate: GroupMeasure {
    GroupMeasure("base_rate", [.truePositive, .falseNegative], among: GroupCell.Outcome.allCases)
  }
  /// The share of positive rows that are decided positively: recall, sensitivity.
  public static var truePositiveRate: GroupMeasure {
    GroupMeasure("true_positive_rate", [.truePositive], among: [.truePositive, .falseNegative])
  }
  /// The share of negative rows that are decided positively.
  public static var falsePositiveRate: GroupMeasure {
    GroupMeasure("false_positive_rate", [.falsePositive], among: [.falsePositive, .trueNegative])
  }
  /// The share of negative rows that are decided negatively: specificity.
  public static var trueNegativeRate: GroupMeasure {
    GroupMeasure("true_negative_rate", [.trueNegative], among: [.falsePositive, .trueNegative])
  }
  /// The share of positive rows that are decided negatively.
  public static var falseNegativeRate: GroupMeasure {
    GroupMeasure("false_negative_rate", [.falseNegative], among: [.truePositive, .falseNegative])
  }
  /// The share of positive decisions that are right: precision.
  public static var positivePredictiveValue: GroupMeasure {
    GroupMeasure("positive_predictive_value", [.truePositive], among: [.truePositive, .falsePositive])
  }
  /// The share of negative decisions that are right.
  public static var negativePredictiveValue: GroupMeasure {
    GroupMeasure("negative_predictive_value", [.trueNegative], among: [.trueNegative, .falseNegative])
  }
  /// The share of decisions that are right.
  public static var accuracy: GroupMeasure {
    GroupMeasure("accuracy", [.truePositive, .trueNegative], among: GroupCell.Outcome.allCases)
  }
  /// The mean of the true positive and the true negative rate.
  public static var balancedAccuracy: GroupMeasure {
    GroupMeasure("balanced_accuracy") { (truePositiveRate($0) + trueNegativeRate($0)) / 2 }
  }
  /// The mean of -log of the label's probability, which is taken to be at least 2⁻⁵²; NaN of counts without
  /// probabilities.
  public static var logLoss: GroupMeasure { GroupMeasure("log_loss", ofScores: { $0.logLoss / $0.weight }) }
  /// The mean squared distance of probability and label; NaN of counts without probabilities.
  public static var brierScore: GroupMeasure {
    GroupMeasure("brier_score", ofScores: { $0.squaredError / $0.weight })
  }

  /// Which probability calibration is about.
  public enum Confidence: Sendable {
    /// That of the positive class, compared with the share of positive rows.
    case positiveClass
    /// That of the likelier class, compared with the share of right decisions at 0.5.
    case topLabel
  }

  /// The expected calibration error: the mean distance of confidence and share by the bins' weights; NaN of counts
  /// without probabilities.
  ///
  /// Two conventions give different numbers, so the convention must be named. Source: M. Pakdaman Naeini et al.,
  /// Obtaining well calibrated probabilities using Bayesian binning (2015).
  public static func expectedCalibrationError(_ confidence: Confidence) -> GroupMeasure {
    switch confidence {
    case .positiveClass: GroupMeasure("ece", ofScores: { $0.positiveClass.expectedError })
    case .topLabel: GroupMeasure("ece_top_label", ofScores: { $0.topLabel.expectedError })
    }
  }

  /// The maximum calibration error: the largest distance of confidence and share in a bin; NaN of counts without
  /// probabilities.
  public static func maximumCalibrationError(_ confidence: Confidence) -> GroupMeasure {
    switch confidence {
    case .positiveClass: GroupMeasure("mce", ofScores: { $0.positiveClass.largestError })
    case .topLabel: GroupMeasure("mce_top_label", ofScores: { $0.topLabel.largestError })
    }
  }

  /// The generalised entropy index of the benefits b = decision - label + 1: 0 when all have the same.
  ///
  /// 1/(n α (α - 1)) Σ((b/μ)^α - 1); for α = 1, the Theil index, 1/n Σ b/μ log(b/μ), and for α = 0, -1/n Σ log(b/μ), which
  /// is infinite where a positive row was decided negatively. NaN when there is no benefit at all. Source: T. Speicher et
  /// al., A unified approach to quantifying algorithmic unfairness (2018).
  public static func generalizedEntropy(alpha: Double) -> GroupMeasure {
    GroupMeasure("generalized_entropy") { cell in
      let (low, same, high) = (
        cell.falseNegatives, cell.truePositives + cell.trueNegatives, cell.falsePositives
      )
      return entropy(alpha: alpha, benefits: [(0, low), (1, same), (2, high)])
    }
  }

  /// The Theil index, ``generalizedEntropy(alpha:)`` with α = 1.
  public static var theilIndex: GroupMeasure {
    let index = generalizedEntropy(alpha: 1)
    return GroupMeasure("theil_index") { index($0) }
  }
}
