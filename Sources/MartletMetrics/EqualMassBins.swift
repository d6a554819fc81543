/// Confidences with outcomes and weights, in bins that each have the same weight of rows.
///
/// Equal confidences are in one bin, that of the middle of their weight, so that the order of rows changes nothing. With
/// fewer confidences that differ than bins, bins stay empty.
enum EqualMassBins {
  /// The mean distance of mean confidence and share by the bins' weights, from rows as one list: confidence, outcome, weight.
  /// NaN without a weight.
  static func expectedError(_ rows: [Double], bins: Int) -> Double {
    let order = (0..<rows.count / 3).filter { rows[3 * $0 + 2] > 0 }.sorted { rows[3 * $0] < rows[3 * $1] }
    let total = order.reduce(0) { $0 + rows[3 * $1 + 2] }
    var distances = [Double](repeating: 0, count: bins)
    var (place, below) = (0, 0.0)
    while place < order.count {
      let confidence = rows[3 * order[place]]
      var (weight, distance) = (0.0, 0.0)
      while place < order.count, rows[3 * order[place]] == confidence {
        let row = order[place]
        weight += rows[3 * row + 2]
        distance += rows[3 * row + 2] * (confidence - rows[3 * row + 1])
        place += 1
      }
      distances[min(Int(Double(bins) * (below + weight / 2) / total), bins - 1)] += distance
      below += weight
    }
    return distances.reduce(0) { $0 + abs($1) } / total
  }
}

/// Traps when there is less than one bin, in the name of a metric.
func checkBins(_ bins: Int, _ name: String) {
  if bins < 1 { fatalError("\(name): expected at least one bin, got \(bins)") }
}
