import MartletCore
import MartletNN
import MartletText

/// Ends a fit when a measure no longer gets better, and puts the best epoch's parameters and buffers back.
///
/// ```swift
/// let stopping = EarlyStopping(patience: 5)
/// try trainer.fit(train, validation: held, epochs: 100, callbacks: [stopping])
/// print("epoch \(stopping.bestEpoch!) was the best")
/// ```
/// The best epoch is put back whatever ends the fit: the patience, the last epoch, another callback or an error. NaN
/// never counts as better.
public final class EarlyStopping: Callback {
  /// The measure that is monitored: `val_loss`, `loss`, a metric's name, or that with `val_` before it.
  public let measure: String
  /// The epochs without improvement after which the fit ends.
  public let patience: Int
  /// How much better than the best a value must be: only a larger improvement counts.
  public let minimumImprovement: Double
  /// Whether the best epoch's parameters and buffers are put back at the end.
  public let restoresBest: Bool
  /// The best epoch so far, counted from 1; nil before there is one.
  public private(set) var bestEpoch: Int?
  /// The measure's value in the best epoch.
  public private(set) var bestValue: Double?
  /// Whether this callback ended the fit.
  public private(set) var hasStopped = false

  private let statedGoal: MetricGoal?
  private var goal = MetricGoal.minimum
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
    self.measure = measure
    self.patience = patience
    self.minimumImprovement = minimumImprovement
    self.restoresBest = restoresBest
    statedGoal = goal
  }

  /// Forgets an earlier fit; throws when this fit will not have the measure, or when it is unknown which of its values
  /// are better.
  public func onFitBegin(_ fit: FitState) throws(TrainingError) {
    (bestEpoch, bestValue, hasStopped, best) = (nil, nil, false, nil)
    if measure.hasPrefix("val_") && !fit.hasValidation && fit.goals[String(measure.dropFirst(4))] != nil {
      throw .invalidArgument(
        "EarlyStopping: expected validation data to measure \(measure) with, got none; give validation: or "
          + "validationSplit:, or monitor \(measure.dropFirst(4))")
    }
    if let goal = statedGoal ?? fit.goal(of: measure) {
      self.goal = goal
    } else {
      throw .invalidArgument(
        "EarlyStopping: expected to know which values of \(measure) are better; say goal: .minimum or .maximum"
          + fit.knownMeasures)
    }
  }

  /// Keeps the epoch's parameters and buffers when it is the best so far, and ends the fit when the patience is used
  /// up; throws when the epoch does not have the measure.
  public func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    guard let value = fit[measure] else {
      let names = fit.values.map(\.name).joined(separator: ", ")
      throw .invalidArgument("EarlyStopping: expected a measure called \(measure), got \(names)")
    }
    if isBetter(value) {
      (bestEpoch, bestValue) = (fit.epoch, value)
      if restoresBest { best = ModelValues(of: fit.model) }
    } else if fit.epoch - (bestEpoch ?? 0) >= patience {
      hasStopped = true
      fit.stop()
    }
  }

  /// Puts the best epoch's parameters and buffers back.
  public func onFitEnd(_ fit: FitState) {
    // Before the first epoch, `hasStopped` may still be that of an earlier fit.
    if hasStopped, fit.epoch > 0, let bestEpoch, let bestValue {
      fit.log(
        "stopped after epoch \(fit.epoch): \(measure) has not been better than \(NumberFormat.metric(bestValue)) in epoch "
          + "\(bestEpoch)" + (restoresBest ? ", whose weights are back" : ""))
    }
    if bestEpoch != fit.epoch || fit.error != nil { best?.putBack() }
    best = nil
  }

  private func isBetter(_ value: Double) -> Bool {
    if value.isNaN { return false }
    guard let bestValue else { return true }
    return goal == .minimum ? value < bestValue - minimumImprovement : value > bestValue + minimumImprovement
  }
}

extension FitState {
  /// The names of the known measures, for a message about a name that is not among them.
  fileprivate var knownMeasures: String {
    let names = goals.keys.sorted()
    return ". Measured are \(names.joined(separator: ", "))"
      + (hasValidation ? ", and each as val_… of the validation data" : "")
  }
}
