import MartletCore
import MartletNN

/// A fit under way, as its callbacks see it.
public final class FitState {
  /// The model that is fitted.
  public let model: any Module
  /// What changes its parameters; its learning rate may be changed between steps.
  public let optimizer: any Optimizer
  /// What was asked for.
  public let options: FitOptions
  /// Which epoch, counted from 1; 0 before the first.
  public internal(set) var epoch = 0
  /// Which step of the epoch, counted from 1; 0 before its first.
  public internal(set) var step = 0
  /// Steps an epoch.
  public let stepsPerEpoch: Int
  /// Steps of all epochs so far.
  public internal(set) var stepsTaken = 0
  /// The loss of the step's batch.
  public internal(set) var batchLoss = 0.0
  /// The epochs that have ended; in a callback's `onEpochEnd` without this one, whose measures are in `values`.
  public internal(set) var history = History()
  /// Why the fit ends before its time; nil when nothing went wrong.
  public internal(set) var error: TrainingError?
  /// Whether the fit ends after this step, or this epoch when the step was its last.
  public private(set) var isStopping = false

  /// The names of what is known to be measured, and which values are better.
  let goals: [String: MetricGoal?]
  /// Whether there is data to measure after every epoch, as `val_…`.
  let hasValidation: Bool
  let reporter: ProgressReporter
  private let clock = ContinuousClock()
  private var epochStart: ContinuousClock.Instant
  private var skipsThisUpdate = false
  private var measured: [(name: String, value: Double)] = []
  private var running: (() -> [(name: String, value: Double)])?
  /// How long the epoch's steps took, without what came behind them.
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

  /// `loss`, its parts and the metrics: while an epoch runs, their means over the rows so far; at its end also `val_…`, and what
  /// callbacks have added.
  public var values: [(name: String, value: Double)] { running?() ?? measured }

  /// A measure by name; nil when nothing of that name was measured.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }

  /// How long the epoch has taken so far.
  public var seconds: Double { (clock.now - epochStart).inSeconds }

  /// Adds a measure to the epoch that has just ended, for the callbacks behind this one, the history and the progress line;
  /// replaces one of that name. Traps before the epoch's end.
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

  /// Ends the fit after this step. An epoch that is cut short is measured and recorded as others are, one that is ended
  /// before its first step is not.
  public func stop() { isStopping = true }

  /// Leaves the parameters as they are at this step: in `onGradients`, to gather the gradients of several steps.
  public func skipUpdate() { skipsThisUpdate = true }

  /// Shows a line of text where the progress is shown, and nothing where it is not.
  public func log(_ line: String) { reporter.log(line) }

  /// Which values of a measure are better, for `loss`, the metrics and their `val_…`; nil when it is not known.
  public func goal(of name: String) -> MetricGoal? {
    let base = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
    return goals[base] ?? nil
  }

  // MARK: What the loop says

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

  /// Whether the last `skipUpdate()` was for this step.
  func takeSkip() -> Bool {
    defer { skipsThisUpdate = false }
    return skipsThisUpdate
  }
}

extension Duration {
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
