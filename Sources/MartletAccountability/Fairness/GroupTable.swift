import MartletText

/// Measures by group as a table, a row for each group and one for all, to print or to write.
public struct GroupTable: Sendable, CustomStringConvertible {
  private let heading: [String]
  private let attributes: Int
  private let rows: [(names: [String], cell: GroupCell)]
  private let measures: [GroupMeasure]
  private let warnings: [SmallGroup]

  fileprivate init(_ counts: GroupCounts, _ measures: [GroupMeasure]) {
    (attributes, self.measures) = (counts.levels.attributes.count, measures)
    heading = counts.levels.attributes + ["rows"] + measures.map(\.name)
    let groups = counts.cells.indices.map { (names: counts.levels.group(at: $0), cell: counts.cells[$0]) }
    let all = ["(all)"] + [String](repeating: "", count: attributes - 1)
    rows = groups + [(names: all, cell: counts.overall)]
    warnings = counts.smallGroups()
  }

  /// The table in aligned columns, rates with their 95 % intervals, and warnings of small groups under it.
  public var description: String {
    var table = TextTable(heading, textColumns: attributes)
    for row in rows { table.append(cells(row)) }
    return (table.lines + warnings.map { "small group \($0)" }).joined(separator: "\n")
  }

  /// The table in Markdown, rates with their 95 % intervals.
  public var markdown: String {
    markdownTable([heading] + rows.map(cells), textColumns: attributes)
  }

  /// The table in CSV (RFC 4180), every number in full and with columns of its own for the ends of intervals.
  public var csv: String {
    var names = Array(heading[...attributes])
    for measure in measures {
      names.append(measure.name)
      if measure.rate != nil { names += ["\(measure.name)_lower", "\(measure.name)_upper"] }
    }
    var lines = [names]
    for row in rows {
      var fields = row.names + ["\(row.cell.rowCount)"]
      for measure in measures {
        fields.append("\(measure(row.cell))")
        if let interval = Self.interval(measure, row.cell) { fields += ["\(interval.lower)", "\(interval.upper)"] }
      }
      lines.append(fields)
    }
    return lines.map { $0.map(csvField).joined(separator: ",") + "\r\n" }.joined()
  }

  private func cells(_ row: (names: [String], cell: GroupCell)) -> [String] {
    row.names + ["\(row.cell.rowCount)"]
      + measures.map { measure in
        let value = NumberFormat.metric(measure(row.cell))
        guard let interval = Self.interval(measure, row.cell), !interval.lower.isNaN else { return value }
        return "\(value) [\(NumberFormat.fixed(interval.lower, 3)), \(NumberFormat.fixed(interval.upper, 3))]"
      }
  }

  private static func interval(_ measure: GroupMeasure, _ cell: GroupCell) -> ConfidenceInterval? {
    do { return try measure.interval(cell) } catch { return nil }
  }
}

extension GroupCounts {
  /// Measures by group as a table.
  public func table(_ measures: [GroupMeasure]) -> GroupTable { GroupTable(self, measures) }
}
