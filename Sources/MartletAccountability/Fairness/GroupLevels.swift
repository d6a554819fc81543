import MartletText

/// The attributes that divide rows into groups, and the levels of each; a group is one level of each attribute.
///
/// The groups are in row-major order: the last attribute's level changes fastest. All combinations of levels are groups,
/// whether there are rows of them or not.
public struct GroupLevels: Sendable, Hashable, Codable {
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

  /// The index of a group, by its level of each attribute; throws when there is no such level.
  func index(of group: [String]) throws(FairnessError) -> Int {
    if group.count != attributes.count {
      throw .unknown("expected a level for each of \(attributes), got \(group)")
    }
    var index = 0
    for (attribute, level) in group.enumerated() {
      index = index * levels[attribute].count + (try position(of: level, in: attribute))
    }
    return index
  }

  /// For each group of other levels its index here, nil where it has a level that is not here.
  ///
  /// Throws when the attributes are others, or in another order.
  func places(of other: GroupLevels) throws(FairnessError) -> [Int?] {
    if other.attributes.map(ExactName.init) != attributes.map(ExactName.init) {
      throw .unknown(
        "expected groups by \(Self.listed(attributes)), got groups by \(Self.listed(other.attributes))")
    }
    var places: [Int?] = [0]
    for (names, known) in zip(other.levels, levels) {
      let positions = names.map { name in known.firstIndex { ExactName($0) == ExactName(name) } }
      places = places.flatMap { place in
        positions.map { position in
          guard let place, let position else { return nil }
          return place * known.count + position
        }
      }
    }
    return places
  }

  /// The level's position of an attribute in a group.
  func level(of attribute: Int, in group: Int) -> Int {
    let below = levels[(attribute + 1)...].reduce(1) { $0 * $1.count }
    return group / below % levels[attribute].count
  }

  private static func listed(_ names: [String]) -> String { names.map(shown).joined(separator: ", ") }
}
