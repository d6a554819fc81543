import MartletTraining

/// What was fitted beside a model and is saved in its file, as text that runs nothing.
///
/// ```swift
/// var contents = ModelContents(preprocessor: preprocessor)
/// contents.add(thresholds)
/// try model.save(to: "income.safetensors", contents)
/// // In another program:
/// let thresholds = try model.load(from: "income.safetensors").part(ThresholdOptimizer.self)
/// ```
public protocol ModelPart: Sendable {
  /// What damaged text throws.
  associatedtype Failure: Error = FairnessError
  /// The key of its text in the metadata of a model's file.
  static var metadataKey: String { get }
  /// The text, from which `init(json:)` makes the same value.
  var json: String { get }
  /// Reads what `json` wrote, also in an earlier version; throws when it is anything else.
  init(json: String) throws(Failure)
}

extension ModelContents {
  /// Adds a part to what is saved with the model, in place of one of its kind.
  public mutating func add(_ part: some ModelPart) { metadata[type(of: part).metadataKey] = part.json }

  /// The part of a kind; nil where the file has none. Throws when its text is damaged.
  public func part<Part: ModelPart>(_ kind: Part.Type) throws(Part.Failure) -> Part? {
    guard let json = metadata[Part.metadataKey] else { return nil }
    return try Part(json: json)
  }
}

/// A number that a decoder of JSON takes too when it is not finite.
struct StoredNumber: Codable {
  let value: Double

  init(_ value: Double) { self.value = value }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      value = number
      return
    }
    switch try? container.decode(String.self) {
    case "inf": value = .infinity
    case "-inf": value = -.infinity
    case "nan": value = .nan
    // Neither a number nor one of these: the decoder says what it found, and where.
    default: value = try container.decode(Double.self)
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value.isFinite { try container.encode(value) } else { try container.encode("\(value)") }
  }
}
