import MartletCore
import MartletData
import MartletNN
import MartletText
import MartletTraining

/// The time, energy and greenhouse gases of a fit, before its first step.
///
/// ```swift
/// let forecast = try trainer.energyForecast(for: train, epochs: 100, batchSize: 64)
/// print(forecast)
/// ```
/// Steps of the model itself are taken for some tenths of a second and thrown away, with their energy; the time and the
/// energy of a step and of a validated row are those times their number. Below, both are bounded by what the machine's
/// probes allow for the operations' floating-point operations F and bytes Q, which the formulas of all operations give:
///
///     t ≥ Σ max(F / peak F, Q / peak Q),   E ≥ π₀ t + ε_F F + ε_Q Q
///
/// (Choi and Vuduc, A roofline model of energy, IPDPS 2013: time overlaps, energy does not). The interval of the time is
/// half to twice the time of the rehearsal, our estimate of how much a machine with others' work on it varies; that of the
/// energy contains that of the power too.
public struct EnergyForecast: Sendable {
  /// The number of epochs.
  public let epochs: Int
  /// The steps of an epoch.
  public let stepsPerEpoch: Int
  /// Floating-point operations of a step.
  public let flopsPerStep: Int
  /// Bytes that the operations of a step read and write.
  public let bytesPerStep: Int
  /// Seconds of the whole fit.
  public let seconds: Double
  /// The interval of the seconds.
  public let secondsRange: ClosedRange<Double>
  /// The energy of the whole fit.
  public let energy: Energy
  /// The greenhouse gases of the whole fit.
  public let carbon: Carbon
  /// The machine's probes.
  public let probes: EnergyProbes

  init(
    _ rehearsal: FitRehearsal, epochs: Int, _ reader: EnergyReader, probing: Double = 0.1, rehearsing: Double = 0.15
  ) throws(TrainingError) {
    let costs = try rehearsal.stepCosts()
    let probes = EnergyProbes.measured(by: reader, seconds: probing)
    // The first steps make plans and take memory that the others have.
    _ = try rehearsal.takeSteps(0)
    _ = reader.advance()
    let steps = try rehearsal.takeSteps(rehearsing)
    let taken = reader.advance()
    let rows = try rehearsal.measureRows(rehearsing / 3)
    let measured = reader.advance()
    self.init(
      costs: costs, probes: probes, epochs: epochs, stepsPerEpoch: rehearsal.stepsPerEpoch,
      step: taken.times(1 / Double(max(1, steps))),
      validation: measured.times(rows == 0 ? 0 : Double(rehearsal.validationRows) / Double(rows)),
      reader.accounting.carbonIntensity)
  }

  init(
    costs: [Cost], probes: EnergyProbes, epochs: Int, stepsPerEpoch: Int, step: EnergyUse, validation: EnergyUse,
    _ intensity: CarbonIntensity
  ) {
    self.epochs = epochs
    self.stepsPerEpoch = stepsPerEpoch
    self.probes = probes
    flopsPerStep = costs.reduce(0) { $0 + $1.flops }
    bytesPerStep = costs.reduce(0) { $0 + $1.bytes }
    let steps = Double(epochs) * Double(stepsPerEpoch)
    let use = step.times(steps) + validation.times(Double(epochs))
    let least = probes.leastSeconds(of: costs) * steps
    seconds = use.seconds
    secondsRange = min(use.seconds, max(use.seconds / 2, least))...use.seconds * 2
    let floor =
      probes.leastJoules(flops: flopsPerStep, bytes: bytesPerStep, seconds: probes.leastSeconds(of: costs)) * steps
    let (middle, low, high) = (use.attributed.amount, use.attributed.low, use.attributed.high)
    energy = Energy(
      unchecked: middle, min(middle, max(low / 2, min(floor, low))), high * 2, use.attributed.provenance)
    carbon = intensity.carbon(of: energy)
  }

  private func share(ofSteps steps: Int) -> Double { Double(steps) / max(1, Double(epochs) * Double(stepsPerEpoch)) }

  /// Says what a fit of so many steps took, beside what was expected of these.
  func comparison(with use: EnergyUse, afterSteps steps: Int) -> String {
    let share = share(ofSteps: steps)
    let expected = energy.times(share)
    let isWithin = contains(use, afterSteps: steps)
    return "forecast was \(expected) in \(NumberFormat.duration(seconds * share)): "
      + (isWithin ? "within its interval" : "outside its interval")
  }

  /// Whether what a fit of so many steps took is in the intervals of time and energy; no fit has fewer than 0.
  public func contains(_ use: EnergyUse, afterSteps steps: Int) -> Bool {
    if steps < 0 { return false }
    let share = share(ofSteps: steps)
    let expected = energy.times(share)
    return (expected.low...expected.high).contains(use.attributed.joules)
      && (secondsRange.lowerBound * share...secondsRange.upperBound * share).contains(use.seconds)
  }
}

extension EnergyForecast: CustomStringConvertible {
  /// `about 420 mWh (200 mWh … 900 mWh, modelled), 24 mg CO2e, 11 s (5.5 s to 22 s) for 20 epochs of 57 steps, …`.
  public var description: String {
    let times = "\(NumberFormat.duration(secondsRange.lowerBound)) to \(NumberFormat.duration(secondsRange.upperBound))"
    let step = "\(significant(Double(flopsPerStep) / 1e6)) MFLOP and \(significant(Double(bytesPerStep) / 1e6)) MB"
    return "about \(energy), \(carbon.text) CO2e, \(NumberFormat.duration(seconds)) (\(times)) for \(epochs) "
      + "\(epochs == 1 ? "epoch" : "epochs") of \(stepsPerEpoch) steps, each \(step)"
  }
}

extension Trainer {
  /// The time, energy and greenhouse gases of a fit with this data, before it; model and optimiser stay as they are.
  ///
  /// Takes about half a second. Throws what the fit would throw before its first step.
  public func energyForecast<Given: Batchable>(
    for dataset: Dataset<Model.Input, Given>, validation: Dataset<Model.Input, Given>? = nil, epochs: Int,
    batchSize: Int = 32, accounting: EnergyAccounting = EnergyAccounting()
  ) throws(TrainingError) -> EnergyForecast {
    if epochs < 0 { throw .invalidArgument("epochs is \(epochs); it cannot be negative") }
    return try EnergyForecast(
      rehearsal(of: dataset, validation: validation, batchSize: batchSize), epochs: epochs, EnergyReader(accounting))
  }
}
