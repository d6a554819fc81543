/// Rows of cells as text, in columns as wide as their widest cell. The first columns, of text, are aligned to the left,
/// those of numbers to the right.
package struct TextTable {
  private var rows: [[String]]
  private let textColumns: Int

  /// A table that begins with a heading; its first `textColumns` columns hold text.
  package init(_ heading: [String], textColumns: Int) {
    rows = [heading]
    self.textColumns = textColumns
  }

  /// Adds a row with a cell for each column.
  package mutating func append(_ row: [String]) { rows.append(row) }

  /// One line for each row, the heading's first, without spaces at its end.
  package var lines: [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max()! }
    return rows.map { row in
      let line = row.indices.map { column in
        column < textColumns ? row[column].rightPadded(to: widths[column]) : row[column].leftPadded(to: widths[column])
      }.joined(separator: "  ")
      return String(line[..<(line.lastIndex { $0 != " " }.map(line.index(after:)) ?? line.startIndex)])
    }
  }

  /// The lines as one text.
  package var text: String { lines.joined(separator: "\n") }
}
