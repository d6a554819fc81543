import MartletEnergy
import MartletFormats
import MartletText

/// What is known of a trained model: how it came about, how good it is and for whom, what it cost, and what is not known.
///
/// ```swift
/// let writer = ModelCardWriter(to: "card.md", name: "digits", data: "Optical digits, UCI")
/// try trainer.fit(train, validation: held, epochs: 20, callbacks: [EnergyMeter(), writer])
/// let card = writer.card!
/// print(card.missing.map(\.text))
/// try model.save(to: "digits.safetensors", ModelContents(card: card.json))
/// ```
/// A fit with a `ModelCardWriter` fills in everything that a machine can know. What it cannot know are
/// questions, which stay in the card until somebody answers them (``answers``). Numbers that are not known are absent,
/// rather than zero.
///
/// Source of the sections: M. Mitchell et al., Model Cards for Model Reporting (2019), in the order of Hugging Face's template.
public struct ModelCard: Equatable, QuestionedCard {
  /// The version of the card's form, 1.
  public private(set) var form = currentForm
  /// The model's name.
  public var name: String
  /// The task, by a name of Hugging Face's such as `tabular-classification`; nil where it is not known.
  public var task: String?
  /// When the card was made, in UTC: `2026-11-28T01:15:00Z`; nil where it is not known.
  public var created: String?
  /// What the model is made of.
  public var architecture: Architecture?
  /// The data, each for its purpose.
  public var data: [DataPart] = []
  /// How it was trained.
  public var training: Training?
  /// The program that trained it.
  public var software: Software?
  /// The machine that it was trained on.
  public var machine: Machine?
  /// How good the model is, measure by measure.
  public var results: [Result] = []
  /// How good it is for groups of the rows.
  public var groups: [GroupResult] = []
  /// The gaps between groups.
  public var gaps: [Gap] = []
  /// Groups of few rows, of which little can be said.
  public var smallGroups: [String] = []
  /// What training it cost; nil where it was not measured.
  public var energy: EnergyAccount?
  /// What its training guarantees those whose data it was trained with; nil where it guarantees nothing.
  public var privacy: Privacy?
  /// What its answers rest on, by some method.
  public var explanations: [Explanation] = []
  /// What the model, or what is said of it, is not good for, found by the machine or written by people.
  public var limits: [String] = []
  /// The answers to questions, by the question's identifier.
  public var answers: [String: String] = [:]

  /// A card of nothing but a name.
  public init(name: String) { self.name = name }
}
