import MartletCore
import MartletMetrics

extension Metric where Output == Tensor<Float> {
  /// The metric of each group's rows, and of all: any metric by group, outputs `[rows, ...]` and targets `[rows, ...]`.
  ///
  /// A group without rows, or without any weight, has NaN. Throws as the metric does of all rows, and when the groups have
  /// another number of rows.
  public func byGroup<Scalar: NumericScalar>(
    _ outputs: Tensor<Float>, _ targets: Target, groups: Groups, weights: Tensor<Float>? = nil
  ) throws -> GroupValues where Target == Tensor<Scalar> {
    let overall = try self(outputs, targets, weights: weights)
    if outputs.shape[0] != groups.rowCount {
      throw FairnessError.shapes("expected groups of \(outputs.shape[0]) rows, got \(groups.rowCount)")
    }
    var rows = [[Int32]](repeating: [], count: groups.levels.count)
    for (row, group) in groups.indices.enumerated() { rows[Int(group)].append(Int32(row)) }
    let values = try rows.map { rows in
      let places = Tensor<Int32>(rows)
      let weights = weights?.take(places)
      let isEmpty = rows.isEmpty || weights.map { $0.sum().item() == 0 } == true
      return isEmpty ? Double.nan : try self(outputs.take(places), targets.take(places), weights: weights)
    }
    return GroupValues(name: name, levels: groups.levels, values: values, overall: overall)
  }
}
