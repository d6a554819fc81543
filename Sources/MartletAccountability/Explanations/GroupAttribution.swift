import MartletMetrics
import MartletPlots

/// Attributions by group: whether a model looks at other things for some people than for others.
public struct GroupAttribution: Sendable {
  /// What one feature adds in one group.
  public struct Entry: Sendable {
    /// The feature's name.
    public let feature: String
    /// The mean over the group's rows; NaN without rows.
    public let mean: Double
    /// The mean of the absolute values; NaN without rows.
    public let meanMagnitude: Double
    /// The interval of the mean, by Student's distribution; NaN ends for fewer than two rows.
    public let interval: ConfidenceInterval
  }

  /// The method with its settings, in words.
  public let method: String
  /// What is explained, in words.
  public let target: String
  /// The attributes and their levels.
  public let levels: GroupLevels
  /// The number of rows of each group.
  public let rowCounts: [Int]
  /// What each feature adds in each group, `[group][feature]`, in the order of the input.
  public let entries: [[Entry]]

  /// The greatest difference between two groups of a feature's mean, by feature; NaN where fewer than two groups have rows.
  public var gaps: [(feature: String, gap: Double)] {
    (0..<(entries.first?.count ?? 0)).map { place in
      let means = entries.map { $0[place].mean }.filter { !$0.isNaN }
      return (entries[0][place].feature, means.count < 2 ? .nan : means.max()! - means.min()!)
    }
  }
}

extension Attribution {
  /// The attributions of each group's rows, with intervals of the means at a confidence.
  ///
  /// Throws when the groups are not those of the rows, and when the confidence is not between 0 and 1.
  public func byGroup(_ groups: Groups, confidence: Double = 0.95) throws(ExplanationError) -> GroupAttribution {
    if groups.rowCount != rowCount {
      throw .shapes("expected groups of \(rowCount) rows, got \(groups.rowCount)")
    }
    if !(confidence > 0 && confidence < 1) {
      throw .invalid("expected a confidence between 0 and 1, got \(confidence)")
    }
    var members = [[Int]](repeating: [], count: groups.levels.count)
    for (row, group) in groups.indices.enumerated() { members[Int(group)].append(row) }
    let (elements, width) = (values.scalars, featureNames.count)
    let entries = members.map { rows in
      featureMeans(rows).enumerated().map { place, feature in
        GroupAttribution.Entry(
          feature: feature.name, mean: feature.mean, meanMagnitude: feature.meanMagnitude,
          interval: MeanEstimate(rows.map { elements[$0 * width + place].doubleValue }, confidence: confidence).interval
        )
      }
    }
    return GroupAttribution(
      method: method, target: target, levels: groups.levels, rowCounts: members.map(\.count), entries: entries)
  }
}

extension GroupAttribution: CustomStringConvertible {
  /// A row for each group and feature, the features whose means differ most between groups first, at most `top` of them.
  public func table(top: Int = 20) -> ExplanationTable {
    var rows: [(texts: [String], numbers: [Double])] = []
    for place in order.prefix(max(0, top)) {
      for group in entries.indices {
        let entry = entries[group][place]
        rows.append(
          (
            texts: [entry.feature, levels.name(at: group)],
            numbers: [entry.mean, entry.interval.lower, entry.interval.upper, entry.meanMagnitude]
          ))
      }
    }
    return ExplanationTable(["feature", "group"], ["mean", "lower", "upper", "mean magnitude"], rows)
  }

  /// The means with their intervals as bars, the features whose means differ most between groups first.
  public func bars(top: Int = 8) -> BarList {
    BarList(
      "\(method) of \(target), by group",
      order.prefix(max(0, top)).flatMap { place in
        entries.indices.map { group in
          let entry = entries[group][place]
          let (low, high) = (entry.interval.lower, entry.interval.upper)
          return ("\(entry.feature), \(levels.name(at: group))", entry.mean, low <= high ? low...high : nil)
        }
      }, of: "mean attribution")
  }

  private var order: [Int] {
    let gaps = gaps.map(\.gap)
    return gaps.indices.sorted { (gaps[$0].isNaN ? -1 : gaps[$0]) > (gaps[$1].isNaN ? -1 : gaps[$1]) }
  }

  /// The table.
  public var description: String { "\(method) of \(target), by group\n" + table().description }
}
