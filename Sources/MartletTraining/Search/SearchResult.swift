import MartletMetrics
import MartletText

/// What a search has tried, with the scores.
public struct SearchResult: Sendable {
  /// A trial and what came of it.
  public struct Entry: Sendable {
    /// What was tried.
    public let trial: Trial
    /// The score; nil when the trial failed.
    public let score: Double?
    /// Why it failed; nil when it did not.
    public let error: String?
  }

  /// All that was tried, in order; a trial that was tried with several numbers of epochs is there for each.
  public let entries: [Entry]
  /// Which scores are better.
  public let goal: MetricGoal
  /// The trial with the best score among those with the most epochs.
  public let best: Entry

  /// The entries with a score, the best first; of those with equal scores the first that was tried.
  public var ranking: [Entry] { Self.ranked(entries, goal) }

  static func ranked(_ entries: [Entry], _ goal: MetricGoal) -> [Entry] {
    let scored = entries.enumerated().filter { $0.element.score != nil }
    return scored.sorted { a, b in
      let (x, y) = (a.element.score!, b.element.score!)
      return x == y ? a.offset < b.offset : (goal == .minimum) == (x < y)
    }.map(\.element)
  }

  /// All that was tried as comma-separated values: a line of names, then a line for each entry, in order.
  public func csv() -> String {
    let names = ["trial", "epochs"] + best.trial.values.map(\.name) + ["score", "error"]
    var lines = [names]
    for entry in entries {
      var line = [String(entry.trial.number), entry.trial.epochs.map(String.init) ?? ""]
      line += entry.trial.values.map { "\($0.value)" }
      line += [entry.score.map { "\($0)" } ?? "", entry.error ?? ""]
      lines.append(line)
    }
    return lines.map { $0.map(csvField).joined(separator: ",") + "\n" }.joined()
  }

  /// Writes `csv()` to a file, whole or not at all.
  public func saveCSV(to path: String) throws(FormatError) { try AtomicFile.write(csv(), to: path) }
}

extension SearchResult: CustomStringConvertible {
  /// A table of the entries, the best first, those that failed last.
  public var description: String {
    let hasEpochs = entries.contains { $0.trial.epochs != nil }
    var table = TextTable(
      ["trial"] + (hasEpochs ? ["epochs"] : []) + best.trial.values.map(\.name) + ["score"], textColumns: 0)
    for entry in ranking + entries.filter({ $0.score == nil }) {
      let values = entry.trial.values.map { value in
        if case .number(let number) = value.value { NumberFormat.metric(number) } else { "\(value.value)" }
      }
      var row = [String(entry.trial.number)]
      if hasEpochs { row.append(entry.trial.epochs.map(String.init) ?? "") }
      row += values
      row.append(entry.score.map(NumberFormat.metric) ?? "failed")
      table.append(row)
    }
    return table.text
  }
}
