/// The marks in Markdown between which people write answers, so that these are found again.
enum AnswerMarks {
  private static let beginning = "<!-- answer: "
  private static let end = "<!-- end of answer -->"

  /// An answer between its marks. What would be taken for a mark in it is written otherwise.
  static func written(_ answer: String, for id: String) -> String {
    "\(beginning)\(id) -->\n\(answer.replacing("<!--", with: "&lt;!--"))\n\(end)\n"
  }

  /// The answers in Markdown, by the question's identifier; without those that are missing.
  static func read(_ markdown: String) -> [String: String] {
    var answers: [String: String] = [:]
    var open: (id: String, lines: [Substring])?
    for line in markdown.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
      if line.hasPrefix(beginning), line.hasSuffix(" -->") {
        open = (String(line.dropFirst(beginning.count).dropLast(4)), [])
      } else if line == end, let (id, lines) = open {
        let text = lines.joined(separator: "\n").replacing("&lt;!--", with: "<!--")
        if let answer = answered(text) { answers[id] = answer }
        open = nil
      } else {
        open?.lines.append(line)
      }
    }
    return answers
  }
}
