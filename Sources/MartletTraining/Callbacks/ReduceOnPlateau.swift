import MartletMetrics
import MartletNN
import MartletText

/// Multiplies the learning rate by a factor when a measure no longer gets better.
///
/// ```swift
/// try trainer.fit(train, validation: held, epochs: 100, callbacks: [ReduceOnPlateau(factor: 0.5, patience: 3)])
/// ```
/// It acts as `torch.optim.lr_scheduler.ReduceLROnPlateau` with `threshold_mode="abs"` and a patience one less. Each
/// epoch's rate is recorded as the measure `learningRate`. NaN never counts as better.
public final class ReduceOnPlateau: Callback {
  /// What the learning rate is multiplied by.
  public let factor: Double
  /// The epochs without improvement after which it is.
  public let patience: Int
  /// The epochs after that in which nothing is counted.
  public let cooldown: Int
  /// The rate below which it does not go.
  public let minimumLearningRate: Double

  private var monitored: MonitoredMeasure
  private var waited = 0
  private var resting = 0

  /// Makes a callback that monitors a measure; traps for a factor that is not between 0 and 1, and for a patience of less
  /// than 1 epoch.
  ///
  /// - Parameters:
  ///   - measure: The measure to monitor.
  ///   - factor: What the learning rate is multiplied by.
  ///   - patience: The epochs without improvement after which it is.
  ///   - minimumImprovement: How much better than the best a value must be.
  ///   - cooldown: The epochs after that in which nothing is counted.
  ///   - minimumLearningRate: The rate below which it does not go.
  ///   - goal: Which values are better; without it, the metric's goal decides.
  public init(
    monitoring measure: String = "val_loss", factor: Double = 0.1, patience: Int = 10, minimumImprovement: Double = 0,
    cooldown: Int = 0, minimumLearningRate: Double = 0, goal: MetricGoal? = nil
  ) {
    if !(factor > 0 && factor < 1) { fatalError("ReduceOnPlateau: expected a factor between 0 and 1, got \(factor)") }
    if patience < 1 { fatalError("ReduceOnPlateau: expected a patience of at least 1 epoch, got \(patience)") }
    if !(minimumImprovement >= 0 && minimumLearningRate >= 0 && cooldown >= 0) {
      fatalError(
        "ReduceOnPlateau: expected numbers of at least 0, got minimumImprovement \(minimumImprovement), cooldown "
          + "\(cooldown), minimumLearningRate \(minimumLearningRate)")
    }
    self.factor = factor
    self.patience = patience
    self.cooldown = cooldown
    self.minimumLearningRate = minimumLearningRate
    monitored = MonitoredMeasure(
      measure, minimumImprovement: minimumImprovement, goal: goal, owner: "ReduceOnPlateau")
  }

  /// The best value, and how long there has been none better.
  public var state: SavedState {
    var state = monitored.state
    (state.numbers["waited"], state.numbers["resting"]) = (Double(waited), Double(resting))
    return state
  }

  /// Takes back what `state` was.
  public func restore(_ state: SavedState, _ fit: FitState) throws(CheckpointError) {
    try monitored.restore(state)
    (waited, resting) = (try state.integer("waited"), try state.integer("resting"))
  }

  /// Forgets an earlier fit; throws when this fit will not have the measure.
  public func onFitBegin(_ fit: FitState) throws(TrainingError) {
    (waited, resting) = (0, 0)
    try monitored.begin(fit)
  }

  /// Makes the learning rate smaller when the patience is used up; throws when the epoch does not have the measure.
  public func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    waited = try monitored.improves(fit) ? 0 : waited + 1
    if resting > 0 { (resting, waited) = (resting - 1, 0) }
    let rate = fit.optimizer.learningRate
    fit.record("learningRate", rate)
    if waited < patience { return }
    (resting, waited) = (cooldown, 0)
    let smaller = max(rate * factor, minimumLearningRate)
    if smaller >= rate { return }
    fit.optimizer.learningRate = smaller
    fit.log(
      "learning rate \(NumberFormat.metric(smaller)) from epoch \(fit.epoch + 1) on: \(monitored.name) got no better")
  }
}
