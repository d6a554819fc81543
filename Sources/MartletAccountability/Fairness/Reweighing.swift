import MartletCore
import MartletText

/// Weights of rows under which groups and labels are independent, to train with.
///
/// ```swift
/// let reweighing = try Reweighing(labels: labels, groups: sex)
/// let train = try data.weighted(by: reweighing.weights(labels: labels, groups: sex))
/// ```
/// A row of group g and label y has the weight n_g n_y / (n n_gy): what the combination would be expected to have of rows,
/// by what it has. Source: F. Kamiran and T. Calders, Data preprocessing techniques for classification without
/// discrimination (2012).
public struct Reweighing: Sendable, Hashable {
  /// The attributes and their levels.
  public let levels: GroupLevels
  /// The weight of each group's rows of label 0; NaN where there are none.
  public let negativeWeights: [Double]
  /// The weight of each group's rows of label 1; NaN where there are none.
  public let positiveWeights: [Double]

  /// Weights from labels `[rows]`, each 0 or 1, and groups; `weights` are those that the rows already have.
  ///
  /// Throws as `GroupCounts` does.
  public init(labels: Tensor<Int32>, groups: Groups, weights: Tensor<Float>? = nil) throws(FairnessError) {
    let counts = try GroupCounts(labels: labels, decisions: labels, groups: groups, weights: weights)
    let all = counts.overall
    levels = counts.levels
    func shares(_ ofLabel: (GroupCell) -> Double) -> [Double] {
      counts.cells.map { cell in
        let held = ofLabel(cell)
        return held > 0 ? cell.weight * ofLabel(all) / (all.weight * held) : .nan
      }
    }
    negativeWeights = shares { $0.trueNegatives }
    positiveWeights = shares { $0.truePositives }
  }

  /// The weights `[rows]` of rows.
  ///
  /// Throws when the rows differ, the groups have other levels, a label is neither 0 nor 1, and for a combination of group
  /// and label of which there was no row to weigh.
  public func weights(labels: Tensor<Int32>, groups: Groups) throws(FairnessError) -> Tensor<Float> {
    if labels.shape != [groups.rowCount] {
      throw .shapes("expected labels of shape [\(groups.rowCount)] as the groups have rows, got \(labels.shape)")
    }
    if groups.levels != levels {
      throw .unknown("expected groups with the levels \(levels.levels), got \(groups.levels.levels)")
    }
    var weights = [Float]()
    weights.reserveCapacity(groups.rowCount)
    for (row, label) in labels.scalars.enumerated() {
      if label & ~1 != 0 { throw .invalid("expected labels 0 or 1, got \(label) in row \(row)") }
      let group = Int(groups.indices[row])
      let weight = label == 1 ? positiveWeights[group] : negativeWeights[group]
      if weight.isNaN {
        let name = shown(levels.name(at: group))
        throw .empty("expected a group and label that there were rows of, got label \(label) of \(name) in row \(row)")
      }
      weights.append(Float(weight))
    }
    return Tensor<Float>(weights)
  }
}
