import MartletFormats
import MartletText

extension DriftReport {
  /// A line for each column, those that have drifted most first, and the thresholds.
  public var description: String {
    var table = TextTable(Self.heading, textColumns: 1)
    for row in cells { table.append(row) }
    return (table.lines + [""] + notes).joined(separator: "\n")
  }

  /// The same as a table in Markdown, with the thresholds under it.
  public var markdown: String {
    markdownTable(Self.heading, cells, textColumns: 1) + "\n" + notes.map { "- \($0)\n" }.joined()
  }

  /// The report as JSON, with the names that its properties have; what is not known is left out.
  public var json: String { JSONValue.encoding(self).line }

  private static let heading = [
    "column", "index", "by chance", "test", "statistic", "p", "missing", "now", "new", "drift",
  ]

  private var cells: [[String]] {
    let order = columns.enumerated().sorted { a, b in
      let (first, second) = (a.element, b.element)
      if first.level != second.level { return first.level > second.level }
      return (first.stabilityIndex ?? 0, -a.offset) > (second.stabilityIndex ?? 0, -b.offset)
    }
    return order.map { _, column in
      func number(_ value: Double?) -> String { value.map { NumberFormat.metric($0) } ?? "" }
      let reasons = column.reasons.isEmpty ? "" : " (\(column.reasons.joined(separator: "; ")))"
      return [
        column.name + (column.isPrediction ? " *" : ""), number(column.stabilityIndex), number(column.indexByChance),
        column.test == nil ? "" : column.isNumeric ? "KS" : "chi²", number(column.test?.statistic),
        number(column.test?.pValue), percent(column.missingShareBefore), percent(column.missingShare),
        column.newShare.map(percent) ?? "", column.level.rawValue + reasons,
      ]
    }
  }

  private var notes: [String] {
    let held = thresholds.significance / Double(max(1, columns.count))
    return [
      "\(rowCount) rows; \(drifted.count) of \(columns.count) columns have drifted"
        + (columns.contains(where: \.isPrediction) ? " (* what the model predicts)" : ""),
      "index: population stability index, moderate from \(thresholds.moderate), major from \(thresholds.major) on "
        + "(Siddiqi 2006), where p is below \(NumberFormat.metric(held)), which is \(thresholds.significance) over all "
        + "columns (Bonferroni)",
      "by chance: the index that rows of the same distribution have on average (Yurdakul 2018)",
      "moderate too: a change of the missing share by \(percent(thresholds.missingChange)), and "
        + "\(percent(thresholds.newShare)) of values that training did not have (conventions)",
    ]
  }
}
