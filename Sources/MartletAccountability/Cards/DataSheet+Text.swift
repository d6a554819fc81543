import MartletFormats
import MartletText

extension DataSheet: CustomStringConvertible {
  /// The sheet as aligned tables for a terminal, with the warnings, and how many questions are not answered.
  public var description: String {
    var blocks = ["\(name): \(rows) rows, SHA-256 \(sha256)", Self.text(columnRows, textColumns: 2)]
    if !classes.isEmpty { blocks.append(Self.text(classRows, textColumns: 1)) }
    if !groups.isEmpty { blocks.append(Self.text(groupRows, textColumns: 2)) }
    if !warnings.isEmpty { blocks.append(warnings.map { "warning: \($0)" }.joined(separator: "\n")) }
    let count = missing.count
    blocks.append("\(count) of \(Self.questions.count) questions are not answered")
    return blocks.joined(separator: "\n\n")
  }

  private static func text(_ rows: [[String]], textColumns: Int) -> String {
    var table = TextTable(rows[0], textColumns: textColumns)
    for row in rows.dropFirst() { table.append(row) }
    return table.text
  }

  /// The sheet in Markdown: what is counted, and the questions with a place for their answers, which the next sheet of this
  /// file keeps.
  public var markdown: String {
    var text = "# Data Sheet for \(markdownLine(name))\n\n"
    text += "<!-- Written by Martlet \(martletVersion). Answers go between the marks; all else is written anew. -->\n\n"
    text += "- **Rows:** \(rows)\n- **SHA-256:** \(sha256)\n"
    if let created { text += "- **Sheet made:** \(markdownLine(created))\n" }
    if let target { text += "- **Target:** \(markdownLine(target))\n" }
    func add(_ title: String, _ rows: [[String]], textColumns: Int) {
      text += "\n## \(title)\n\n" + markdownTable(rows[0], Array(rows.dropFirst()), textColumns: textColumns)
    }
    add("Columns", columnRows, textColumns: 2)
    if !classes.isEmpty { add("Classes", classRows, textColumns: 1) }
    if !groups.isEmpty { add("Groups", groupRows, textColumns: 2) }
    if !warnings.isEmpty { text += "\n## Warnings\n\n" + warnings.map { "- \(markdownLine($0))\n" }.joined() }
    var heading = ""
    for question in Self.questions {
      if question.heading != heading { text += "\n## \(question.heading)\n" }
      heading = question.heading
      text += "\n**\(question.text)**\n\n"
      text += AnswerMarks.written(answer(to: question.id) ?? moreInformationNeeded, for: question.id)
    }
    return text
  }

  /// The answers between the marks of a sheet in Markdown; throws when it is none.
  public static func answers(inMarkdown markdown: String, source: String) throws(FormatError) -> [String: String] {
    if !markdown.hasPrefix("# Data Sheet for ") {
      throw FormatError(
        .unrecognized, source: source, reason: "expected a data sheet, which begins with its heading, got another file")
    }
    return AnswerMarks.read(markdown)
  }

  // MARK: Tables

  private var columnRows: [[String]] {
    func number(_ value: Double?) -> String { value.map(NumberFormat.metric) ?? "" }
    let heading = ["column", "type", "missing", "different", "min", "max", "mean", "sd", "most frequent"]
    return [heading]
      + columns.map { column in
        let frequent = column.frequent.prefix(3).map { "\(shortened($0.name)) \($0.rows)" }.joined(separator: ", ")
        return [
          column.name, column.type, "\(column.missing)", column.distinct.map(String.init) ?? "", number(column.minimum),
          number(column.maximum), number(column.mean), number(column.standardDeviation), frequent,
        ]
      }
  }

  private func share(_ rows: Int, of all: Int) -> String {
    NumberFormat.fixed(100 * Double(rows) / Double(max(1, all)), 1) + " %"
  }

  private var classRows: [[String]] {
    [["class", "rows", "share"]] + classes.map { [$0.name, "\($0.rows)", share($0.rows, of: rows)] }
  }

  private var groupRows: [[String]] {
    let shown = classes.count <= 10 ? classes.map(\.name) : []
    return [["by", "group", "rows", "share"] + shown]
      + groups.map { group in
        let counts = shown.isEmpty ? [] : group.classes.map { "\($0.rows) (\(share($0.rows, of: group.rows)))" }
        let padding = [String](repeating: "", count: shown.count - counts.count)
        return [
          group.attributes.joined(separator: " × "), group.levels.joined(separator: " / "), "\(group.rows)",
          share(group.rows, of: rows),
        ] + counts + padding
      }
  }
}

extension DataSheet {
  /// Reads a sheet: of the JSON or Markdown that `save(to:)` wrote, of which the JSON beside it is read with the answers of
  /// the Markdown. Throws when a file cannot be read or is damaged.
  public init(from path: String) throws(FormatError) { self = try Self.read(from: path) }
}

extension DataSheet {
  /// What a machine cannot know of data, after Gebru et al.
  public static let questions: [CardQuestion] = [
    CardQuestion("purpose", "Motivation", "For what purpose were the data collected?"),
    CardQuestion("creators", "Motivation", "Who collected them, on whose behalf, and who paid for it?"),
    CardQuestion("instances", "Composition", "What does a row stand for: people, events, measurements, pictures?"),
    CardQuestion(
      "sample", "Composition",
      "Are the rows all there are, or a sample: of what, drawn how, and whom does it leave out?"),
    CardQuestion("missing_why", "Composition", "Why are values missing, where they are?"),
    CardQuestion("errors", "Composition", "Which errors, doubles and noise are known in them?"),
    CardQuestion("labels", "Composition", "Who has labelled the rows, by which rules, and how far do labellers agree?"),
    CardQuestion(
      "confidential", "Composition", "Is anything of it confidential, offensive, or able to identify a person?"),
    CardQuestion("collection", "Collection Process", "How were they collected, by whom, with what, and when?"),
    CardQuestion(
      "consent", "Collection Process", "Do the people know of it, have they consented, and how may they withdraw?"),
    CardQuestion("review", "Collection Process", "Was it reviewed, such as by an ethics board, and with what result?"),
    CardQuestion(
      "preprocessing", "Preprocessing, Cleaning, Labelling", "What was done to the raw data, and are these kept?"),
    CardQuestion("past_uses", "Uses", "What were the data used for so far?"),
    CardQuestion("unsuitable", "Uses", "What must they not be used for, and what in them could do harm?"),
    CardQuestion("licence", "Distribution", "To whom are they given, and under which licence or terms?"),
    CardQuestion("maintainer", "Maintenance", "Who looks after the data, and how are they reached?"),
    CardQuestion("updates", "Maintenance", "Will the data be corrected, extended or deleted, by whom and when?"),
  ]
}
