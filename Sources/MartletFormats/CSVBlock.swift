import MartletText

/// Some whole rows of a CSV file, and what was read from them.
struct CSVBlock {
  /// What all blocks of a file have in common.
  struct Layout {
    let columnCount: Int
    /// Whether each column holds labels.
    let isLabel: [Bool]
    let missing: CSV.MissingValues
  }

  /// The numbers, row by row; for a label, its index in this block's `labels`.
  private(set) var values: [Double] = []
  /// For each column of labels, the index of each label, in the order in which they first occur.
  private(set) var labels: [Int: [ExactName: Int]] = [:]
  /// The number of line ends that were read.
  private(set) var lineCount = 0
  /// What is wrong, with its line in this block; nothing after it has been read.
  private(set) var problem: CSVProblem?

  /// Reads all rows that the scanner has.
  mutating func parse(_ scanner: consuming CSVScanner, _ layout: Layout) {
    do throws(CSVProblem) {
      scanner.skipBlankLines()
      while !scanner.isAtEnd {
        try parseRow(&scanner, layout)
        scanner.skipBlankLines()
      }
    } catch {
      problem = error
    }
    lineCount = scanner.line - 1
  }

  private mutating func parseRow(_ scanner: inout CSVScanner, _ layout: Layout) throws(CSVProblem) {
    let line = scanner.line
    var column = 0
    var isLast = false
    while !isLast {
      let field = try scanner.next(column: column)
      if column < layout.columnCount {
        if layout.isLabel[column] {
          try appendLabel(field, scanner, layout, line: line, column: column)
        } else {
          try appendNumber(field, scanner, layout, line: line, column: column)
        }
      }
      column += 1
      isLast = field.endsRow
    }
    if column != layout.columnCount {
      throw CSVProblem(
        line: line, column: nil, reason: "expected \(layout.columnCount) fields as in the first row, got \(column)")
    }
  }

  private mutating func appendNumber(
    _ field: CSVScanner.Field, _ scanner: borrowing CSVScanner, _ layout: Layout, line: Int, column: Int
  ) throws(CSVProblem) {
    let text = UnsafeBufferPointer(rebasing: scanner.text[field.range])
    if let number = CSVNumber.parse(text) {
      values.append(number)
    } else if CSVNumber.isMissing(text) {
      try appendMissing("number", layout, line: line, column: column)
    } else {
      throw notANumber(field, scanner.string(field), layout, line: line, column: column)
    }
  }

  /// What is wrong with a field's text, and how it might be meant.
  private func notANumber(
    _ field: CSVScanner.Field, _ text: String, _ layout: Layout, line: Int, column: Int
  ) -> CSVProblem {
    if Double(text)?.isInfinite == true {
      return CSVProblem(
        kind: .mismatch, line: line, column: column, reason: "\(shown(text)) is not a number that a Double can hold")
    }
    var problem = CSVProblem(kind: .mismatch, line: line, column: column, reason: "\(shown(text)) is not a number")
    if layout.columnCount == 1, !field.isQuoted, let other = text.first(where: { ";\t, ".contains($0) }) {
      let name = shown(String(other))
      problem.reason += "; if \(name) is what separates the fields, read with separator: \(name)"
    } else {
      problem.isPerhapsLabel = true
    }
    return problem
  }

  private mutating func appendLabel(
    _ field: CSVScanner.Field, _ scanner: borrowing CSVScanner, _ layout: Layout, line: Int, column: Int
  ) throws(CSVProblem) {
    if field.range.isEmpty && !field.isQuoted {
      try appendMissing("label", layout, line: line, column: column)
      return
    }
    let name = ExactName(try scanner.name(field, line: line, column: column))
    let count = labels[column]?.count ?? 0
    let index = labels[column]?[name] ?? count
    if index == count { labels[column, default: [:]][name] = count }
    values.append(Double(index))
  }

  private mutating func appendMissing(_ what: String, _ layout: Layout, line: Int, column: Int) throws(CSVProblem) {
    if layout.missing == .refused {
      throw CSVProblem(
        kind: .mismatch, line: line, column: column,
        reason: "the \(what) is missing; fill it in, or read with missing: .nan")
    }
    values.append(.nan)
  }
}

/// What is wrong with a CSV file, and where: lines from 1, columns from 0.
struct CSVProblem: Error {
  var kind = FormatError.Kind.damaged
  let line: Int
  let column: Int?
  var reason: String
  /// Whether it is wrong only because the text ends.
  var isUnfinished = false
  /// Whether it would be right in a column of labels.
  var isPerhapsLabel = false
}
