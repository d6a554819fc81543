import MartletNN
import MartletText

/// Interrupts a fit when its time is over, so that it can be gone on with: see `FitState.interrupt(_:)`.
public final class TimeBudget: Callback {
  /// The time that this run of the fit may take; the step and the epoch's end that it runs out in are finished.
  public let time: Duration
  private let clock = ContinuousClock()
  private var end: ContinuousClock.Instant?

  /// Makes a budget, `TimeBudget(.seconds(3600))`; traps when it is negative.
  public init(_ time: Duration) {
    if time < .zero { fatalError("TimeBudget: expected a time of at least 0, got \(time)") }
    self.time = time
  }

  /// Starts the clock.
  public func onFitBegin(_ fit: FitState) { end = clock.now + time }

  /// Interrupts the fit when the time is over.
  public func onStepEnd(_ fit: FitState) {
    if let end, clock.now >= end { fit.interrupt("the time budget of \(NumberFormat.duration(time.inSeconds))") }
  }

  /// Interrupts the fit when the time is over.
  public func onEpochEnd(_ fit: FitState) { onStepEnd(fit) }
}

/// Interrupts a fit after a number of steps of all epochs, so that it can be gone on with.
public final class StepBudget: Callback {
  /// The number of steps, those before a checkpoint included.
  public let steps: Int

  /// Makes a budget; traps when it is less than 1.
  public init(_ steps: Int) {
    if steps < 1 { fatalError("StepBudget: expected at least 1 step, got \(steps)") }
    self.steps = steps
  }

  /// Interrupts the fit when the steps are taken.
  public func onStepEnd(_ fit: FitState) {
    if fit.stepsTaken >= steps { fit.interrupt("the budget of \(steps) \(steps == 1 ? "step" : "steps")") }
  }
}

/// Adds the learning rate at the end of each epoch to its measures, as `learningRate`.
public final class LearningRateMonitor: Callback {
  /// Makes one.
  public init() {}

  /// Records the learning rate.
  public func onEpochEnd(_ fit: FitState) { fit.record("learningRate", fit.optimizer.learningRate) }
}
