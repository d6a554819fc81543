/// Rows of cells as a table in Markdown, the heading's first; its first `textColumns` columns hold text and the others
/// numbers, which are aligned to the right.
package func markdownTable(_ rows: [[String]], textColumns: Int) -> String {
  func escaped(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
      .split(whereSeparator: \.isNewline).joined(separator: " ")
  }
  let rule = rows[0].indices.map { $0 < textColumns ? "---" : "---:" }
  return ([rows[0], rule] + rows.dropFirst()).map { row in
    "| " + row.map(escaped).joined(separator: " | ") + " |\n"
  }.joined()
}
