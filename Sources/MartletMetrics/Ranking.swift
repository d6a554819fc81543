/// Scores in falling order, and at each of those that differ the sums of weights so far: what curves of thresholds are
/// computed from. Equal scores are one threshold.
struct Ranking: Sendable {
  /// The scores that differ, falling.
  private(set) var thresholds: [Double] = []
  /// The weight of the positive rows with a score of at least the threshold; `negatives` likewise.
  private(set) var positives: [Double] = []
  private(set) var negatives: [Double] = []

  init(_ scores: [Double], isPositive: (Int) -> Bool, weights: [Double]) {
    var (positive, negative) = (0.0, 0.0)
    let order = scores.indices.filter { weights[$0] > 0 }.sorted { scores[$0] > scores[$1] }
    for (place, row) in order.enumerated() {
      if isPositive(row) { positive += weights[row] } else { negative += weights[row] }
      if place + 1 < order.count && scores[order[place + 1]] == scores[row] { continue }
      thresholds.append(scores[row])
      positives.append(positive)
      negatives.append(negative)
    }
  }

  /// Rows of a metric's state: score, label, weight.
  init(rows: [Double]) {
    let count = rows.count / 3
    self.init(
      (0..<count).map { rows[3 * $0] }, isPositive: { rows[3 * $0 + 1] > 0.5 },
      weights: (0..<count).map { rows[3 * $0 + 2] })
  }

  /// The area under the curve of true positive rates over false positive rates: the share of pairs that are in order,
  /// of which equal scores are half. NaN where all rows are of one kind.
  var rocArea: Double {
    guard let positive = positives.last, let negative = negatives.last, positive > 0, negative > 0 else { return .nan }
    var (area, before) = (0.0, (positive: 0.0, negative: 0.0))
    for (hits, misses) in zip(positives, negatives) {
      area += (misses - before.negative) * (hits + before.positive) / 2
      before = (hits, misses)
    }
    return area / positive / negative
  }

  /// The mean of the precisions at each threshold, by how much recall rises there; 0 without positive rows.
  var averagePrecision: Double {
    guard let all = positives.last, all > 0 else { return 0 }
    var (sum, before) = (0.0, 0.0)
    for (hits, misses) in zip(positives, negatives) {
      sum += (hits - before) / all * (hits / (hits + misses))
      before = hits
    }
    return sum
  }
}

/// Rows with a score for each class, as one list: the number of classes, the label, the weight, the scores.
enum ClassScores {
  /// A score of every class against all others, and their average; a class without rows, or with all of them, takes no
  /// part in it where its score is NaN.
  static func average(_ rows: [Double], _ average: MetricAverage, _ score: (Ranking) -> Double) -> Double {
    let classes = Int(rows[0])
    let stride = classes + 3
    let count = rows.count / stride
    func label(_ row: Int) -> Int { Int(rows[row * stride + 1]) }
    let weights = (0..<count).map { rows[$0 * stride + 2] }
    func of(_ index: Int) -> Double {
      let scores = (0..<count).map { rows[$0 * stride + 3 + index] }
      return score(Ranking(scores, isPositive: { label($0) == index }, weights: weights))
    }
    switch average {
    case .of(let index): return of(index)
    case .micro:
      let all = (0..<count * classes).map { rows[$0 / classes * stride + 3 + $0 % classes] }
      let each = weights.flatMap { [Double](repeating: $0, count: classes) }
      return score(Ranking(all, isPositive: { label($0 / classes) == $0 % classes }, weights: each))
    case .macro, .weighted:
      var actual = [Double](repeating: 0, count: classes)
      for row in 0..<count { actual[label(row)] += weights[row] }
      var (sum, total) = (0.0, 0.0)
      for index in 0..<classes {
        let (value, weight) = (of(index), average == .macro ? 1 : actual[index])
        if value.isNaN { continue }
        sum += value * weight
        total += weight
      }
      return sum / total
    }
  }
}
