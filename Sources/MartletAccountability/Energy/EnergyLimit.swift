import MartletMetrics
import MartletTraining

/// When an `EnergyMeter` ends a fit.
public struct EnergyLimit: Sendable {
  enum Rule: Sendable {
    case energy(Energy)
    case carbon(Carbon)
    case gain(measure: String, perWattHour: Double, epochs: Int, goal: MetricGoal?)
  }

  let rule: Rule

  /// Interrupts the fit when it has used so much energy, training and validation together, so that it can be gone on with.
  public static func energy(atMost energy: Energy) -> EnergyLimit { EnergyLimit(rule: .energy(energy)) }

  /// Interrupts the fit when its energy stands for so much greenhouse gas.
  public static func carbon(atMost carbon: Carbon) -> EnergyLimit { EnergyLimit(rule: .carbon(carbon)) }

  /// Ends the fit when a measure has gained less for each watt-hour than this, over the last epochs together.
  ///
  /// Which values are better is the metric's goal, or `goal`. A fit refuses fewer epochs than 1, a gain that is no number
  /// of at least 0, and a measure whose goal is not known.
  public static func gain(
    of measure: String, perWattHour least: Double, over epochs: Int = 3, goal: MetricGoal? = nil
  ) -> EnergyLimit {
    EnergyLimit(rule: .gain(measure: measure, perWattHour: least, epochs: epochs, goal: goal))
  }

  /// The gain of a measure for each watt-hour over the last epochs, from the values after each epoch and what each used;
  /// nil while there are no epochs before those.
  static func gain(_ values: [Double], _ wattHours: [Double], over epochs: Int, goal: MetricGoal) -> Double? {
    guard values.count > epochs, values.count == wattHours.count else { return nil }
    let change = values[values.count - 1] - values[values.count - 1 - epochs]
    let used = wattHours.suffix(epochs).reduce(0, +)
    if used == 0 || change.isNaN { return nil }
    return (goal == .maximum ? change : -change) / used
  }
}

/// A value of a measure that an `EnergyMeter` tells the energy to.
public struct EnergyTarget: Sendable {
  /// The measure.
  public let measure: String
  /// The value that is to be reached.
  public let value: Double
  let goal: MetricGoal?

  /// The energy until a measure reaches a value; which values are better is the metric's goal, or `goal`.
  public init(_ measure: String, _ value: Double, goal: MetricGoal? = nil) {
    self.measure = measure
    self.value = value
    self.goal = goal
  }
}

extension FitState {
  /// Which values of a measure are better; throws, in the name of what asks, where it is not known.
  func requiredGoal(of measure: String, _ stated: MetricGoal?, _ owner: String) throws(TrainingError) -> MetricGoal {
    if let goal = stated ?? goal(of: measure) { return goal }
    throw .invalidArgument(
      "\(owner): expected to know which values of \(measure) are better; say goal: .minimum or .maximum")
  }
}
