import MartletPlots
import MartletTraining

/// The epochs of a fit that no other epoch beats in both a measure, such as accuracy, and a gap.
///
/// `FrontCheckpointing` keeps the checkpoints of these epochs while training. Epochs in which the measure or the gap is NaN
/// take no part.
public struct FairnessFront: Sendable, Equatable {
  /// An epoch with its measure, of which more is better, and its gap, of which less is.
  public struct Point: Sendable, Equatable {
    /// The epoch, counted from 1.
    public let epoch: Int
    /// The measure, such as accuracy.
    public let measure: Double
    /// The gap.
    public let gap: Double
  }

  /// All epochs that have both numbers, in order.
  public let points: [Point]
  /// The epochs that no other beats, by ascending gap and so by ascending measure; of equal ones, the earliest.
  public let front: [Point]
  private let names: (measure: String, gap: String)

  init(_ points: [Point], _ names: (measure: String, gap: String)) {
    self.points = points.sorted { $0.epoch < $1.epoch }
    self.names = names
    var front = [Point]()
    let order = points.sorted { ($0.gap, -$0.measure, $0.epoch) < ($1.gap, -$1.measure, $1.epoch) }
    for point in order where front.last.map({ point.measure > $0.measure }) ?? true { front.append(point) }
    self.front = front
  }

  /// The front of a history's epochs; throws when the history does not have the measure or the gap.
  public init(
    _ history: History, measure: String = "val_group_accuracy", gap: String
  ) throws(FairnessError) {
    for name in [measure, gap] where !history.names.contains(name) {
      throw .unknown("expected one of the history's measures \(history.names), got \"\(name)\"")
    }
    let rows = zip(history[measure], history[gap]).enumerated()
    let points = rows.map { Point(epoch: $0 + 1, measure: $1.0, gap: $1.1) }
    self.init(points.filter { !$0.measure.isNaN && !$0.gap.isNaN }, (measure, gap))
  }

  /// The epoch of the greatest measure whose gap is at most this; nil when there is none.
  public func epoch(gapAtMost limit: Double) -> Int? { front.last { $0.gap <= limit }?.epoch }

  /// The epoch of the smallest gap whose measure is at least this; nil when there is none.
  public func epoch(measureAtLeast limit: Double) -> Int? { front.first { $0.measure >= limit }?.epoch }

  /// The epochs as points, the front as a line.
  public func chart(title: String = "Front") -> Chart {
    var chart = Chart(title, x: ChartAxis(names.gap), y: ChartAxis(names.measure))
    chart.points(points.map(\.gap), points.map(\.measure), label: "epochs")
    chart.line(front.map(\.gap), front.map(\.measure), label: "front", hasDots: true)
    return chart
  }

  /// Whether both have the same points of the same measure and gap.
  public static func == (a: FairnessFront, b: FairnessFront) -> Bool {
    a.points == b.points && a.names == b.names
  }
}
