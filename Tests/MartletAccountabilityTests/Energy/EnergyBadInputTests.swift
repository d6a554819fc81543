import Foundation
import MartletAccountability
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import Testing

@testable import MartletEnergy

/// Nothing that a system's files or a caller's numbers hold stops the program.
@Suite struct EnergyBadInputTests {
  let system = FakeSystem()

  private static let texts = [
    "", "\n", "abc", "-1", "nan", "inf", "1e999", "99999999999999999999", "\u{0}\u{1}\u{2}", ":::::", "max max",
    "cpu  1 2 3", "cpu  -1 -2 -3 -4 -5 -6 -7", "cpu  18446744073709551615 18446744073709551615 1 1 1 1 1",
    "processor\t: -1\nmodel name\t:\nMemTotal: -5 kB\n", "MemTotal: nan kB", "MemTotal: 1e999 kB", "0::/\n0::/job\n",
    "0::/../../..\n",
  ]

  @Test(
    "Whatever the system's files hold, a machine is described and its energy is finite and not negative",
    arguments: texts)
  func files(text: String) {
    for path in [
      "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self/statm", "/proc/self/cgroup", "/proc/self/mountinfo",
      "/sys/fs/cgroup/job/cpu.max", "/sys/fs/cgroup/job/cpuset.cpus.effective", "/sys/fs/cgroup/job/memory.max",
      "/sys/class/powercap/intel-rapl:0/name", "/sys/class/powercap/intel-rapl:0/energy_uj",
      "/sys/class/powercap/intel-rapl:0/max_energy_range_uj",
    ] {
      let system = FakeSystem()
      system.processor("AMD EPYC 7763 64-Core Processor", threads: 4)
      system.quota("50000 100000", set: "0-1")
      system.domain("intel-rapl:0", "package-0", "1000")
      system.write(path, text)
      let machine = EnergyMachine(root: system.root)
      #expect(machine.logicalProcessors >= 1 && machine.sockets >= 1 && machine.memoryBytes >= 0, "\(path)")
      #expect((0...1).contains(machine.allowedShare), "\(path)")
      let use = system.use(own: 2, busy: 3)
      for energy in [use.attributed, use.provisioned] {
        #expect(energy.joules >= 0 && energy.joules.isFinite, "\(path): \(energy)")
        #expect(energy.joulesRange.contains(energy.joules), "\(path): \(energy)")
      }
      let reader = EnergyReader(root: system.root)
      #expect(reader.advance().attributed.joules >= 0, "\(path)")
    }
  }

  @Test("Directories in the place of files are no files") func directories() throws {
    for path in [
      "/proc/cpuinfo/x", "/proc/meminfo/x", "/proc/stat/x", "/proc/self/cgroup/x",
      "/sys/class/powercap/intel-rapl:0/energy_uj/x",
    ] {
      system.write(path, "")
    }
    system.write("/sys/class/powercap/intel-rapl:0/name", "package-0\n")
    let machine = EnergyMachine(root: system.root)
    #expect(machine.processor == nil && machine.memoryBytes == 0)
    if case .damaged = machine.counters {} else { Issue.record("\(machine.counters)") }
    #expect(system.use(own: 1, busy: nil).attributed.joules >= 0)
  }

  @Test(
    "Amounts and factors that are none are refused everywhere",
    arguments: [-1, .nan, .infinity, -.infinity] as [Double])
  func numbers(bad: Double) throws {
    let energy = try Energy(joules: 1)
    let world = CarbonIntensity.world
    #expect(throws: EnergyError.self) { try energy.scaled(by: bad) }
    #expect(throws: EnergyError.self) { try Power(watts: 1).energy(over: bad) }
    #expect(throws: EnergyError.self) { try CarbonIntensity(gramsPerKilowattHour: bad) }
    #expect(throws: EnergyError.self) { try MarketClaim(share: bad, source: "a test") }
    #expect(throws: EnergyError.self) { try MarketClaim(share: 1, gramsPerKilowattHour: bad, source: "a test") }
    #expect(throws: EnergyError.self) { try EmbodiedShare(of: Carbon(grams: 1), hours: bad, ofYears: 1) }
    #expect(throws: EnergyError.self) { try EmbodiedShare(of: Carbon(grams: 1), hours: 1, ofYears: 1, reserved: bad) }
    #expect(throws: EnergyError.self) {
      try SoftwareCarbonIntensity(energy: energy, by: world, embodied: .zero, units: bad, of: "run")
    }
    var accounting = EnergyAccounting()
    #expect(throws: EnergyError.self) { try accounting.setPowerUsageEffectiveness(bad) }
    #expect(throws: EnergyError.self) { try accounting.setIdleShare(bad) }
    #expect(throws: EnergyError.self) { try accounting.setIdleShare(0.2, within: 0.3...0.4) }
    #expect(accounting.powerUsageEffectiveness == 1 && accounting.idleShare == 0.2)
    #expect(throws: EnergyError.self) { try EnergyMeter().softwareCarbonIntensity(units: bad) }
    // Probes of no time are as short as they can be.
    if !(bad > 0) { #expect(EnergyProbes.measured(by: EnergyReader(), seconds: bad).flopsPerSecond >= 0) }
  }

  @Test("Clocks that stand still or go back, and use of no time, have no energy") func clocks() {
    for (seconds, own, busy) in [(0.0, 1.0, 1.0), (-5, 1, 1), (5, -1, 1), (5, 1, -1), (5, -1, -1)] {
      let use = system.use(seconds: seconds, own: own, busy: busy)
      #expect(use.attributed.joules >= 0 && use.seconds >= 0 && use.processorSeconds >= 0)
      if seconds <= 0 { #expect(use.attributed.joules == 0) }
    }
    let record = CodeCarbonRecord(EnergyUse(), by: EnergyAccounting(), of: EnergyMachine(root: system.root))
    #expect(!record.line.contains("nan") && !record.line.contains("inf"))
  }

  @Test("Forecasts and comparisons of numbers that cannot be throw, and a forecast holds no fit of fewer than 0 steps")
  func fits() throws {
    let model = Sequential(inputShape: [2]) { Dense(1) }
    let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1), loss: .meanSquaredError)
    let data = try Dataset(Tensor<Float>.ones([4, 2]), Tensor<Float>.ones([4, 1]))
    func compare(_ sizes: [Int], _ threads: [Int]?, _ rounds: Int, _ seconds: Double) -> Bool {
      do {
        _ = try trainer.compareEnergy(of: data, batchSizes: sizes, threads: threads, rounds: rounds, seconds: seconds)
        return true
      } catch { return false }
    }
    #expect(!compare([0], nil, 1, 0) && !compare([-1], nil, 1, 0) && !compare([2], [0], 1, 0))
    #expect(!compare([2], nil, 0, 0) && !compare([2], nil, 1, -1) && !compare([2], nil, 1, .nan))
    #expect(!compare([2], nil, 1, .infinity))
    #expect(throws: TrainingError.self) { try trainer.energyForecast(for: data, epochs: -1) }
    #expect(throws: TrainingError.self) { try trainer.energyForecast(for: data, epochs: 1, batchSize: 0) }
    let forecast = try trainer.energyForecast(for: data, epochs: .max, batchSize: 2)
    #expect(forecast.energy.joules.isFinite && !forecast.description.isEmpty)
    #expect(!forecast.contains(EnergyUse(), afterSteps: -1))
  }
}
