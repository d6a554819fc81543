import MartletCore
import MartletData
import MartletText

/// What later data is compared with: the distribution of each column of the training data and of a model's predictions,
/// without the rows themselves.
///
/// ```swift
/// let profile = try DataProfile(of: train, probabilities: model(x).softmax(), classes: labels.classes)
/// var contents = ModelContents(preprocessor: preprocessor, classes: labels.classes)
/// contents.add(profile)
/// try model.save(to: "income.safetensors", contents)
/// ```
/// A column of numbers is kept as counts in bins, as its mean and deviation, and as its distribution function at up to
/// 1,000 of its numbers; a column of texts as counts of its 100 most frequent texts and of all others. So a profile holds
/// single values of the data, such as the least and the greatest number and rare texts: leave out columns in which these
/// tell of a person.
public struct DataProfile: Sendable, Hashable {
  /// The distribution of one column.
  public struct Column: Sendable, Hashable, Codable {
    /// The name of the column.
    public let name: String
    /// Whether it is of the model's predictions.
    public let isPrediction: Bool
    /// The number of rows.
    public let rowCount: Int
    /// The number of rows without a value.
    public let missingCount: Int
    /// The values that there are.
    let values: Values

    /// Whether the column holds numbers; else it holds texts.
    public var isNumeric: Bool { if case .numbers = values { true } else { false } }
    /// The share of rows without a value.
    public var missingShare: Double { Double(missingCount) / Double(rowCount) }
  }

  enum Values: Sendable, Hashable, Codable {
    case numbers(NumberProfile)
    case texts(TextProfile)
  }

  /// The columns, those of the table first.
  public let columns: [Column]

  /// Profiles columns of a table, by default all, and what a model predicts for its rows.
  ///
  /// Throws when there are no rows or columns, when there is no such column, when a number is infinite, when there is less
  /// than two bins, when probabilities are not `[rows]`, `[rows, 1]` or `[rows, classes]` or not within 0…1, and when two
  /// columns have the same name.
  /// - Complexity: O(n log n) for each column.
  /// - Parameters:
  ///   - table: The training data, before preprocessing.
  ///   - columns: The columns to profile.
  ///   - probabilities: What the model predicts for the rows: the probability of the positive class, `[rows]` or
  ///     `[rows, 1]`, or of each class, `[rows, classes]`.
  ///   - classes: The names of the classes, by default their numbers.
  ///   - bins: The number of bins for numbers, each of about as many rows; of few different numbers, each has its own.
  public init(
    of table: Table, columns: [String]? = nil, probabilities: Tensor<Float>? = nil, classes: [String] = [],
    bins: Int = 10
  ) throws(RobustnessError) {
    if bins < 2 { throw .invalid("expected at least two bins, got \(bins)") }
    if table.rowCount == 0 { throw .empty("expected rows to profile, got none") }
    var profiled: [Column] = []
    for name in columns ?? table.columns {
      guard let column = table[name] else {
        throw .unknown(
          "expected one of the columns \(table.columns.map(shown).joined(separator: ", ")), got \(shown(name))")
      }
      profiled.append(try Column(name, column, isPrediction: false, bins: bins))
    }
    if let probabilities {
      for (name, column) in try predictionColumns(probabilities, classes, rows: table.rowCount) {
        profiled.append(try Column(name, column, isPrediction: true, bins: bins))
      }
    }
    if profiled.isEmpty { throw .empty("expected columns to profile, got none") }
    try self.init(checked: profiled)
  }

  /// Columns that were read; throws when they could not be a profile's.
  init(checked columns: [Column]) throws(RobustnessError) {
    if columns.isEmpty { throw .invalid("expected a profile of at least one column, got none") }
    var names = Set<ExactName>()
    for column in columns {
      if !names.insert(ExactName(column.name)).inserted {
        throw .invalid("expected columns of different names, got \(shown(column.name)) twice")
      }
      try column.check()
    }
    self.columns = columns
  }
}

/// The columns that a model's probabilities are profiled as.
///
/// Of two classes, the second one's probability tells the first one's.
func predictionColumns(
  _ probabilities: Tensor<Float>, _ classes: [String], rows: Int
) throws(RobustnessError) -> [(name: String, column: Table.Column)] {
  let isOne = probabilities.shape == [rows] || probabilities.shape == [rows, 1]
  guard isOne || (probabilities.rank == 2 && probabilities.shape[0] == rows && probabilities.shape[1] > 1) else {
    throw .shapes("expected probabilities of shape [\(rows)] or [\(rows), classes], got \(probabilities.shape)")
  }
  let numbers = probabilities.detached().scalars.map(Double.init)
  // Sums of a softmax may be a rounding above 1.
  if let bad = numbers.first(where: { !(0...1.000_01).contains($0) }) {
    throw .invalid("expected probabilities within 0…1, got \(bad)")
  }
  let count = isOne ? 2 : probabilities.shape[1]
  if !classes.isEmpty && classes.count != count {
    throw .shapes("expected names of \(count) classes, got \(classes.count)")
  }
  let names = classes.isEmpty ? (0..<count).map(String.init) : classes
  func ofClass(_ index: Int) -> [Double] {
    isOne ? numbers : (0..<rows).map { numbers[$0 * count + index] }
  }
  let chosen: [Int] = (0..<rows).map { row in
    if isOne { return numbers[row] > 0.5 ? 1 : 0 }
    return (0..<count).reduce(0) { numbers[row * count + $1] > numbers[row * count + $0] ? $1 : $0 }
  }
  var columns: [(name: String, column: Table.Column)] = []
  for index in count == 2 ? [1] : Array(0..<count) {
    columns.append((name: "probability of \(names[index])", column: .numbers(ofClass(index))))
  }
  columns.append((name: "predicted class", column: .texts(chosen.map { names[$0] })))
  return columns
}

extension DataProfile.Column {
  init(_ name: String, _ column: Table.Column, isPrediction: Bool, bins: Int) throws(RobustnessError) {
    (self.name, self.isPrediction, rowCount) = (name, isPrediction, column.count)
    switch column {
    case .numbers(let numbers):
      let held = numbers.filter { !$0.isNaN }
      if let bad = held.first(where: \.isInfinite) {
        throw .invalid("column \(shown(name)): expected finite numbers, got \(bad)")
      }
      missingCount = numbers.count - held.count
      values = .numbers(NumberProfile(sorted: held.sorted(), bins: bins))
    case .texts(let texts):
      let held = texts.compactMap { $0 }
      missingCount = texts.count - held.count
      values = .texts(TextProfile(held))
    }
  }

  func check() throws(RobustnessError) {
    let (counts, isSound) =
      switch values {
      case .numbers(let numbers): (numbers.counts, numbers.isSound)
      case .texts(let texts): (texts.counts + [texts.otherCount], texts.isSound)
      }
    let held = counts.reduce(0) { $0.addingReportingOverflow(max(0, $1)).partialValue }
    // Sums, and products of two numbers of rows, must not overflow, whatever a file says.
    let isCount = 1...Int(Int32.max) ~= rowCount && ([missingCount] + counts).allSatisfy { 0...rowCount ~= $0 }
    let adds = isCount && held == rowCount - missingCount
    if !adds || !isSound {
      throw .invalid("column \(shown(name)): expected counts that add up to its rows, got a damaged profile")
    }
  }
}

/// A column of numbers: counts in bins, and the distribution function at some numbers.
struct NumberProfile: Sendable, Hashable, Codable {
  /// The most points that are kept of the distribution function.
  static let pointLimit = 1000

  let mean: Double
  let deviation: Double
  /// The greatest number of each bin but the last; of values of their own, each of these.
  let edges: [Double]
  /// Whether each bin is a single number, so that any other is in none of them.
  let isDiscrete: Bool
  let counts: [Int]
  let distribution: EmpiricalDistribution

  init(
    mean: Double, deviation: Double, edges: [Double], isDiscrete: Bool, counts: [Int],
    distribution: EmpiricalDistribution
  ) {
    (self.mean, self.deviation, self.edges, self.isDiscrete) = (mean, deviation, edges, isDiscrete)
    (self.counts, self.distribution) = (counts, distribution)
  }

  init(sorted: [Double], bins: Int) {
    let count = Double(max(1, sorted.count))
    let mean = sorted.reduce(0) { $0 + $1 / count }
    self.mean = mean
    deviation = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / count }.squareRoot()
    distribution = EmpiricalDistribution(sorted: sorted, limit: Self.pointLimit)
    var distinct: [Double] = []
    for number in sorted where number != distinct.last {
      distinct.append(number)
      if distinct.count > bins { break }
    }
    isDiscrete = distinct.count <= bins
    if isDiscrete {
      edges = distinct
    } else {
      var found: [Double] = []
      for bin in 1..<bins {
        let edge = sorted[(bin * sorted.count + bins - 1) / bins - 1]
        // An edge at the greatest number would leave a bin beyond it without a row.
        if edge != found.last && edge < sorted[sorted.count - 1] { found.append(edge) }
      }
      edges = found
    }
    counts = Self.counts(sorted, edges: edges, isDiscrete: isDiscrete, others: false)
  }

  /// How many numbers are in each bin; with `others`, the last count is of those in none.
  static func counts(_ numbers: [Double], edges: [Double], isDiscrete: Bool, others: Bool) -> [Int] {
    var counts = [Int](repeating: 0, count: edges.count + 1)
    for number in numbers {
      var (low, high) = (0, edges.count)
      while low < high {
        let middle = (low + high) / 2
        if edges[middle] < number { low = middle + 1 } else { high = middle }
      }
      let isOther = isDiscrete && (low == edges.count || edges[low] != number)
      counts[isOther ? edges.count : low] += 1
    }
    return isDiscrete && !others ? Array(counts.dropLast()) : counts
  }

  var isSound: Bool {
    let (points, below, notAbove) = (distribution.points, distribution.below, distribution.notAbove)
    if below.count != points.count || notAbove.count != points.count { return false }
    if counts.count != edges.count + (isDiscrete ? 0 : 1) { return false }
    let isAscending = zip(edges, edges.dropFirst()).allSatisfy(<) && zip(points, points.dropFirst()).allSatisfy(<)
    let isFinite = edges.allSatisfy(\.isFinite) && points.allSatisfy(\.isFinite) && mean.isFinite && deviation.isFinite
    let isRanked = zip(below, notAbove).allSatisfy { 0 <= $0 && $0 < $1 } && (below.first ?? 0) == 0
    let isOrdered = zip(notAbove, below.dropFirst()).allSatisfy(<=)
    let held = counts.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    return isAscending && isFinite && isRanked && isOrdered && distribution.count == held
  }
}

/// A column of texts: counts of the most frequent ones, and of all others.
struct TextProfile: Sendable, Hashable, Codable {
  /// The most texts that are counted by themselves.
  static let textLimit = 100

  let texts: [String]
  let counts: [Int]
  let otherCount: Int

  init(texts: [String], counts: [Int], otherCount: Int) {
    (self.texts, self.counts, self.otherCount) = (texts, counts, otherCount)
  }

  init(_ values: [String]) {
    var found: [ExactName: Int] = [:]
    for value in values { found[ExactName(value), default: 0] += 1 }
    let order = found.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let kept = order.prefix(Self.textLimit)
    texts = kept.map(\.key.text)
    counts = kept.map(\.value)
    otherCount = order.dropFirst(Self.textLimit).reduce(0) { $0 + $1.value }
  }

  /// How many of other values have each of the texts, and the last count how many have none of them.
  func counts(of values: [String]) -> [Int] {
    let places = Dictionary(uniqueKeysWithValues: texts.enumerated().map { (ExactName($1), $0) })
    var counts = [Int](repeating: 0, count: texts.count + 1)
    for value in values { counts[places[ExactName(value)] ?? texts.count] += 1 }
    return counts
  }

  var isSound: Bool { texts.count == counts.count && Set(texts.map(ExactName.init)).count == texts.count }
}
