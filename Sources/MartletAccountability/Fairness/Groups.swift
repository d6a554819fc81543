import MartletCore
import MartletData
import MartletText

/// The group of each row, by one attribute or several that are crossed.
///
/// ```swift
/// let sex = try Groups("sex", labels: ["Female", "Male", "Male"])
/// let both = try sex.crossed(with: Groups("age band", labels: Tensor<Int32>([3, 4, 3])))
/// let same = try Groups(table, columns: ["sex", "race"])
/// ```
public struct Groups: Sendable, Hashable {
  /// The attributes and their levels.
  public let levels: GroupLevels
  /// The index of each row's group.
  public let indices: [Int32]

  /// The number of rows.
  public var rowCount: Int { indices.count }

  /// Groups by the texts of an attribute, whose levels are those that occur, in ascending order.
  ///
  /// Throws when there are no rows.
  /// - Complexity: O(n) comparisons of texts for up to 8 levels, a look-up for each row beyond.
  public init(_ attribute: String, labels: [String]) throws(FairnessError) {
    if labels.isEmpty { throw .empty("expected rows, got no label of \(shown(attribute))") }
    let found = LabelCodes(labels)
    levels = GroupLevels(attributes: [attribute], levels: [found.levels])
    indices = found.codes
  }

  /// Groups by the numbers `[rows]` of an attribute, whose levels are those that occur, in ascending order.
  ///
  /// Throws when there are no rows or the tensor is not of rank 1.
  public init(_ attribute: String, labels: Tensor<Int32>) throws(FairnessError) {
    if labels.rank != 1 { throw .shapes("expected labels of shape [rows], got \(labels.shape)") }
    if labels.count == 0 { throw .empty("expected rows, got no label of \(shown(attribute))") }
    let numbers = labels.scalars
    let found = Set(numbers).sorted()
    var ranks = [Int32: Int32](minimumCapacity: found.count)
    for (rank, number) in found.enumerated() { ranks[number] = Int32(rank) }
    levels = GroupLevels(attributes: [attribute], levels: [found.map(String.init)])
    // Levels that follow each other need no look-up.
    let (first, isDense) = (found[0], Int(found.last!) - Int(found[0]) == found.count - 1)
    indices = isDense ? numbers.map { $0 - first } : numbers.map { ranks[$0]! }
  }

  /// Groups by columns of a table, crossed. A missing text is a level of its own, named `missing`.
  ///
  /// Throws when there is no such column, no row or no column, when a column has numbers that are not whole, and when
  /// there are more than 2³¹ groups.
  public init(_ table: Table, columns: [String]) throws(FairnessError) {
    var crossed: Groups?
    for name in columns {
      let groups: Groups
      switch table[name] {
      case .texts(let texts): groups = try Groups(name, labels: texts.map { $0 ?? "missing" })
      case .numbers(let numbers):
        var labels = [Int32]()
        for (row, number) in numbers.enumerated() {
          guard let label = Int32(exactly: number) else {
            throw .invalid("expected whole numbers or texts in column \(shown(name)), got \(number) in row \(row)")
          }
          labels.append(label)
        }
        groups = try Groups(name, labels: Tensor<Int32>(labels))
      case nil:
        throw .unknown(
          "expected one of the columns \(table.columns.map(shown).joined(separator: ", ")), got \(shown(name))")
      }
      crossed = try crossed?.crossed(with: groups) ?? groups
    }
    guard let crossed else { throw .empty("expected at least one column, got none") }
    self = crossed
  }

  init(levels: GroupLevels, indices: [Int32]) { (self.levels, self.indices) = (levels, indices) }

  /// The groups of two attributes, or of several, at once; the levels of `other` change fastest.
  ///
  /// Throws when the rows are not as many, an attribute occurs twice, and there are more than 2³¹ groups.
  public func crossed(with other: Groups) throws(FairnessError) -> Groups {
    if other.rowCount != rowCount { throw .shapes("expected groups of \(rowCount) rows, got \(other.rowCount)") }
    let names = Set(levels.attributes.map(ExactName.init))
    if let twice = other.levels.attributes.first(where: { names.contains(ExactName($0)) }) {
      throw .invalid("expected attributes of different names, got \(shown(twice)) twice")
    }
    let (count, overflow) = levels.count.multipliedReportingOverflow(by: other.levels.count)
    if overflow || count > Int(Int32.max) { throw .invalid("expected fewer than 2³¹ groups, got more") }
    let step = Int32(other.levels.count)
    return Groups(
      levels: GroupLevels(
        attributes: levels.attributes + other.levels.attributes, levels: levels.levels + other.levels.levels),
      indices: zip(indices, other.indices).map { $0 * step + $1 })
  }
}
