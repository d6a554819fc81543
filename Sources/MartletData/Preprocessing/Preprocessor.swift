import MartletCore
import MartletText

/// Makes a model's features of a table's columns, by steps that were fitted to training rows.
///
/// ```swift
/// let (train, test) = try table.split(testFraction: 0.2, stratifiedBy: "survived", seed: 1)
/// let preprocessor = try Preprocessor(fittedTo: train, [
///   Columns("age", "fare").imputed(.median, indicator: true).standardized(),
///   Columns("sex", "port").imputed(.mostFrequent).oneHot(),
/// ])
/// let x = try preprocessor.transform(test)  // [rows, preprocessor.featureNames.count]
/// ```
/// It is a value, and is saved in the model's file: see `ModelContents`. Fit it to training rows alone; what it learns
/// from rows that a model is later measured with makes the measures too good.
public struct Preprocessor: Sendable, Equatable {
  package private(set) var columns: [FittedColumn]

  /// Fits the steps of some columns to the rows of a table; the features come in the order of the columns here.
  ///
  /// Throws when a column does not exist, appears twice, has no value at all or values of the wrong type, and when a
  /// training row would not become numbers.
  public init(fittedTo table: Table, _ columns: [Columns]) throws(TableError) {
    self.columns = []
    var seen: Set<ExactName> = []
    for group in columns {
      for name in group.names {
        if !seen.insert(ExactName(name)).inserted { throw .repeatedColumn(name) }
        self.columns.append(try FittedColumn(name: name, group.steps, fittedTo: table))
      }
    }
    if self.columns.isEmpty { throw .invalid("expected a column to make features of, got none") }
  }

  init(_ columns: [FittedColumn]) { self.columns = columns }

  /// The names of the columns that a table must have.
  public var columnNames: [String] { columns.map(\.name) }

  /// The names of the features, in order: `age`, `age_missing`, `sex_male`.
  public var featureNames: [String] { columns.flatMap(\.featureNames) }

  /// The features of a table's rows, `[rowCount, featureNames.count]`.
  ///
  /// Columns that the preprocessor does not know are not looked at. Throws when one that it knows is not there or of the
  /// other type, when a value is missing where none was, and when a category is unknown and such are refused.
  public func transform(_ table: Table) throws(TableError) -> Tensor<Float> { try transform(table, as: Float.self) }

  /// The features in another scalar type; computed in `Double` and rounded once.
  public func transform<Scalar: FloatingScalar>(
    _ table: Table, as type: Scalar.Type
  ) throws(TableError) -> Tensor<Scalar> {
    let width = featureNames.count
    var values = [Double](repeating: 0, count: table.rowCount * width)
    var place = 0
    for column in columns {
      let features = try column.features(of: table)
      guard case .numbers(let numbers) = features.values else { continue }
      if let expanded = features.expanded {
        for (row, number) in numbers.enumerated() where number >= 0 && expanded.contains(Int(number)) {
          values[row * width + place + Int(number) - expanded.lowerBound] = 1
        }
        place += expanded.count
      } else {
        for (row, number) in numbers.enumerated() { values[row * width + place] = number }
        place += 1
      }
      for indicator in features.indicators {
        for (row, number) in indicator.enumerated() { values[row * width + place] = number }
        place += 1
      }
    }
    return Tensor<Double>(shape: [table.rowCount, width], scalars: values).cast(to: type)
  }
}
