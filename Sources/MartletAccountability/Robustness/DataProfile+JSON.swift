import MartletFormats
import MartletText
import MartletTraining

extension DataProfile: Codable {
  private enum Key: String, CodingKey { case columns }

  /// Reads a profile; throws a `DecodingError` when its counts do not add up.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let columns = try container.decode([Column].self, forKey: .columns)
    do throws(RobustnessError) {
      try self.init(checked: columns)
    } catch {
      throw DecodingError.dataCorruptedError(forKey: .columns, in: container, debugDescription: "\(error)")
    }
  }

  /// Writes the columns.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(columns, forKey: .columns)
  }
}

// What a model's file holds: JSON that is written and read without Foundation.
extension DataProfile {
  /// The profile as JSON, from which `init(json:)` makes the same.
  public var json: String { "{\"columns\":[\(columns.map(\.json).joined(separator: ","))]}" }

  /// Reads what ``json`` wrote; throws when it is anything else, and when its counts do not add up.
  public init(json: String) throws(RobustnessError) {
    var columns: [Column] = []
    do throws(JSONScanner.Failure) {
      var scanner = JSONScanner(Array(json.utf8))
      try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
        if key != "columns" { return try scanner.skipValue() }
        try scanner.array { (scanner) throws(JSONScanner.Failure) in columns.append(try Column(&scanner)) }
      }
      try scanner.end()
    } catch {
      throw .invalid("expected a data profile's JSON, got at byte \(error.offset): \(error.message)")
    }
    if columns.isEmpty { throw .invalid("expected a data profile's JSON, got one without columns") }
    try self.init(checked: columns)
  }
}

extension ModelContents {
  private static let profileKey = "data_profile"

  /// Keeps a profile of the training data with the model, as JSON in its metadata; nil removes it.
  public mutating func setDataProfile(_ profile: DataProfile?) { metadata[Self.profileKey] = profile?.json }

  /// The profile of the training data that was saved with the model; nil when there is none. Throws when it is damaged.
  public func dataProfile() throws(RobustnessError) -> DataProfile? {
    guard let json = metadata[Self.profileKey] else { return nil }
    return try DataProfile(json: json)
  }
}

private func list(_ numbers: [Double]) -> String { "[\(numbers.map { "\($0)" }.joined(separator: ","))]" }
private func list(_ counts: [Int]) -> String { "[\(counts.map(String.init).joined(separator: ","))]" }

extension DataProfile.Column {
  fileprivate var json: String {
    let head =
      "{\"name\":\(jsonString(name)),\"prediction\":\(isPrediction ? 1 : 0),\"rows\":\(rowCount),\"missing\":\(missingCount)"
    switch values {
    case .numbers(let numbers):
      let distribution = numbers.distribution
      let parts = [
        "\"mean\":\(numbers.mean)", "\"deviation\":\(numbers.deviation)", "\"discrete\":\(numbers.isDiscrete ? 1 : 0)",
        "\"edges\":\(list(numbers.edges))", "\"counts\":\(list(numbers.counts))",
        "\"points\":\(list(distribution.points))", "\"below\":\(list(distribution.below))",
        "\"notAbove\":\(list(distribution.notAbove))",
      ]
      return head + ",\"numbers\":{\(parts.joined(separator: ","))}}"
    case .texts(let texts):
      let names = texts.texts.map(jsonString).joined(separator: ",")
      return head + ",\"texts\":{\"texts\":[\(names)],\"counts\":\(list(texts.counts)),\"other\":\(texts.otherCount)}}"
    }
  }

  fileprivate init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var (name, isPrediction, rowCount, missingCount) = (String?.none, false, 0, 0)
    var values: DataProfile.Values?
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "name": name = try scanner.string()
      case "prediction": isPrediction = try scanner.natural() == 1
      case "rows": rowCount = try scanner.natural()
      case "missing": missingCount = try scanner.natural()
      case "numbers": values = .numbers(try NumberProfile(&scanner))
      case "texts": values = .texts(try TextProfile(&scanner))
      default: try scanner.skipValue()
      }
    }
    guard let name, let values else { throw scanner.failure("a column has no name or no values") }
    self.init(
      name: name, isPrediction: isPrediction, rowCount: rowCount, missingCount: missingCount, values: values)
  }
}

extension JSONScanner {
  fileprivate mutating func numbers() throws(Failure) -> [Double] {
    var numbers: [Double] = []
    try array { (scanner) throws(Failure) in numbers.append(try scanner.number()) }
    return numbers
  }

  fileprivate mutating func counts() throws(Failure) -> [Int] {
    var counts: [Int] = []
    try array { (scanner) throws(Failure) in counts.append(try scanner.natural()) }
    return counts
  }
}

extension NumberProfile {
  fileprivate init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var (mean, deviation, isDiscrete) = (0.0, 0.0, false)
    var (edges, counts) = ([Double](), [Int]())
    var (points, below, notAbove) = ([Double](), [Int](), [Int]())
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "mean": mean = try scanner.number()
      case "deviation": deviation = try scanner.number()
      case "discrete": isDiscrete = try scanner.natural() == 1
      case "edges": edges = try scanner.numbers()
      case "counts": counts = try scanner.counts()
      case "points": points = try scanner.numbers()
      case "below": below = try scanner.counts()
      case "notAbove": notAbove = try scanner.counts()
      default: try scanner.skipValue()
      }
    }
    self.init(
      mean: mean, deviation: deviation, edges: edges, isDiscrete: isDiscrete, counts: counts,
      distribution: EmpiricalDistribution(points: points, below: below, notAbove: notAbove))
  }
}

extension TextProfile {
  fileprivate init(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    var (texts, counts, otherCount) = ([String](), [Int](), 0)
    try scanner.object { (key, scanner) throws(JSONScanner.Failure) in
      switch key {
      case "texts": try scanner.array { (scanner) throws(JSONScanner.Failure) in texts.append(try scanner.string()) }
      case "counts": counts = try scanner.counts()
      case "other": otherCount = try scanner.natural()
      default: try scanner.skipValue()
      }
    }
    self.init(texts: texts, counts: counts, otherCount: otherCount)
  }
}
