import MartletMetrics

/// What is kept of the rows of a group: how many there are of each label and decision, and sums of their weights.
///
/// Rates are NaN where there is no row to divide by: a group without positive rows has no true positive rate.
public struct GroupCell: Sendable, Hashable {
  /// A label with a decision, in the order of the lists of a cell.
  enum Outcome: Int, CaseIterable {
    case trueNegative, falsePositive, falseNegative, truePositive
  }

  /// The rows, the sums of weights, and the sums of squared weights of each outcome.
  var rows = [Int](repeating: 0, count: 4)
  var weights = [Double](repeating: 0, count: 4)
  var squares = [Double](repeating: 0, count: 4)
  /// Sums over probabilities, where there are any.
  var scores: ScoreSums?

  /// The number of rows.
  public var rowCount: Int { rows.reduce(0, +) }
  /// The number of rows whose label is positive.
  public var positiveRowCount: Int { rows[2] + rows[3] }
  /// The number of rows whose label is negative.
  public var negativeRowCount: Int { rows[0] + rows[1] }
  /// The weight of positive rows that were decided positively.
  public var truePositives: Double { self[.truePositive] }
  /// The weight of negative rows that were decided positively.
  public var falsePositives: Double { self[.falsePositive] }
  /// The weight of negative rows that were decided negatively.
  public var trueNegatives: Double { self[.trueNegative] }
  /// The weight of positive rows that were decided negatively.
  public var falseNegatives: Double { self[.falseNegative] }
  /// The weight of all rows.
  public var weight: Double { weights.reduce(0, +) }

  subscript(outcome: Outcome) -> Double { weights[outcome.rawValue] }

  static func += (cell: inout GroupCell, other: GroupCell) {
    for index in 0..<4 {
      cell.rows[index] += other.rows[index]
      cell.weights[index] += other.weights[index]
      cell.squares[index] += other.squares[index]
    }
    guard let scores = other.scores else { return }
    if cell.scores == nil { cell.scores = scores } else { cell.scores! += scores }
  }
}

/// Sums over the probabilities of a group's rows, for its log loss and its calibration.
struct ScoreSums: Sendable, Hashable {
  var weight = 0.0
  var logLoss = 0.0
  var squaredError = 0.0
  /// By the probability of the positive class, and by that of the class that was decided for.
  var positiveClass: CalibrationBins
  var topLabel: CalibrationBins

  init(bins: Int) { (positiveClass, topLabel) = (CalibrationBins(count: bins), CalibrationBins(count: bins)) }

  static func += (sums: inout ScoreSums, other: ScoreSums) {
    sums.weight += other.weight
    sums.logLoss += other.logLoss
    sums.squaredError += other.squaredError
    sums.positiveClass += other.positiveClass
    sums.topLabel += other.topLabel
  }
}
