import MartletCore
import MartletText

/// Named columns of numbers and of texts, all of the same length; any value may be missing.
///
/// ```swift
/// let table = try Table(csv: "titanic.csv")
/// let small = try Table([
///   "age": [22, 38, nil],
///   "sex": ["male", "female", "female"],
/// ])
/// ```
/// A `Preprocessor` makes features of it that a model takes. A table is a value.
public struct Table: Sendable, Equatable {
  /// One column.
  public enum Column: Sendable {
    /// Numbers; NaN is a missing one.
    case numbers([Double])
    /// Texts, such as categories; nil is a missing one.
    case texts([String?])
  }

  /// The names of the columns, in order; no two are the same.
  public private(set) var columns: [String] = []
  /// The number of rows.
  public private(set) var rowCount = 0
  private var contents: [Column] = []
  private var places: [ExactName: Int] = [:]

  /// Makes a table of columns; throws when two have the same name or their lengths differ.
  public init(columns: [(name: String, column: Column)]) throws(TableError) {
    for (name, column) in columns { try append(name, column) }
  }

  /// Makes a table of columns in literals; throws when two have the same name, their lengths differ, or one has both
  /// numbers and texts.
  public init(_ columns: KeyValuePairs<String, [Value]>) throws(TableError) {
    for (name, values) in columns { try append(name, Column(values, name: name)) }
  }

  /// Makes a table of rows, as a server gets them; throws when a column has both numbers and texts. A name that a row
  /// does not have is missing there.
  public init(rows: [[String: Value]]) throws(TableError) {
    var names: Set<String> = []
    for row in rows { names.formUnion(row.keys) }
    for name in names.sorted() { try append(name, Column(rows.map { $0[name] ?? .missing }, name: name)) }
  }

  /// A table of so many rows, to which columns are added.
  init(rowCount: Int) { self.rowCount = rowCount }

  /// Adds a column that is known to fit.
  mutating func add(_ name: String, _ column: Column) {
    places[ExactName(name)] = contents.count
    columns.append(name)
    contents.append(column)
  }

  /// Adds a column; throws when there is one of that name, or its length is not `rowCount`.
  public mutating func append(_ name: String, _ column: Column) throws(TableError) {
    if places[ExactName(name)] != nil { throw .repeatedColumn(name) }
    if !contents.isEmpty && column.count != rowCount {
      throw .lengths(column: name, expected: rowCount, found: column.count)
    }
    rowCount = column.count
    add(name, column)
  }

  /// A column; nil when there is none of that name.
  public subscript(name: String) -> Column? { places[ExactName(name)].map { contents[$0] } }

  /// A column; throws when there is none of that name.
  public func column(_ name: String) throws(TableError) -> Column {
    guard let column = self[name] else { throw .missingColumn(name, nearest: nearest(to: name, among: columns)) }
    return column
  }

  /// The numbers of a column, NaN where one is missing; throws when there is no such column or it holds texts.
  public func numbers(_ name: String) throws(TableError) -> [Double] {
    switch try column(name) {
    case .numbers(let numbers): return numbers
    case .texts(let texts):
      // A column without any value may be of either type.
      guard let row = texts.firstIndex(where: { $0 != nil }) else { return texts.map { _ in .nan } }
      throw .wrongType(column: name, expected: "numbers", found: "text \(shown(texts[row]!))", row: row)
    }
  }

  /// The texts of a column, nil where one is missing; throws when there is no such column or it holds numbers.
  public func texts(_ name: String) throws(TableError) -> [String?] {
    switch try column(name) {
    case .texts(let texts): return texts
    case .numbers(let numbers):
      guard let row = numbers.firstIndex(where: { !$0.isNaN }) else { return numbers.map { _ in nil } }
      throw .wrongType(column: name, expected: "texts", found: "number \(BadNumber.text(numbers[row]))", row: row)
    }
  }

  /// Some columns of numbers, `[rowCount, names.count]`, NaN where one is missing; throws as `numbers(_:)` does.
  public func tensor(_ names: [String]) throws(TableError) -> Tensor<Float> {
    var rows: [Tensor<Float>] = []
    for name in names { rows.append(Tensor(try numbers(name).map { Float($0) })) }
    if rows.isEmpty { return .zeros([rowCount, 0]) }
    return Tensor.stack(rows, axis: 1)
  }

  // MARK: Other tables

  /// The table with these columns alone, in this order; throws when one does not exist.
  public func selecting(_ names: [String]) throws(TableError) -> Table {
    var result: [(name: String, column: Column)] = []
    for name in names { result.append((name, try column(name))) }
    return try Table(columns: result)
  }

  /// The table without these columns; throws when one does not exist.
  public func dropping(_ names: [String]) throws(TableError) -> Table {
    for name in names { _ = try column(name) }
    let dropped = Set(names.map(ExactName.init))
    return try selecting(columns.filter { !dropped.contains(ExactName($0)) })
  }

  /// The rows with these indices, in this order; traps when one is outside `0 ..< rowCount`.
  public func rows(_ indices: [Int]) -> Table {
    if let index = indices.first(where: { $0 < 0 || $0 >= rowCount }) {
      fatalError("row \(index) of a table of \(rowCount)")
    }
    var result = self
    result.rowCount = indices.count
    for place in contents.indices { result.contents[place] = contents[place].rows(indices) }
    return result
  }

  /// The rows for which `isIncluded` holds, which is given a view of each.
  public func filter(_ isIncluded: (Row) throws -> Bool) rethrows -> Table {
    rows(try (0..<rowCount).filter { try isIncluded(Row(table: self, index: $0)) })
  }

  /// The rows of this table and then those of another, which has the same columns in any order; throws when it has not.
  public func appending(_ other: Table) throws(TableError) -> Table {
    if let extra = other.columns.first(where: { self[$0] == nil }) {
      throw .missingColumn(extra, nearest: nearest(to: extra, among: columns))
    }
    var result = self
    result.rowCount += other.rowCount
    for (place, name) in columns.enumerated() {
      switch contents[place] {
      case .numbers(let numbers): result.contents[place] = .numbers(numbers + (try other.numbers(name)))
      case .texts(let texts): result.contents[place] = .texts(texts + (try other.texts(name)))
      }
    }
    return result
  }

  /// A row of a table, whose values are asked for by column.
  public struct Row {
    let table: Table
    /// Its index in the table.
    public let index: Int
    /// The value in a column; nil when there is no such column.
    public subscript(name: String) -> Value? { table[name]?[index] }
  }

  /// A row by its index; traps when it is outside `0 ..< rowCount`.
  public subscript(row index: Int) -> Row {
    if index < 0 || index >= rowCount { fatalError("row \(index) of a table of \(rowCount)") }
    return Row(table: self, index: index)
  }
}

extension Table: CustomStringConvertible {
  /// The names and the first rows; then the numbers of rows and columns.
  public var description: String {
    let shown = min(rowCount, 8)
    var text = TextTable(columns, textColumns: 0)
    for row in 0..<shown { text.append(contents.map { $0[row].description }) }
    return (text.lines + (shown < rowCount ? ["⋮"] : []) + ["\(rowCount) rows, \(columns.count) columns"])
      .joined(separator: "\n")
  }
}
