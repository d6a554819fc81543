import MartletFormats
import MartletText

/// Something that a machine cannot know of a model or of data.
public struct CardQuestion: Sendable, Hashable {
  /// What the answer is found by: `intended_use`.
  public let id: String
  /// The heading that the question stands under.
  public let heading: String
  /// The question.
  public let text: String

  init(_ id: String, _ heading: String, _ text: String) { (self.id, self.heading, self.text) = (id, heading, text) }
}

/// A card that holds what a machine knows, and questions for people: a ``ModelCard`` or a ``DataSheet``.
public protocol QuestionedCard: Codable, Sendable {
  /// All questions, in their order.
  static var questions: [CardQuestion] { get }
  /// The answers, by the question's identifier.
  var answers: [String: String] { get set }
  /// The card in Markdown, with a place for the answer to each question.
  var markdown: String { get }
  /// The answers in such Markdown; throws when it is none. `source` names it in errors.
  static func answers(inMarkdown markdown: String, source: String) throws(FormatError) -> [String: String]
}

/// The version of the form in which cards are written as JSON.
let currentForm = 1

extension QuestionedCard {
  /// The questions that are not answered.
  public var missing: [CardQuestion] { Self.questions.filter { answer(to: $0.id) == nil } }

  /// Whether all questions are answered.
  public var isComplete: Bool { missing.isEmpty }

  /// The answer to a question, by its identifier; nil where there is none, or only white space.
  public func answer(to id: String) -> String? { answers[id].flatMap(answered) }

  /// Answers a question by its identifier, such as `intended_use`; throws when there is none of that name.
  public mutating func answer(_ id: String, _ text: String) throws(CardError) {
    guard Self.questions.contains(where: { $0.id == id }) else {
      let near = nearest(to: id, among: Self.questions.map(\.id)).map(shown).joined(separator: " or ")
      throw .invalid(
        "expected the identifier of one of \(Self.self).questions, got \(shown(id))"
          + (near.isEmpty ? "" : "; do you mean \(near)?"))
    }
    answers[id] = text
  }

  /// The card as JSON, from which `init(json:source:)` makes the same card.
  public var json: String { JSONValue.encoding(self).text }

  /// Reads what `json` wrote; throws when it is anything else, or of a later version. `source` names it in errors.
  public init(json: String, source: String = "the card") throws(FormatError) {
    let value = try JSONValue(json, source: source)
    let form = value["form"]
    if form != .number(currentForm) {
      throw FormatError(
        form == nil ? .unrecognized : .unsupported, source: source,
        reason: "expected a card of form \(currentForm), got \(form.map { "form \($0.line)" } ?? "other JSON")")
    }
    self = try value.decode(Self.self, source: source)
  }
}

/// A text that answers something; nil for white space, and for what stands where an answer is missing.
func answered(_ text: String) -> String? {
  let text = text.trimmed
  return text.isEmpty || text == moreInformationNeeded ? nil : text
}

/// What stands in Hugging Face's cards where something is missing.
let moreInformationNeeded = "[More Information Needed]"

extension String {
  /// The text without white space at its ends.
  var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }
}

/// Why a card cannot be made or compared.
public enum CardError: Error, Sendable, Equatable, CustomStringConvertible {
  /// An argument that cannot be used.
  case invalid(String)
  /// A model's file has no card.
  case noCard(source: String)

  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .invalid(let reason): reason
    case .noCard(let source):
      "\(source): expected a model's file with a card, got one without; save it with ModelContents(card: writer.card?.json)"
    }
  }
}
