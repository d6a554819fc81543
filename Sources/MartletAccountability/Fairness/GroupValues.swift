/// A measure's value for each group and for all rows, with the gaps between them.
public struct GroupValues: Sendable, Equatable {
  /// What differences and ratios compare the groups with.
  public enum Reference: Sendable {
    /// The group of the smallest, or the greatest, value.
    case betweenGroups
    /// The value of all rows.
    case toOverall
  }

  /// The name of the measure.
  public let name: String
  /// The attributes and their levels.
  public let levels: GroupLevels
  /// The value of each group; NaN where its rows do not define it.
  public let values: [Double]
  /// The value of all rows.
  public let overall: Double

  /// The smallest value of a group; NaN when no group has one.
  public var min: Double { held.min() ?? .nan }
  /// The greatest value of a group; NaN when no group has one.
  public var max: Double { held.max() ?? .nan }

  private var held: [Double] { values.filter { !$0.isNaN } }

  /// The value of a group, by its level of each attribute; throws when there is no such level.
  public func value(of group: [String]) throws(FairnessError) -> Double {
    let index = try levels.index(of: group)
    return values[index]
  }

  /// The greatest difference: of two groups, or of a group and all rows; NaN when no group has a value.
  ///
  /// Groups without a value take no part. With one group that has one, its difference to itself is 0.
  public func difference(_ reference: Reference = .betweenGroups) -> Double {
    switch reference {
    case .betweenGroups: max - min
    case .toOverall: held.map { abs($0 - overall) }.max() ?? .nan
    }
  }

  /// The smallest ratio, at most 1: of two groups, or of a group and all rows, whichever of both is greater; NaN when no
  /// group has a value, and when all are 0.
  public func ratio(_ reference: Reference = .betweenGroups) -> Double {
    switch reference {
    case .betweenGroups: min / max
    case .toOverall:
      held.map { $0 / overall }.map { $0 <= 1 ? $0 : 1 / $0 }.filter { !$0.isNaN }.min() ?? .nan
    }
  }
}

extension GroupCounts {
  /// A measure's value for each group.
  public func values(_ measure: GroupMeasure) -> GroupValues {
    GroupValues(name: measure.name, levels: levels, values: cells.map { measure($0) }, overall: measure(overall))
  }
}
