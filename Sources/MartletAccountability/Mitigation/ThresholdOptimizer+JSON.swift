import MartletFormats
import MartletText

// How thresholds are written in a model's file. A decoder of `Codable` reads the same text, and the other way round.
extension ThresholdOptimizer: ModelPart {
  /// `fairness.thresholds`.
  public static var metadataKey: String { "fairness.thresholds" }

  /// The thresholds as JSON, from which `init(json:)` makes the same.
  public var json: String {
    let rules = jsonList(rules) { $0?.json ?? "null" }
    return "{\"constraint\":\"\(constraint.rawValue)\",\"objective\":\(jsonString(objective)),"
      + "\"objectiveValue\":\(jsonNumber(objectiveValue)),\"levels\":\(levels.json),\"rules\":\(rules)}"
  }

  /// Reads what `json` wrote; throws when it is anything else.
  public init(json: String) throws(FairnessError) {
    var (constraint, objective, value) = (Constraint?.none, "", Double.nan)
    var (levels, rules) = (GroupLevels?.none, [Rule?]())
    do throws(JSONScanner.Failure) {
      var scanner = JSONScanner(Array(json.utf8))
      try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
        switch key {
        case "constraint": constraint = Constraint(rawValue: try scanner.string())
        case "objective": objective = try scanner.string()
        case "objectiveValue": value = try scanner.anyNumber()
        case "levels": levels = try GroupLevels(&scanner)
        case "rules":
          rules = try scanner.list { (scanner) throws(JSONScanner.Failure) -> Rule? in
            if scanner.isAtObject { return try Rule(&scanner) }
            _ = try scanner.numberOrNull()
            return nil
          }
        default: try scanner.skipValue()
        }
      }
      try scanner.end()
    } catch {
      throw .invalid("expected the JSON of thresholds, got at byte \(error.offset): \(error.message)")
    }
    guard let constraint, let levels else {
      throw .invalid("expected the JSON of thresholds, got one without a known constraint or without levels")
    }
    self.init(constraint: constraint, objective: objective, objectiveValue: value, levels: levels, rules: rules)
    if let mistake { throw .invalid("expected the JSON of thresholds, got one with \(mistake)") }
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

extension ThresholdOptimizer.Rule {
  fileprivate var json: String {
    let parts = jsonList(parts) {
      "{\"threshold\":\(jsonNumber($0.cut.threshold)),\"side\":\"\($0.cut.side.rawValue)\","
        + "\"probability\":\($0.probability)}"
    }
    let rates =
      "\"selectionRate\":\(jsonNumber(selectionRate)),\"truePositiveRate\":\(jsonNumber(truePositiveRate)),"
      + "\"falsePositiveRate\":\(jsonNumber(falsePositiveRate))"
    return "{\"parts\":\(parts),\"ignoredShare\":\(ignoredShare),\"ignoredProbability\":\(ignoredProbability),\(rates)}"
  }

  fileprivate init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var (parts, numbers) = ([ThresholdOptimizer.Part](), [String: Double]())
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "parts":
        parts = try scanner.list { (scanner) throws(JSONScanner.Failure) in try ThresholdOptimizer.Part(&scanner) }
      case "ignoredShare", "ignoredProbability", "selectionRate", "truePositiveRate", "falsePositiveRate":
        numbers[key] = try scanner.anyNumber()
      default: try scanner.skipValue()
      }
    }
    func number(_ key: String) -> Double { numbers[key] ?? .nan }
    self.init(
      parts: parts, ignoredShare: number("ignoredShare"), ignoredProbability: number("ignoredProbability"),
      selectionRate: number("selectionRate"), truePositiveRate: number("truePositiveRate"),
      falsePositiveRate: number("falsePositiveRate"))
  }
}

extension ThresholdOptimizer.Part {
  fileprivate init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var (threshold, side, probability) = (Double.nan, ThresholdOptimizer.Side.above, Double.nan)
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "threshold": threshold = try scanner.anyNumber()
      case "side":
        guard let known = ThresholdOptimizer.Side(rawValue: try scanner.string()) else {
          throw scanner.failure("expected above or below")
        }
        side = known
      case "probability": probability = try scanner.number()
      default: try scanner.skipValue()
      }
    }
    self.init(cut: .init(threshold: threshold, side: side), probability: probability)
  }
}

extension GroupLevels {
  /// The attributes and their levels as JSON.
  var json: String {
    "{\"attributes\":\(jsonList(attributes, jsonString)),\"levels\":\(jsonList(levels) { jsonList($0, jsonString) })}"
  }

  init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var (attributes, levels) = ([String](), [[String]]())
    func names(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> [String] {
      try scanner.list { (scanner) throws(JSONScanner.Failure) in try scanner.string() }
    }
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "attributes": attributes = try names(&scanner)
      case "levels":
        levels = try scanner.list { (scanner) throws(JSONScanner.Failure) in try names(&scanner) }
      default: try scanner.skipValue()
      }
    }
    self.init(attributes: attributes, levels: levels)
  }

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
    if let mistake { throw FairnessError.invalid("expected thresholds, got \(mistake)") }
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
