import MartletText

/// Some whole rows of a CSV file, and what was read from them.
struct CSVBlock {
  /// What all blocks of a file have in common.
  struct Layout {
    /// What is read from each column of the file.
    let kinds: [Kind]
    let missing: CSV.MissingValues
    let malformed: CSV.MalformedRows
    /// Whether a field that is not a number shows that its column holds labels, whatever becomes of rows that are wrong.
    let infersLabels: Bool
  }

  enum Kind {
    case number
    case label
    case unused
  }

  /// The numbers, row by row; for a label, its index in this block's `labels`.
  private(set) var values: [Double] = []
  /// For each column of labels, the index of each label, in the order in which they first occur.
  private(set) var labels: [Int: [ExactName: Int]] = [:]
  /// The number of line ends that were read.
  private(set) var lineCount = 0
  /// What is wrong, with its line in this block; nothing after it has been read.
  private(set) var problem: CSVProblem?
  /// What is wrong with rows that are left out or filled.
  private(set) var problems: [CSVProblem] = []
  private(set) var skippedRowCount = 0
  private(set) var filledFieldCount = 0
  /// The labels that the current row was the first to hold.
  private var newLabels: [(column: Int, name: ExactName)] = []

  /// Reads all rows that the scanner has.
  mutating func parse(_ scanner: consuming CSVScanner, _ layout: Layout) {
    do throws(CSVProblem) {
      scanner.skipBlankLines()
      while !scanner.isAtEnd {
        let start = (place: scanner.place, count: values.count)
        do throws(CSVProblem) {
          try parseRow(&scanner, layout)
        } catch {
          if layout.malformed == .refused || (layout.infersLabels && error.isPerhapsLabel) { throw error }
          values.removeLast(values.count - start.count)
          for (column, name) in newLabels { labels[column]?[name] = nil }
          scanner.skipLine(from: start.place)
          skippedRowCount += 1
          note(error)
        }
        scanner.skipBlankLines()
      }
    } catch {
      problem = error
    }
    lineCount = scanner.line - 1
  }

  private mutating func note(_ problem: CSVProblem) {
    if problems.count < CSVProblems.shownCount { problems.append(problem) }
  }

  private mutating func parseRow(_ scanner: inout CSVScanner, _ layout: Layout) throws(CSVProblem) {
    let line = scanner.line
    var column = 0
    var isLast = false
    if !newLabels.isEmpty { newLabels.removeAll() }
    while !isLast {
      let field = try scanner.next(column: column)
      if column < layout.kinds.count {
        switch layout.kinds[column] {
        case .label: try appendLabel(field, scanner, layout, line: line, column: column)
        case .number: try appendNumber(field, scanner, layout, line: line, column: column)
        case .unused: break
        }
      }
      column += 1
      isLast = field.endsRow
    }
    if column == layout.kinds.count { return }
    let problem = CSVProblem(
      line: line, column: nil, reason: "expected \(layout.kinds.count) fields as in the first row, got \(column)")
    if layout.malformed != .filled { throw problem }
    for kind in layout.kinds.dropFirst(column) where kind != .unused { values.append(.nan) }
    filledFieldCount += abs(layout.kinds.count - column)
    note(problem)
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
      try fill(notANumber(field, scanner.string(field), layout, line: line, column: column), layout)
    }
  }

  /// Takes NaN for a field that is wrong; throws where that is refused or the row left out.
  private mutating func fill(_ problem: CSVProblem, _ layout: Layout) throws(CSVProblem) {
    if layout.malformed != .filled || (layout.infersLabels && problem.isPerhapsLabel) { throw problem }
    values.append(.nan)
    filledFieldCount += 1
    note(problem)
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
    if layout.kinds.count == 1, !field.isQuoted, let other = text.first(where: { ";\t, ".contains($0) }) {
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
    let text = UnsafeBufferPointer(rebasing: scanner.text[field.range])
    if !field.isQuoted && (text.isEmpty || (layout.infersLabels && CSVNumber.isMissing(text))) {
      try appendMissing("label", layout, line: line, column: column)
      return
    }
    let name = ExactName(try scanner.name(field, line: line, column: column))
    let count = labels[column]?.count ?? 0
    let index = labels[column]?[name] ?? count
    if index == count {
      labels[column, default: [:]][name] = count
      newLabels.append((column, name))
    }
    values.append(Double(index))
  }

  private mutating func appendMissing(_ what: String, _ layout: Layout, line: Int, column: Int) throws(CSVProblem) {
    if layout.missing == .nan {
      values.append(.nan)
      return
    }
    try fill(
      CSVProblem(
        kind: .mismatch, line: line, column: column,
        reason: "the \(what) is missing; fill it in, or read with missing: .nan"), layout)
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
