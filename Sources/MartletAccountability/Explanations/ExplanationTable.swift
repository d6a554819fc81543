import MartletText

/// What an explanation says of each feature as a table, to print or to write.
public struct ExplanationTable: Sendable, CustomStringConvertible {
  private let heading: [String]
  private let rows: [(texts: [String], numbers: [Double])]
  private let textColumns: Int

  init(_ texts: [String], _ numbers: [String], _ rows: [(texts: [String], numbers: [Double])]) {
    (heading, self.rows, textColumns) = (texts + numbers, rows, texts.count)
  }

  private var shown: [[String]] {
    [heading] + rows.map { row in row.texts + row.numbers.map(NumberFormat.metric) }
  }

  /// The table in aligned columns.
  public var description: String {
    var table = TextTable(heading, textColumns: textColumns)
    for row in shown.dropFirst() { table.append(row) }
    return table.text
  }

  /// The table in Markdown.
  public var markdown: String { markdownTable(heading, Array(shown.dropFirst()), textColumns: textColumns) }

  /// The table in CSV (RFC 4180), every number in full.
  public var csv: String {
    ([heading] + rows.map { row in row.texts + row.numbers.map { "\($0)" } })
      .map { $0.map(csvField).joined(separator: ",") + "\r\n" }.joined()
  }
}
