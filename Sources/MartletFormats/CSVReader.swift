import MartletCore
import MartletText

/// Reads the text of a CSV file in blocks of whole rows, which the worker threads share.
struct CSVReader {
  let text: UnsafeBufferPointer<UInt8>
  let source: String
  let separator: UInt8
  let missing: CSV.MissingValues

  private static let blockByteCount = 1 << 18

  func table(header: CSV.Header, labels: [String]) throws(FormatError) -> CSVTable {
    if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
      throw FormatError(.unsupported, source: source, reason: "expected text in UTF-8, got UTF-16")
    }
    let start = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var scanner = CSVScanner(text: text, range: start..<text.count, separator: separator)
    scanner.skipBlankLines()
    let firstRow = (position: scanner.position, line: scanner.line)
    let first = try firstFields(&scanner)
    let isHeader: Bool
    switch header {
    case .present: isHeader = true
    case .absent: isHeader = false
    case .automatic: isHeader = !first.allSatisfy { CSVNumber.isNumberOrMissing($0) }
    }
    let columns = try names(isHeader ? first : first.map { _ in "" })
    for label in labels where !columns.contains(label) {
      throw .noColumn(label, among: columns, source: source)
    }

    let body = isHeader ? (position: scanner.position, line: scanner.line) : firstRow
    let layout = CSVBlock.Layout(
      columnCount: columns.count, isLabel: columns.map { labels.contains($0) }, missing: missing)
    let blocks = parse(body.position, layout)
    try check(blocks, firstLine: body.line, columns: columns)
    return assemble(blocks, layout, columns)
  }

  private func firstFields(_ scanner: inout CSVScanner) throws(FormatError) -> [String] {
    if scanner.isAtEnd { throw FormatError(.damaged, source: source, reason: "it is empty") }
    var fields: [String] = []
    do throws(CSVProblem) {
      while true {
        let field = try scanner.next(column: fields.count)
        fields.append(scanner.string(field))
        if field.endsRow { return fields }
      }
    } catch {
      throw problem(error, line: error.line, columns: [])
    }
  }

  private func names(_ fields: [String]) throws(FormatError) -> [String] {
    var names: [String] = []
    var seen: [String: Int] = [:]
    for (index, field) in fields.enumerated() {
      let name = field.isEmpty ? "column \(index + 1)" : field
      if let other = seen.updateValue(index, forKey: name) {
        throw FormatError(
          .damaged, source: source,
          reason: "columns \(other + 1) and \(index + 1) are both called \(name.debugDescription); rename one")
      }
      names.append(name)
    }
    return names
  }

  private func parse(_ start: Int, _ layout: CSVBlock.Layout) -> [CSVBlock] {
    let cuts = cuts(from: start)
    var blocks = [CSVBlock](repeating: CSVBlock(layout), count: cuts.count - 1)
    blocks.withUnsafeMutableBufferPointer { blocks in
      WorkerPool.parallelFor(blocks.count, grain: 1) { range in
        for index in range {
          let scanner = CSVScanner(text: text, range: cuts[index]..<cuts[index + 1], separator: separator)
          blocks[index].parse(scanner, layout)
        }
      }
    }
    return blocks
  }

  /// Where blocks begin, each at a row's start, and where the last ends. A line end within quotes does not end a row.
  private func cuts(from start: Int) -> [Int] {
    var cuts = [start]
    if text[start...].contains(UInt8(ascii: "\"")) {
      var isQuoted = false
      for index in start..<text.count {
        if text[index] == UInt8(ascii: "\"") {
          isQuoted.toggle()
        } else if text[index] == CSVScanner.newLine, !isQuoted, index - cuts.last! >= Self.blockByteCount {
          cuts.append(index + 1)
        }
      }
    } else {
      while cuts.last! + Self.blockByteCount < text.count,
        let end = text[(cuts.last! + Self.blockByteCount)...].firstIndex(of: CSVScanner.newLine)
      {
        cuts.append(end + 1)
      }
    }
    if cuts.last! < text.count || cuts.count == 1 { cuts.append(text.count) }
    return cuts
  }

  /// Throws the first problem in the file's order.
  private func check(_ blocks: [CSVBlock], firstLine: Int, columns: [String]) throws(FormatError) {
    var line = firstLine
    for block in blocks {
      if let found = block.problem { throw problem(found, line: line + found.line - 1, columns: columns) }
      line += block.lineCount
    }
    if blocks.allSatisfy({ $0.values.isEmpty }) {
      throw FormatError(
        .damaged, source: source,
        reason:
          "it has no row of data under its header \(columns.prefix(20).map(\.debugDescription).joined(separator: ", "))"
      )
    }
  }

  private func problem(_ problem: CSVProblem, line: Int, columns: [String]) -> FormatError {
    var location = FormatError.Location.line(line)
    if let column = problem.column {
      let name = column < columns.count ? columns[column] : nil
      location = .field(line: line, column: column + 1, name: name == "column \(column + 1)" ? nil : name)
    }
    return FormatError(problem.kind, source: source, at: location, reason: problem.reason)
  }

  private func assemble(_ blocks: [CSVBlock], _ layout: CSVBlock.Layout, _ columns: [String]) -> CSVTable {
    var scalars: [Double] = []
    scalars.reserveCapacity(blocks.reduce(0) { $0 + $1.values.count })
    for block in blocks { scalars.append(contentsOf: block.values) }
    var classNames: [String: [String]] = [:]
    for column in columns.indices where layout.isLabel[column] {
      // In bytes' order: Swift's own order of strings changes with Unicode's.
      let names = Set(blocks.flatMap { $0.labels[column].keys }).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      let indices = Dictionary(uniqueKeysWithValues: zip(names, names.indices.lazy.map(Double.init)))
      var start = 0
      for block in blocks {
        var local = [Double](repeating: 0, count: block.labels[column].count)
        for (name, index) in block.labels[column] { local[index] = indices[name]! }
        for row in 0..<block.values.count / columns.count {
          let index = start + row * columns.count + column
          if !scalars[index].isNaN { scalars[index] = local[Int(scalars[index])] }
        }
        start += block.values.count
      }
      classNames[columns[column]] = names
    }
    return CSVTable(source: source, columns: columns, scalars: scalars, classNames: classNames)
  }
}
