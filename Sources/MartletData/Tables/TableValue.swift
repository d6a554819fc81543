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
  /// A column's step cannot be undone.
  case noInverse(column: String, step: String)
  /// Something else cannot be used.
  case invalid(String)
}

extension TableError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .missingColumn(let name, let nearest): "expected a column \(shown(name)), got none" + suggestion(nearest)
    case .wrongType(let column, let expected, let found, let row):
      "column \(shown(column)): expected \(expected), got \(found) in row \(row)"
    case .unknownCategory(let value, let column, let row, let nearest):
      "column \(shown(column)): expected a category that was there when it was fitted, got \(shown(value)) in row \(row)"
        + suggestion(nearest)
    case .missingValue(let column, let row, let remedy):
      "column \(shown(column)): expected a value, got none in row \(row); \(remedy)"
    case .repeatedColumn(let name): "expected columns of different names, got two called \(shown(name))"
    case .lengths(let column, let expected, let found):
      "column \(shown(column)): expected \(expected) rows as in the columns before it, got \(found)"
    case .noInverse(let column, let step):
      "column \(shown(column)): expected steps that can be undone, got \(step), which keeps too little"
    case .invalid(let reason): reason
    }
  }
}
