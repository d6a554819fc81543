import MartletCore
import MartletData
import MartletText
import MartletTraining

/// A model of rows of features, of which only the answers are used: what explanations without gradients are of.
///
/// All features are numbers here, whatever the model takes: the elements of a tensor's rows, or the columns of a table
/// with categories by number.
struct FeatureModel {
  enum Kind: Equatable {
    case number
    /// One of these values, by its place.
    case category([Table.Value])
  }

  let names: [String]
  let kinds: [Kind]
  /// What is explained, in words.
  let target: String
  let rowsPerPass: Int
  /// The number that is explained, for rows of features; `rows` are their places among those that are explained.
  let values: (_ features: [Double], _ rows: [Int]) throws(ExplanationError) -> [Double]
  /// The model's outputs for rows of features.
  let outputs: (_ features: [Double], _ rows: [Int]) throws(ExplanationError) -> Tensor<Float>

  var width: Int { names.count }

  /// The numbers of `count` rows of features that are made when they are needed, in passes.
  func values(
    count: Int, _ point: (_ index: Int, _ features: inout [Double]) -> Int
  ) throws(ExplanationError) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: rowsPerPass) {
      var (features, rows) = ([Double](), [Int]())
      features.reserveCapacity(width * rowsPerPass)
      for index in start..<min(count, start + rowsPerPass) { rows.append(point(index, &features)) }
      result += try values(features, rows)
    }
    return result
  }

  /// The outputs for all of some rows, in passes.
  func allOutputs(_ features: [Double]) throws(ExplanationError) -> Tensor<Float> {
    var parts: [Tensor<Float>] = []
    let count = features.count / width
    for start in stride(from: 0, to: count, by: rowsPerPass) {
      let range = start..<min(count, start + rowsPerPass)
      parts.append(try outputs(Array(features[range.lowerBound * width..<range.upperBound * width]), Array(range)))
    }
    return Tensor.concatenate(parts)
  }

  /// The value that a number stands for.
  func value(_ number: Double, of feature: Int) -> Table.Value {
    switch kinds[feature] {
    case .number: number.isNaN ? .missing : .number(number)
    case .category(let levels): levels[Int(number)]
    }
  }

  /// The place of a feature; throws when there is none of that name.
  func place(of name: String) throws(ExplanationError) -> Int {
    if let place = names.firstIndex(of: name) { return place }
    throw .invalid("expected one of the features \(names.map(shown).joined(separator: ", ")), got \(shown(name))")
  }
}

extension Explainer {
  /// The model of the elements of a row of this shape.
  func featureModel(_ shape: Shape) -> FeatureModel {
    let width = shape.elementCount
    func tensor(_ features: [Double]) -> Tensor<Scalar> {
      Tensor(shape: Shape([features.count / max(1, width)] + shape.dimensions), scalars: features.map { Scalar($0) })
    }
    return FeatureModel(
      names: names(width), kinds: [FeatureModel.Kind](repeating: .number, count: width), target: target.name,
      rowsPerPass: rowsPerPass,
      values: { features, rows throws(ExplanationError) in try values(tensor(features), rows) },
      outputs: { features, rows throws(ExplanationError) in
        withoutGradient { outputs(tensor(features), rows) }.cast(to: Float.self)
      })
  }
}

/// Explains the answers of a model that takes the rows of a table, by the table's columns.
///
/// ```swift
/// let explainer = TableExplainer(try TablePredictor(model, contents), target: .output(1))
/// print(try explainer.shapleyValues(of: applicants, background: train))
/// ```
/// What the preprocessor makes of a column, such as a feature for each category, counts as one. Columns that it does not
/// know are not looked at.
public struct TableExplainer: Sendable {
  /// The model with its preprocessing.
  public let predictor: TablePredictor
  /// What is explained.
  public let target: ExplanationTarget<Float>
  /// The most rows that are computed at once.
  public var rowsPerPass: Int

  /// An explainer of a model with its preprocessing.
  public init(_ predictor: TablePredictor, target: ExplanationTarget<Float>, rowsPerPass: Int = 512) {
    (self.predictor, self.target, self.rowsPerPass) = (predictor, target, rowsPerPass)
  }

  /// The model of the columns, and the rows of each table as features. Categories are those that the tables have, and those
  /// that the preprocessor knows.
  func featureModel(_ tables: [Table]) throws(ExplanationError) -> (model: FeatureModel, features: [[Double]]) {
    if rowsPerPass < 1 { throw .invalid("expected at least one row per pass, got \(rowsPerPass)") }
    for table in tables where table.rowCount == 0 { throw .empty("expected rows, got a table without any") }
    var (kinds, columns) = ([FeatureModel.Kind](), [[[Double]]]())
    for column in predictor.preprocessor.columns {
      do throws(TableError) {
        // A number that is encoded as a category is one.
        if column.isText || !column.categories.isEmpty {
          let values: [[Table.Value]] = try tables.map { table throws(TableError) in
            let held: Table.Column =
              column.isText ? .texts(try table.texts(column.name)) : .numbers(try table.numbers(column.name))
            return (0..<held.count).map { held[$0] }
          }
          var (levels, places) = (column.categories, [Table.Value: Int]())
          for (place, level) in levels.enumerated() { places[level] = place }
          for value in values.joined() where places[value] == nil {
            places[value] = levels.count
            levels.append(value)
          }
          kinds.append(.category(levels))
          columns.append(values.map { $0.map { Double(places[$0]!) } })
        } else {
          kinds.append(.number)
          columns.append(try tables.map { table throws(TableError) in try table.numbers(column.name) })
        }
      } catch {
        throw .model("\(error)")
      }
    }
    let names = predictor.preprocessor.columnNames
    let features = tables.indices.map { table in
      (0..<tables[table].rowCount).flatMap { row in columns.map { $0[table][row] } }
    }
    let (predictor, target) = (predictor, target)
    func outputs(_ features: [Double]) throws(ExplanationError) -> Tensor<Float> {
      do {
        return try predictor.predict(
          Self.table(features, names, kinds), batchSize: max(1, features.count / names.count))
      } catch {
        throw ExplanationError.model("\(error)")
      }
    }
    let model = FeatureModel(
      names: names, kinds: kinds, target: target.name, rowsPerPass: rowsPerPass,
      values: { features, rows throws(ExplanationError) in
        numbers(try target.values(of: outputs(features), rows: rows))
      }, outputs: { features, _ throws(ExplanationError) in try outputs(features) })
    // What the preprocessor does not take is found here, not among the many rows of a method.
    for rows in features { _ = try model.outputs(rows, Array(0..<rows.count / names.count)) }
    return (model, features)
  }

  /// The table that rows of features stand for.
  static func table(
    _ features: [Double], _ names: [String], _ kinds: [FeatureModel.Kind]
  ) throws(TableError) -> Table {
    let (width, count) = (names.count, features.count / names.count)
    var columns: [(name: String, column: Table.Column)] = []
    for (place, name) in names.enumerated() {
      let numbers = (0..<count).map { features[$0 * width + place] }
      switch kinds[place] {
      case .number: columns.append((name, .numbers(numbers)))
      case .category(let levels):
        let isText = levels.contains { if case .text = $0 { true } else { false } }
        columns.append(
          isText
            ? (name, .texts(numbers.map { if case .text(let text) = levels[Int($0)] { text } else { nil } }))
            : (name, .numbers(numbers.map { if case .number(let number) = levels[Int($0)] { number } else { .nan } })))
      }
    }
    return try Table(columns: columns)
  }
}

extension FittedColumn {
  /// The categories that the column's encoding knows, none where there is no such step.
  var categories: [Table.Value] {
    for step in steps { if case .encode(let categories, _) = step { return categories } }
    return []
  }
}
