import MartletPlatform
import Testing

@testable import MartletEnergy

@Suite(.enabled(if: mk_has_system_files())) struct EnergyReaderTests {
  let system = FakeSystem()

  /// CodeCarbon's machine mode takes TDP × (0.1 + 0.9 l³): 21.25 % at half load; its process mode another model.
  @Test(arguments: [0.0, 0.25, 0.5, 0.75, 1]) func `the model is one line from idle to full, of machine and process`(
    _ load: Double
  ) throws {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    let use = system.use(seconds: 10, own: 1280 * load, busy: 1280 * load)
    let expected = 280 * 10 * (0.2 + 0.8 * load)
    #expect(isClose(use.machine.joules, expected))
    #expect(isClose(use.processor.joules, expected))
    #expect(use.machine.provenance == .modelled)
    let theirs = 280 * 10 * (0.1 + 0.9 * load * load * load)
    if load == 0.5 { #expect(isClose(theirs, 2800 * 0.2125) && isClose(expected, 2800 * 0.6)) }
    #expect(use.machine.joulesRange.contains(expected))
  }

  @Test func `half a processor's quota in full use is charged for half of one in full use`() {
    func charged(_ quota: String, own: Double) -> EnergyUse {
      let system = FakeSystem()
      system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
      system.quota(quota)
      return system.use(seconds: 10, own: own, busy: own)
    }
    let whole = charged("100000 100000", own: 10)
    let half = charged("50000 100000", own: 5)
    #expect(isClose(whole.processor.joules, 280 / 128 * 10))
    #expect(isClose(half.processor.joules, whole.processor.joules / 2))
    #expect(isClose(half.provisioned.joules, half.processor.joules + half.memory.joules))
  }

  /// CodeCarbon has no word of control groups: two processors of 128 are charged as 128.
  @Test func `quotas and sets of both versions limit what is charged for idling`() {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    #expect(EnergyMachine(root: system.root).allowedProcessors == 128)
    system.quota("200000 100000", set: "0-3,8")
    #expect(EnergyMachine(root: system.root).allowedProcessors == 2)
    system.quota("max 100000", set: "0-3,8")
    #expect(EnergyMachine(root: system.root).allowedProcessors == 5)
    let use = system.use(own: 0, busy: 0)
    #expect(isClose(use.processor.joules, 280 * 0.2 * 10 * 5 / 128))
    let first = FakeSystem()
    first.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    first.write("/proc/self/cgroup", "3:cpuset:/job\n2:cpu,cpuacct:/job\n")
    first.write(
      "/proc/self/mountinfo",
      "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
        + "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n")
    first.write("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "50000\n")
    first.write("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n")
    first.write("/sys/fs/cgroup/cpuset/job/cpuset.cpus", "4-7\n")
    #expect(EnergyMachine(root: first.root).allowedProcessors == 0.5)
    first.write("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n")
    #expect(EnergyMachine(root: first.root).allowedProcessors == 4)
  }

  /// A slice of two threads of an EPYC 7763 is charged the socket's 280 W by CodeCarbon, and unknown brands 4 W a thread.
  @Test func `a virtual machine is charged for its threads`() {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 2, flags: "fpu hypervisor sse2")
    #expect(EnergyMachine(root: system.root).fullPower.watts == 280.0 / 128 * 2)
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 64, flags: "fpu sse2")
    #expect(EnergyMachine(root: system.root).fullPower.watts == 280)
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 256, sockets: 2)
    #expect(EnergyMachine(root: system.root).fullPower.watts == 560)
  }

  @Test(arguments: ["Intel(R) Xeon(R) Processor", "AMD EPYC 9B14", "Neoverse-N1", "AMD EPYC"])
  func `an unknown processor has the table's spread`(_ brand: String) {
    system.processor(brand, threads: 4)
    let power = EnergyMachine(root: system.root).fullPower
    #expect(power.provenance == .declared)
    #expect(power.wattsRange.upperBound > 4 * power.wattsRange.lowerBound)
    #expect(power.wattsRange.contains(power.watts))
    #expect(system.use(own: 1, busy: 1).processor.provenance == .declared)
  }

  @Test func `brand strings of the makers are found in the table, by whole names`() {
    for (brand, watts) in [
      ("Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz", 240.0), ("AMD Ryzen 9 5950X 16-Core Processor", 105),
      ("11th Gen Intel(R) Core(TM) i7-1165G7 @ 2.80GHz", 28), ("Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", 120),
      ("AMD Ryzen 7 5700U with Radeon Graphics", 15),
    ] { #expect(ProcessorPower.named(brand)?.watts == watts, "\(brand)") }
    #expect(ProcessorPower.named("Intel(R) Xeon(R) Gold 6248R CPU @ 3.00GHz") == nil)
    #expect(ProcessorPower.named("") == nil)
    #expect(ProcessorPower.named("@") == nil)
  }

  /// CodeCarbon charges a process for the whole package where there are counters.
  @Test func `of measured energy the process has its part of the busy time and its part of idling`() {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    system.domain("intel-rapl:0", "package-0", "0")
    system.quota("3200000 100000")
    let use = system.use(seconds: 10, own: 100, busy: 400) { system.count("intel-rapl:0", "1560000000") }
    let idle = 280.0 * 0.2 * 10
    #expect(use.machine.joules == 1560 && use.machine.provenance == .measured)
    #expect(isClose(use.processor.joules, (1560 - idle) / 4 + idle / 4))
    #expect(isClose(use.provisioned.joules, 1560 / 4 + use.memory.joules * 4, relative: 1e-9))
    #expect(use.processor.joulesRange.contains(use.processor.joules))
  }

  /// CodeCarbon charges a process of 50 MB with 10 W of memory.
  @Test func `memory is charged by what is in use`() {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    let use = system.use(seconds: 10, own: 1, busy: 1, resident: 50e6)
    #expect(isClose(use.memory.joules / 10, 0.39 * 50e6 / 0x1p30))
    system.domain("intel-rapl:0", "package-0", "0")
    system.domain("intel-rapl:0:1", "dram", "0")
    let measured = system.use(seconds: 10, own: 1, busy: 1, resident: 0x1p32) {
      system.count("intel-rapl:0:1", "40000000")
    }
    #expect(isClose(measured.memory.joules, 10) && measured.memory.provenance == .measured)
  }

  @Test func `the building's part multiplies all that is charged`() throws {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    var accounting = EnergyAccounting()
    let plain = system.use(own: 10, busy: 20, accounting)
    try accounting.setPowerUsageEffectiveness(1.5)
    let whole = system.use(own: 10, busy: 20, accounting)
    #expect(isClose(whole.attributed.joules, plain.attributed.joules * 1.5))
    #expect(isClose(whole.provisioned.joules, plain.provisioned.joules * 1.5))
  }

  @Test func `busy time is read without waiting, stolen time and guests twice`() {
    system.write("/proc/stat", "cpu  100 20 30 1000 400 5 6 700 50 10\ncpu0 1 2 3\n")
    #expect(EnergyMachine.busySeconds(root: system.root) == 161.0 / Double(sysconf(Int32(_SC_CLK_TCK))))
    for text in ["", "cpu", "cpu a b c d e f g h", "intr 1 2 3 4 5 6 7 8", "cpu -1 2 3 4 5 6 7 8"] {
      system.write("/proc/stat", text)
      #expect(EnergyMachine.busySeconds(root: system.root) == nil)
    }
    system.write("/proc/self/statm", "x y z")
    #expect(EnergyMachine.residentBytes(root: system.root) == nil)
  }

  @Test func `without the machine's busy time the process counts as alone`() {
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    let use = system.use(seconds: 10, own: 640, busy: nil)
    #expect(isClose(use.processor.joules, 2800 * 0.6))
  }

  @Test func `a machine that tells nothing has an account all the same`() {
    let machine = EnergyMachine(root: system.root)
    #expect(machine.processor == nil && machine.counters == .absent && machine.memoryBytes == 0)
    let use = system.use(own: 1, busy: nil)
    #expect(use.attributed.joules > 0 && use.attributed.joules.isFinite)
    #expect(system.use(seconds: 0, own: 0, busy: 0).attributed == .zero)
  }

  @Test func `this process uses energy`() {
    let reader = EnergyReader()
    var sum = 0.0
    for index in 0..<200_000 { sum += Double(index).squareRoot() }
    let use = reader.advance()
    #expect(sum > 0 && use.seconds > 0 && use.attributed.joules > 0)
    #expect(use.provisioned.joules >= use.processor.joules)
  }
}
