import MartletCore
import MartletText

/// Reads the text of a CSV file in blocks of whole rows, which worker threads parse in parallel.
struct CSVReader {
  private let source: String
  private let separator: UInt8
  private let missing: CSV.MissingValues
  private let text: CSVText
  private var budget: MemoryBudget
  /// The line of the row that is read next.
  private var line = 1
  private var columns: [String] = []
  private var numbers = CSVNumbers()

  init(
    _ source: any ByteSource, separator: UInt8, missing: CSV.MissingValues, memoryLimit: Int?
  ) throws(FormatError) {
    self.source = source.name
    self.separator = separator
    self.missing = missing
    budget = try MemoryBudget(memoryLimit, source: source.name)
    text = try CSVText(source, separator: separator, budget: &budget)
  }

  mutating func table(header: CSV.Header, labels: [String]) throws(FormatError) -> CSVTable {
    let (first, end) = try firstRow()
    let isHeader: Bool
    switch header {
    case .present: isHeader = true
    case .absent: isHeader = false
    case .automatic: isHeader = !first.allSatisfy { CSVNumber.isNumberOrMissing($0) }
    }
    columns = try names(isHeader ? first : first.map { _ in "" })
    var isLabel = [Bool](repeating: false, count: columns.count)
    for label in labels {
      guard let index = columns.firstIndex(where: { ExactName($0) == ExactName(label) }) else {
        throw .noColumn(label, among: columns, source: source)
      }
      isLabel[index] = true
    }
    if isHeader {
      text.pass(end.position)
      line = end.line
    }

    let layout = CSVBlock.Layout(columnCount: columns.count, isLabel: isLabel, missing: missing)
    while let count = try readRows(layout) { text.pass(count) }
    if numbers.count == 0 {
      throw FormatError(
        .damaged, source: source,
        reason: "it has no row of data under its header \(columns.prefix(20).map(shown).joined(separator: ", "))")
    }
    let (values, classNames) = try numbers.values(columnCount: columns.count, &budget)
    return CSVTable(source: source, columns: columns, values: values, classNames: classNames)
  }

  /// The fields of the first row, and where (counted from the row's start) and on which line the next row begins. The
  /// text still begins with the first row.
  private mutating func firstRow() throws(FormatError) -> (fields: [String], end: (position: Int, line: Int)) {
    while true {
      let (bytes, cuts) = try text.rows(&budget)
      var scanner = CSVScanner(text: bytes, range: 0..<cuts.last!, separator: separator)
      scanner.skipBlankLines()
      text.pass(scanner.position)
      line += scanner.line - 1
      if cuts.count == 1 { throw FormatError(.damaged, source: source, reason: "it is empty") }
      if scanner.isAtEnd { continue }

      let (start, startLine) = (scanner.position, scanner.line)
      var fields: [String] = []
      do throws(CSVProblem) {
        while true {
          let fieldLine = scanner.line
          let field = try scanner.next(column: fields.count)
          fields.append(try scanner.name(field, line: fieldLine, column: fields.count))
          if field.endsRow { break }
        }
      } catch {
        throw problem(error, line: line + error.line - startLine)
      }
      try budget.take(fields.count * 2 * MemoryLayout<String>.stride)
      return (fields, (scanner.position - start, line + scanner.line - startLine))
    }
  }

  private func names(_ fields: [String]) throws(FormatError) -> [String] {
    var seen: [ExactName: Int] = [:]
    func add(_ name: String, _ index: Int) throws(FormatError) {
      if let other = seen.updateValue(index, forKey: ExactName(name)) {
        throw FormatError(
          .damaged, source: source,
          reason: "columns \(other + 1) and \(index + 1) are both called \(shown(name)); rename one")
      }
    }
    let names = fields.enumerated().map { index, field in field.isEmpty ? "column \(index + 1)" : field }
    for (index, field) in fields.enumerated() where !field.isEmpty { try add(field, index) }
    // The names of columns without one differ from each other.
    if seen.isEmpty { return names }
    for (index, field) in fields.enumerated() where field.isEmpty && seen[ExactName(names[index])] != nil {
      try add(names[index], index)
    }
    return names
  }

  /// Reads the next rows of the text, and returns their number of bytes; nil at the end.
  private mutating func readRows(_ layout: CSVBlock.Layout) throws(FormatError) -> Int? {
    let (bytes, cuts) = try text.rows(&budget)
    if cuts.count == 1 { return nil }
    var blocks = [CSVBlock](repeating: CSVBlock(), count: cuts.count - 1)
    blocks.withUnsafeMutableBufferPointer { blocks in
      WorkerPool.parallelFor(blocks.count, grain: 1) { range in
        for index in range {
          let scanner = CSVScanner(text: bytes, range: cuts[index]..<cuts[index + 1], separator: separator)
          blocks[index].parse(scanner, layout)
        }
      }
    }
    for block in blocks {
      if let found = block.problem { throw problem(found, line: line + found.line - 1) }
      line += block.lineCount
      try numbers.append(block, columnCount: layout.columnCount, &budget)
    }
    return cuts.last!
  }

  private func problem(_ problem: CSVProblem, line: Int) -> FormatError {
    var location = FormatError.Location.line(line)
    var reason = problem.reason
    if let column = problem.column {
      let name = column < columns.count ? columns[column] : nil
      location = .field(line: line, column: column + 1, name: name == "column \(column + 1)" ? nil : name)
      if problem.isPerhapsLabel, let name {
        reason += "; if the column holds names, read it with labels: [\(shown(name))]"
      }
    }
    return FormatError(problem.kind, source: source, at: location, reason: reason)
  }
}
