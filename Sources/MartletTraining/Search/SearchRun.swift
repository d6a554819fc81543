import MartletFormats
import MartletText

/// A search that is running: what it has tried so far, in its file too.
struct SearchRun {
  private let search: HyperparameterSearch
  private var entries: [SearchResult.Entry] = []
  /// What the file tells of trials that were tried before, by their number and epochs.
  private var known: [Key: Outcome] = [:]
  private var lines: [String]

  private struct Key: Hashable {
    let number: Int
    let epochs: Int?
  }

  private enum Outcome {
    case score(Double)
    case error(String)
  }

  /// Begins a search, with what its file tells. Throws when that is another search's.
  init(_ search: HyperparameterSearch, _ method: String) throws(SearchError) {
    self.search = search
    let space = search.space.map { "\($0.name): \($0.range)" }.joined(separator: ", ")
    let title = "\(method), seed \(search.seed), \(space)"
    lines = ["{\"search\": \(jsonString(title))}"]
    guard let path = search.file else { return }
    do throws(FormatError) {
      let bytes = try InputFile.read(path) { (file) throws(FormatError) in try file.prefix(file.byteCount) }
      try read(bytes, title, path)
    } catch {
      if error.kind != .missing { throw .file(error) }
    }
  }

  /// Tries those that the file does not tell of, and writes each down.
  mutating func evaluate(_ trials: [Trial], _ score: (Trial) throws -> Double) throws(SearchError) {
    for trial in trials {
      let key = Key(number: trial.number, epochs: trial.epochs)
      let outcome = known[key] ?? Self.outcome(of: trial, score)
      switch outcome {
      case .score(let score): entries.append(.init(trial: trial, score: score, error: nil))
      case .error(let error): entries.append(.init(trial: trial, score: nil, error: error))
      }
      if known[key] == nil { try write(trial, outcome) }
    }
  }

  private static func outcome(of trial: Trial, _ score: (Trial) throws -> Double) -> Outcome {
    do {
      let score = try score(trial)
      return score.isFinite ? .score(score) : .error("expected a finite score, got \(score)")
    } catch {
      return .error("\(error)")
    }
  }

  /// The numbers of the best trials with so many epochs, best first; none that failed.
  func best(_ count: Int, epochs: Int) -> [Int] {
    SearchResult.ranked(entries.filter { $0.trial.epochs == epochs }, search.goal).prefix(count).map(\.trial.number)
  }

  /// What was tried; throws when everything failed.
  func result() throws(SearchError) -> SearchResult {
    let scored = entries.filter { $0.score != nil }
    let most = scored.map { $0.trial.epochs ?? 0 }.max()
    guard let best = SearchResult.ranked(scored.filter { $0.trial.epochs ?? 0 == most }, search.goal).first else {
      throw .allFailed(entries.first?.error ?? "nothing was tried")
    }
    return SearchResult(entries: entries, goal: search.goal, best: best)
  }

  // MARK: The file

  private mutating func write(_ trial: Trial, _ outcome: Outcome) throws(SearchError) {
    guard let path = search.file else { return }
    let values = trial.values.map { "\(jsonString($0.name)): \(json($0.value))" }.joined(separator: ", ")
    let end =
      switch outcome {
      case .score(let score): "\"score\": \(score)"
      case .error(let error): "\"error\": \(jsonString(error))"
      }
    let epochs = trial.epochs.map { "\"epochs\": \($0), " } ?? ""
    lines.append("{\"trial\": \(trial.number), \(epochs)\"values\": {\(values)}, \(end)}")
    do throws(FormatError) {
      try AtomicFile.write(lines.joined(separator: "\n") + "\n", to: path)
    } catch {
      throw .file(error)
    }
  }

  private func json(_ value: SearchValue) -> String {
    if case .text(let text) = value { jsonString(text) } else { "\(value)" }
  }

  private mutating func read(_ bytes: [UInt8], _ title: String, _ path: String) throws(FormatError) {
    let texts = bytes.split(separator: UInt8(ascii: "\n"))
    for (index, text) in texts.enumerated() {
      let line: Line
      do throws(JSONScanner.Failure) {
        line = try Line(Array(text))
      } catch {
        throw FormatError(.damaged, source: path, at: .line(index + 1), reason: error.message)
      }
      if index == 0 {
        if line.search == title { continue }
        let found = line.search.map { "\"\($0)\"" } ?? "none"
        throw FormatError(
          .mismatch, source: path,
          reason: "expected the search \"\(title)\", got \(found); give each search a file of its own")
      }
      guard let number = line.trial, let outcome = line.outcome else {
        throw FormatError(
          .damaged, source: path, at: .line(index + 1), reason: "expected a trial and its score, got neither")
      }
      known[Key(number: number, epochs: line.epochs)] = outcome
      lines.append(String(decoding: text, as: UTF8.self))
    }
  }

  /// A line of the file.
  private struct Line {
    private(set) var search: String?
    private(set) var trial: Int?
    private(set) var epochs: Int?
    private(set) var outcome: Outcome?

    init(_ bytes: [UInt8]) throws(JSONScanner.Failure) {
      var scanner = JSONScanner(bytes)
      try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
        switch key {
        case "search": search = try scanner.string()
        case "trial": trial = try scanner.natural()
        case "epochs": epochs = try scanner.natural()
        case "score": outcome = .score(try scanner.number())
        case "error": outcome = .error(try scanner.string())
        default: try scanner.skipValue()
        }
      }
      try scanner.end()
    }
  }
}
