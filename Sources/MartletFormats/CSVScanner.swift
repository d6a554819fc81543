import MartletText

/// Splits the text of a CSV file into rows and fields.
struct CSVScanner {
  /// A field's text, without the quotes around it and without the spaces at its ends.
  struct Field {
    let range: Range<Int>
    let isQuoted: Bool
    let endsRow: Bool
  }

  static let newLine = UInt8(ascii: "\n")
  private static let quote = UInt8(ascii: "\"")

  let text: UnsafeBufferPointer<UInt8>
  private(set) var position: Int
  /// The line of `position`, counted from 1 where the scanner began.
  private(set) var line = 1
  private let end: Int
  private let separator: UInt8
  /// A tab where blanks separate; else the separator again.
  private let otherSeparator: UInt8
  /// Whether any number of blanks separates two fields.
  private let isBlankSeparated: Bool

  /// Scans a part of `text` that begins at a row.
  init(text: UnsafeBufferPointer<UInt8>, range: Range<Int>, separator: UInt8) {
    self.text = text
    self.separator = separator
    isBlankSeparated = separator == UInt8(ascii: " ")
    otherSeparator = isBlankSeparated ? UInt8(ascii: "\t") : separator
    position = range.lowerBound
    end = range.upperBound
  }

  var isAtEnd: Bool { position == end }

  /// The position with its line.
  var place: (position: Int, line: Int) { (position, line) }

  /// Goes to the line after a place, or to the end.
  mutating func skipLine(from place: (position: Int, line: Int)) {
    let next = text[place.position..<end].firstIndex(of: Self.newLine)
    position = next.map { $0 + 1 } ?? end
    line = place.line + (next == nil ? 0 : 1)
  }

  /// Goes on to the next row that is not blank, or to the end.
  mutating func skipBlankLines() {
    while position < end {
      let next = afterSpaces(position)
      if next == end {
        position = end
      } else if text[next] == Self.newLine {
        position = next + 1
        line += 1
      } else {
        return
      }
    }
  }

  /// The next field of the row; throws when its quotes do not match. `column` is for the error.
  mutating func next(column: Int) throws(CSVProblem) -> Field {
    let start = afterSpaces(position)
    if start < end && text[start] == Self.quote { return try nextQuoted(start, column: column) }
    var index = start
    while index < end {
      let byte = text[index]
      if byte == separator { break }
      // Most bytes are above those that are left to look for.
      if byte <= Self.quote {
        if byte == Self.newLine || byte == otherSeparator { break }
        if byte == Self.quote {
          throw CSVProblem(
            line: line, column: column,
            reason: "a quote within a field; put the whole field in quotes and write the quote twice")
        }
      }
      index += 1
    }
    var last = index
    while last > start && isSpace(text[last - 1]) { last -= 1 }
    return Field(range: start..<last, isQuoted: false, endsRow: finishField(at: index))
  }

  private mutating func nextQuoted(_ start: Int, column: Int) throws(CSVProblem) -> Field {
    let firstLine = line
    var index = start + 1
    while index < end {
      if text[index] == Self.newLine {
        line += 1
      } else if text[index] == Self.quote {
        if index + 1 == end || text[index + 1] != Self.quote { break }
        index += 1
      }
      index += 1
    }
    if index == end {
      throw CSVProblem(
        line: firstLine, column: column, reason: "the quote that begins this field has no end", isUnfinished: true)
    }
    let next = afterSpaces(index + 1)
    let isEnded = isBlankSeparated ? next > index + 1 : next < end && text[next] == separator
    if next < end && text[next] != Self.newLine && !isEnded {
      throw CSVProblem(line: line, column: column, reason: "there is text after the quote that ends this field")
    }
    return Field(range: start + 1..<index, isQuoted: true, endsRow: finishField(at: next))
  }

  /// Moves past the end of a field, and returns whether the row ends there too.
  private mutating func finishField(at index: Int) -> Bool {
    if isBlankSeparated {
      position = afterSpaces(index)
      if position < end && text[position] != Self.newLine { return false }
      if position < end {
        position += 1
        line += 1
      }
      return true
    }
    position = min(index + 1, end)
    if index < end && text[index] == separator { return false }
    if index < end { line += 1 }
    return true
  }

  /// A field's text with doubled quotes made single; bytes that are not UTF-8 are replaced.
  func string(_ field: Field) -> String {
    if !field.isQuoted || !text[field.range].contains(Self.quote) {
      return String(decoding: text[field.range], as: UTF8.self)
    }
    var bytes: [UInt8] = []
    var index = field.range.lowerBound
    while index < field.range.upperBound {
      bytes.append(text[index])
      index += text[index] == Self.quote ? 2 : 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The field's text as a name; throws where it is not UTF-8. `line` and `column` are for the error.
  func name(_ field: Field, line: Int, column: Int) throws(CSVProblem) -> String {
    guard let whole = String(validating: text[field.range], as: UTF8.self) else {
      throw CSVProblem(
        line: line, column: column,
        reason: "expected text in UTF-8, got \(shown(string(field))); convert the file")
    }
    return field.isQuoted ? string(field) : whole
  }

  private func afterSpaces(_ start: Int) -> Int {
    var index = start
    while index < end && isSpace(text[index]) { index += 1 }
    return index
  }

  /// Whether a byte is a space, a tab that is not the separator, or the first half of CRLF.
  private func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\r") || (byte == UInt8(ascii: "\t") && separator != byte)
  }
}
