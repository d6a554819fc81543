import MartletCore

/// What a CSV file holds: named columns of as many numbers each, at least one.
///
/// A column is called by its name; `columns[2]` is the name of the third.
public struct CSVTable: Sendable {
  /// The columns' names, in the file's order; no two are the same.
  public let columns: [String]
  /// The number of rows, at least 1.
  public let rowCount: Int
  private let source: String
  /// Row by row.
  private let scalars: [Double]
  private let classNames: [String: [String]]

  init(source: String, columns: [String], scalars: [Double], classNames: [String: [String]]) {
    self.source = source
    self.columns = columns
    self.scalars = scalars
    self.classNames = classNames
    rowCount = scalars.count / columns.count
  }

  /// All numbers, `[rowCount, columns.count]`.
  public var values: Tensor<Double> { Tensor(shape: [rowCount, columns.count], scalars: scalars) }

  /// Some columns in the given order, `[rowCount, names.count]`; throws when there is no such column.
  public func tensor(_ names: [String]) throws(DatasetError) -> Tensor<Float> {
    var indices: [Int] = []
    for name in names { indices.append(try index(of: name)) }
    return tensor(indices)
  }

  /// The names of a label column's classes, in the order of their UTF-8 bytes: class 0's first.
  ///
  /// Throws when there is no such column or it was not read as labels.
  public func classes(of column: String) throws(DatasetError) -> [String] {
    _ = try index(of: column)
    guard let names = classNames[column] else {
      throw invalid(
        "column \(column.debugDescription) holds numbers; read it with labels: [\(column.debugDescription)]")
    }
    return names
  }

  /// A data set for regression: `x` `[rowCount, features]` and `y` `[rowCount, targets]`.
  ///
  /// - Parameters:
  ///   - targets: The columns to predict.
  ///   - features: The columns to predict from: all others if nil.
  ///
  /// Throws when there is no such column, when a column is both feature and target, and when there are none of either.
  public func dataset(targets: [String], features: [String]? = nil) throws(DatasetError) -> Dataset<Float> {
    let x = try self.features(features, without: targets)
    return try Dataset(x, tensor(targets))
  }

  /// A data set for classification: `x` `[rowCount, features]` and `y` `[rowCount]`, class numbers from 0.
  ///
  /// - Parameters:
  ///   - classes: The column of classes: one that was read as labels, or one of whole numbers from 0.
  ///   - features: The columns to predict from: all others if nil.
  ///
  /// Throws when there is no such column, when the column of classes is a feature or holds anything but whole numbers
  /// from 0 to 2³¹ − 1, and when there is no feature.
  public func dataset(classes: String, features: [String]? = nil) throws(DatasetError) -> Dataset<Int32> {
    let x = try self.features(features, without: [classes])
    let column = try index(of: classes)
    var labels: [Int32] = []
    labels.reserveCapacity(rowCount)
    for row in 0..<rowCount {
      let value = scalars[row * columns.count + column]
      guard let label = Int32(exactly: value), label >= 0 else {
        throw invalid(
          "row \(row + 1) of column \(classes.debugDescription) has the class \(value); classes are whole numbers from 0"
        )
      }
      labels.append(label)
    }
    return try Dataset(x, Tensor(shape: [rowCount], scalars: labels))
  }

  private func features(_ names: [String]?, without targets: [String]) throws(DatasetError) -> Tensor<Float> {
    if targets.isEmpty { throw invalid("no column is named as the target") }
    for name in targets {
      _ = try index(of: name)
      if names?.contains(name) == true {
        throw invalid("column \(name.debugDescription) is named both as a feature and as the target")
      }
    }
    let names = names ?? columns.filter { !targets.contains($0) }
    if names.isEmpty { throw invalid("no column is left as a feature") }
    return try tensor(names)
  }

  private func tensor(_ indices: [Int]) -> Tensor<Float> {
    var picked: [Float] = []
    picked.reserveCapacity(rowCount * indices.count)
    for row in 0..<rowCount {
      for index in indices { picked.append(Float(scalars[row * columns.count + index])) }
    }
    return Tensor(shape: [rowCount, indices.count], scalars: picked)
  }

  private func index(of name: String) throws(DatasetError) -> Int {
    if let index = columns.firstIndex(of: name) { return index }
    throw .noColumn(name, among: columns, source: source)
  }

  private func invalid(_ reason: String) -> DatasetError { DatasetError(.invalid, source: source, reason: reason) }
}

extension DatasetError {
  /// A column that is not there, with the names of those that are.
  static func noColumn(_ name: String, among columns: [String], source: String) -> DatasetError {
    let listed = columns.prefix(20).map(\.debugDescription).joined(separator: ", ")
    return DatasetError(
      .invalid, source: source,
      reason: "there is no column \(name.debugDescription); the columns are \(listed)\(columns.count > 20 ? ", …" : "")"
    )
  }
}
