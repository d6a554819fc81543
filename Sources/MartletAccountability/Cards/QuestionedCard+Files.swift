import MartletFormats
import MartletText

extension QuestionedCard {
  /// Writes the card as Markdown to a file, and as JSON to one beside it: `card.json` beside `card.md`. Each appears whole
  /// or not at all.
  ///
  /// Answers that an older card of that file has are kept where this one has none: see `keepAnswers(of:)`. Throws when a
  /// file cannot be written, and when an older one is no card.
  public mutating func save(to path: String) throws(FormatError) {
    try keepAnswers(of: path)
    try AtomicFile.write(json, to: jsonPath(beside: path))
    try AtomicFile.write(markdown, to: path)
  }

  /// Takes the answers of the card that is in a file, for questions that this card has no answer to: those between the
  /// marks of its Markdown, or else those of the JSON beside it.
  ///
  /// A file that does not exist has none. Throws when one cannot be read, or is no card.
  public mutating func keepAnswers(of path: String) throws(FormatError) {
    var kept: [String: String] = [:]
    let jsonFile = jsonPath(beside: path)
    if let text = try textFile(jsonFile) { kept = try Self(json: text, source: jsonFile).answers }
    if let text = try textFile(path) {
      for (id, answer) in try Self.answers(inMarkdown: text, source: path) { kept[id] = answer }
    }
    for (id, answer) in kept where answers[id].flatMap(answered) == nil { answers[id] = answer }
  }

  /// Reads the JSON at a path, or beside Markdown at a path, with the answers of that.
  static func read(from path: String) throws(FormatError) -> Self {
    guard let given = try textFile(path) else {
      throw FormatError(.missing, source: path, reason: "expected a card, got no such file")
    }
    if path.hasSuffix(".json") { return try Self(json: given, source: path) }
    let answers = try Self.answers(inMarkdown: given, source: path)
    let jsonFile = jsonPath(beside: path)
    guard let text = try textFile(jsonFile) else {
      throw FormatError(.missing, source: jsonFile, reason: "expected the JSON of the card \(path), got no such file")
    }
    var card = try Self(json: text, source: jsonFile)
    card.answers.merge(answers) { $1 }
    return card
  }
}

/// Where the JSON of a card in Markdown is.
func jsonPath(beside path: String) -> String {
  (path.hasSuffix(".md") ? String(path.dropLast(3)) : path) + ".json"
}

/// The text of a file; nil where there is none.
func textFile(_ path: String) throws(FormatError) -> String? {
  do throws(FormatError) {
    let bytes = try InputFile.read(path) { (file) throws(FormatError) in try file.bytes(file.byteCount, at: 0) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw FormatError(.damaged, source: path, reason: "expected text in UTF-8, got other bytes")
    }
    return text
  } catch  where error.kind == .missing {
    return nil
  }
}
