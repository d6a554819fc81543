import Testing

@testable import MartletEnergy

@Suite struct MemoryModulesTests {
  @Test(arguments: [
    (4.0, 10.0), (8, 10), (16, 10), (23.5, 20), (32, 20), (64, 20), (96, 38), (128, 38), (256, 38), (512, 38),
    (1024, 38), (2048, 70),
  ]) func `the power of memory modules is CodeCarbon's`(gibibytes: Double, watts: Double) throws {
    let modules = try MemoryModules(gibibytes: gibibytes)
    #expect(isClose(modules.power.watts, watts))
    #expect(isClose(modules.powerPerGibibyte.watts * gibibytes, watts))
  }

  @Test func `modules are counted by size, and ARM's take less`() throws {
    let counts = [(1.0, 1), (2, 1), (2.5, 2), (17, 4), (65, 8), (129, 9), (200, 13), (8192, 32)]
    for (gibibytes, count) in counts { #expect(try MemoryModules(gibibytes: gibibytes).count == count, "\(gibibytes)") }
    #expect(try MemoryModules(gibibytes: 1).power.watts == 10)
    #expect(try MemoryModules(gibibytes: 2, beside: .arm).power.watts == 3)
    #expect(try MemoryModules(gibibytes: 16, beside: .arm).power.watts == 3)
    #expect(isClose(try MemoryModules(gibibytes: 128, beside: .arm).power.watts, 1.5 * 7.6))
  }

  @Test func `a process of 50 MB is charged for what it has in use, not for a machine's modules`() throws {
    let system = FakeSystem()
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    var accounting = EnergyAccounting()
    accounting.memoryPower = try MemoryModules(gibibytes: 64).powerPerGibibyte
    let use = system.use(seconds: 10, own: 1, busy: 1, resident: 50e6, accounting)
    #expect(isClose(use.memory.joules, 20.0 / 64 * 50e6 / 0x1p30 * 10))
  }

  @Test(arguments: [0.0, -1, .nan, .infinity]) func `memory that is none is refused`(_ gibibytes: Double) {
    #expect(throws: EnergyError.self) { try MemoryModules(gibibytes: gibibytes) }
  }
}
