import MartletCore
import MartletData
import MartletNN
import MartletPlatform
import MartletTraining
import Testing

@testable import MartletAccountability
@testable import MartletEnergy

@Suite struct EnergyForecastTests {
  private func use(_ seconds: Double, joules: Double) throws -> EnergyUse {
    var use = EnergyUse()
    use.seconds = seconds
    use.processor = try Energy(joules: joules, within: joules / 2...joules * 2, .modelled)
    return use
  }

  @Test func `three probes give the power of idling and what operations and bytes take beyond it`() throws {
    let probes = try EnergyProbes(
      idle: use(0.5, joules: 5), product: (use(0.2, joules: 6), 8_000), sum: (use(0.1, joules: 2), 500))
    #expect(probes.idle.watts == 10)
    #expect(isClose(probes.joulesPerFlop, 4 / 8000.0) && isClose(probes.flopsPerSecond, 40_000))
    #expect(isClose(probes.joulesPerByte, 1 / 500.0) && isClose(probes.bytesPerSecond, 5_000))
    // Less than idling is taken for nothing beyond it.
    let odd = try EnergyProbes(idle: use(1, joules: 10), product: (use(1, joules: 9), 10), sum: (use(0, joules: 0), 0))
    #expect(odd.joulesPerFlop == 0 && odd.joulesPerByte == 0 && odd.bytesPerSecond == 0)
  }

  @Test func `the forecast is steps and validations times their number, bounded by the probes`() throws {
    let probes = try EnergyProbes(
      idle: use(1, joules: 1), product: (use(1, joules: 2), 1_000_000), sum: (use(1, joules: 2), 100_000_000))
    let costs = [Cost(flops: 400_000, bytes: 100), Cost(flops: 10, bytes: 40_000_000)]
    let forecast = try EnergyForecast(
      costs: costs, probes: probes, epochs: 10, stepsPerEpoch: 5, step: use(1, joules: 20),
      validation: use(2, joules: 30), CarbonIntensity(gramsPerKilowattHour: 360))
    #expect(forecast.flopsPerStep == 400_010 && forecast.bytesPerStep == 40_000_100)
    #expect(isClose(forecast.seconds, 50 + 20) && isClose(forecast.energy.joules, 1000 + 300))
    // 0.4 s for the first operation and 0.4 s for the second: 40 s at least.
    #expect(isClose(forecast.secondsRange.lowerBound, 40) && isClose(forecast.secondsRange.upperBound, 140))
    #expect(isClose(forecast.carbon.grams, 1300 / 3.6e6 * 360))
    #expect(isClose(forecast.energy.joulesRange.upperBound, 5200))
    #expect(forecast.energy.joulesRange.lowerBound <= 650)
    // Half of the steps took half.
    #expect(try forecast.contains(use(35, joules: 650), afterSteps: 25))
    #expect(try !forecast.contains(use(35, joules: 6500), afterSteps: 25))
    #expect(try !forecast.contains(use(350, joules: 650), afterSteps: 25))
    #expect(try forecast.comparison(with: use(35, joules: 650), afterSteps: 25).hasSuffix("within its interval"))
    #expect(try forecast.comparison(with: use(35, joules: 9e9), afterSteps: 25).hasSuffix("outside its interval"))
  }

  @Test func `a forecast changes neither the model nor the optimiser nor the random numbers`() throws {
    let fit = SmallFit()
    try fit.run([], epochs: 1)
    let before = fit.bits
    let data = try Dataset(fit.x, fit.y)
    let drawn = try withRandomSeed(9) {
      let forecast = try fit.trainer.energyForecast(for: data, validation: data, epochs: 2, batchSize: 8)
      #expect(forecast.stepsPerEpoch == 4 && forecast.flopsPerStep > 8 * 3 * 8 * 2 && forecast.bytesPerStep > 1000)
      #expect(forecast.seconds > 0 && forecast.energy.joules > 0)
      return Tensor<Float>.randomUniform([4])
    }
    #expect(fit.bits == before)
    #expect(drawn == withRandomSeed(9) { Tensor<Float>.randomUniform([4]) })
  }

  @Test func `a fit with a meter has the same bits as one without, and shows the forecast first`() throws {
    let (plain, metered) = (SmallFit(), SmallFit())
    let expected = try plain.run([])
    let meter = EnergyMeter()
    let lines = Lines()
    let history = try metered.run([meter], progress: lines.style)
    #expect(metered.bits == plain.bits)
    #expect(history["loss"] == expected["loss"])
    #expect(meter.forecast != nil && meter.forecastFailure == nil)
    let text = lines.text
    #expect(text.contains(" CO2e, ") && text.contains("for 3 epochs of 4 steps, each "))
    #expect(text.contains("forecast was "))
    #expect(meter.total.attributed.joules > 0 && meter.machine != nil)
  }

  @Test func `operations are counted by their formulas, backward and optimiser too`() throws {
    let model = Sequential(inputShape: [64]) { Dense(32, useBias: false) }
    let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1), loss: .meanSquaredError)
    let data = try Dataset(Tensor<Float>.ones([16, 64]), Tensor<Float>.ones([16, 32]))
    let forecast = try trainer.energyForecast(for: data, epochs: 1, batchSize: 16)
    // The product and the parameter's gradient; the input has none.
    let products = 2 * 2 * 16 * 64 * 32
    #expect(forecast.flopsPerStep >= products && forecast.flopsPerStep < products + products / 4)
  }

  @Test func `data that does not fit is refused`() throws {
    let fit = SmallFit()
    let wrong = try Dataset(Tensor<Float>.ones([4, 5]), Tensor<Float>.ones([4, 1]))
    let right = try Dataset(fit.x, fit.y)
    #expect(throws: TrainingError.self) { try fit.trainer.energyForecast(for: wrong, epochs: 1) }
    #expect(throws: TrainingError.self) { try fit.trainer.energyForecast(for: right, epochs: -1) }
    #expect(throws: TrainingError.self) { try fit.trainer.energyForecast(for: right, epochs: 1, batchSize: 0) }
    #expect(throws: TrainingError.self) { try fit.trainer.compareEnergy(of: right, batchSizes: [8], threads: [0]) }
    #expect(throws: TrainingError.self) { try fit.trainer.compareEnergy(of: right, batchSizes: [8], rounds: 0) }
  }

  @Test func `batch sizes and threads are compared by the energy of an epoch`() throws {
    let fit = SmallFit()
    let before = fit.bits
    let data = try Dataset(fit.x, fit.y)
    let comparison = try fit.trainer.compareEnergy(
      of: data, batchSizes: [2, 16], threads: [1, 2], rounds: 1, seconds: 0.01)
    #expect(comparison.rows.count == 4)
    #expect(Set(comparison.rows.map { "\($0.batchSize) \($0.threads)" }).count == 4)
    #expect(zip(comparison.rows, comparison.rows.dropFirst()).allSatisfy { $0.energy.joules <= $1.energy.joules })
    #expect(comparison.rows.allSatisfy { $0.seconds > 0 })
    #expect(comparison.description.split(separator: "\n").count == 5)
    #expect(fit.bits == before)
  }
}
