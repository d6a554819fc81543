import MartletText

/// The attributes that divide rows into groups, and the levels of each; a group is one level of each attribute.
///
/// The groups are in row-major order: the last attribute's level changes fastest. All combinations of levels are groups,
/// whether there are rows of them or not.
public struct GroupLevels: Sendable, Hashable {
  /// The names of the attributes.
  public let attributes: [String]
  /// The levels of each attribute, in ascending order.
  public let levels: [[String]]

  /// The number of groups, the product of the numbers of levels.
  public var count: Int { levels.reduce(1) { $0 * $1.count } }

  /// The level of each attribute in a group; traps when there is no group of this index.
  public func group(at index: Int) -> [String] {
    if !(0..<count).contains(index) { fatalError("GroupLevels: expected a group within 0..<\(count), got \(index)") }
    var rest = index
    return levels.reversed().map { names in
      defer { rest /= names.count }
      return names[rest % names.count]
    }.reversed()
  }

  /// The name of a group, its levels with a slash between them.
  public func name(at index: Int) -> String { group(at: index).joined(separator: "/") }

  /// The position of an attribute; throws when there is none of this name.
  func position(of attribute: String) throws(FairnessError) -> Int {
    if let position = attributes.firstIndex(where: { ExactName($0) == ExactName(attribute) }) { return position }
    throw .unknown("expected one of the attributes \(Self.listed(attributes)), got \(shown(attribute))")
  }

  /// The position of a level among those of an attribute; throws when the attribute does not have it.
  func position(of level: String, in attribute: Int) throws(FairnessError) -> Int {
    if let position = levels[attribute].firstIndex(where: { ExactName($0) == ExactName(level) }) { return position }
    let names = Self.listed(levels[attribute])
    throw .unknown("expected one of the levels \(names) of \(shown(attributes[attribute])), got \(shown(level))")
  }

  /// The level's position of an attribute in a group.
  func level(of attribute: Int, in group: Int) -> Int {
    let below = levels[(attribute + 1)...].reduce(1) { $0 * $1.count }
    return group / below % levels[attribute].count
  }

  private static func listed(_ names: [String]) -> String { names.map(shown).joined(separator: ", ") }
}
