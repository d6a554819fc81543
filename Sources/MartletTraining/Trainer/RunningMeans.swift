import MartletCore
import MartletData
import MartletMetrics

/// The means of a loss, of its parts and of metrics over the rows seen so far.
struct RunningMeans<Output, Target> {
  private var loss = Ratio()
  private var parts: [(name: String, mean: Ratio)] = []
  private var partsCountDifferently = false
  private var metrics: [(name: String, state: MetricState<Output, Target>)]

  init(_ metrics: [Metric<Output, Target>]) {
    self.metrics = metrics.map { ($0.name, $0.state()) }
  }

  /// Adds a batch's loss and its parts; throws when the parts have other names than in the batch before, or one is
  /// called `loss`, as their sum is.
  mutating func add(_ batch: LossValue) throws(TrainingError) {
    loss.add(batch.value, batch.denominator)
    if batch.parts.isEmpty && parts.isEmpty { return }
    if parts.isEmpty {
      if batch.parts.contains(where: { $0.name == "loss" }) {
        throw .invalidArgument(
          "the loss: expected parts of other names than loss, which is their sum, got \(batch.parts.map(\.name))")
      }
      parts = batch.parts.map { ($0.name, Ratio()) }
    }
    if batch.parts.map(\.name) != parts.map(\.name) {
      throw .invalidArgument(
        "the loss: expected the parts \(parts.map(\.name)) as in the batch before, got \(batch.parts.map(\.name))")
    }
    for (index, part) in batch.parts.enumerated() {
      parts[index].mean.add(part.value, part.denominator)
      if part.denominator != batch.denominator { partsCountDifferently = true }
    }
  }

  /// Adds a batch's metrics.
  mutating func add(_ outputs: Output, _ batch: Batch<some Batchable, Target>) where Target: Batchable {
    for index in metrics.indices {
      metrics[index].state.add(outputs, batch.y, weights: batch.weights, rows: batch.count)
    }
  }

  /// The sums, for a checkpoint.
  var state: SavedState {
    var state = SavedState(numbers: ["parts": Double(parts.count)])
    loss.save(to: &state, "loss")
    for (index, part) in parts.enumerated() {
      state.texts["part\(index)"] = part.name
      part.mean.save(to: &state, "part\(index)")
    }
    state.numbers["partsCountDifferently"] = partsCountDifferently ? 1 : 0
    for (index, metric) in metrics.enumerated() {
      state.tensors["metric\(index)"] = Tensor(metric.state.numbers).erased
    }
    return state
  }

  /// Goes on from the sums that `state` was; throws when one is missing.
  mutating func restore(_ state: SavedState) throws(CheckpointError) {
    loss = try Ratio(state, "loss")
    parts = []
    for index in 0..<max(0, try state.integer("parts")) {
      parts.append((try state.text("part\(index)"), try Ratio(state, "part\(index)")))
    }
    partsCountDifferently = try state.number("partsCountDifferently") != 0
    for index in metrics.indices {
      let saved = try state.tensor("metric\(index)")
      guard let numbers = try? Tensor<Double>(saved), numbers.rank == 1 else {
        throw .state("expected numbers of the metric \(metrics[index].name), got \(saved.scalarType) of \(saved.shape)")
      }
      metrics[index].state.numbers = numbers.scalars
    }
  }

  /// The loss, its parts and the metrics by name, each with `prefix` before it; none before the first batch.
  func values(prefix: String = "") -> [(name: String, value: Double)] {
    if loss.isEmpty { return [] }
    // The mean of the sum is the sum of the means only where all parts count for the same in every batch.
    let loss = partsCountDifferently ? parts.reduce(0) { $0 + $1.mean.value } : loss.value
    return [("\(prefix)loss", loss)] + parts.map { ("\(prefix)\($0.name)", $0.mean.value) }
      + metrics.map { ("\(prefix)\($0.name)", $0.state.value) }
  }
}

/// A mean over batches: a ratio of sums.
private struct Ratio {
  private var sum = 0.0
  private var denominator = 0.0
  private var batches = 0.0

  init() {}

  /// The mean that was saved under a name.
  init(_ state: SavedState, _ name: String) throws(CheckpointError) {
    sum = try state.number(name)
    denominator = try state.number("\(name)Count")
    batches = try state.number("\(name)Batches")
  }

  func save(to state: inout SavedState, _ name: String) {
    state.numbers[name] = sum
    state.numbers["\(name)Count"] = denominator
    state.numbers["\(name)Batches"] = batches
  }

  mutating func add(_ mean: Double, _ count: Double) {
    sum += count == 0 ? 0 : mean * count
    denominator += count
    batches += 1
  }

  var isEmpty: Bool { batches == 0 }
  /// NaN where nothing counted.
  var value: Double { sum / denominator }
}

/// A batch's loss as numbers.
struct LossValue {
  let value: Double
  /// What the loss counts for among those of other batches.
  let denominator: Double
  /// The parts that it is the sum of; empty where it has none.
  let parts: [(name: String, value: Double, denominator: Double)]
}
