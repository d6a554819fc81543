import MartletFormats
import MartletText

// How thresholds are written in a model's file: JSON of the same keys as `Codable` has.
extension ThresholdOptimizer: ModelPart {
  /// `fairness.thresholds`.
  public static var metadataKey: String { "fairness.thresholds" }

  /// The thresholds as JSON, from which `init(json:)` makes the same.
  public var json: String { JSONValue.encoding(self).line }

  /// Reads what `json` wrote, also in an earlier version; throws when it is anything else.
  public init(json: String) throws(FairnessError) {
    do throws(FormatError) {
      self = try JSONValue(json, source: "thresholds").decode(Self.self, source: "thresholds")
    } catch {
      throw .invalid("expected the JSON of thresholds, got \(error.reason)")
    }
  }

  /// What no fit makes; nil where it is sound.
  private var mistake: String? {
    if let mistake = levels.mistake { return mistake }
    if rules.count != levels.count { return "\(rules.count) rules for \(levels.count) groups" }
    for rule in rules {
      guard let rule else { continue }
      let probabilities = rule.parts.map(\.probability) + [rule.ignoredShare, rule.ignoredProbability]
      let sum = rule.parts.reduce(0) { $0 + $1.probability }
      if !probabilities.allSatisfy((0...1).contains) || !(abs(sum - 1) < 1e-9) {
        return "probabilities \(probabilities)"
      }
      if rule.parts.contains(where: { $0.cut.threshold.isNaN }) { return "a threshold of NaN" }
    }
    return nil
  }
}

extension GroupLevels {
  /// What no groups have; nil where they are sound.
  var mistake: String? {
    if attributes.isEmpty || attributes.count != levels.count {
      return "\(attributes.count) attributes and levels of \(levels.count)"
    }
    var count = 1
    for names in levels {
      let (product, overflow) = count.multipliedReportingOverflow(by: names.count)
      if names.isEmpty || overflow || product > Int(Int32.max) { return "\(names.count) levels of an attribute" }
      count = product
    }
    return nil
  }
}

// MARK: Codable

extension ThresholdOptimizer: Codable {
  private enum CodingKeys: String, CodingKey { case constraint, objective, objectiveValue, levels, rules }

  /// Decodes thresholds; throws when they are not sound.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      constraint: try values.decode(Constraint.self, forKey: .constraint),
      objective: try values.decode(String.self, forKey: .objective),
      objectiveValue: try values.decode(StoredNumber.self, forKey: .objectiveValue).value,
      levels: try values.decode(GroupLevels.self, forKey: .levels),
      rules: try values.decode([Rule?].self, forKey: .rules))
    if let mistake {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: mistake))
    }
  }

  /// Encodes the thresholds.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(constraint, forKey: .constraint)
    try values.encode(objective, forKey: .objective)
    try values.encode(StoredNumber(objectiveValue), forKey: .objectiveValue)
    try values.encode(levels, forKey: .levels)
    try values.encode(rules, forKey: .rules)
  }
}

extension ThresholdOptimizer.Part: Codable {
  private enum CodingKeys: String, CodingKey { case threshold, side, probability }

  /// Decodes a cut with its probability.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let threshold = try values.decode(StoredNumber.self, forKey: .threshold).value
    let side = try values.decode(ThresholdOptimizer.Side.self, forKey: .side)
    self.init(
      cut: .init(threshold: threshold, side: side),
      probability: try values.decode(Double.self, forKey: .probability))
  }

  /// Encodes the cut with its probability.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(StoredNumber(cut.threshold), forKey: .threshold)
    try values.encode(cut.side, forKey: .side)
    try values.encode(probability, forKey: .probability)
  }
}

extension ThresholdOptimizer.Rule: Codable {
  private enum CodingKeys: String, CodingKey {
    case parts, ignoredShare, ignoredProbability, selectionRate, truePositiveRate, falsePositiveRate
  }

  /// Decodes a group's rule.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double { try values.decode(StoredNumber.self, forKey: key).value }
    self.init(
      parts: try values.decode([ThresholdOptimizer.Part].self, forKey: .parts),
      ignoredShare: try number(.ignoredShare), ignoredProbability: try number(.ignoredProbability),
      selectionRate: try number(.selectionRate), truePositiveRate: try number(.truePositiveRate),
      falsePositiveRate: try number(.falsePositiveRate))
  }

  /// Encodes the rule.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(parts, forKey: .parts)
    let numbers: [(CodingKeys, Double)] = [
      (.ignoredShare, ignoredShare), (.ignoredProbability, ignoredProbability), (.selectionRate, selectionRate),
      (.truePositiveRate, truePositiveRate), (.falsePositiveRate, falsePositiveRate),
    ]
    for (key, number) in numbers { try values.encode(StoredNumber(number), forKey: key) }
  }
}
