import MartletCore
import MartletData
import MartletFormats
import MartletText

/// Takes out of a table's numbers what sensitive columns tell about them by a straight line.
///
/// ```swift
/// let remover = try CorrelationRemover(fittedTo: train, sensitive: ["sex"], features: ["age", "hours"])
/// let fair = try remover.transform(test)  // without "sex"; "age" and "hours" have no correlation with it
/// ```
/// Each feature loses its least-squares fit by the centred sensitive columns. What is left has no correlation with them on
/// the rows that it was fitted to; other dependence stays, which a network can still find. Texts are taken as an indicator
/// for each level but the first. Source: Fairlearn's remover of the same name.
public struct CorrelationRemover: Sendable, Hashable, Codable {
  /// A sensitive column.
  public struct Sensitive: Sendable, Hashable, Codable {
    /// The column's name.
    public let column: String
    /// The levels of a column of texts, of which each but the first has an indicator; nil for numbers.
    public let levels: [String]?
    /// The mean of the number, or of each indicator.
    public let means: [Double]
  }

  /// The sensitive columns, which ``transform(_:)`` drops.
  public let sensitive: [Sensitive]
  /// The columns of numbers that are changed.
  public let features: [String]
  /// How much of what the sensitive columns tell is taken out: 1 for all, 0 for nothing.
  public let alpha: Double
  /// For each number and indicator of the sensitive columns, the slope of each feature.
  public let coefficients: [[Double]]

  /// Fits the slopes to the rows of a table.
  ///
  /// Throws when there are no rows, when a column does not exist or is given twice, when there is no sensitive column or no
  /// feature, when a feature has texts, when a number is missing or infinite, and when `alpha` is not within 0…1.
  /// - Parameters:
  ///   - table: The columns.
  ///   - sensitive: The sensitive columns, of numbers or of texts; a missing text is a level named `missing`.
  ///   - features: The columns of numbers to change; nil for all others.
  ///   - alpha: How much is taken out.
  /// - Complexity: O(rows · sensitive · (sensitive + features))
  public init(
    fittedTo table: Table, sensitive: [String], features: [String]? = nil, alpha: Double = 1
  ) throws(FairnessError) {
    if !(0...1).contains(alpha) { throw .invalid("expected alpha within 0…1, got \(alpha)") }
    if table.rowCount == 0 { throw .empty("expected rows, got none") }
    if sensitive.isEmpty { throw .empty("expected at least one sensitive column, got none") }
    let hidden = Set(sensitive.map(ExactName.init))
    let features = features ?? table.columns.filter { !hidden.contains(ExactName($0)) }
    if features.isEmpty { throw .empty("expected at least one column beside the sensitive ones, got none") }
    var seen = Set<ExactName>()
    for name in sensitive + features where !seen.insert(ExactName(name)).inserted {
      throw .invalid("expected different columns, got \(shown(name)) twice")
    }
    var (columns, centred) = ([Sensitive](), [[Double]]())
    for name in sensitive {
      let levels = try Self.levels(of: name, in: table)
      let numbers = try Self.indicators(of: name, levels, in: table)
      let means = numbers.map { $0.reduce(0, +) / Double(table.rowCount) }
      columns.append(Sensitive(column: name, levels: levels, means: means))
      for (column, mean) in zip(numbers, means) { centred.append(column.map { $0 - mean }) }
    }
    var targets = [[Double]]()
    for name in features { targets.append(try finiteNumbers(name, in: table)) }
    (self.sensitive, self.features, self.alpha) = (columns, features, alpha)
    coefficients = leastSquares(centred, targets)
  }

  /// The table with its features changed and without the sensitive columns; other columns stay as they are.
  ///
  /// Throws when a column is missing or of another type, when a number is missing or infinite, and for a level of a
  /// sensitive column that there was none of.
  /// - Complexity: O(rows · sensitive · features)
  public func transform(_ table: Table) throws(FairnessError) -> Table {
    var centred = [[Double]]()
    for column in sensitive {
      let numbers = try Self.indicators(of: column.column, column.levels, in: table)
      for (numbers, mean) in zip(numbers, column.means) { centred.append(numbers.map { $0 - mean }) }
    }
    var changed = [ExactName: Table.Column]()
    for (index, name) in features.enumerated() {
      var numbers = try finiteNumbers(name, in: table)
      for (column, slopes) in zip(centred, coefficients) {
        for row in numbers.indices { numbers[row] -= alpha * column[row] * slopes[index] }
      }
      changed[ExactName(name)] = .numbers(numbers)
    }
    let hidden = Set(sensitive.map { ExactName($0.column) })
    let kept = table.columns.filter { !hidden.contains(ExactName($0)) }
    do throws(TableError) {
      return try Table(columns: kept.map { ($0, changed[ExactName($0)] ?? table[$0]!) })
    } catch {
      throw .invalid("\(error)")
    }
  }

  // MARK: Columns

  private static func levels(of name: String, in table: Table) throws(FairnessError) -> [String]? {
    guard case .texts(let texts) = try knownColumn(name, in: table) else { return nil }
    return Set(texts.map { ExactName($0 ?? "missing") }).sorted().map(\.text)
  }

  /// The number of each row, or an indicator of each level but the first.
  private static func indicators(
    of name: String, _ levels: [String]?, in table: Table
  ) throws(FairnessError) -> [[Double]] {
    guard let levels else { return [try finiteNumbers(name, in: table)] }
    guard case .texts(let texts) = try knownColumn(name, in: table) else {
      throw .invalid("expected texts in column \(shown(name)), got numbers")
    }
    var columns = [[Double]](repeating: [Double](repeating: 0, count: texts.count), count: levels.count - 1)
    for (row, text) in texts.enumerated() {
      let level = ExactName(text ?? "missing")
      guard let index = levels.firstIndex(where: { ExactName($0) == level }) else {
        throw .unknown(
          "expected one of the levels \(levels.map(shown).joined(separator: ", ")) of \(shown(name)), got "
            + "\(shown(level.text)) in row \(row)")
      }
      if index > 0 { columns[index - 1][row] = 1 }
    }
    return columns
  }
}

/// The slopes of targets by columns, of least squares: for each column that of each target.
///
/// By Gram and Schmidt's method, done twice, which is as exact as reflections. A column that the ones before it make up
/// has slopes of 0: the fit is the same as by any other choice.
private func leastSquares(_ columns: [[Double]], _ targets: [[Double]]) -> [[Double]] {
  var (basis, factors) = ([(index: Int, direction: [Double])](), [[Double]](repeating: [], count: columns.count))
  for (index, column) in columns.enumerated() {
    var (rest, shares) = (column, [Double](repeating: 0, count: basis.count))
    for _ in 0..<2 {
      for (place, other) in basis.enumerated() {
        let share = dot(other.direction, rest)
        shares[place] += share
        for row in rest.indices { rest[row] -= share * other.direction[row] }
      }
    }
    let (length, whole) = (dot(rest, rest).squareRoot(), dot(column, column).squareRoot())
    if !(length > 1e-10 * whole) { continue }
    basis.append((index, rest.map { $0 / length }))
    factors[index] = shares + [length]
  }
  var slopes = [[Double]](repeating: [Double](repeating: 0, count: targets.count), count: columns.count)
  for (place, target) in targets.enumerated() {
    var rest = target
    var values = [Double]()
    for column in basis {
      let value = dot(column.direction, rest)
      values.append(value)
      for row in rest.indices { rest[row] -= value * column.direction[row] }
    }
    // The factors are an upper triangle.
    for current in basis.indices.reversed() {
      let later = basis[(current + 1)...].enumerated().reduce(0) { sum, next in
        sum + factors[next.element.index][current] * slopes[next.element.index][place]
      }
      let index = basis[current].index
      slopes[index][place] = (values[current] - later) / factors[index][current]
    }
  }
  return slopes
}

extension CorrelationRemover: ModelPart {
  /// `fairness.correlation-remover`.
  public static var metadataKey: String { "fairness.correlation-remover" }

  /// The remover as JSON, from which `init(json:)` makes the same.
  public var json: String { JSONValue.encoding(self).line }

  /// Reads what `json` wrote, also in an earlier version; throws when it is anything else.
  public init(json: String) throws(FairnessError) {
    do throws(FormatError) {
      self = try JSONValue(json, source: "a correlation remover").decode(Self.self, source: "a correlation remover")
    } catch {
      throw .invalid("expected the JSON of a correlation remover, got \(error.reason)")
    }
  }

  private enum CodingKeys: String, CodingKey { case sensitive, features, alpha, coefficients }

  /// Decodes a remover; throws when it is not sound.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    sensitive = try values.decode([Sensitive].self, forKey: .sensitive)
    features = try values.decode([String].self, forKey: .features)
    alpha = try values.decode(Double.self, forKey: .alpha)
    coefficients = try values.decode([[Double]].self, forKey: .coefficients)
    if !isSound {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "parts that do not fit each other"))
    }
  }

  /// Whether it is one that a fit makes.
  private var isSound: Bool {
    let widths = sensitive.map { $0.levels.map { $0.count - 1 } ?? 1 }
    let fits = zip(sensitive, widths).allSatisfy { $0.means.count == $1 } && coefficients.count == widths.reduce(0, +)
    let isWhole = !sensitive.isEmpty && !features.isEmpty && (0...1).contains(alpha)
    let isSquare = coefficients.allSatisfy { $0.count == features.count && $0.allSatisfy(\.isFinite) }
    return fits && isWhole && isSquare && sensitive.allSatisfy { $0.means.allSatisfy(\.isFinite) }
  }
}
