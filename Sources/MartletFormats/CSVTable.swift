import MartletCore
import MartletText

/// The contents of a CSV file: named columns of numbers, all of the same length, which is at least 1.
///
/// Columns are chosen by name; `columns[2]` is the name of the third.
public struct CSVTable: Sendable {
  /// The columns' names, in the file's order; no two are the same.
  public let columns: [String]
  /// The number of rows, at least 1.
  public let rowCount: Int
  /// The name of the table in errors.
  package let source: String
  /// The values of all columns, `[rowCount, columns.count]`.
  public let values: Tensor<Double>
  /// The class names of each column of labels.
  private let classNames: [Int: [String]]
  /// What was wrong with rows that were left out or filled: see `CSV.Options.malformed`.
  public let problems: CSVProblems

  init(
    source: String, columns: [String], values: Tensor<Double>, classNames: [Int: [String]], problems: CSVProblems
  ) {
    self.source = source
    self.columns = columns
    self.values = values
    self.classNames = classNames
    self.problems = problems
    rowCount = values.shape[0]
  }

  /// The values of some columns in the given order, `[rowCount, names.count]`; throws when a column does not exist.
  public func tensor(_ names: [String]) throws(FormatError) -> Tensor<Float> { try tensor(names, as: Float.self) }

  /// The values of some columns in the given order and scalar type, `[rowCount, names.count]`; throws when a column does
  /// not exist. What does not fit the type becomes what `cast(to:)` makes of it.
  public func tensor<Scalar: TensorScalar>(
    _ names: [String], as type: Scalar.Type
  ) throws(FormatError) -> Tensor<Scalar> {
    var indices: [Int] = []
    for name in names { indices.append(try index(of: name)) }
    // The columns as rows, each of which is a copy of its own, and transposed again.
    return values.transposed()[rows: Tensor<Int64>(indices)].transposed().cast(to: type)
  }

  /// The names of a label column's classes, in the order of their UTF-8 bytes: class 0's first.
  ///
  /// Throws when the column does not exist or was not read as labels.
  public func classes(of column: String) throws(FormatError) -> [String] {
    guard let names = classNames[try index(of: column)] else {
      throw FormatError(
        .mismatch, source: source, at: .column(column),
        reason: "expected labels, got numbers; read it with labels: [\(shown(column))]")
    }
    return names
  }

  /// The names of a label column's classes; nil for a column of numbers.
  package func classNames(at index: Int) -> [String]? { classNames[index] }

  /// The numbers of one column; throws when it does not exist.
  package func numbers(of column: String) throws(FormatError) -> [Double] {
    numbers(at: try index(of: column))
  }

  package func numbers(at index: Int) -> [Double] {
    let columnCount = columns.count
    return withScalars { scalars in (0..<rowCount).map { scalars[$0 * columnCount + index] } }
  }

  /// Calls `read` with the values row by row.
  private func withScalars<R>(_ read: (UnsafeBufferPointer<Double>) -> R) -> R {
    AnyTensor(values).withUnsafeBytes { read($0.bindMemory(to: Double.self)) }
  }

  /// The index of a column; throws when it does not exist.
  package func index(of name: String) throws(FormatError) -> Int {
    if let index = columns.firstIndex(where: { ExactName($0) == ExactName(name) }) { return index }
    throw .noColumn(name, among: columns, source: source)
  }
}

extension FormatError {
  /// The error for a column that does not exist, with the names of those that do.
  static func noColumn(_ name: String, among columns: [String], source: String) -> FormatError {
    let listed = columns.prefix(20).map(shown).joined(separator: ", ")
    return FormatError(
      .mismatch, source: source,
      reason: "there is no column \(shown(name))\(spellingHint(name, among: columns)); the columns are "
        + "\(listed)\(columns.count > 20 ? ", …" : "")")
  }
}

extension CSVTable: CustomStringConvertible {
  /// The names and the first rows, with labels by name; then the numbers of rows and columns.
  public var description: String {
    let shown = min(rowCount, 8)
    var table = TextTable(columns, textColumns: 0)
    withScalars { scalars in
      for row in 0..<shown {
        table.append(
          columns.indices.map { column in
            let value = scalars[row * columns.count + column]
            if let names = classNames[column], let index = Int(exactly: value), names.indices.contains(index) {
              return names[index]
            }
            return Int(exactly: value).map { "\($0)" } ?? "\(value)"
          })
      }
    }
    return (table.lines + (shown < rowCount ? ["⋮"] : []) + ["\(rowCount) rows, \(columns.count) columns"])
      .joined(separator: "\n")
  }
}
