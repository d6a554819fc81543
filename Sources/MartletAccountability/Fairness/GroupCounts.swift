import MartletCore
import MartletPlatform

/// Counts of labels and decisions by group, from one pass over the rows: what all measures by group are computed from.
///
/// ```swift
/// let groups = try Groups(table, columns: ["sex", "race"])
/// let counts = try GroupCounts(labels: labels, probabilities: probabilities, groups: groups)
/// print(counts.table([.selectionRate, .truePositiveRate, .accuracy]))
/// print(try counts.marginal(["sex"]).value(of: .demographicParityDifference))
/// for stratum in try counts.strata(of: ["race"]) {
///   print(stratum.levels, try stratum.counts.value(of: .equalizedOddsDifference))
/// }
/// ```
/// Counts of the crossed groups give those of each attribute (``marginal(_:)``) and those within the levels of others,
/// called control features elsewhere (``strata(of:)``), without another look at the rows. Counts of batches add up
/// (``merge(_:)``). Groups without rows have NaN for every measure and take no part in gaps, as has any measure that a
/// group's rows do not define.
public struct GroupCounts: Sendable, Hashable {
  /// The attributes and their levels.
  public let levels: GroupLevels
  /// What is kept of each group, in the order of ``levels``.
  public private(set) var cells: [GroupCell]

  /// Counts of labels and decisions `[rows]`, each 0 or 1, with weights of rows `[rows]`.
  ///
  /// Throws when the rows differ, when there are none, when a label or a decision is neither 0 nor 1, when a weight is
  /// negative or not finite, or all are 0, and when there are more than 2²⁰ groups.
  /// - Complexity: O(rows + groups)
  public init(
    labels: Tensor<Int32>, decisions: Tensor<Int32>, groups: Groups, weights: Tensor<Float>? = nil
  ) throws(FairnessError) {
    try Self.checkRows(labels.shape, decisions.shape, "decisions", groups, weights)
    let (labels, decisions) = (labels.scalars, decisions.scalars)
    try Self.checkBinary(labels, "labels")
    try Self.checkBinary(decisions, "decisions")
    self.init(levels: groups.levels)
    count(labels, decisions, groups.indices, weights?.scalars)
  }

  /// Counts of labels `[rows]`, each 0 or 1, and probabilities `[rows]` of label 1, with weights of rows `[rows]`; the
  /// decision is 1 for a probability above the threshold.
  ///
  /// Beside the counts, sums for the log loss, the Brier score and the calibration in so many bins are kept.
  /// Throws as `init(labels:decisions:groups:weights:)` does, when a probability is not within 0…1, and when there is
  /// less than one bin, or there are more than 2²⁴ in all groups together.
  /// - Complexity: O(rows + groups · bins)
  public init<Scalar: FloatingScalar>(
    labels: Tensor<Int32>, probabilities: Tensor<Scalar>, threshold: Double = 0.5, groups: Groups,
    weights: Tensor<Float>? = nil, bins: Int = 10
  ) throws(FairnessError) {
    if bins < 1 { throw .invalid("expected at least one bin, got \(bins)") }
    if bins > 1 << 24 / groups.levels.count {
      throw .invalid("expected at most 2²⁴ bins in all groups together, got \(bins) in each of \(groups.levels.count)")
    }
    if threshold.isNaN { throw .invalid("expected a threshold, got NaN") }
    try Self.checkRows(labels.shape, probabilities.shape, "probabilities", groups, weights)
    let (labels, numbers) = (labels.scalars, probabilities.detached().cast(to: Double.self).scalars)
    try Self.checkBinary(labels, "labels")
    if let row = numbers.firstIndex(where: { !(0...1).contains($0) }) {
      throw .invalid("expected probabilities within 0…1, got \(numbers[row]) in row \(row)")
    }
    self.init(levels: groups.levels)
    let weights = weights?.scalars
    count(labels, numbers.map { $0 > threshold ? 1 : 0 }, groups.indices, weights)
    var sums = [ScoreSums](repeating: ScoreSums(bins: bins), count: cells.count)
    for row in labels.indices {
      let weight = weights.map { Double($0[row]) } ?? 1
      sums[Int(groups.indices[row])].add(numbers[row], label: labels[row], weight: weight)
    }
    for index in cells.indices { cells[index].scores = sums[index] }
  }

  private init(levels: GroupLevels) {
    self.levels = levels
    cells = [GroupCell](repeating: GroupCell(), count: levels.count)
  }

  init(levels: GroupLevels, cells: [GroupCell]) { (self.levels, self.cells) = (levels, cells) }

  private mutating func count(_ labels: [Int32], _ decisions: [Int32], _ groups: [Int32], _ weights: [Float]?) {
    var rows = [Int](repeating: 0, count: 4 * cells.count)
    for row in labels.indices { rows[Int(groups[row] &* 4 &+ labels[row] &* 2 &+ decisions[row])] &+= 1 }
    var (sums, squares) = (rows.map(Double.init), rows.map(Double.init))
    if let weights {
      (sums, squares) = ([Double](repeating: 0, count: rows.count), [Double](repeating: 0, count: rows.count))
      for row in labels.indices {
        let (place, weight) = (Int(groups[row] * 4 + labels[row] * 2 + decisions[row]), Double(weights[row]))
        sums[place] += weight
        squares[place] += weight * weight
      }
    }
    for group in cells.indices {
      let places = 4 * group..<4 * group + 4
      cells[group].rows = Array(rows[places])
      cells[group].weights = Array(sums[places])
      cells[group].squares = Array(squares[places])
    }
  }

  /// All rows as one group.
  public var overall: GroupCell {
    cells.reduce(into: GroupCell()) { $0 += $1 }
  }

  /// Adds the counts of other rows; throws when their groups are others, or only one of both has probabilities.
  public mutating func merge(_ other: GroupCounts) throws(FairnessError) {
    if other.levels != levels {
      throw .shapes("expected counts of groups by \(levels.attributes), got those by \(other.levels.attributes)")
    }
    if bins != other.bins {
      throw .shapes("expected counts with as many bins of probabilities, got \(bins ?? 0) and \(other.bins ?? 0)")
    }
    for index in cells.indices { cells[index] += other.cells[index] }
  }

  private var bins: Int? { cells.lazy.compactMap { $0.scores?.positiveClass.weights.count }.first }

  /// The counts by some of the attributes, in the order given, summed over the levels of the others.
  ///
  /// Throws when there is no such attribute, and when there is none at all.
  public func marginal(_ attributes: [String]) throws(FairnessError) -> GroupCounts {
    if attributes.isEmpty { throw .empty("expected at least one attribute, got none") }
    var kept = [Int]()
    for name in attributes {
      let position = try levels.position(of: name)
      if kept.contains(position) { throw .invalid("expected attributes of different names, got \"\(name)\" twice") }
      kept.append(position)
    }
    var sums = GroupCounts(
      levels: GroupLevels(
        attributes: kept.map { levels.attributes[$0] }, levels: kept.map { levels.levels[$0] }))
    for (index, cell) in cells.enumerated() {
      let place = kept.reduce(0) { $0 * levels.levels[$1].count + levels.level(of: $1, in: index) }
      sums.cells[place] += cell
    }
    return sums
  }

  /// The counts within each combination of levels of some attributes, which are held fixed, by the other attributes.
  ///
  /// Throws when there is no such attribute, and when no other is left.
  public func strata(of fixed: [String]) throws(FairnessError) -> [(levels: [String], counts: GroupCounts)] {
    var held = Set<Int>()
    for name in fixed { held.insert(try levels.position(of: name)) }
    let others = levels.attributes.indices.filter { !held.contains($0) }.map { levels.attributes[$0] }
    if others.isEmpty { throw .invalid("expected an attribute beside those held fixed, got \(fixed)") }
    let ordered = try marginal(fixed + others)
    let count = try marginal(fixed).levels
    let size = ordered.cells.count / count.count
    let inner = try marginal(others).levels
    return (0..<count.count).map { stratum in
      let part = Array(ordered.cells[stratum * size..<(stratum + 1) * size])
      return (count.group(at: stratum), GroupCounts(levels: inner, cells: part))
    }
  }

  /// The counts of the rows at some levels of an attribute, as one cell.
  ///
  /// Throws when there is no such attribute or level.
  public func cell(of attribute: String, levels names: [String]) throws(FairnessError) -> GroupCell {
    let position = try levels.position(of: attribute)
    var sum = GroupCell()
    var wanted = Set<Int>()
    for name in names { wanted.insert(try levels.position(of: name, in: position)) }
    for (index, cell) in cells.enumerated() where wanted.contains(levels.level(of: position, in: index)) { sum += cell }
    return sum
  }

  // MARK: What the rows must be

  static func checkRows(
    _ labels: Shape, _ others: Shape, _ name: String, _ groups: Groups, _ weights: Tensor<Float>?
  ) throws(FairnessError) {
    // A cell takes some hundred bytes, whether it has rows or not.
    if groups.levels.count > 1 << 20 {
      throw .invalid("expected at most 2²⁰ groups to count, got \(groups.levels.count); cross fewer attributes")
    }
    let shape: Shape = [groups.rowCount]
    if labels != shape || others != shape {
      throw .shapes(
        "expected labels and \(name) of shape \(shape) as the groups have rows, got \(labels) and \(others)")
    }
    guard let weights else { return }
    if weights.shape != shape { throw .shapes("expected weights of shape \(shape), got \(weights.shape)") }
    let numbers = weights.scalars
    if let row = numbers.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw .invalid("expected weights that are finite and not negative, got \(numbers[row]) in row \(row)")
    }
    if !numbers.contains(where: { $0 > 0 }) { throw .empty("expected a weight above 0, got none") }
  }

  static func checkBinary(_ numbers: [Int32], _ name: String) throws(FairnessError) {
    // One look at all of them; the place of a wrong one is searched only where there is one.
    if numbers.reduce(0, |) & ~1 == 0 { return }
    let row = numbers.firstIndex { $0 & ~1 != 0 }!
    throw .invalid("expected \(name) 0 or 1, got \(numbers[row]) in row \(row)")
  }
}

extension ScoreSums {
  mutating func add(_ probability: Double, label: Int32, weight: Double) {
    let (isPositive, isTop) = (label == 1, probability > 0.5)
    // Clipped as scikit-learn's log loss is, so that one certain mistake is not infinite.
    let clipped = min(max(isPositive ? probability : 1 - probability, .ulpOfOne), 1)
    let error = probability - (isPositive ? 1 : 0)
    self.weight += weight
    logLoss -= weight * log(clipped)
    squaredError += weight * error * error
    positiveClass.add(probability, isPositive ? 1 : 0, weight)
    topLabel.add(isTop ? probability : 1 - probability, isTop == isPositive ? 1 : 0, weight)
  }
}
