import MartletCore
import MartletText

/// Reads the text of a CSV file in blocks of whole rows, which worker threads parse in parallel.
struct CSVReader {
  private let source: String
  private let options: CSV.Options
  private let separator: UInt8
  private let text: CSVText
  private var budget: MemoryBudget
  /// The line of the row that is read next.
  private var line = 1
  /// All columns of the file.
  private var fileColumns: [String] = []
  private var layout = CSVBlock.Layout(kinds: [], missing: .refused, malformed: .refused, infersLabels: false)
  /// The place of each of the file's columns among those that are read.
  private var places: [Int?] = []
  /// The columns that are read.
  private(set) var columns: [String] = []
  /// The columns of the file that turned out to hold labels.
  private var labelColumns: Set<Int>
  /// The column of the problem that has been found, if it may hold labels.
  private var perhapsLabels: Int?

  private init(
    _ source: any ByteSource, _ options: CSV.Options, _ labelColumns: Set<Int>
  ) throws(FormatError) {
    self.source = source.name
    self.options = options
    self.labelColumns = labelColumns
    separator = try CSV.byte(of: options.separator, source: source.name)
    budget = try MemoryBudget(options.memoryLimit, source: source.name)
    text = try CSVText(source, separator: separator, budget: &budget)
    try readHeader()
  }

  /// Calls `body` with a reader at the first row, and again from the beginning when a column turns out to hold labels and
  /// such columns are to be found.
  static func reading<R>(
    _ options: CSV.Options, _ open: () throws(FormatError) -> any ByteSource,
    _ body: (inout CSVReader) throws(FormatError) -> R
  ) throws(FormatError) -> R {
    var labelColumns: Set<Int> = []
    while true {
      var reader = try CSVReader(open(), options, labelColumns)
      do throws(FormatError) {
        return try body(&reader)
      } catch {
        guard reader.layout.infersLabels, let column = reader.perhapsLabels else { throw error }
        labelColumns.insert(column)
      }
    }
  }

  /// All rows that are left; throws when there are none.
  mutating func table() throws(FormatError) -> CSVTable {
    var numbers = CSVNumbers()
    var rest = budget
    while try readRows(&numbers, &rest) {}
    guard let table = try table(numbers, &rest) else { throw noRows() }
    return table
  }

  /// Some rows that are left, those of a few megabytes of text; nil at the end.
  mutating func block() throws(FormatError) -> CSVTable? {
    // What a block takes is given back before the next.
    var rest = budget
    while true {
      var numbers = CSVNumbers()
      if !(try readRows(&numbers, &rest)) { return nil }
      if let table = try table(numbers, &rest) { return table }
    }
  }

  func noRows() -> FormatError {
    FormatError(
      .damaged, source: source,
      reason: "it has no row of data under its header \(columns.prefix(20).map(shown).joined(separator: ", "))")
  }

  private func table(
    _ numbers: consuming CSVNumbers, _ budget: inout MemoryBudget
  ) throws(FormatError) -> CSVTable? {
    if numbers.count == 0 { return nil }
    let problems = numbers.problems
    var (values, classNames) = try numbers.values(columnCount: columns.count, &budget)
    // A column of labels that are all missing has no class.
    for (column, place) in places.enumerated() {
      if let place, layout.kinds[column] == .label, classNames[place] == nil { classNames[place] = [] }
    }
    return CSVTable(source: source, columns: columns, values: values, classNames: classNames, problems: problems)
  }

  private mutating func readHeader() throws(FormatError) {
    if options.skippedLines < 0 {
      throw FormatError(
        .invalid, source: source, reason: "expected skippedLines of at least 0, got \(options.skippedLines)")
    }
    try text.skipLines(options.skippedLines, &budget)
    line += options.skippedLines
    let (first, end) = try firstRow()
    let isHeader: Bool
    switch options.header {
    case .present: isHeader = true
    case .absent: isHeader = false
    case .automatic: isHeader = !first.allSatisfy { CSVNumber.isNumberOrMissing($0) }
    }
    fileColumns = try names(isHeader ? first : first.map { _ in "" })
    var kinds = [CSVBlock.Kind](repeating: .number, count: fileColumns.count)
    var infersLabels = false
    switch options.labels {
    case .named(let names): for name in names { kinds[try index(of: name)] = .label }
    case .automatic: infersLabels = true
    }
    for column in labelColumns { kinds[column] = .label }
    switch options.columns {
    case .all: break
    case .only(let names):
      var kept: Set<Int> = []
      for name in names { kept.insert(try index(of: name)) }
      for column in kinds.indices where !kept.contains(column) { kinds[column] = .unused }
    case .except(let names): for name in names { kinds[try index(of: name)] = .unused }
    }
    if kinds.allSatisfy({ $0 == .unused }) {
      throw FormatError(.invalid, source: source, reason: "expected a column that is read, got none")
    }
    layout = CSVBlock.Layout(
      kinds: kinds, missing: options.missing, malformed: options.malformed, infersLabels: infersLabels)
    for (name, kind) in zip(fileColumns, kinds) {
      places.append(kind == .unused ? nil : columns.count)
      if kind != .unused { columns.append(name) }
    }
    if isHeader {
      text.pass(end.position)
      line = end.line
    }
  }

  private func index(of name: String) throws(FormatError) -> Int {
    if let index = fileColumns.firstIndex(where: { ExactName($0) == ExactName(name) }) { return index }
    throw .noColumn(name, among: fileColumns, source: source)
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

  /// Reads the next rows of the text; false at the end.
  private mutating func readRows(
    _ numbers: inout CSVNumbers, _ budget: inout MemoryBudget
  ) throws(FormatError) -> Bool {
    let (bytes, cuts) = try text.rows(&budget)
    if cuts.count == 1 { return false }
    let layout = layout
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
      if let found = block.problem {
        perhapsLabels = found.isPerhapsLabel ? found.column : nil
        throw problem(found, line: line + found.line - 1)
      }
      let first = line
      line += block.lineCount
      try numbers.append(block, places: places, columnCount: columns.count, &budget) {
        problem($0, line: first + $0.line - 1)
      }
    }
    text.pass(cuts.last!)
    return true
  }

  private func problem(_ problem: CSVProblem, line: Int) -> FormatError {
    var location = FormatError.Location.line(line)
    var reason = problem.reason
    if let column = problem.column {
      let name = column < fileColumns.count ? fileColumns[column] : nil
      location = .field(line: line, column: column + 1, name: name == "column \(column + 1)" ? nil : name)
      if problem.isPerhapsLabel, let name {
        reason += "; if the column holds names, read it with labels: [\(shown(name))]"
      }
    }
    return FormatError(problem.kind, source: source, at: location, reason: reason)
  }
}
