import MartletCore
import MartletNN

/// Gives the optimiser the learning rate, and the momentum if there is one, of a schedule before each update.
///
/// ```swift
/// let schedule = Schedule.oneCycle(peak: 0.01, steps: 20 * 94)
/// try trainer.fit(train, epochs: 20, callbacks: [Scheduled(schedule)])
/// ```
/// Each epoch's last rate is recorded as the measure `learningRate`. After the fit the optimiser keeps the last rate, and
/// has its own momentum again.
public final class Scheduled: Callback {
  /// What a schedule's steps are.
  public enum Unit: Sendable {
    /// Updates of the parameters: steps of the fit, without those whose gradients are accumulated.
    case step
    /// Epochs.
    case epoch
  }

  /// The schedule.
  public let schedule: Schedule
  /// What its steps are.
  public let unit: Unit

  /// Makes a callback that follows a schedule, of updates or of epochs.
  public init(_ schedule: Schedule, per unit: Unit = .step) {
    self.schedule = schedule
    self.unit = unit
  }

  /// Throws when the schedule has momenta and the optimiser none.
  public func onFitBegin(_ fit: FitState) throws(TrainingError) {
    if schedule.momentum(atStep: 0) != nil && (fit.optimizer as? any MomentumOptimizer)?.hasMomentum != true {
      throw .invalidArgument(
        "\(schedule): expected an optimiser with a momentum above 0, got \(fit.optimizer); give it one, or leave the "
          + "schedule's out by momentum: nil")
    }
  }

  /// Sets the rate and the momentum of the step that comes.
  public func onGradients(_ gradients: inout Gradients, _ fit: FitState) {
    let step = unit == .step ? fit.updatesTaken : fit.epoch - 1
    fit.optimizer.learningRate = schedule.learningRate(atStep: step)
    if let momentum = schedule.momentum(atStep: step) {
      (fit.optimizer as? any MomentumOptimizer)?.scheduledMomentum = momentum
    }
  }

  /// Records the learning rate.
  public func onEpochEnd(_ fit: FitState) { fit.record("learningRate", fit.optimizer.learningRate) }

  /// Takes the schedule's momentum away.
  public func onFitEnd(_ fit: FitState) { (fit.optimizer as? any MomentumOptimizer)?.scheduledMomentum = nil }
}
