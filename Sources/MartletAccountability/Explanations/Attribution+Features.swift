import MartletPlots
import MartletText

/// An explanation in short, as a model card takes it: what each feature adds over all rows.
public struct ExplanationSummary: Sendable, Equatable, Codable {
  /// What one feature adds.
  public struct Feature: Sendable, Equatable, Codable {
    /// The feature's name.
    public let name: String
    /// The mean over the rows, in which opposite signs cancel.
    public let mean: Double
    /// The mean of the absolute values.
    public let meanMagnitude: Double

    /// Makes a feature.
    public init(name: String, mean: Double, meanMagnitude: Double) {
      (self.name, self.mean, self.meanMagnitude) = (name, mean, meanMagnitude)
    }
  }

  /// The method with its settings, in words.
  public let method: String
  /// What is explained, in words.
  public let target: String
  /// The number of rows.
  public let rowCount: Int
  /// The features, those that add most first.
  public let features: [Feature]
  /// The largest completeness gap of a row; nil for methods that do not promise completeness.
  public let largestGap: Double?
  /// The number of rows whose gap is above its limit; nil for methods that do not promise completeness.
  public let incompleteRowCount: Int?
}

extension Attribution {
  /// The mean attributions of the features, those of the largest magnitude first, at most `top` of them.
  public func summary(top: Int = 20) -> ExplanationSummary {
    let features = featureMeans(Array(0..<rowCount)).sorted { $0.meanMagnitude > $1.meanMagnitude }
    return ExplanationSummary(
      method: method, target: target, rowCount: rowCount, features: Array(features.prefix(max(0, top))),
      largestGap: completeness.map { $0.map { abs($0.gap) }.max() ?? 0 },
      incompleteRowCount: completeness.map { _ in incompleteRows.count })
  }

  /// The means over some rows, in the order of the features.
  func featureMeans(_ rows: [Int]) -> [ExplanationSummary.Feature] {
    let (elements, width, count) = (values.scalars, featureNames.count, Double(rows.count))
    var sums = [Double](repeating: 0, count: width)
    var sizes = sums
    for row in rows {
      for place in 0..<width {
        let number = elements[row * width + place].doubleValue
        sums[place] += number
        sizes[place] += abs(number)
      }
    }
    return (0..<width).map { .init(name: featureNames[$0], mean: sums[$0] / count, meanMagnitude: sizes[$0] / count) }
  }

  /// The features' means as a table, those of the largest magnitude first, at most `top` of them.
  public func table(top: Int = 20) -> ExplanationTable {
    let features = summary(top: top).features
    return ExplanationTable(
      ["feature"], ["mean", "mean magnitude"],
      features.map { (texts: [$0.name], numbers: [$0.mean, $0.meanMagnitude]) })
  }

  /// The attributions of a row as a table, those of the largest magnitude first, at most `top` of them; throws when there
  /// is no such row.
  public func table(row: Int, top: Int = 20) throws(ExplanationError) -> ExplanationTable {
    ExplanationTable(
      ["feature"], ["attribution"], try ordered(row, top).map { (texts: [$0.name], numbers: [$0.value]) })
  }

  /// The features' means, or the means of their magnitudes, as bars, the largest first, at most `top` of them.
  public func bars(top: Int = 20, isMagnitude: Bool = false) -> BarList {
    func size(_ feature: ExplanationSummary.Feature) -> Double {
      isMagnitude ? feature.meanMagnitude : abs(feature.mean)
    }
    let features = featureMeans(Array(0..<rowCount)).sorted { size($0) > size($1) }.prefix(max(0, top))
    return BarList(
      "\(method) of \(target)", features.map { (name: $0.name, value: isMagnitude ? $0.meanMagnitude : $0.mean, nil) },
      of: isMagnitude ? "mean magnitude of the attribution" : "mean attribution, \(rowCount) rows")
  }

  /// The attributions of a row as bars, those of the largest magnitude first, at most `top` of them; throws when there is
  /// no such row.
  public func bars(row: Int, top: Int = 20) throws(ExplanationError) -> BarList {
    BarList(
      "\(method) of \(target), row \(row)", try ordered(row, top).map { (name: $0.name, value: $0.value, nil) },
      of: "attribution")
  }

  private func ordered(_ row: Int, _ top: Int) throws(ExplanationError) -> [(name: String, value: Double)] {
    if row < 0 || row >= rowCount { throw .invalid("expected a row among 0 ..< \(rowCount), got \(row)") }
    let width = featureNames.count
    let numbers = values[row].scalars.map(\.doubleValue)
    let order = (0..<width).sorted { abs(numbers[$0]) > abs(numbers[$1]) }
    return order.prefix(max(0, top)).map { (featureNames[$0], numbers[$0]) }
  }

  /// The attributions of some rows as heat maps, by default of the first eight.
  ///
  /// Throws when rows are not images: `[height, width]`, or of any rank with the height and width given, whose product
  /// divides a row's elements; attributions of several channels are added up. Throws when there is no such row.
  ///
  /// - Parameters:
  ///   - rows: The rows, in the order of the panels.
  ///   - size: Height and width, for rows that are not `[height, width]`, with channels before them.
  ///   - labels: What is written above each panel; by default the rows' numbers.
  ///   - isMagnitude: Whether absolute values are shown.
  public func heatMap(
    rows: [Int]? = nil, size: (height: Int, width: Int)? = nil, labels: [String]? = nil, isMagnitude: Bool = false
  ) throws(ExplanationError) -> HeatMap {
    let rows = rows ?? Array(0..<min(8, rowCount))
    let shape = values.shape.dropFirst()
    guard let size = size ?? (shape.count == 2 ? (shape.first!, shape.last!) : nil) else {
      throw .shapes("expected rows of shape [height, width], or their size, got rows of shape \(Array(shape))")
    }
    let (area, width) = (size.height * size.width, featureNames.count)
    if size.height < 1 || size.width < 1 || width % area != 0 {
      throw .shapes("expected rows of channels of \(size.height) × \(size.width), got \(width) elements")
    }
    if let labels, labels.count != rows.count {
      throw .shapes("expected a label for each of \(rows.count) rows, got \(labels.count)")
    }
    let panels = try rows.enumerated().map { place, row throws(ExplanationError) in
      if row < 0 || row >= rowCount { throw .invalid("expected a row among 0 ..< \(rowCount), got \(row)") }
      let numbers = values[row].scalars.map(\.doubleValue)
      var image = [Double](repeating: 0, count: area)
      for (index, number) in numbers.enumerated() { image[index % area] += number }
      if isMagnitude { image = image.map(abs) }
      return (
        label: labels?[place] ?? "row \(row)",
        rows: (0..<size.height).map { Array(image[$0 * size.width..<($0 + 1) * size.width]) }
      )
    }
    return HeatMap(
      "\(method) of \(target)", panels, of: isMagnitude ? "magnitude of the attribution" : "attribution")
  }
}

extension PermutationImportance {
  /// The features with their intervals as a table, the most important first.
  public var table: ExplanationTable {
    ExplanationTable(
      ["feature"], ["drop of \(metric)", "lower", "upper"],
      ordered.map { (texts: [$0.name], numbers: [$0.mean, $0.interval.lower, $0.interval.upper]) })
  }

  /// The features with their intervals as bars, the most important first, at most `top` of them.
  public func bars(top: Int = 20) -> BarList {
    BarList(
      "Permutation importance, \(rowCount) rows",
      ordered.prefix(max(0, top)).map { feature in
        let interval = feature.interval
        return (feature.name, feature.mean, interval.lower <= interval.upper ? interval.lower...interval.upper : nil)
      }, of: "drop of \(metric), which is \(NumberFormat.metric(score))")
  }

  /// In short, as a model card takes it.
  public func summary(top: Int = 20) -> ExplanationSummary {
    ExplanationSummary(
      method: "permutation importance", target: metric, rowCount: rowCount,
      features: ordered.prefix(max(0, top)).map { .init(name: $0.name, mean: $0.mean, meanMagnitude: abs($0.mean)) },
      largestGap: nil, incompleteRowCount: nil)
  }

  private var ordered: [Feature] { features.sorted { $0.mean > $1.mean } }
}

extension PermutationImportance: CustomStringConvertible {
  /// The metric, and the table of the features.
  public var description: String {
    "\(metric) of \(rowCount) rows: \(NumberFormat.metric(score))\n" + table.description
  }
}
