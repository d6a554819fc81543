import MartletCore
import MartletMetrics
import MartletText
import MartletTraining

/// Measures or models the energy of a fit: in the progress line and the history, training and validation apart.
///
/// ```swift
/// let meter = EnergyMeter(
///   EnergyAccounting(carbonIntensity: try .of("FRA")),
///   limits: [.energy(atMost: try Energy(wattHours: 5)), .gain(of: "val_accuracy", perWattHour: 0.01)],
///   target: EnergyTarget("val_accuracy", 0.95))
/// try trainer.fit(train, validation: test, epochs: 50, callbacks: [meter])
/// print(meter)
/// ```
/// Each epoch has the measures `Wh` of its training, `val_Wh` of its validation where there is any, and `gCO2e` of both;
/// with a gain as limit also `accuracy/Wh`. At the beginning, a forecast of the whole fit is shown, and at the end what it
/// took. A fit that goes on from a checkpoint goes on with its energy.
///
/// Energy is read when 100 ms have passed, or 50 at the end of an epoch; other steps read a clock at most. Epochs that end
/// sooner have the power of the last reading, while totals are of readings alone. A checkpoint holds what was read. A
/// counter that comes round between two readings is subtracted modulo its range. What `EnergyReader` says of the figures
/// holds.
public final class EnergyMeter: Callback {
  /// How energy is accounted for.
  public let accounting: EnergyAccounting
  /// When the fit is ended.
  public let limits: [EnergyLimit]
  /// The value that the energy to is told of.
  public let target: EnergyTarget?
  /// Whether a forecast is made: half a second of steps before the first, which leave model and optimiser as they were.
  public let forecasts: Bool

  /// What training has used so far, from the fit's beginning on, with what other callbacks do.
  public private(set) var training = EnergyUse()
  /// What validation has used so far.
  public private(set) var validation = EnergyUse()
  /// The energy when the target was first reached; nil before that.
  public private(set) var energyToTarget: Energy?
  /// What was expected of the whole fit; nil without a forecast.
  public private(set) var forecast: EnergyForecast?
  /// Why there was no forecast; nil where there was one, or none was wanted.
  public private(set) var forecastFailure: String?
  /// What the machine tells; nil before a fit.
  public var machine: EnergyMachine? { reader?.machine }

  private let makeReader: (EnergyAccounting) -> EnergyReader
  private let interval: UInt64
  private var reader: EnergyReader?
  private var lastReading: UInt64 = 0
  /// Until when the running epoch, or the one before, has its energy; not before the last reading.
  private var mark: UInt64 = 0
  /// When the clock was read last, how many steps ago, and how many steps may pass until it is read again.
  private var lastLook: UInt64 = 0
  private var passedSteps = 0
  private var skippedSteps = 0
  /// Seconds of validation since the last reading.
  private var validationSeconds = 0.0
  /// The energy of a second by the last reading; nil before one.
  private var rate: EnergyUse?
  /// What the running epoch's training has used.
  private var epoch = EnergyUse()
  private var goals: [MetricGoal?] = []
  private var targetGoal: MetricGoal?

  /// Makes a meter.
  ///
  /// - Parameters:
  ///   - accounting: How energy is accounted for, above all where the electricity comes from.
  ///   - limits: When the fit is ended.
  ///   - target: A value of a measure that the energy to is told of.
  ///   - forecasts: Whether a forecast is made and shown.
  public convenience init(
    _ accounting: EnergyAccounting = EnergyAccounting(), limits: [EnergyLimit] = [], target: EnergyTarget? = nil,
    forecasts: Bool = true
  ) {
    self.init(accounting, limits: limits, target: target, forecasts: forecasts, interval: 0.1) { EnergyReader($0) }
  }

  init(
    _ accounting: EnergyAccounting, limits: [EnergyLimit], target: EnergyTarget?, forecasts: Bool, interval: Double,
    _ makeReader: @escaping (EnergyAccounting) -> EnergyReader
  ) {
    self.accounting = accounting
    self.limits = limits
    self.target = target
    self.forecasts = forecasts
    self.interval = UInt64(interval * 1e9)
    self.makeReader = makeReader
  }

  /// What the fit has used so far.
  public var total: EnergyUse { training + validation }

  /// The greenhouse gases of what the fit has used so far.
  public var carbon: Carbon { accounting.carbonIntensity.carbon(of: total.attributed) }

  /// The Software Carbon Intensity of the fit, which is one training run unless other units are said: the energy that was
  /// provisioned, and the machine's making where `accounting.making` tells it, by the time and the allowed processors.
  ///
  /// Throws for a number of units or a life of the machine that is not positive.
  public func softwareCarbonIntensity(
    units: Double = 1, of unit: String = "training run"
  ) throws(EnergyError) -> SoftwareCarbonIntensity {
    var embodied = Carbon.zero
    if let making = accounting.making {
      embodied =
        try EmbodiedShare(
          of: making.carbon, hours: total.seconds / 3600, ofYears: making.years, reserved: machine?.allowedShare ?? 1
        ).carbon
    }
    return try SoftwareCarbonIntensity(
      energy: total.provisioned, by: accounting.carbonIntensity, embodied: embodied, units: units, of: unit)
  }

  // MARK: The fit

  /// Begins to measure, after the forecast; throws for a limit or a target that cannot be.
  public func onFitBegin(_ fit: FitState) throws(TrainingError) {
    (training, validation, epoch) = (EnergyUse(), EnergyUse(), EnergyUse())
    (energyToTarget, forecast, forecastFailure) = (nil, nil, nil)
    try checkLimits(fit)
    let reader = makeReader(accounting)
    self.reader = reader
    if forecasts, let rehearsal = fit.rehearsal {
      do throws(TrainingError) {
        let made = try EnergyForecast(rehearsal, epochs: fit.options.epochs, reader)
        forecast = made
        fit.log(made.description)
      } catch {
        forecastFailure = "\(error)"
        fit.log("no forecast of the energy: \(error)")
      }
    }
    _ = reader.advance()
    lastReading = MonotonicClock.nanoseconds()
    (mark, validationSeconds, rate) = (lastReading, 0, nil)
    (lastLook, passedSteps, skippedSteps) = (lastReading, 0, 0)
  }

  /// Reads the energy when 100 ms have passed, or 50 at an epoch's last step, and ends the fit at a limit.
  public func onStepEnd(_ fit: FitState) {
    let isLast = fit.step == fit.stepsPerEpoch
    if passedSteps < skippedSteps && !isLast {
      passedSteps += 1
      return
    }
    let now = MonotonicClock.nanoseconds()
    // For steps of microseconds even a clock costs something: it is read every millisecond or so.
    let pace = (now - lastLook) / UInt64(passedSteps + 1)
    (lastLook, passedSteps, skippedSteps) = (now, 0, Int(min(10_000, interval / 100 / max(1, pace))))
    // Right before validation, so that it is told apart.
    if now - lastReading < (isLast ? interval / 2 : interval) { return }
    read(now)
    checkBudgets(fit)
  }

  /// Records the epoch's energy, tells the target's, and ends the fit at a limit.
  public func onEpochEnd(_ fit: FitState) {
    let now = MonotonicClock.nanoseconds()
    let passed = Double(now - mark) * 1e-9
    // What validation and the callbacks before this one took.
    let after = max(0, fit.seconds - (fit.trainingSeconds ?? fit.seconds))
    let isValidated = fit.values.contains { $0.name.hasPrefix("val_") }
    let share = isValidated && passed > 0 ? min(1, after / passed) : 0
    validationSeconds += share * passed
    // An epoch of some milliseconds is not worth a reading: it has the power of the last one.
    let isRead = rate == nil || now - lastReading >= interval / 2
    let use = isRead ? read(now) : rate!.times(passed)
    if !isRead { epoch += use }
    mark = now
    let validated = use.times(share)
    let trained = epoch.attributed.wattHours - validated.attributed.wattHours
    let whole = epoch.attributed
    epoch = EnergyUse()
    fit.record("Wh", max(0, trained))
    if isValidated { fit.record("val_Wh", validated.attributed.wattHours) }
    fit.record("gCO2e", accounting.carbonIntensity.carbon(of: whole).grams)
    reachTarget(fit, isRead: isRead)
    checkGains(fit, wattHours: whole.wattHours)
    checkBudgets(fit)
  }

  /// Shows what the fit took, beside the forecast.
  public func onFitEnd(_ fit: FitState) {
    if reader != nil { read(MonotonicClock.nanoseconds()) }
    let used = total
    if used.seconds == 0 { return }
    fit.log("used \(used.attributed), \(carbon.text) CO2e in \(NumberFormat.duration(used.seconds))")
    if let claim = accounting.marketClaim {
      let claimed = claim.carbon(of: used.attributed, otherwise: accounting.carbonIntensity)
      fit.log("by contracts (\(claim.source)) \(claimed.text) CO2e, which is not subtracted")
    }
    if let forecast, fit.error == nil, !fit.isResumed {
      fit.log(forecast.comparison(with: used, afterSteps: fit.stepsTaken))
    }
  }

  /// Reads the energy and returns that since the mark, which is a part of the running epoch.
  @discardableResult
  private func read(_ now: UInt64) -> EnergyUse {
    guard let use = reader?.advance() else { return EnergyUse() }
    let span = Double(max(1, now - lastReading)) * 1e-9
    let validated = min(1, validationSeconds / span)
    validation += use.times(validated)
    training += use.times(1 - validated)
    rate = use.times(1 / span)
    let part = use.times(min(1, Double(now - mark) * 1e-9 / span))
    epoch += part
    (lastReading, mark, validationSeconds) = (now, now, 0)
    return part
  }

  // MARK: Limits

  private func checkLimits(_ fit: FitState) throws(TrainingError) {
    goals = []
    for limit in limits {
      guard case .gain(let measure, let least, let epochs, let goal) = limit.rule else {
        goals.append(nil)
        continue
      }
      if epochs < 1 || !(least >= 0 && least.isFinite) {
        throw .invalidArgument(
          "EnergyLimit.gain: expected at least 1 epoch and a gain of at least 0 per Wh, got \(epochs) and \(least)")
      }
      goals.append(try fit.requiredGoal(of: measure, goal, "EnergyLimit.gain"))
    }
    targetGoal = nil
    if let target { targetGoal = try fit.requiredGoal(of: target.measure, target.goal, "EnergyTarget") }
  }

  private func checkBudgets(_ fit: FitState) {
    for limit in limits {
      switch limit.rule {
      case .energy(let most):
        if total.attributed.joules >= most.joules { fit.interrupt("the energy budget of \(most.text)") }
      case .carbon(let most):
        if carbon.grams >= most.grams { fit.interrupt("the budget of \(most.text) CO2e") }
      case .gain: break
      }
    }
  }

  private func checkGains(_ fit: FitState, wattHours: Double) {
    for (limit, goal) in zip(limits, goals) {
      guard case .gain(let measure, let least, let epochs, _) = limit.rule, let goal, let value = fit[measure] else {
        continue
      }
      let before = fit.history["val_Wh"]
      let used = fit.history["Wh"].enumerated().map { $1 + (before.isEmpty ? 0 : before[$0]) } + [wattHours]
      let values = fit.history[measure] + [value]
      if let last = EnergyLimit.gain(values, used, over: 1, goal: goal) { fit.record("\(measure)/Wh", last) }
      guard let gain = EnergyLimit.gain(values, used, over: epochs, goal: goal), gain < least else { continue }
      fit.log(
        "stopped after epoch \(fit.epoch): \(measure) gained \(significant(gain)) per Wh over \(epochs) "
          + "\(epochs == 1 ? "epoch" : "epochs"), less than \(significant(least))")
      fit.stop()
    }
  }

  private func reachTarget(_ fit: FitState, isRead: Bool) {
    guard let target, let targetGoal, energyToTarget == nil, let value = fit[target.measure] else { return }
    guard targetGoal == .maximum ? value >= target.value : value <= target.value else { return }
    if !isRead { read(MonotonicClock.nanoseconds()) }
    let energy = total.attributed
    energyToTarget = energy
    fit.log("\(target.measure) \(significant(target.value)) was reached with \(energy)")
  }

  // MARK: In checkpoints

  /// What was used so far, and the energy to the target.
  public var state: SavedState {
    var state = SavedState()
    state.add(training.state, under: "training")
    state.add(validation.state, under: "validation")
    state.add(epoch.state, under: "epoch")
    if let energyToTarget { state.add(energyToTarget.state, under: "target") }
    return state
  }

  /// Takes back what `state` was.
  public func restore(_ state: SavedState, _ fit: FitState) throws(CheckpointError) {
    let target = state.under("target")
    let restored = (
      try EnergyUse(state.under("training")), try EnergyUse(state.under("validation")),
      try EnergyUse(state.under("epoch")), target.isEmpty ? nil : try Energy(target)
    )
    (training, validation, epoch, energyToTarget) = restored
  }
}

extension EnergyMeter: CustomStringConvertible {
  /// A table of what training and validation used, and the greenhouse gases.
  public var description: String {
    var table = TextTable(["", "time", "energy", "processor", "memory", "provisioned", "known"], textColumns: 1)
    for (name, use) in [("training", training), ("validation", validation), ("total", total)] {
      table.append([
        name, NumberFormat.duration(use.seconds), use.attributed.text, use.processor.text, use.memory.text,
        use.provisioned.text, use.attributed.provenance.rawValue,
      ])
    }
    let reached =
      energyToTarget.map { "\n\(target!.measure) \(significant(target!.value)) was reached with \($0)" } ?? ""
    return table.text + "\n\(carbon) CO2e at \(accounting.carbonIntensity)" + reached
  }
}
