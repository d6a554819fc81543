import MartletCore
import MartletPlots
import MartletText

/// The true positive rate over the false positive rate, for every threshold that a score could be compared with.
///
/// ```swift
/// let curve = try ROCCurve(scores: try trainer.predict(test.x), labels: test.y)
/// print(curve.area)
/// try curve.chart().saveSVG(to: "roc.svg")
/// ```
public struct ROCCurve: Sendable, Equatable {
  /// The share of the negative rows with a score of at least the threshold, rising from 0 to 1.
  public let falsePositiveRates: [Double]
  /// The share of the positive rows with a score of at least the threshold, rising from 0 to 1.
  public let truePositiveRates: [Double]
  /// The thresholds, falling: infinity, then all scores that differ.
  public let thresholds: [Double]
  /// The area under the curve: the share of pairs of a positive and a negative row that are in order, of which equal
  /// scores are half.
  public let area: Double

  /// The curve of scores with labels, above 0.5 for positive rows, and weights of rows `[rows]`.
  ///
  /// Throws when the shapes differ, when a number is NaN, and when all rows with a weight are of one kind.
  ///
  /// - Complexity: O(n log n).
  public init<S: FloatingScalar, Label: NumericScalar>(
    scores: Tensor<S>, labels: Tensor<Label>, weights: Tensor<S>? = nil
  ) throws(MetricError) {
    let ranking = try Ranking(scores, labels, weights)
    let (positive, negative) = (ranking.positives.last ?? 0, ranking.negatives.last ?? 0)
    if positive == 0 || negative == 0 {
      throw .invalid("expected positive and negative rows, got only \(positive == 0 ? "negative" : "positive") ones")
    }
    falsePositiveRates = [0] + ranking.negatives.map { $0 / negative }
    truePositiveRates = [0] + ranking.positives.map { $0 / positive }
    thresholds = [.infinity] + ranking.thresholds
    area = ranking.rocArea
  }

  /// The curve, with the diagonal of chance to compare with.
  public func chart(title: String = "Receiver operating characteristic") -> Chart {
    var chart = Chart(
      title, x: ChartAxis("false positive rate", range: 0...1), y: ChartAxis("true positive rate", range: 0...1),
      equalUnits: true)
    chart.reference(from: (0, 0), to: (1, 1), label: "chance")
    chart.line(falsePositiveRates, truePositiveRates, label: "area \(NumberFormat.fixed(area, 3))")
    return chart
  }
}

/// Precision over recall, for every threshold that a score could be compared with.
public struct PrecisionRecallCurve: Sendable, Equatable {
  /// The share of positive rows among those with a score of at least the threshold; 1 at the end.
  public let precisions: [Double]
  /// The share of the positive rows with a score of at least the threshold, falling from 1 to 0.
  public let recalls: [Double]
  /// The thresholds, rising; one fewer than the points, of which the last has none.
  public let thresholds: [Double]
  /// The mean of the precisions at each threshold, by how much recall rises there: the area under the curve as steps.
  public let averagePrecision: Double
  /// The share of positive rows, which is the precision by chance.
  public let positiveShare: Double

  /// The curve of scores with labels, above 0.5 for positive rows, and weights of rows `[rows]`.
  ///
  /// Throws when the shapes differ, when a number is NaN, and when no row with a weight is positive.
  ///
  /// - Complexity: O(n log n).
  public init<S: FloatingScalar, Label: NumericScalar>(
    scores: Tensor<S>, labels: Tensor<Label>, weights: Tensor<S>? = nil
  ) throws(MetricError) {
    let ranking = try Ranking(scores, labels, weights)
    guard let all = ranking.positives.last, all > 0 else { throw .invalid("expected positive rows, got none") }
    precisions = zip(ranking.positives, ranking.negatives).map { $0 / ($0 + $1) }.reversed() + [1]
    recalls = ranking.positives.map { $0 / all }.reversed() + [0]
    thresholds = ranking.thresholds.reversed()
    averagePrecision = ranking.averagePrecision
    positiveShare = all / (all + ranking.negatives.last!)
  }

  /// The curve as steps, with the share of positive rows to compare with.
  public func chart(title: String = "Precision and recall") -> Chart {
    var chart = Chart(
      title, x: ChartAxis("recall", range: 0...1), y: ChartAxis("precision", range: 0...1), equalUnits: true)
    chart.reference(from: (0, positiveShare), to: (1, positiveShare), label: "chance")
    // Between two thresholds, the precision is that of the lower one.
    let held = thresholds.indices
    chart.line(
      held.flatMap { [recalls[$0], recalls[$0 + 1]] }, held.flatMap { [precisions[$0], precisions[$0]] },
      label: "average precision \(NumberFormat.fixed(averagePrecision, 3))")
    return chart
  }
}

/// How often what was predicted with a probability came true, in bins of probabilities of equal width.
public struct CalibrationCurve: Sendable, Equatable {
  /// The mean probability of the rows in each bin that has some.
  public let probabilities: [Double]
  /// The share of positive rows in each bin that has rows.
  public let shares: [Double]
  /// The weight of the rows in each bin that has some.
  public let weights: [Double]
  /// The mean distance of probabilities and shares, by the bins' weights.
  ///
  /// Source: M. Pakdaman Naeini et al., Obtaining well calibrated probabilities using Bayesian binning (2015).
  public let expectedError: Double

  /// The curve of probabilities with labels, above 0.5 for positive rows, and weights of rows `[rows]`.
  ///
  /// Throws when the shapes differ, when a probability is not within 0…1, and when there is less than one bin.
  public init<S: FloatingScalar, Label: NumericScalar>(
    probabilities: Tensor<S>, labels: Tensor<Label>, weights: Tensor<S>? = nil, bins: Int = 10
  ) throws(MetricError) {
    if bins < 1 { throw .invalid("expected at least one bin, got \(bins)") }
    let rows = try paired(probabilities, labels, weights, "probabilities and labels")
    try checkProbabilities(rows.a)
    var sums = CalibrationBins(count: bins)
    for (index, probability) in rows.a.enumerated() {
      sums.add(probability, rows.b[index] > 0.5 ? 1 : 0, rows.weights[index])
    }
    let held = sums.held
    self.weights = held.map { sums.weights[$0] }
    self.probabilities = held.map { sums.confidences[$0] / sums.weights[$0] }
    shares = held.map { sums.outcomes[$0] / sums.weights[$0] }
    expectedError = sums.expectedError
  }

  /// The curve, with the diagonal that a calibrated model is on.
  public func chart(title: String = "Calibration") -> Chart {
    var chart = Chart(
      title, x: ChartAxis("predicted probability", range: 0...1), y: ChartAxis("share that came true", range: 0...1),
      equalUnits: true)
    chart.reference(from: (0, 0), to: (1, 1), label: "calibrated")
    chart.line(probabilities, shares, label: "expected error \(NumberFormat.fixed(expectedError, 3))", hasDots: true)
    return chart
  }
}

/// Sums over rows by a confidence, such as the probability of the positive class, in bins of equal width: each is above its lower end, the first also at it.
package struct CalibrationBins: Sendable, Hashable {
  package private(set) var weights: [Double]
  package private(set) var confidences: [Double]
  package private(set) var outcomes: [Double]

  package init(count: Int) {
    weights = [Double](repeating: 0, count: count)
    (confidences, outcomes) = (weights, weights)
  }

  /// The sums as one list, which add up, and back.
  var numbers: [Double] { weights + confidences + outcomes }
  init(_ numbers: [Double]) {
    let count = numbers.count / 3
    weights = Array(numbers[..<count])
    confidences = Array(numbers[count..<2 * count])
    outcomes = Array(numbers[(2 * count)...])
  }

  package mutating func add(_ confidence: Double, _ outcome: Double, _ weight: Double) {
    // The ends are multiples of 1/count as `linspace` rounds them, so that a probability at an end is below it.
    let count = Double(weights.count)
    var bin = min(max(Int((confidence * count).rounded(.up)) - 1, 0), weights.count - 1)
    if bin > 0 && confidence <= Double(bin) / count { bin -= 1 }
    if bin + 1 < weights.count && confidence > Double(bin + 1) / count { bin += 1 }
    weights[bin] += weight
    confidences[bin] += weight * confidence
    outcomes[bin] += weight * outcome
  }

  /// The mean distance of mean confidence and share, by the bins' weights; NaN without any.
  package var expectedError: Double {
    let distance = zip(confidences, outcomes).reduce(0) { $0 + abs($1.0 - $1.1) }
    return distance / weights.reduce(0, +)
  }

  /// The largest distance of mean confidence and share; NaN without rows.
  package var largestError: Double { held.map { abs(confidences[$0] - outcomes[$0]) / weights[$0] }.max() ?? .nan }

  /// The bins that have rows.
  package var held: [Int] { weights.indices.filter { weights[$0] > 0 } }

  package static func += (bins: inout CalibrationBins, other: CalibrationBins) {
    for index in bins.weights.indices {
      bins.weights[index] += other.weights[index]
      bins.confidences[index] += other.confidences[index]
      bins.outcomes[index] += other.outcomes[index]
    }
  }
}

func checkProbabilities(_ numbers: [Double]) throws(MetricError) {
  if let bad = numbers.first(where: { !(0...1).contains($0) }) {
    throw .invalid("expected probabilities within 0…1, got \(bad); a softmax or sigmoid makes logits so")
  }
}

extension Ranking {
  fileprivate init<S: FloatingScalar, Label: NumericScalar>(
    _ scores: Tensor<S>, _ labels: Tensor<Label>, _ weights: Tensor<S>?
  ) throws(MetricError) {
    let rows = try paired(scores, labels, weights, "scores and labels")
    self.init(rows.a, isPositive: { rows.b[$0] > 0.5 }, weights: rows.weights)
  }
}
