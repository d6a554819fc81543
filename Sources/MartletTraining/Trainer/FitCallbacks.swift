import MartletCore
import MartletNN

// The callbacks that a fit adds itself, beside `LastGood`.

/// Measures the validation data after every epoch.
final class Validation: Callback {
  private let measure: () throws(TrainingError) -> [(name: String, value: Double)]

  init(_ measure: @escaping () throws(TrainingError) -> [(name: String, value: Double)]) { self.measure = measure }

  func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    for (name, value) in try measure() { fit.record(name, value) }
  }
}

/// Adds each epoch's measures to the history.
final class HistoryRecorder: Callback {
  func onEpochEnd(_ fit: FitState) { fit.history.append(fit.values, seconds: fit.seconds) }
}

/// Shows the progress of the fit.
final class ProgressDisplay: Callback {
  func onFitBegin(_ fit: FitState) { fit.log("Fitting on \(fit.run["threads"]!)") }

  func onStepEnd(_ fit: FitState) {
    if fit.reporter.isDue() { fit.reporter.draw(bar(fit)) }
  }

  func onEpochEnd(_ fit: FitState) {
    fit.reporter.endEpoch(fit.epoch, isLast: fit.isStopping || fit.epoch == fit.options.epochs, bar(fit))
  }

  private func bar(_ fit: FitState) -> ProgressBar {
    ProgressBar(
      epoch: fit.epoch, epochs: fit.options.epochs, step: fit.step, steps: fit.stepsPerEpoch,
      trainingSeconds: fit.trainingSeconds ?? fit.seconds, seconds: fit.seconds, values: fit.values)
  }
}

/// An epoch that has just ended, as the closure `onEpochEnd` of a fit sees it.
public struct EpochReport: Sendable {
  /// The number of the epoch, counted from 1.
  public let epoch: Int
  /// The number of epochs that the fit was asked for.
  public let epochs: Int
  /// The time that it took, with its validation, in seconds.
  public let seconds: Double
  /// The measures by name: `loss`, its parts, the metrics, each again as `val_…` where there is validation data, and
  /// what callbacks have recorded.
  public let values: [(name: String, value: Double)]

  /// The value of a measure; nil when there is no measure of that name.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }
}

/// What `fit` does after an epoch.
public enum EpochDecision: Sendable {
  /// Goes on with the next epoch, if there is one.
  case proceed
  /// Ends the fit, with what it has measured so far.
  case stop
}

/// Calls the closure `onEpochEnd` of a fit.
final class OnEpochEnd: Callback {
  private let decide: (EpochReport) throws -> EpochDecision

  init(_ decide: @escaping (EpochReport) throws -> EpochDecision) { self.decide = decide }

  func onEpochEnd(_ fit: FitState) throws {
    let report = EpochReport(
      epoch: fit.epoch, epochs: fit.options.epochs, seconds: fit.history.seconds.last ?? fit.seconds, values: fit.values
    )
    if try decide(report) == .stop { fit.stop() }
  }
}
