import MartletCore
import MartletNN

// What every fit does by callbacks, beside keeping the last good parameters.

/// Measures the validation data after every epoch.
final class Validation: Callback {
  private let measure: () throws(TrainingError) -> [(name: String, value: Double)]

  init(_ measure: @escaping () throws(TrainingError) -> [(name: String, value: Double)]) { self.measure = measure }

  func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    for (name, value) in try measure() { fit.record(name, value) }
  }
}

/// Writes down what was measured.
final class HistoryRecorder: Callback {
  func onEpochEnd(_ fit: FitState) { fit.history.append(fit.values, seconds: fit.seconds) }
}

/// Shows how far the fit has come.
final class ProgressDisplay: Callback {
  func onStepEnd(_ fit: FitState) {
    if fit.reporter.isDue() { fit.reporter.draw(bar(fit)) }
  }

  func onEpochEnd(_ fit: FitState) { fit.reporter.endEpoch(bar(fit)) }

  private func bar(_ fit: FitState) -> ProgressBar {
    ProgressBar(
      epoch: fit.epoch, epochs: fit.options.epochs, step: fit.step, steps: fit.stepsPerEpoch,
      trainingSeconds: fit.trainingSeconds ?? fit.seconds, seconds: fit.seconds, values: fit.values)
  }
}

/// An epoch that has just ended, as `onEpochEnd` sees it.
public struct EpochReport: Sendable {
  /// Which epoch, counted from 1.
  public let epoch: Int
  /// How many there shall be.
  public let epochs: Int
  /// How long it took, its validation included.
  public let seconds: Double
  /// `loss`, the metrics, then each again as `val_…` where there is validation data.
  public let values: [(name: String, value: Double)]

  /// A measure by name; nil when nothing of that name was measured.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }
}

/// What `fit` does after an epoch.
public enum EpochDecision: Sendable {
  /// Goes on with the next epoch, if there is one.
  case proceed
  /// Ends the fit, with what it has measured so far.
  case stop
}

/// The closure behind `fit`.
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
