/// Rows of cells as a table in Markdown; the first columns are aligned to the left, those of numbers to the right.
package func markdownTable(_ heading: [String], _ rows: [[String]], textColumns: Int) -> String {
  let rule = heading.indices.map { $0 < textColumns ? "---" : "---:" }
  let lines = [heading.map(markdownCell), rule] + rows.map { $0.map(markdownCell) }
  return lines.map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
}

/// A text as a cell of a table: on one line, without what would end the cell or be taken for HTML.
package func markdownCell(_ text: String) -> String {
  text.replacing("|", with: "\\|").replacing("<", with: "&lt;").split(whereSeparator: \.isNewline)
    .joined(separator: " ")
}

/// A text on one line, without what Markdown would take for HTML.
package func markdownLine(_ text: String) -> String {
  text.replacing("<", with: "&lt;").split(whereSeparator: \.isNewline).joined(separator: " ")
}
