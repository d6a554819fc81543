import MartletText

/// A learning rate as a function of the number of steps, or of epochs, that have been taken: a pure value.
///
/// ```swift
/// let schedule = Schedule.cosine(from: 1e-3, steps: 1000).warmedUp(over: 50)
/// print(schedule.table(steps: 1000))
/// for step in 0..<1000 {
///   optimizer.learningRate = schedule.learningRate(atStep: step)
///   …
/// }
/// ```
/// A fit follows it by the callback `Scheduled`. Since it depends on the number alone, a fit that goes on from a
/// checkpoint has the same rates as one that never stopped. Schedules of your own are closures:
/// `Schedule("halving") { 0.1 * pow(0.5, Double($0 / 10)) }`.
public struct Schedule: Sendable, CustomStringConvertible {
  /// What it is: `cosine(from: 0.001, to: 0.0, steps: 1000).warmedUp(over: 50, from: 0.0)`.
  public let description: String
  private let rate: @Sendable (_ step: Int) -> Double
  private let cycledMomentum: (@Sendable (_ step: Int) -> Double)?

  /// Makes a schedule of functions of the number of steps that have been taken, 0 at the first step.
  ///
  /// - Parameters:
  ///   - name: What the schedule is called in print.
  ///   - momentum: The momentum, for schedules that change it with the rate.
  ///   - learningRate: The learning rate.
  public init(
    _ name: String, momentum: (@Sendable (_ step: Int) -> Double)? = nil,
    learningRate: @escaping @Sendable (_ step: Int) -> Double
  ) {
    description = name
    rate = learningRate
    cycledMomentum = momentum
  }

  /// The learning rate of the step before which so many have been taken, at least 0.
  public func learningRate(atStep step: Int) -> Double {
    precondition(step >= 0, "a schedule's steps are counted from 0")
    return rate(step)
  }

  /// The momentum of the step before which so many have been taken; nil where the schedule leaves it as it is.
  public func momentum(atStep step: Int) -> Double? { cycledMomentum?(step) }

  /// This schedule after a linear rise to its first rate: step 0 has the rate `start`, and step `steps` the first of
  /// this schedule, which then goes on from its beginning. Traps for a number of steps below 1.
  public func warmedUp(over steps: Int, from start: Double = 0) -> Schedule {
    let warmUp = Schedule.linear(from: start, to: rate(0), steps: steps)
    return warmUp.followed(by: self, after: steps).named("\(self).warmedUp(over: \(steps), from: \(start))")
  }

  /// This schedule for so many steps, then another from its beginning.
  public func followed(by next: Schedule, after steps: Int) -> Schedule {
    expect(steps >= 0, "followed(by:after:)", "at least 0 steps", "\(steps)")
    let (first, second) = (self, next)
    var momentum: (@Sendable (Int) -> Double)?
    if let later = next.cycledMomentum {
      let sooner = cycledMomentum ?? { _ in later(0) }
      momentum = { $0 < steps ? sooner($0) : later($0 - steps) }
    }
    return Schedule("\(self).followed(by: \(next), after: \(steps))", momentum: momentum) {
      $0 < steps ? first.rate($0) : second.rate($0 - steps)
    }
  }

  /// The rates of steps from 0 to `steps`, in so many rows, and the momenta where the schedule has them.
  public func table(steps: Int, rows: Int = 11) -> String {
    expect(steps >= 0 && rows >= 2, "table(steps:rows:)", "at least 0 steps and 2 rows", "\(steps) and \(rows)")
    var table = TextTable(["step", "learning rate"] + (cycledMomentum == nil ? [] : ["momentum"]), textColumns: 0)
    var last = -1
    for row in 0..<rows {
      let step = steps * row / (rows - 1)
      if step == last { continue }
      last = step
      table.append(
        ["\(step)", NumberFormat.metric(rate(step))] + (cycledMomentum.map { [NumberFormat.metric($0(step))] } ?? []))
    }
    return table.text
  }

  private func named(_ name: String) -> Schedule { Schedule(name, momentum: cycledMomentum, learningRate: rate) }
}

/// Traps unless a condition on the numbers of a schedule holds.
func expect(_ condition: Bool, _ name: String, _ expected: String, _ got: @autoclosure () -> String) {
  if !condition { fatalError("Schedule.\(name): expected \(expected), got \(got())") }
}
