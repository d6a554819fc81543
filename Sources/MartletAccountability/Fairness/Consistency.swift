import MartletCore

/// How alike decisions about like rows are: 1 less the mean distance of each decision from the mean decision about the
/// nearest rows.
///
/// 1 - 1/n Σ_i |d_i - 1/k Σ_{j near i} d_j| over features `[rows, …]` and decisions `[rows]`, each 0 or 1: 1 when rows that
/// are near each other are decided alike. It compares rows, not groups. The nearest rows are those of the smallest
/// Euclidean distance, so scale the features first; of equally near ones, those that come first. Source: R. Zemel et al.,
/// Learning fair representations (2013). AIF360 counts the row itself among its nearest, which hides a part of what is
/// unlike.
///
/// Throws when the rows differ, there are fewer rows than neighbours, a decision is neither 0 nor 1, and when a feature is
/// not finite.
/// - Parameters:
///   - decisions: The decisions about the rows.
///   - features: What they are alike by.
///   - neighbors: How many near rows each is compared with.
///   - countsItself: Whether a row is one of its own nearest, as in AIF360.
/// - Complexity: O(rows² · features)
public func decisionConsistency<Scalar: FloatingScalar>(
  _ decisions: Tensor<Int32>, features: Tensor<Scalar>, neighbors: Int = 5, countsItself: Bool = true
) throws(FairnessError) -> Double {
  let rows = decisions.count
  if decisions.shape != [rows] || features.rank < 1 || features.shape[0] != rows {
    throw .shapes(
      "expected decisions of shape [rows] and features of as many rows, got \(decisions.shape) and \(features.shape)")
  }
  let others = countsItself ? rows : rows - 1
  if neighbors < 1 || neighbors > others {
    throw .invalid("expected between 1 and \(others) neighbors among \(rows) rows, got \(neighbors)")
  }
  let answers = decisions.scalars
  try GroupCounts.checkBinary(answers, "decisions")
  let numbers = features.detached().cast(to: Double.self).scalars
  let width = numbers.count / rows
  if let place = numbers.firstIndex(where: { !$0.isFinite }) {
    throw .invalid("expected finite features, got \(numbers[place]) in row \(place / width)")
  }
  var distance = 0.0
  var nearest = [(distance: Double, row: Int)]()
  for row in 0..<rows {
    nearest.removeAll(keepingCapacity: true)
    for other in 0..<rows where countsItself || other != row {
      var sum = 0.0
      for column in 0..<width {
        let difference = numbers[row * width + column] - numbers[other * width + column]
        sum += difference * difference
      }
      // Rows are gone through in order, so that of equal distances the first stay.
      if nearest.count == neighbors {
        if sum >= nearest[neighbors - 1].distance { continue }
        nearest.removeLast()
      }
      var place = nearest.count
      while place > 0 && nearest[place - 1].distance > sum { place -= 1 }
      nearest.insert((sum, other), at: place)
    }
    let mean = Double(nearest.reduce(0) { $0 + answers[$1.row] }) / Double(neighbors)
    distance += abs(Double(answers[row]) - mean)
  }
  return 1 - distance / Double(rows)
}
