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
  /// Sums over rows by a confidence, in bins of equal width: each is above its lower end, the first also at it.
  struct Bins: Sendable, Hashable {
    var weights: [Double]
    var confidences: [Double]
    var outcomes: [Double]

    init(count: Int) {
      weights = [Double](repeating: 0, count: count)
      (confidences, outcomes) = (weights, weights)
    }

    mutating func add(_ confidence: Double, _ outcome: Double, _ weight: Double) {
      // As the calibration curve of MartletMetrics does: a confidence at an end is in the bin below it.
      let count = Double(weights.count)
      var bin = min(max(Int((confidence * count).rounded(.up)) - 1, 0), weights.count - 1)
      if bin > 0 && confidence <= Double(bin) / count { bin -= 1 }
      if bin + 1 < weights.count && confidence > Double(bin + 1) / count { bin += 1 }
      weights[bin] += weight
      confidences[bin] += weight * confidence
      outcomes[bin] += weight * outcome
    }

    /// The distance of mean confidence and share in each bin that has rows, with its weight.
    var distances: [(distance: Double, weight: Double)] {
      weights.indices.filter { weights[$0] > 0 }.map {
        (abs(confidences[$0] - outcomes[$0]) / weights[$0], weights[$0])
      }
    }

    var expectedError: Double {
      let total = weights.reduce(0, +)
      return total > 0 ? distances.reduce(0) { $0 + $1.distance * $1.weight } / total : .nan
    }

    var largestError: Double { distances.map(\.distance).max() ?? .nan }

    static func += (bins: inout Bins, other: Bins) {
      for index in bins.weights.indices {
        bins.weights[index] += other.weights[index]
        bins.confidences[index] += other.confidences[index]
        bins.outcomes[index] += other.outcomes[index]
      }
    }
  }

  var weight = 0.0
  var logLoss = 0.0
  var squaredError = 0.0
  /// By the probability of the positive class, and by that of the class that was decided for.
  var positiveClass: Bins
  var topLabel: Bins

  init(bins: Int) { (positiveClass, topLabel) = (Bins(count: bins), Bins(count: bins)) }

  static func += (sums: inout ScoreSums, other: ScoreSums) {
    sums.weight += other.weight
    sums.logLoss += other.logLoss
    sums.squaredError += other.squaredError
    sums.positiveClass += other.positiveClass
    sums.topLabel += other.topLabel
  }
}
