import MartletText

extension Table {
  /// One value of a table, written as a literal: `22`, `3.5`, `"male"`, `nil`.
  public enum Value: Sendable, Hashable {
    /// A number; NaN is the same as missing.
    case number(Double)
    /// A text.
    case text(String)
    /// No value.
    case missing
  }
}

extension Table.Value: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
  ExpressibleByNilLiteral
{
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// A missing value.
  public init(nilLiteral: ()) { self = .missing }
}

extension Table.Value: CustomStringConvertible {
  /// The number or the text; nothing where the value is missing.
  public var description: String {
    switch self {
    case .number(let number): number.isNaN ? "" : BadNumber.text(number)
    case .text(let text): text
    case .missing: ""
    }
  }
}

extension Table.Column {
  /// The number of rows.
  public var count: Int {
    switch self {
    case .numbers(let numbers): numbers.count
    case .texts(let texts): texts.count
    }
  }

  /// The value in a row; traps when there is no such row.
  public subscript(row: Int) -> Table.Value {
    switch self {
    case .numbers(let numbers): numbers[row].isNaN ? .missing : .number(numbers[row])
    case .texts(let texts): texts[row].map { .text($0) } ?? .missing
    }
  }

  /// The column of some values; throws when there are both numbers and texts among them.
  init(_ values: [Table.Value], name: String) throws(TableError) {
    var numbers: [Double] = []
    var texts: [String?] = []
    var hasNumbers = false
    var hasTexts = false
    for (row, value) in values.enumerated() {
      switch value {
      case .number(let number): hasNumbers = hasNumbers || !number.isNaN
      case .text: hasTexts = true
      case .missing: break
      }
      if hasNumbers && hasTexts {
        let isText = if case .text = value { true } else { false }
        throw .wrongType(
          column: name, expected: isText ? "numbers" : "texts",
          found: isText ? "text \(shown(value.description))" : "number \(value)", row: row)
      }
      if case .number(let number) = value { numbers.append(number) } else { numbers.append(.nan) }
      if case .text(let text) = value { texts.append(text) } else { texts.append(nil) }
    }
    self = hasTexts ? .texts(texts) : .numbers(numbers)
  }

  func rows(_ indices: [Int]) -> Table.Column {
    switch self {
    case .numbers(let numbers): .numbers(indices.map { numbers[$0] })
    case .texts(let texts): .texts(indices.map { texts[$0] })
    }
  }
}

extension Table.Column: Equatable {
  /// Whether the values are the same; a missing number equals another.
  public static func == (a: Table.Column, b: Table.Column) -> Bool {
    switch (a, b) {
    case (.numbers(let a), .numbers(let b)): a.elementsEqual(b) { $0 == $1 || ($0.isNaN && $1.isNaN) }
    case (.texts(let a), .texts(let b)): a == b
    default: false
    }
  }
}

/// Why a table cannot be made or does not have what was asked for.
public enum TableError: Error, Sendable, Equatable {
  /// There is no such column. The names that are nearest to it are given.
  case missingColumn(String, nearest: [String])
  /// A column holds values of another type: the first of them, and its row, counted from 0.
  case wrongType(column: String, expected: String, found: String, row: Int)
  /// A value is not one of a column's categories. The categories that are nearest to it are given.
  case unknownCategory(String, column: String, row: Int, nearest: [String])
  /// A value is missing where one is needed, in a row counted from 0.
  case missingValue(column: String, row: Int, remedy: String)
  /// Two columns have the same name.
  case repeatedColumn(String)
  /// A column is longer or shorter than those before it.
  case lengths(column: String, expected: Int, found: Int)
  /// Something else cannot be used.
  case invalid(String)
}

extension TableError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    func hint(_ names: [String]) -> String {
      names.isEmpty ? "" : "; did you mean \(names.map(shown).joined(separator: " or "))?"
    }
    return switch self {
    case .missingColumn(let name, let nearest): "expected a column \(shown(name)), got none" + hint(nearest)
    case .wrongType(let column, let expected, let found, let row):
      "column \(shown(column)): expected \(expected), got \(found) in row \(row)"
    case .unknownCategory(let value, let column, let row, let nearest):
      "column \(shown(column)): expected a category that was there when it was fitted, got \(shown(value)) in row \(row)"
        + hint(nearest)
    case .missingValue(let column, let row, let remedy):
      "column \(shown(column)): expected a value, got none in row \(row); \(remedy)"
    case .repeatedColumn(let name): "expected columns of different names, got two called \(shown(name))"
    case .lengths(let column, let expected, let found):
      "column \(shown(column)): expected \(expected) rows as in the columns before it, got \(found)"
    case .invalid(let reason): reason
    }
  }
}

/// At most three of `names` that are written nearly as `name` is, the nearest first.
func nearest(to name: String, among names: [String]) -> [String] {
  // Names of one or two letters are all near to each other.
  let length = name.unicodeScalars.count
  let limit = length < 3 ? 0 : max(1, length / 3)
  var found: [(name: String, distance: Int)] = []
  for other in names {
    let same = other.lowercased() == name.lowercased()
    let distance = same ? 0 : editDistance(Array(name.unicodeScalars), Array(other.unicodeScalars), limit: limit)
    if distance <= limit { found.append((other, distance)) }
  }
  return found.sorted { $0.distance != $1.distance ? $0.distance < $1.distance : $0.name < $1.name }.prefix(3).map(
    \.name)
}

/// How many scalars have to be changed, added or left out to make one text of another (Levenshtein, 1966); at least
/// `limit + 1` where the lengths alone say that it is more.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int) -> Int {
  if abs(a.count - b.count) > limit { return limit + 1 }
  var row = Array(0...b.count)
  for (i, scalar) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in b.enumerated() {
      let next = min(diagonal + (scalar == other ? 0 : 1), row[j] + 1, row[j + 1] + 1)
      diagonal = row[j + 1]
      row[j + 1] = next
    }
  }
  return row[b.count]
}
