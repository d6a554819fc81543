import MartletCore
import MartletMetrics
import MartletNN
import MartletText

/// Ends a fit when a measure no longer gets better, and puts the best epoch's parameters and buffers back.
///
/// ```swift
/// let stopping = EarlyStopping(patience: 5)
/// try trainer.fit(train, validation: held, epochs: 100, callbacks: [stopping])
/// print("epoch \(stopping.bestEpoch!) was the best")
/// ```
/// The best epoch is put back whatever ends the fit: the patience, the last epoch, Ctrl-C, another callback or an error.
/// NaN never counts as better.
public final class EarlyStopping: Callback {
  /// The measure that is monitored: `val_loss`, `loss`, a metric's name, or that with `val_` before it.
  public var measure: String { monitored.name }
  /// The epochs without improvement after which the fit ends.
  public let patience: Int
  /// How much better than the best a value must be: only a larger improvement counts.
  public let minimumImprovement: Double
  /// Whether the best epoch's parameters and buffers are put back at the end.
  public let restoresBest: Bool
  /// The best epoch so far, counted from 1; nil before there is one.
  public var bestEpoch: Int? { monitored.best?.epoch }
  /// The measure's value in the best epoch.
  public var bestValue: Double? { monitored.best?.value }
  /// Whether this callback ended the fit.
  public private(set) var hasStopped = false

  private var monitored: MonitoredMeasure
  private var best: ModelValues?

  /// Makes a callback that monitors a measure.
  ///
  /// - Parameters:
  ///   - measure: The measure to monitor.
  ///   - patience: The epochs without improvement after which the fit ends, at least 1; traps otherwise.
  ///   - minimumImprovement: How much better than the best a value must be, at least 0; traps otherwise.
  ///   - goal: Which values are better; without it, the metric's goal decides.
  ///   - restoresBest: Whether the best epoch's parameters and buffers are put back at the end.
  public init(
    monitoring measure: String = "val_loss", patience: Int = 5, minimumImprovement: Double = 0, goal: MetricGoal? = nil,
    restoresBest: Bool = true
  ) {
    if patience < 1 { fatalError("EarlyStopping: expected a patience of at least 1 epoch, got \(patience)") }
    if !(minimumImprovement >= 0) {
      fatalError("EarlyStopping: expected a minimumImprovement of at least 0, got \(minimumImprovement)")
    }
    self.patience = patience
    self.minimumImprovement = minimumImprovement
    self.restoresBest = restoresBest
    monitored = MonitoredMeasure(
      measure, minimumImprovement: minimumImprovement, goal: goal, owner: "EarlyStopping")
  }

  /// The best epoch, its value, parameters and buffers.
  public var state: SavedState {
    var state = monitored.state
    state.numbers["hasStopped"] = hasStopped ? 1 : 0
    if bestEpoch != nil, let best { state.tensors = best.named }
    return state
  }

  /// Takes back what `state` was.
  public func restore(_ state: SavedState, _ fit: FitState) throws(CheckpointError) {
    try monitored.restore(state)
    hasStopped = try state.number("hasStopped") != 0
    if bestEpoch != nil { try best?.restore(state) }
  }

  /// Forgets an earlier fit; throws when this fit will not have the measure, or when it is unknown which of its values
  /// are better.
  public func onFitBegin(_ fit: FitState) throws(TrainingError) {
    (hasStopped, best) = (false, nil)
    try monitored.begin(fit)
    if restoresBest { best = ModelValues(of: fit.model) }
  }

  /// Keeps the epoch's parameters and buffers when it is the best so far, and ends the fit when the patience is used
  /// up; throws when the epoch does not have the measure.
  public func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    if try monitored.improves(fit) {
      best?.keep()
    } else if fit.epoch - (bestEpoch ?? 0) >= patience {
      hasStopped = true
      fit.stop()
    }
  }

  /// Puts the best epoch's parameters and buffers back.
  public func onFitEnd(_ fit: FitState) {
    // Before the first epoch, what is known may still be of an earlier fit.
    guard fit.epoch > 0, let bestEpoch, let bestValue else { return best = nil }
    if hasStopped {
      fit.log(
        "stopped after epoch \(fit.epoch): \(measure) has not been better than \(NumberFormat.metric(bestValue)) in epoch "
          + "\(bestEpoch)" + (restoresBest ? ", whose weights are back" : ""))
    }
    if bestEpoch != fit.epoch || fit.error != nil { best?.putBack() }
    best = nil
  }
}
