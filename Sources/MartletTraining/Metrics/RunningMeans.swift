import MartletCore

/// The means of a loss, of its parts and of metrics over the rows seen so far.
struct RunningMeans<Output, Target> {
  private let metrics: [Metric<Output, Target>]
  private var loss = 0.0
  private var parts: [(name: String, sum: Double)] = []
  private var sums: [Double]
  private var rows = 0

  init(_ metrics: [Metric<Output, Target>]) {
    self.metrics = metrics
    sums = [Double](repeating: 0, count: metrics.count)
  }

  /// Adds a batch's loss and its parts; throws when the parts have other names than in the batch before, or one is
  /// called `loss`, as their sum is.
  mutating func add(_ batch: LossValue, rows count: Int) throws(TrainingError) {
    loss += batch.value * Double(count)
    rows += count
    if batch.parts.isEmpty && parts.isEmpty { return }
    if parts.isEmpty {
      if batch.parts.contains(where: { $0.name == "loss" }) {
        throw .invalidArgument(
          "the loss: expected parts of other names than loss, which is their sum, got \(batch.parts.map(\.name))")
      }
      parts = batch.parts.map { ($0.name, 0) }
    }
    if batch.parts.map(\.name) != parts.map(\.name) {
      throw .invalidArgument(
        "the loss: expected the parts \(parts.map(\.name)) as in the batch before, got \(batch.parts.map(\.name))")
    }
    for (index, part) in batch.parts.enumerated() { parts[index].sum += part.value * Double(count) }
  }

  /// Adds a batch's metrics.
  mutating func add(_ outputs: Output, _ targets: Target, rows count: Int) {
    for index in metrics.indices { sums[index] += metrics[index].compute(outputs, targets) * Double(count) }
  }

  /// The sums, for a checkpoint.
  var state: SavedState {
    var state = SavedState(numbers: ["loss": loss, "rows": Double(rows), "parts": Double(parts.count)])
    for (index, part) in parts.enumerated() {
      (state.texts["part\(index)"], state.numbers["part\(index)"]) = (part.name, part.sum)
    }
    for (index, sum) in sums.enumerated() { state.numbers["metric\(index)"] = sum }
    return state
  }

  /// Goes on from the sums that `state` was; throws when one is missing.
  mutating func restore(_ state: SavedState) throws(CheckpointError) {
    (loss, rows) = (try state.number("loss"), try state.integer("rows"))
    parts = []
    for index in 0..<max(0, try state.integer("parts")) {
      parts.append((try state.text("part\(index)"), try state.number("part\(index)")))
    }
    for index in sums.indices { sums[index] = try state.number("metric\(index)") }
  }

  /// The loss, its parts and the metrics by name, each with `prefix` before it; none before the first row.
  func values(prefix: String = "") -> [(name: String, value: Double)] {
    if rows == 0 { return [] }
    return [("\(prefix)loss", loss / Double(rows))] + parts.map { ("\(prefix)\($0.name)", $0.sum / Double(rows)) }
      + zip(metrics, sums).map { ("\(prefix)\($0.name)", $0.finish($1 / Double(rows))) }
  }
}

/// A batch's loss as numbers.
struct LossValue {
  let value: Double
  /// The parts that it is the sum of; empty where it has none.
  var parts: [(name: String, value: Double)] = []
}
