import MartletCore
import MartletNN

/// The state of a running fit, as its callbacks see it.
public final class FitState {
  /// The model that is fitted.
  public let model: any Module
  /// The optimiser; its learning rate may be changed between steps.
  public let optimizer: any Optimizer
  /// The options of the fit.
  public let options: FitOptions
  /// The current epoch, counted from 1; 0 before the first.
  public internal(set) var epoch = 0
  /// The current step of the epoch, counted from 1; 0 before its first.
  public internal(set) var step = 0
  /// The number of steps in an epoch.
  public let stepsPerEpoch: Int
  /// The number of steps taken in all epochs so far.
  public internal(set) var stepsTaken = 0
  /// The loss of the current step's batch.
  public internal(set) var batchLoss = 0.0
  /// The epochs that have ended; in a callback's `onEpochEnd` without this one, whose measures are in `values`.
  public internal(set) var history = History()
  /// The error that ended the fit; nil when there was none.
  public internal(set) var error: TrainingError?
  /// Whether `stop()` was called: the fit ends after this step, or after this epoch when the step was its last.
  public private(set) var isStopping = false

  /// Which values are better, by the name of each measure that is known before the first step.
  let goals: [String: MetricGoal?]
  /// Whether there is validation data, so that measures are also taken as `val_…`.
  let hasValidation: Bool
  let reporter: ProgressReporter
  private let clock = ContinuousClock()
  private var epochStart: ContinuousClock.Instant
  /// Whether `skipUpdate()` was called in this step.
  private(set) var skipsThisUpdate = false
  private var measured: [(name: String, value: Double)] = []
  private var running: (() -> [(name: String, value: Double)])?
  /// The seconds that the epoch's steps took, without validation and what other callbacks do at its end; nil before
  /// that.
  private(set) var trainingSeconds: Double?

  init(
    _ model: any Module, _ optimizer: any Optimizer, _ options: FitOptions, stepsPerEpoch: Int,
    goals: [String: MetricGoal?], hasValidation: Bool
  ) {
    self.model = model
    self.optimizer = optimizer
    self.options = options
    self.stepsPerEpoch = stepsPerEpoch
    self.goals = goals
    self.hasValidation = hasValidation
    reporter = ProgressReporter(options.progress)
    epochStart = clock.now
  }

  // MARK: What callbacks read and do

  /// The measures by name.
  ///
  /// While an epoch runs, these are the means of `loss`, its parts and the metrics over the rows so far, none before
  /// the first; at its end, also each as `val_…`, and what callbacks have recorded.
  public var values: [(name: String, value: Double)] { running?() ?? measured }

  /// The value of a measure; nil when there is no measure of that name.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }

  /// The time since the epoch began, in seconds.
  public var seconds: Double { (clock.now - epochStart).inSeconds }

  /// Adds a measure to the epoch that has just ended, or replaces the one of that name.
  ///
  /// The callbacks after this one, the history and the progress line then have it. Traps before the end of an epoch:
  /// call it in `onEpochEnd`.
  public func record(_ name: String, _ value: Double) {
    if running != nil || epoch == 0 {
      fatalError("FitState.record(\"\(name)\", …): expected an epoch that has ended; call it in onEpochEnd")
    }
    if let index = measured.firstIndex(where: { $0.name == name }) {
      measured[index].value = value
    } else {
      measured.append((name, value))
    }
  }

  /// Ends the fit after this step. An epoch that is cut short is measured and recorded as others are, but not one that
  /// is ended before its first step.
  public func stop() { isStopping = true }

  /// Leaves the parameters unchanged in this step. Call it in `onGradients`, for example to add up the gradients of
  /// several steps; elsewhere it does nothing.
  public func skipUpdate() { skipsThisUpdate = true }

  /// Shows a line of text with the progress; does nothing where no progress is shown.
  public func log(_ line: String) { reporter.log(line) }

  /// Which values of a measure are better, for `loss`, the metrics and their `val_…`; nil when this is not known.
  public func goal(of name: String) -> MetricGoal? {
    let base = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
    return goals[base] ?? nil
  }

  // MARK: For the training loop

  func beginEpoch(_ number: Int, running: @escaping () -> [(name: String, value: Double)]) {
    epoch = number
    step = 0
    trainingSeconds = nil
    epochStart = clock.now
    self.running = running
  }

  func endTraining() {
    trainingSeconds = seconds
    measured = values
    running = nil
  }

  func beginStep(_ step: Int, loss: Double) {
    self.step = step
    batchLoss = loss
    skipsThisUpdate = false
  }
}

extension Duration {
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
