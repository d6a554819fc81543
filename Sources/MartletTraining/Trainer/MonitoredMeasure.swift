import MartletCore
import MartletMetrics
import MartletText

/// A measure of which a callback looks for the best value so far.
struct MonitoredMeasure {
  let name: String
  /// The epoch with the best value, counted from 1, and the value; nil before there is one.
  private(set) var best: (epoch: Int, value: Double)?

  /// The callback's name, for errors.
  private let owner: String
  private let minimumImprovement: Double
  private let statedGoal: MetricGoal?
  private var goal = MetricGoal.minimum

  init(_ name: String, minimumImprovement: Double = 0, goal: MetricGoal?, owner: String) {
    self.name = name
    self.minimumImprovement = minimumImprovement
    self.owner = owner
    statedGoal = goal
  }

  /// Forgets an earlier fit; throws when this fit will not have the measure, or when it is unknown which of its values
  /// are better.
  mutating func begin(_ fit: FitState) throws(TrainingError) {
    best = nil
    if name.hasPrefix("val_") && !fit.hasValidation && fit.goals[String(name.dropFirst(4))] != nil {
      throw .invalidArgument(
        "\(owner): expected validation data to measure \(name) with, got none; give validation: or "
          + "validationSplit:, or monitor \(name.dropFirst(4))")
    }
    if let goal = statedGoal ?? fit.goal(of: name) {
      self.goal = goal
    } else {
      throw .invalidArgument(
        "\(owner): expected to know which values of \(name) are better; say goal: .minimum or .maximum"
          + fit.knownMeasures)
    }
  }

  /// Whether the epoch that has just ended is the best so far, which it then is called from now on; throws when it does
  /// not have the measure. NaN is never better.
  mutating func improves(_ fit: FitState) throws(TrainingError) -> Bool {
    guard let value = fit[name] else {
      let names = fit.values.map(\.name).joined(separator: ", ")
      throw .invalidArgument("\(owner): expected a measure called \(name), got \(names)")
    }
    if value.isNaN { return false }
    if let best {
      let isBetter =
        goal == .minimum ? value < best.value - minimumImprovement : value > best.value + minimumImprovement
      if !isBetter { return false }
    }
    best = (fit.epoch, value)
    return true
  }

  var state: SavedState {
    best.map { SavedState(numbers: ["bestEpoch": Double($0.epoch), "bestValue": $0.value]) } ?? SavedState()
  }

  mutating func restore(_ state: SavedState) throws(CheckpointError) {
    best =
      state.numbers["bestEpoch"] == nil ? nil : (try state.integer("bestEpoch"), try state.number("bestValue"))
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
