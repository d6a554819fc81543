import MartletCore
import MartletMetrics
import MartletPlatform
import MartletTraining
import TestSupport
import Testing

@testable import MartletAccountability
@testable import MartletEnergy

@Suite(.enabled(if: mk_has_system_files())) struct EnergyMeterTests {
  private let clock = SteadyClock()

  @Test func `each epoch has its energy in the history and the progress line, and the sum is what was used`() throws {
    let meter = clock.meter()
    let lines = Lines()
    let history = try SmallFit().run([meter], progress: lines.style)
    // Four steps and the epoch's end; the first reading of the fit is its beginning.
    #expect(history["Wh"] == [Double](repeating: 500.0 / 3600, count: 3))
    #expect(history["val_Wh"] == [])
    let grams = 500 / 3.6e6 * 475
    #expect(history["gCO2e"].allSatisfy { isClose($0, grams) })
    #expect(isClose(meter.total.attributed.joules, 16 * 100))
    #expect(meter.total.attributed.joulesRange == 800...3200)
    #expect(meter.total.attributed.provenance == .declared)
    #expect(lines.text.contains("Wh 0.1389"))
    #expect(lines.text.contains("used 444 mWh (222 mWh … 889 mWh, declared), 211 mg CO2e in 16.0 s"))
  }

  @Test func `validation is apart`() throws {
    let meter = clock.meter()
    let history = try SmallFit().run([meter], epochs: 1, validated: true)
    #expect(history.names.contains("val_Wh"))
    let sum = history["Wh"][0] + history["val_Wh"][0]
    #expect(isClose(sum, 500.0 / 3600))
    #expect(history["val_Wh"][0] > 0)
    #expect(isClose(meter.validation.attributed.wattHours, history["val_Wh"][0]))
    let table = meter.description
    #expect(table.contains("validation") && table.contains("475 g/kWh, world, life cycle, 2019"))
  }

  @Test func `between readings only a clock is read`() throws {
    let meter = clock.meter(interval: 1000)
    let history = try SmallFit().run([meter], epochs: 3)
    // The beginning twice, the first epoch's end and the fit's; the other epochs have the power of the first.
    #expect(clock.readings == 4)
    #expect(history["Wh"].allSatisfy { $0 > 0 })
    #expect(isClose(meter.total.attributed.joules, 200))
  }

  @Test func `a budget of energy interrupts the fit, which can be gone on with to the same history`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("run.safetensors")
    let whole = clock.meter()
    let fit = SmallFit()
    let history = try fit.run([whole])

    let first = SteadyClock().meter([.energy(atMost: try Energy(joules: 650))])
    let part = SmallFit()
    try part.run([first, Checkpointing(to: path)])
    #expect(part.trainer.wasInterrupted)
    #expect(part.trainer.history.epochs == 1)
    #expect(isClose(first.total.attributed.joules, 700 + 100))

    let second = SteadyClock().meter()
    let rest = SmallFit()
    let resumed = try rest.run([second], from: path)
    #expect(resumed["Wh"] == history["Wh"])
    #expect(resumed == history)
    #expect(second.total.attributed == whole.total.attributed)
    #expect(rest.bits == fit.bits)
  }

  @Test func `a budget of greenhouse gases interrupts the fit`() throws {
    let accounting = EnergyAccounting(carbonIntensity: try CarbonIntensity(gramsPerKilowattHour: 3600))
    let meter = clock.meter([.carbon(atMost: try Carbon(grams: 0.25))], accounting)
    let fit = SmallFit()
    let lines = Lines()
    try fit.run([meter], progress: lines.style)
    // 0.1 g for each reading of 100 J.
    #expect(fit.trainer.wasInterrupted && fit.trainer.history.epochs == 0)
    #expect(lines.text.contains("the budget of 250 mg CO2e"))
  }

  @Test func `a measure that gains too little for its energy ends the fit`() throws {
    let values = [0.5, 0.7, 0.8, 0.81, 0.82, 0.83]
    let scores = Scripted("score", values)
    let meter = clock.meter([.gain(of: "score", perWattHour: 0.5, over: 2, goal: .maximum)])
    let lines = Lines()
    let history = try SmallFit().run([scores, meter], epochs: 6, progress: lines.style)
    // Over 2 epochs of 500 J: 0.3 in 0.278 Wh, then 0.11, 0.4 per Wh.
    #expect(history.epochs == 4)
    #expect(lines.text.contains("stopped after epoch 4: score gained 0.396 per Wh over 2 epochs, less than 0.5"))
    let gains = history["score/Wh"]
    #expect(gains[0].isNaN && isClose(gains[1], 0.2 / (500.0 / 3600), relative: 1e-9))
  }

  @Test func `gains count in the direction of the goal`() {
    #expect(EnergyLimit.gain([3, 2, 1], [1, 2, 2], over: 2, goal: .minimum) == 0.5)
    #expect(EnergyLimit.gain([3, 2, 1], [1, 2, 2], over: 2, goal: .maximum) == -0.5)
    #expect(EnergyLimit.gain([3, 2], [1, 2], over: 2, goal: .minimum) == nil)
    #expect(EnergyLimit.gain([3, .nan], [1, 2], over: 1, goal: .minimum) == nil)
    #expect(EnergyLimit.gain([3, 2], [0, 0], over: 1, goal: .minimum) == nil)
  }

  @Test func `the energy to a target is told once, and kept in checkpoints`() throws {
    let scores = Scripted("score", [0.5, 0.9, 0.95])
    let meter = clock.meter(target: EnergyTarget("score", 0.9, goal: .maximum))
    try SmallFit().run([scores, meter])
    #expect(isClose(meter.energyToTarget!.joules, 1000))
    let other = SteadyClock().meter()
    let state = meter.state
    let kept = Hook(onFitBegin: { fit in try other.restore(state, fit) })
    try SmallFit().run([kept], epochs: 0)
    #expect(other.energyToTarget == meter.energyToTarget && other.total == meter.total)
  }

  @Test func `the Software Carbon Intensity of a fit has what was provisioned and the machine's making`() throws {
    var accounting = EnergyAccounting(carbonIntensity: try CarbonIntensity(gramsPerKilowattHour: 360))
    accounting.making = (try Carbon(kilograms: 876), 1)
    let meter = clock.meter([], accounting)
    try SmallFit().run([meter], epochs: 1)
    // 6 s of 100 W; 100 g for an hour of the machine's year.
    let intensity = try meter.softwareCarbonIntensity()
    #expect(isClose(intensity.operational.grams, 600 / 3.6e6 * 360))
    #expect(isClose(intensity.embodied.grams, 100 * 6 / 3600))
    #expect(isClose(try meter.softwareCarbonIntensity(units: 6, of: "second").perUnit.grams * 6, intensity.total.grams))
    #expect(throws: EnergyError.self) { try meter.softwareCarbonIntensity(units: 0) }
    accounting.making?.years = 0
    let other = SteadyClock().meter([], accounting)
    try SmallFit().run([other], epochs: 1)
    #expect(throws: EnergyError.self) { try other.softwareCarbonIntensity() }
  }

  @Test func `limits that cannot be are refused before the first step`() {
    let bad: [EnergyLimit] = [
      .gain(of: "score", perWattHour: 1), .gain(of: "loss", perWattHour: -1), .gain(of: "loss", perWattHour: .nan),
      .gain(of: "loss", perWattHour: 1, over: 0),
    ]
    for limit in bad {
      let fit = SmallFit()
      let before = fit.bits
      #expect(throws: TrainingError.self) { try fit.run([SteadyClock().meter([limit])]) }
      #expect(fit.bits == before)
    }
    #expect(throws: TrainingError.self) { try SmallFit().run([clock.meter(target: EnergyTarget("score", 1))]) }
  }

  @Test(arguments: ["training.processor.amount", "epoch.seconds"]) func `a damaged state is refused`(_ name: String)
    throws
  {
    let meter = clock.meter()
    try SmallFit().run([meter], epochs: 1)
    for value in [-1.0, .nan, .infinity, nil] where !(name == "epoch.seconds" && value == .infinity) {
      var state = meter.state
      state.numbers[name] = value
      let other = SteadyClock().meter()
      let damaged = state
      let restore = Hook(onFitBegin: { fit in try other.restore(damaged, fit) })
      #expect(throws: TrainingError.self) { try SmallFit().run([restore], epochs: 0) }
      #expect(other.total == EnergyUse())
    }
  }
}
