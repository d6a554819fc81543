import MartletCore
import MartletFormats
import MartletText

extension CSVTable {
  /// A data set for regression: `x` `[rowCount, features]` and `y` `[rowCount, targets]`.
  ///
  /// - Parameters:
  ///   - targets: The columns to predict.
  ///   - features: The columns to predict from: all others if nil.
  ///
  /// Throws when there is no such column, when a column is both feature and target, and when there are none of either.
  public func dataset(
    targets: [String], features: [String]? = nil
  ) throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Float>> {
    let x = try self.features(features, without: targets)
    return Dataset(paired: x, try tensor(targets), count: rowCount)
  }

  /// A data set for classification: `x` `[rowCount, features]` and `y` `[rowCount]`, class numbers from 0.
  ///
  /// - Parameters:
  ///   - classes: The column of classes: one that was read as labels, or one of whole numbers from 0.
  ///   - features: The columns to predict from: all others if nil.
  ///
  /// Throws when there is no such column, when the column of classes is a feature or holds anything but whole numbers
  /// from 0 to 2³¹ − 1, and when there is no feature.
  public func dataset(
    classes: String, features: [String]? = nil
  ) throws(FormatError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    let x = try self.features(features, without: [classes])
    var labels: [Int32] = []
    labels.reserveCapacity(rowCount)
    for (row, value) in try numbers(of: classes).enumerated() {
      guard let label = Int32(exactly: value), label >= 0 else {
        throw FormatError(
          .mismatch, source: source, at: .column(classes),
          reason: "expected whole numbers from 0 as classes, got \(value) in row \(row + 1)")
      }
      labels.append(label)
    }
    return Dataset(paired: x, Tensor(labels), count: rowCount)
  }

  private func features(_ names: [String]?, without targets: [String]) throws(FormatError) -> Tensor<Float> {
    if targets.isEmpty { throw FormatError(.invalid, source: source, reason: "no column is named as the target") }
    let isTarget = Set(targets.map(ExactName.init))
    for name in targets {
      _ = try index(of: name)
      if names?.contains(where: { ExactName($0) == ExactName(name) }) == true {
        throw FormatError(
          .invalid, source: source, at: .column(name), reason: "it is named both as a feature and as the target")
      }
    }
    let names = names ?? columns.filter { !isTarget.contains(ExactName($0)) }
    if names.isEmpty { throw FormatError(.invalid, source: source, reason: "no column is left as a feature") }
    return try tensor(names)
  }
}
