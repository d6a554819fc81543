extension ThresholdOptimizer {
  /// What the thresholds make as good as the constraint allows, over the rows of all groups.
  public enum Objective: Sendable, Hashable {
    /// The share of decisions that are right.
    case accuracy
    /// The mean of the true positive and the true negative rate.
    case balancedAccuracy
    /// The share of rows that are selected.
    case selectionRate
    /// The share of positive rows that are selected.
    case truePositiveRate
    /// The share of negative rows that are not selected.
    case trueNegativeRate
    /// The mean cost of a row, which is made small.
    case cost(Costs)

    /// The name in tables.
    public var name: String {
      switch self {
      case .accuracy: "accuracy"
      case .balancedAccuracy: "balanced accuracy"
      case .selectionRate: "selection rate"
      case .truePositiveRate: "true positive rate"
      case .trueNegativeRate: "true negative rate"
      case .cost: "cost"
      }
    }
  }

  /// What each kind of decision costs; what it earns is negative.
  ///
  /// A loan that is paid back earns 1/6 where one that is not loses 5/6:
  /// `Costs(truePositive: -1.0 / 6, falsePositive: 5.0 / 6)`.
  public struct Costs: Sendable, Hashable, Codable {
    /// The cost of selecting a positive row.
    public var truePositive: Double
    /// The cost of selecting a negative row.
    public var falsePositive: Double
    /// The cost of not selecting a negative row.
    public var trueNegative: Double
    /// The cost of not selecting a positive row.
    public var falseNegative: Double

    /// The costs of the four kinds, 0 where none is given.
    public init(
      truePositive: Double = 0, falsePositive: Double = 0, trueNegative: Double = 0, falseNegative: Double = 0
    ) {
      (self.truePositive, self.falsePositive) = (truePositive, falsePositive)
      (self.trueNegative, self.falseNegative) = (trueNegative, falseNegative)
    }
  }
}

/// An objective as a linear function of the weights of selected rows, which makes its best lie on convex hulls.
struct LinearObjective {
  let perTruePositive: Double
  let perFalsePositive: Double
  let constant: Double
  /// Whether less is better.
  let isCost: Bool

  init(_ objective: ThresholdOptimizer.Objective, positives: Double, negatives: Double) {
    let all = positives + negatives
    isCost = if case .cost = objective { true } else { false }
    switch objective {
    case .accuracy: (perTruePositive, perFalsePositive, constant) = (1 / all, -1 / all, negatives / all)
    case .balancedAccuracy:
      (perTruePositive, perFalsePositive, constant) = (1 / (2 * positives), -1 / (2 * negatives), 0.5)
    case .selectionRate: (perTruePositive, perFalsePositive, constant) = (1 / all, 1 / all, 0)
    case .truePositiveRate: (perTruePositive, perFalsePositive, constant) = (1 / positives, 0, 0)
    case .trueNegativeRate: (perTruePositive, perFalsePositive, constant) = (0, -1 / negatives, 1)
    case .cost(let costs):
      perTruePositive = (costs.falseNegative - costs.truePositive) / all
      perFalsePositive = (costs.trueNegative - costs.falsePositive) / all
      constant = -(costs.falseNegative * positives + costs.trueNegative * negatives) / all
    }
  }

  /// More is better, also of costs, which count negatively here.
  func callAsFunction(_ truePositives: Double, _ falsePositives: Double) -> Double {
    constant + share(truePositives, falsePositives)
  }

  /// What the selected rows of one group add to it.
  func share(_ truePositives: Double, _ falsePositives: Double) -> Double {
    perTruePositive * truePositives + perFalsePositive * falsePositives
  }
}
