import MartletCore
import MartletText

/// The numbers that stand for the classes of a column to predict, and back.
///
/// ```swift
/// let labels = try LabelEncoder(fittedTo: train, "species")
/// let data = try preprocessor.dataset(of: train, labels)
/// print(labels.decode(try trainer.predictClasses(x)))
/// ```
public struct LabelEncoder: Sendable, Equatable {
  /// The column that holds the classes.
  public let column: String
  /// The names of the classes: class 0's first.
  public var classes: [String] { values.map(\.description) }
  private let values: [Table.Value]

  /// The classes that a column of a table holds, sorted: numbers by size, texts by their UTF-8 bytes.
  ///
  /// Throws when there is no such column and when a row has no class.
  public init(fittedTo table: Table, _ column: String) throws(TableError) {
    let fitted = try FittedColumn(
      name: column, [.encode(nil, .refused, oneHot: false, dropFirst: false)], fittedTo: table)
    guard case .encode(let values, _) = fitted.steps[0] else { fatalError("LabelEncoder: no classes") }
    self.column = column
    self.values = values
  }

  /// The classes of a column in an order of your own, which a column that is read in blocks needs; throws when there are
  /// none or two are the same.
  public init(_ column: String, classes: [Table.Value]) throws(TableError) {
    if classes.isEmpty { throw .invalid("expected a class, got none") }
    if Set(classes).count < classes.count { throw .invalid("expected different classes, got \(classes.prefix(20))") }
    self.column = column
    values = classes
  }

  /// The numbers of a table's classes, `[rowCount]`; throws when there is no such column, and when a row has no class or
  /// an unknown one.
  public func encode(_ table: Table) throws(TableError) -> Tensor<Int32> {
    let isText = if case .text = values[0] { true } else { false }
    let fitted = FittedColumn(name: column, isText: isText, steps: [.encode(values, .refused)])
    guard case .numbers(let numbers) = try fitted.features(of: table).values else { return Tensor([]) }
    return Tensor(numbers.map { Int32($0) })
  }

  /// The names of classes by their numbers `[n]`; traps when one is not a class.
  public func decode(_ labels: Tensor<Int32>) -> [String] {
    let classes = classes
    return labels.scalars.map {
      if !classes.indices.contains(Int($0)) { fatalError("LabelEncoder: class \($0) of \(classes.count)") }
      return classes[Int($0)]
    }
  }
}

extension Preprocessor {
  /// A data set for classification: `x` `[rowCount, features]` and `y` `[rowCount]`; throws as `transform(_:)` and
  /// `LabelEncoder.encode(_:)` do, and when the table has no row.
  public func dataset(
    of table: Table, _ labels: LabelEncoder
  ) throws(TableError) -> Dataset<Tensor<Float>, Tensor<Int32>> {
    try paired(try transform(table), try labels.encode(table))
  }

  /// A data set for regression: `x` `[rowCount, features]` and `y` `[rowCount, targets]`; throws as `transform(_:)` and
  /// `Table.numbers(_:)` do, and when a target is missing or the table has no row.
  public func dataset(
    of table: Table, targets: [String]
  ) throws(TableError) -> Dataset<Tensor<Float>, Tensor<Float>> {
    for name in targets {
      if let row = try table.numbers(name).firstIndex(where: \.isNaN) {
        throw .missingValue(column: name, row: row, remedy: "leave rows without a target out")
      }
    }
    return try paired(try transform(table), try table.tensor(targets))
  }

  private func paired<Target: Batchable>(
    _ x: Tensor<Float>, _ y: Target
  ) throws(TableError) -> Dataset<Tensor<Float>, Target> {
    if x.shape[0] == 0 { throw .invalid("expected a row, got none: the table is empty") }
    return Dataset(paired: x, y, count: x.shape[0])
  }
}
