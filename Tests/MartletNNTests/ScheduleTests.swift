import MartletCore
import MartletNN
import MartletTesting
import TestSupport
import Testing

@Suite struct ScheduleTests {
  /// The cases of `make_schedule_fixtures.py`.
  private static let cases: [String: Schedule] = [
    "stepDecay": .stepDecay(from: 0.1, every: 7, factor: 0.3),
    "multiStep": .multiStep(from: 0.1, at: [5, 20, 21], factor: 0.5),
    "exponential": .exponential(from: 0.1, factor: 0.93),
    "linear": .linear(from: 0.1, to: 0.025, steps: 40),
    "polynomial": .polynomial(from: 0.1, steps: 50, power: 2.5),
    "cosine": .cosine(from: 0.1, to: 0.003, steps: 60),
    "cosineRestarts": .cosineRestarts(from: 0.1, to: 0.001, firstCycle: 8, growth: 2),
    "cosineRestarts/equal": .cosineRestarts(from: 0.1, firstCycle: 7),
    "inverseSquareRoot": .inverseSquareRoot(peak: 0.1, warmUp: 10),
    "oneCycle": .oneCycle(peak: 0.1, steps: 60),
    "oneCycle/linear": .oneCycle(
      peak: 0.1, steps: 60, rise: 0.45, initialDivisor: 10, finalDivisor: 100, isLinear: true, isSymmetric: true,
      momentum: 0.8...0.9),
    "warmedUp": .exponential(from: 0.1, factor: 0.9).warmedUp(over: 6, from: 0.02),
  ]

  @Test func `rates and momenta are those of PyTorch's schedulers at every step`() throws {
    let fixture = try Fixture("schedules")
    let names = fixture.tensors.keys.filter { !$0.hasSuffix("/momentum") && !$0.hasPrefix("plateau") }
    #expect(Set(names) == Set(Self.cases.keys))
    for (name, schedule) in Self.cases {
      let rates: Tensor<Double> = try fixture.tensor(name)
      #expect(isClose((0..<60).map { schedule.learningRate(atStep: $0) }, rates.scalars, 1e-12), "\(name)")
      let momenta = (0..<60).map { schedule.momentum(atStep: $0) }
      if name.hasPrefix("oneCycle") {
        let expected: Tensor<Double> = try fixture.tensor("\(name)/momentum")
        #expect(isClose(momenta.map { $0 ?? .nan }, expected.scalars, 1e-12), "\(name)")
      } else {
        #expect(momenta.allSatisfy { $0 == nil })
      }
    }
  }

  @Test func `after its last step a schedule stays where it is`() {
    for schedule in [
      Schedule.linear(from: 1, to: 0.25, steps: 5), .cosine(from: 1, to: 0.25, steps: 5),
      .polynomial(from: 1, to: 0.25, steps: 5, power: 2),
    ] {
      #expect(schedule.learningRate(atStep: 5) == 0.25 && schedule.learningRate(atStep: 1000) == 0.25, "\(schedule)")
    }
    let cycle = Schedule.oneCycle(peak: 1, steps: 10)
    #expect(cycle.learningRate(atStep: 500) == cycle.learningRate(atStep: 9))
    #expect(Schedule.constant(0.5).learningRate(atStep: 7) == 0.5)
  }

  @Test func `schedules are put one after another`() {
    let schedule = Schedule.constant(1).followed(by: .linear(from: 2, to: 0, steps: 4), after: 3)
    #expect((0..<8).map { schedule.learningRate(atStep: $0) } == [1, 1, 1, 2, 1.5, 1, 0.5, 0])
    let cycle = Schedule.constant(1).followed(by: .oneCycle(peak: 1, steps: 4), after: 2)
    #expect(cycle.momentum(atStep: 0) == 0.95 && cycle.momentum(atStep: 2) == 0.95)
    let own = Schedule("squares") { Double($0 * $0) }.warmedUp(over: 2, from: 4)
    #expect((0..<5).map { own.learningRate(atStep: $0) } == [4, 2, 0, 1, 4])
    #expect("\(own)" == "squares.warmedUp(over: 2, from: 4.0)")
  }

  @Test func `a schedule prints itself and its table`() {
    #expect("\(Schedule.cosine(from: 0.1, steps: 20))" == "cosine(from: 0.1, to: 0.0, steps: 20)")
    #expect("\(Schedule.multiStep(from: 1, at: [3, 5]))" == "multiStep(from: 1.0, factor: 0.1, at: [3, 5])")
    #expect(
      Schedule.linear(from: 0.1, steps: 4).table(steps: 4, rows: 3) == """
        step  learning rate
           0         0.1000
           2         0.0500
           4         0.0000
        """)
    let table = Schedule.oneCycle(peak: 0.1, steps: 4).table(steps: 3)
    #expect(table.split(separator: "\n").count == 5 && table.hasPrefix("step  learning rate  momentum"))
  }

  @Test func `numbers that make no schedule trap`() async {
    let steps = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Schedule.cosine(from: 0.1, steps: 0)
    }
    #expect(errorText(steps).contains("Schedule.cosine: expected steps of at least 1, got 0"))
    let rate = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Schedule.stepDecay(from: -1, every: 3)
    }
    #expect(errorText(rate).contains("Schedule.stepDecay: expected from finite and at least 0, got -1.0"))
    let cycle = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Schedule.oneCycle(peak: 1, steps: 1)
    }
    #expect(errorText(cycle).contains("Schedule.oneCycle: expected at least 2 steps, got 1"))
  }
}
