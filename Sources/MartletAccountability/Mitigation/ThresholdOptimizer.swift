import MartletCore
import MartletText

/// Thresholds for each group, chosen so that a rate is the same in all groups and an objective is at its best.
///
/// ```swift
/// let scores = try trainer.predict(validation.x)  // probabilities or logits [rows]
/// let thresholds = try ThresholdOptimizer(
///   fittedTo: scores, labels: validation.y, groups: sex, constraint: .equalizedOdds)
/// print(thresholds)
/// let probabilities = try thresholds.probabilities(of: testScores, groups: testSex)
/// ```
/// The model stays as it is; the group must be known where it decides. Where no single threshold gives a group the common
/// rate, two of them are mixed: a row between both is selected with a probability, and the rates hold of the
/// probabilities. ``probabilities(of:groups:)`` returns them, ``predict(_:groups:)`` rounds them, and
/// ``predict(_:groups:seed:)`` draws by them, the same for the same seed. Fit it to rows that the model was not trained
/// with. Source: M. Hardt, E. Price and N. Srebro, Equality of opportunity in supervised learning (2016).
public struct ThresholdOptimizer: Sendable, Hashable {
  /// The rate that is to be the same in all groups.
  public enum Constraint: String, Sendable, Hashable, Codable, CaseIterable {
    /// None: each group has the threshold that is best for the objective.
    case none
    /// The same threshold in all groups.
    case singleThreshold
    /// The share of rows that are selected.
    case demographicParity
    /// The share of positive rows that are selected: equal opportunity.
    case truePositiveRateParity
    /// The share of negative rows that are selected: predictive equality.
    case falsePositiveRateParity
    /// The share of negative rows that are not selected.
    case trueNegativeRateParity
    /// The share of positive rows that are not selected.
    case falseNegativeRateParity
    /// The true and the false positive rate.
    case equalizedOdds

    /// The same as ``demographicParity``, as it is called elsewhere.
    public static var selectionRateParity: Constraint { .demographicParity }
  }

  /// Which common rates are tried.
  public enum Search: Sendable, Hashable {
    /// All at which the best can be: the corners of the groups' convex hulls, and where they cross.
    case exact
    /// So many equal steps from 0 to 1, as Fairlearn does with 1000.
    case grid(Int)
  }

  /// On which side of a threshold rows are selected.
  public enum Side: String, Sendable, Hashable, Codable {
    /// Scores above the threshold.
    case above
    /// Scores below the threshold.
    case below
  }

  /// A threshold on scores and the side that is selected. Above infinity is no row, above minus infinity are all.
  public struct Cut: Sendable, Hashable {
    /// The threshold.
    public let threshold: Double
    /// The side of the threshold that is selected.
    public let side: Side

    func selects(_ score: Double) -> Bool { side == .above ? score > threshold : score < threshold }
  }

  /// A cut that is taken with a probability.
  public struct Part: Sendable, Hashable {
    /// The cut.
    public let cut: Cut
    /// How probable it is.
    public let probability: Double
  }

  /// How a group's rows are decided, and what that comes to on the rows that it was fitted to.
  public struct Rule: Sendable, Hashable {
    /// One cut, or two whose probabilities add up to 1.
    public let parts: [Part]
    /// The share of rows that are decided whatever their score, which takes from a group what the others cannot reach.
    public let ignoredShare: Double
    /// The probability with which those are selected.
    public let ignoredProbability: Double
    /// The expected share of rows that are selected.
    public let selectionRate: Double
    /// The expected share of positive rows that are selected; NaN without such rows.
    public let truePositiveRate: Double
    /// The expected share of negative rows that are selected; NaN without such rows.
    public let falsePositiveRate: Double

    /// The probability with which a row of a score is selected.
    public func probability(of score: Double) -> Double {
      let selected = parts.reduce(0) { $1.cut.selects(score) ? $0 + $1.probability : $0 }
      return ignoredShare * ignoredProbability + (1 - ignoredShare) * min(selected, 1)
    }
  }

  /// What is the same in all groups.
  public let constraint: Constraint
  /// The name of the objective.
  public let objective: String
  /// The expected objective on the rows that the thresholds were fitted to: a rate, or the mean cost of a row.
  public let objectiveValue: Double
  /// The attributes and their levels.
  public let levels: GroupLevels
  /// The rule of each group, in the order of ``levels``; nil for a group that there were no rows of.
  public let rules: [Rule?]

  init(constraint: Constraint, objective: String, objectiveValue: Double, levels: GroupLevels, rules: [Rule?]) {
    (self.constraint, self.objective, self.objectiveValue) = (constraint, objective, objectiveValue)
    (self.levels, self.rules) = (levels, rules)
  }

  /// The rule of a group, by its level of each attribute; throws when there is no such group, or no row was of it.
  public func rule(of group: [String]) throws(FairnessError) -> Rule {
    let index = try levels.index(of: group)
    guard let rule = rules[index] else { throw unfitted(index) }
    return rule
  }

  // MARK: Decisions

  /// The probability `[rows]` with which each row is selected, from scores `[rows]`.
  ///
  /// Throws when the rows differ, a score is NaN, the attributes are others, and for a group that there were no rows of
  /// when the thresholds were fitted.
  /// - Complexity: O(rows)
  public func probabilities<Scalar: FloatingScalar>(
    of scores: Tensor<Scalar>, groups: Groups
  ) throws(FairnessError) -> Tensor<Scalar> {
    Tensor<Double>(try numbers(scores, groups)).cast(to: Scalar.self)
  }

  /// The decisions `[rows]` by the likelier side of each probability, without chance: 1 where it is above one half.
  ///
  /// The groups' rates are then only near to each other, as far as single thresholds allow. Throws as
  /// ``probabilities(of:groups:)`` does.
  public func predict<Scalar: FloatingScalar>(
    _ scores: Tensor<Scalar>, groups: Groups
  ) throws(FairnessError) -> Tensor<Int32> {
    Tensor<Int32>(try numbers(scores, groups).map { $0 > 0.5 ? 1 : 0 })
  }

  /// Decisions `[rows]` that are drawn with each row's probability: the same for the same seed and rows.
  ///
  /// Throws as ``probabilities(of:groups:)`` does.
  public func predict<Scalar: FloatingScalar>(
    _ scores: Tensor<Scalar>, groups: Groups, seed: UInt64
  ) throws(FairnessError) -> Tensor<Int32> {
    drawn(try numbers(scores, groups), seed: seed)
  }

  private func numbers<Scalar: FloatingScalar>(
    _ scores: Tensor<Scalar>, _ groups: Groups
  ) throws(FairnessError) -> [Double] {
    let numbers = try checkedScores(scores, groups)
    let places = try levels.places(of: groups.levels)
    var probabilities = [Double]()
    probabilities.reserveCapacity(numbers.count)
    for (row, score) in numbers.enumerated() {
      let group = Int(groups.indices[row])
      guard let place = places[group] else {
        throw .unknown(
          "expected a group that thresholds were fitted for, got \(shown(groups.levels.name(at: group))) in row \(row)")
      }
      guard let rule = rules[place] else { throw unfitted(place) }
      probabilities.append(rule.probability(of: score))
    }
    return probabilities
  }

  private func unfitted(_ group: Int) -> FairnessError {
    .unknown("expected a group that thresholds were fitted for, got \(shown(levels.name(at: group))), of no row then")
  }
}

/// Scores of rows as numbers; throws when they are not those of the groups' rows, or one is NaN.
func checkedScores<Scalar: FloatingScalar>(
  _ scores: Tensor<Scalar>, _ groups: Groups
) throws(FairnessError) -> [Double] {
  if scores.shape != [groups.rowCount] {
    throw .shapes("expected scores of shape [\(groups.rowCount)] as the groups have rows, got \(scores.shape)")
  }
  let numbers = scores.detached().cast(to: Double.self).scalars
  if let row = numbers.firstIndex(where: { !$0.isFinite }) {
    throw .invalid("expected finite scores, got \(numbers[row]) in row \(row)")
  }
  return numbers
}

/// Decisions drawn with a probability for each row, the same for the same seed.
func drawn(_ probabilities: [Double], seed: UInt64) -> Tensor<Int32> {
  var generator = RandomGenerator(seed: seed)
  let draws = Tensor<Double>.randomUniform([probabilities.count], using: &generator).scalars
  return Tensor<Int32>(zip(draws, probabilities).map { $0 < $1 ? 1 : 0 })
}

extension ThresholdOptimizer: CustomStringConvertible {
  /// A line for each group: its rule, and the expected rates on the rows that it was fitted to.
  public var description: String {
    let names = ["selection rate", "true positive rate", "false positive rate"]
    var table = TextTable(["group", "selected"] + names, textColumns: 2)
    for (index, rule) in rules.enumerated() {
      guard let rule else {
        table.append([levels.name(at: index), "no rows", "", "", ""])
        continue
      }
      let rates = [rule.selectionRate, rule.truePositiveRate, rule.falsePositiveRate]
      table.append([levels.name(at: index), "\(rule)"] + rates.map(NumberFormat.metric))
    }
    let value = "\(objective) \(NumberFormat.metric(objectiveValue))"
    return (["\(constraint.rawValue), \(value)"] + table.lines).joined(separator: "\n")
  }
}

extension ThresholdOptimizer.Rule: CustomStringConvertible {
  /// The cuts with their probabilities: `33 % above 0.4646, 67 % above 0.3952`.
  public var description: String {
    func percent(_ share: Double) -> String { "\(NumberFormat.fixed(100 * share, 1)) %" }
    let cuts = parts.map { part in
      let cut = "\(part.cut.side.rawValue) \(NumberFormat.metric(part.cut.threshold))"
      return parts.count == 1 ? cut : "\(percent(part.probability)) \(cut)"
    }.joined(separator: ", ")
    if ignoredShare == 0 { return cuts }
    return "\(cuts); of \(percent(ignoredShare)), \(percent(ignoredProbability)) whatever the score"
  }
}
