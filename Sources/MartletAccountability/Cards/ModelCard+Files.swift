import MartletFormats
import MartletText
import MartletTraining

extension ModelCard {
  /// Reads a card: of the JSON or Markdown that `save(to:)` wrote, of which the JSON beside it is read with the answers of
  /// the Markdown; or of a model's file.
  ///
  /// Throws `FormatError` when the file cannot be read or is damaged, and `CardError.noCard` when it is a model's without a
  /// card.
  public init(from path: String) throws {
    if path.hasSuffix(".safetensors") {
      guard let json = try ModelContents(from: path).card else { throw CardError.noCard(source: path) }
      try self.init(json: json, source: "the card in \(path)")
      return
    }
    self = try Self.read(from: path)
  }

  /// The answers between the marks of a card in Markdown, and the licence of its YAML.
  public static func answers(inMarkdown markdown: String, source: String) throws(FormatError) -> [String: String] {
    var answers: [String: String] = [:]
    let yaml = try frontMatter(of: markdown, source: source)
    answers["license"] = (yaml["license_name"] ?? yaml["license"])?.string
    return answers.merging(AnswerMarks.read(markdown)) { $1 }
  }

  /// The YAML at the beginning of a card in Markdown; throws where there is none or it is damaged.
  static func frontMatter(of markdown: String, source: String) throws(FormatError) -> JSONValue {
    let lines = markdown.split(omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" })
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
      throw FormatError(
        .unrecognized, source: source,
        reason: "expected a card, which begins with YAML between lines of ---, got another file")
    }
    return try JSONValue(yaml: lines[1..<end].joined(separator: "\n"), source: source, from: 2)
  }
}
