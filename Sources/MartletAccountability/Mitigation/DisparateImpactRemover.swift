import MartletCore
import MartletData
import MartletFormats
import MartletText

/// Moves the numbers of each group to a distribution that all groups share, so that they do not tell the group.
///
/// ```swift
/// let remover = try DisparateImpactRemover(fittedTo: train, groups: trainSex, features: ["age", "hours"])
/// let fair = try remover.transform(test, groups: testSex)
/// ```
/// A number that is at some quantile of its group becomes the median over the groups of what each has at that quantile; so
/// the order within each group stays. The groups must be known where it is used. Source: M. Feldman et al., Certifying and
/// removing disparate impact (2015).
public struct DisparateImpactRemover: Sendable, Hashable {
  /// The groups.
  public let levels: GroupLevels
  /// The columns of numbers that are changed.
  public let features: [String]
  /// How far numbers are moved: 1 all the way, 0 not at all.
  public let repair: Double
  /// For each feature and each group, its numbers at equally spaced quantiles from the smallest to the largest; empty for a
  /// group without rows.
  public let quantiles: [[[Double]]]
  /// For each feature, the medians of these over the groups.
  public let targets: [[Double]]

  /// Fits the distributions to the rows of a table.
  ///
  /// Throws when there are no rows, when the groups have another number of rows, when a column does not exist, is given
  /// twice, or has texts, missing or infinite numbers, when no feature is given, when `repair` is not within 0…1, and when
  /// there are fewer than 2 quantiles.
  /// - Parameters:
  ///   - table: The columns.
  ///   - groups: The group of each row.
  ///   - features: The columns of numbers to change.
  ///   - repair: How far they are moved.
  ///   - quantileCount: The number of quantiles that are kept of each group.
  /// - Complexity: O(features · n log n)
  public init(
    fittedTo table: Table, groups: Groups, features: [String], repair: Double = 1, quantileCount: Int = 101
  ) throws(FairnessError) {
    if !(0...1).contains(repair) { throw .invalid("expected a repair within 0…1, got \(repair)") }
    if quantileCount < 2 { throw .invalid("expected at least 2 quantiles, got \(quantileCount)") }
    if features.isEmpty { throw .empty("expected at least one feature, got none") }
    try Self.check(table, groups)
    var seen = Set<ExactName>()
    for name in features where !seen.insert(ExactName(name)).inserted {
      throw .invalid("expected different columns, got \(shown(name)) twice")
    }
    var (quantiles, targets) = ([[[Double]]](), [[Double]]())
    for name in features {
      let numbers = try finiteNumbers(name, in: table)
      var parts = [[Double]](repeating: [], count: groups.levels.count)
      for (row, group) in groups.indices.enumerated() { parts[Int(group)].append(numbers[row]) }
      let sorted = parts.map { $0.sorted() }
      let held = sorted.map { numbers -> [Double] in
        if numbers.isEmpty { return [] }
        return (0..<quantileCount).map { linearQuantile(Double($0) / Double(quantileCount - 1), of: numbers) }
      }
      quantiles.append(held)
      targets.append(
        (0..<quantileCount).map { step in
          linearQuantile(0.5, of: held.filter { !$0.isEmpty }.map { $0[step] }.sorted())
        })
    }
    (levels, self.features, self.repair) = (groups.levels, features, repair)
    (self.quantiles, self.targets) = (quantiles, targets)
  }

  /// The table with its features changed; other columns stay as they are.
  ///
  /// Throws when the rows differ, for a group that there were no rows of, and as the fit does for columns.
  /// - Complexity: O(rows · features · log quantiles)
  public func transform(_ table: Table, groups: Groups) throws(FairnessError) -> Table {
    try Self.check(table, groups)
    let places = try levels.places(of: groups.levels)
    var changed = [ExactName: Table.Column]()
    for (index, name) in features.enumerated() {
      var numbers = try finiteNumbers(name, in: table)
      for (row, group) in groups.indices.enumerated() {
        guard let place = places[Int(group)], !quantiles[index][place].isEmpty else {
          throw .unknown(
            "expected a group that there were rows of, got \(shown(groups.levels.name(at: Int(group)))) in row \(row)")
        }
        let position = Self.position(of: numbers[row], in: quantiles[index][place])
        let target = linearValue(at: position, of: targets[index])
        numbers[row] += repair * (target - numbers[row])
      }
      changed[ExactName(name)] = .numbers(numbers)
    }
    do throws(TableError) {
      return try Table(columns: table.columns.map { ($0, changed[ExactName($0)] ?? table[$0]!) })
    } catch {
      throw .invalid("\(error)")
    }
  }

  private static func check(_ table: Table, _ groups: Groups) throws(FairnessError) {
    if table.rowCount != groups.rowCount {
      throw .shapes("expected groups of \(table.rowCount) rows as the table has, got \(groups.rowCount)")
    }
  }

  /// Where a number is among ascending ones, with a fraction; of equal ones the middle.
  private static func position(of number: Double, in sorted: [Double]) -> Double {
    let first = sorted.firstIndex { $0 >= number } ?? sorted.count
    if first == sorted.count { return Double(sorted.count - 1) }
    if sorted[first] == number {
      let last = sorted.lastIndex { $0 <= number }!
      return Double(first + last) / 2
    }
    if first == 0 { return 0 }
    return Double(first - 1) + (number - sorted[first - 1]) / (sorted[first] - sorted[first - 1])
  }
}

extension DisparateImpactRemover: ModelPart, Codable {
  /// `fairness.disparate-impact-remover`.
  public static var metadataKey: String { "fairness.disparate-impact-remover" }

  /// The remover as JSON, from which `init(json:)` makes the same.
  public var json: String { JSONValue.encoding(self).line }

  /// Reads what `json` wrote, also in an earlier version; throws when it is anything else.
  public init(json: String) throws(FairnessError) {
    do throws(FormatError) {
      self = try JSONValue(json, source: "a disparate impact remover").decode(
        Self.self, source: "a disparate impact remover")
    } catch {
      throw .invalid("expected the JSON of a disparate impact remover, got \(error.reason)")
    }
  }

  private enum CodingKeys: String, CodingKey { case levels, features, repair, quantiles, targets }

  /// Decodes a remover; throws when it is not sound.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    levels = try values.decode(GroupLevels.self, forKey: .levels)
    features = try values.decode([String].self, forKey: .features)
    repair = try values.decode(Double.self, forKey: .repair)
    quantiles = try values.decode([[[Double]]].self, forKey: .quantiles)
    targets = try values.decode([[Double]].self, forKey: .targets)
    if !isSound {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "parts that do not fit each other"))
    }
  }

  /// Whether it is one that a fit makes.
  private var isSound: Bool {
    let count = targets.first?.count ?? 0
    let lists = targets + quantiles.flatMap { $0 }.filter { !$0.isEmpty }
    let isWhole = levels.mistake == nil && !features.isEmpty && (0...1).contains(repair) && count >= 2
    let fits =
      targets.count == features.count && quantiles.count == features.count
      && lists.allSatisfy { $0.count == count && $0.allSatisfy(\.isFinite) && zip($0, $0.dropFirst()).allSatisfy(<=) }
    return isWhole && fits && quantiles.allSatisfy { $0.count == levels.count }
  }
}
