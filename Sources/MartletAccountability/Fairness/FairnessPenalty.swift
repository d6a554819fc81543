import MartletCore

/// The squared covariances of scores and membership of each group, summed: a penalty that makes scores say less of groups.
///
/// Σ_g (1/n Σ_i (1[i in g] - share of g) score_i)² over scores `[rows]`, such as logits, and the indices `[rows]` of groups.
/// It is differentiable in the scores, and 0 when every group has the same mean score. Add it, times a strength, to a loss.
/// Source: M. B. Zafar et al., Fairness constraints: mechanisms for fair classification (2017), whose bound it makes a
/// term.
///
/// Traps when the shapes differ, there is no row, or an index is not within 0..<groupCount.
/// - Complexity: O(rows · groups)
public func covariancePenalty<Scalar: FloatingScalar>(
  _ scores: Tensor<Scalar>, groups: Tensor<Int32>, groupCount: Int
) -> Tensor<Scalar> {
  let members = GroupMembers(groups, groupCount, scores.shape, "covariancePenalty")
  let rows = Double(scores.count)
  let centred = members.rows.indices.map { group in
    let share = members.counts[group] / rows
    return members.rows[group].map { Scalar(($0 - share) / rows) }
  }
  let weights = Tensor<Scalar>(centred.flatMap { $0 }).reshaped(to: [groupCount, scores.count])
  let covariances = matmul(weights, scores.reshaped(to: [scores.count, 1]))
  return (covariances * covariances).sum()
}

/// The mean squared distance of each group's mean probability to that of all rows: a penalty in place of a gap of rates,
/// which counts decisions and so has no gradient.
///
/// Over probabilities `[rows]` and the indices `[rows]` of groups. With labels `[rows]`, only rows with this label count:
/// those of label 1 make it a gap of true positive rates, those of label 0 of false positive rates. Groups without such
/// rows take no part; without any such row the penalty is 0. It is differentiable in the probabilities.
///
/// Traps when the shapes differ, there is no row, or an index is not within 0..<groupCount.
/// - Complexity: O(rows · groups)
public func softRateGapPenalty<Scalar: FloatingScalar>(
  _ probabilities: Tensor<Scalar>, groups: Tensor<Int32>, groupCount: Int,
  among labels: Tensor<Int32>? = nil, of label: Int32 = 1
) -> Tensor<Scalar> {
  let members = GroupMembers(groups, groupCount, probabilities.shape, "softRateGapPenalty")
  if let labels, labels.shape != probabilities.shape {
    fatalError("softRateGapPenalty: expected labels of shape \(probabilities.shape), got \(labels.shape)")
  }
  let counted: [Double] =
    labels?.scalars.map { $0 == label ? 1 : 0 } ?? [Double](repeating: 1, count: probabilities.count)
  let total = counted.reduce(0, +)
  var rows = [Scalar]()
  var present = 0
  for member in members.rows {
    let held = zip(member, counted).map { $0 * $1 }
    let count = held.reduce(0, +)
    // The rate of a group less that of all, as one sum over the rows.
    if count > 0 {
      rows += zip(held, counted).map { Scalar($0 / count - $1 / total) }
      present += 1
    }
  }
  if present == 0 { return (probabilities * 0).sum() }
  let weights = Tensor<Scalar>(rows).reshaped(to: [present, probabilities.count])
  let gaps = matmul(weights, probabilities.reshaped(to: [probabilities.count, 1]))
  return (gaps * gaps).mean()
}

/// Which rows are in each group, as 0 and 1.
private struct GroupMembers {
  let rows: [[Double]]
  let counts: [Double]

  init(_ groups: Tensor<Int32>, _ groupCount: Int, _ shape: Shape, _ operation: String) {
    if shape.count != 1 || groups.shape != shape {
      fatalError("\(operation): expected rows and groups of one shape [rows], got \(shape) and \(groups.shape)")
    }
    let indices = groups.scalars
    if indices.isEmpty { fatalError("\(operation): expected rows, got shape \(shape)") }
    if let row = indices.firstIndex(where: { $0 < 0 || Int($0) >= groupCount }) {
      fatalError("\(operation): expected groups within 0..<\(groupCount), got \(indices[row]) in row \(row)")
    }
    rows = (0..<groupCount).map { group in indices.map { Int($0) == group ? 1 : 0 } }
    counts = rows.map { $0.reduce(0, +) }
  }
}
