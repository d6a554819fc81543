import Foundation
import MartletPlatform
import Testing

@testable import MartletEnergy

@Suite(.enabled(if: mk_has_system_files())) struct PowercapTests {
  let system = FakeSystem()

  private func joules(_ seconds: Double = 1, watts: Double = 200, _ change: () -> Void) -> PowercapCounters.Joules? {
    var counters = PowercapCounters(root: system.root, at: 0)
    change()
    return counters.advance(to: seconds, maximumWatts: watts)
  }

  @Test func `packages are added up, and their parts and the platform left out`() {
    system.domain("intel-rapl:0", "package-0", "1000000")
    system.domain("intel-rapl:0:0", "core", "500000")
    system.domain("intel-rapl:0:1", "uncore", "400000")
    system.domain("intel-rapl:1", "package-1", "90000000")
    system.domain("intel-rapl:2", "psys", "7000000")
    let used = joules {
      system.count("intel-rapl:0", "6000000")
      system.count("intel-rapl:0:0", "5500000")
      system.count("intel-rapl:0:1", "5400000")
      system.count("intel-rapl:1", "97000000")
      system.count("intel-rapl:2", "90000000")
    }
    #expect(used?.packages == 12)
    #expect(used?.memory == nil)
    #expect(PowercapCounters(root: system.root).state == .readable(["package-0", "package-1"]))
  }

  /// CodeCarbon gets 3.6912529530197524e-07 kWh here, by its rounded 2.77778e-7.
  @Test func `a counter that comes round is subtracted modulo its range`() throws {
    system.domain("intel-rapl:0", "package-0", "262143000000")
    let used = joules { system.count("intel-rapl:0", "1000000") }
    #expect(used?.packages == 1.32885)
    #expect(used?.possiblyLost == 0)
    let kilowattHours = try Energy(joules: used!.packages).kilowattHours
    #expect(isClose(kilowattHours, 1.32885 / 3.6e6, relative: 1e-15))
    #expect(abs(kilowattHours - 3.69125e-07) < 1e-12)
    let theirs = 1328850 * 1e-6 * 2.77778e-7
    #expect(isClose(theirs, 3.6912529530197524e-07, relative: 1e-10))
    #expect(abs(theirs / kilowattHours - 1) > 7e-7)
  }

  /// Others lose rounds silently: 262 kJ at 250 W are 17.5 minutes.
  @Test func `rounds that a long pause may have hidden are told and widen the interval`() {
    system.domain("intel-rapl:0", "package-0", "1000000")
    let used = joules(3600, watts: 250) { system.count("intel-rapl:0", "2000000") }
    // 900 kJ at most: three rounds of 262 kJ may be missing.
    #expect(used?.packages == 1)
    #expect(used!.possiblyLost == 3 * 262143.328850)
    system.processor("AMD EPYC 7763 64-Core Processor", threads: 128)
    let use = system.use(seconds: 3600, own: 10, busy: 10) { system.count("intel-rapl:0", "3000000") }
    #expect(use.machine.joules == 1)
    #expect(use.machine.joulesRange.upperBound > 500_000)
  }

  @Test func `wrap-around between several samples adds up`() {
    system.domain("intel-rapl:0", "package-0", "900", range: "1000")
    var counters = PowercapCounters(root: system.root, at: 0)
    var sum = 0.0
    for step in 1...5 {
      system.count("intel-rapl:0", "\((900 + 300 * step) % 1000)")
      sum += counters.advance(to: Double(step) * 1e-6, maximumWatts: 300)!.packages
    }
    #expect(isClose(sum, 1500e-6))
  }

  @Test func `a domain of both interfaces is counted once, the MMIO's`() {
    system.domain("intel-rapl:0", "package-0", "1000000")
    // Far enough from the other not to be taken for its mirror.
    system.domain("intel-rapl-mmio:0", "package-0", "900000000")
    let used = joules {
      system.count("intel-rapl:0", "11000000")
      system.count("intel-rapl-mmio:0", "920000000")
    }
    #expect(used?.packages == 20)
  }

  @Test func `a counter that a second die mirrors is counted once`() {
    system.domain("intel-rapl:0", "package-0-die-0", "5000000000")
    system.domain("intel-rapl:1", "package-0-die-1", "5000000400")
    let used = joules {
      system.count("intel-rapl:0", "5068000000")
      system.count("intel-rapl:1", "5068000300")
    }
    #expect(used?.packages == 68)
  }

  @Test func `dies that begin alike and then differ are both counted, from the start on`() {
    system.domain("intel-rapl:0", "package-0", "100")
    system.domain("intel-rapl:1", "package-1", "200")
    var counters = PowercapCounters(root: system.root, at: 0)
    system.count("intel-rapl:0", "500100")
    system.count("intel-rapl:1", "600200")
    let first = counters.advance(to: 1, maximumWatts: 100)!.packages
    system.count("intel-rapl:0", "30000100")
    system.count("intel-rapl:1", "50000200")
    let second = counters.advance(to: 2, maximumWatts: 100)!.packages
    #expect(first == 0.5)
    #expect(isClose(first + second, 80))
  }

  @Test func `memory of each package is apart`() {
    system.domain("intel-rapl:0", "package-0", "0")
    system.domain("intel-rapl:0:1", "dram", "1000000")
    system.domain("intel-rapl:1", "package-1", "900000000")
    system.domain("intel-rapl:1:1", "dram", "1000000000")
    let used = joules {
      system.count("intel-rapl:0:1", "3000000")
      system.count("intel-rapl:1:1", "1004000000")
    }
    #expect(used?.packages == 0)
    #expect(used?.memory == 6)
  }

  @Test func `counters below the devices are found where the class has none`() {
    let path = "/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0"
    system.write(path + "/name", "package-0\n")
    system.write(path + "/energy_uj", "12\n")
    system.write(path + "/intel-rapl:0:0/name", "core\n")
    system.write(path + "/intel-rapl:0:0/energy_uj", "10\n")
    #expect(PowercapCounters(root: system.root).state == .readable(["package-0"]))
  }

  @Test func `without counters the state says so`() {
    #expect(PowercapCounters(root: system.root).state == .absent)
    system.domain("intel-rapl:0", "psys", "1")
    #expect(PowercapCounters(root: system.root).state == .absent)
  }

  @Test(arguments: ["", "abc", "-5", "1.5", "99999999999999999999999", "1 2", "\u{0}\u{1}", "nan"])
  func `garbage in a counter is a state, and the model takes its place`(_ text: String) {
    system.domain("intel-rapl:0", "package-0", text)
    guard case .damaged(let path, _) = PowercapCounters(root: system.root).state else {
      Issue.record("got \(PowercapCounters(root: system.root).state)")
      return
    }
    #expect(path.hasSuffix("intel-rapl:0/energy_uj"))
    system.processor("AMD EPYC 7763", threads: 2)
    #expect(system.use(own: 1, busy: 1).processor.provenance == .modelled)
  }

  @Test func `a counter that cannot be read as a file is a state`() throws {
    system.domain("intel-rapl:0", "package-0", "1")
    let path = system.root + "/sys/class/powercap/intel-rapl:0/energy_uj"
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    #expect(PowercapCounters(root: system.root).state == .damaged(path: path, reason: "Is a directory"))
  }

  @Test func `missing permission is a state of its own`() {
    #expect(SystemText.failure(EACCES) == .denied)
    #expect(SystemText.failure(EPERM) == .denied)
    #expect(SystemText.failure(ENOENT) == .missing)
    #expect(SystemText.failure(EIO) == .unreadable(String(cString: strerror(EIO))))
    system.domain("intel-rapl:0", "package-0", "1")
    let path = system.root + "/sys/class/powercap/intel-rapl:0/energy_uj"
    chmod(path, 0)
    // Root reads it all the same.
    let expected: PowercapCounters.State = geteuid() == 0 ? .readable(["package-0"]) : .denied(path)
    #expect(PowercapCounters(root: system.root).state == expected)
  }

  @Test func `a counter that vanishes or goes back without a range leaves its time to the model`() {
    system.processor("AMD EPYC 7763", threads: 2)
    system.domain("intel-rapl:0", "package-0", "5000000", range: nil)
    let start = EnergyReader.Moment(seconds: 0, own: 0, busy: 0, residentBytes: 0)
    let reader = EnergyReader(EnergyAccounting(), root: system.root) { start }
    system.count("intel-rapl:0", "4000000")
    let first = reader.advance(to: .init(seconds: 1, own: 1, busy: 1, residentBytes: 0))
    #expect(first.machine.provenance == .modelled && first.machine.joules > 0)
    system.count("intel-rapl:0", "7000000")
    let second = reader.advance(to: .init(seconds: 2, own: 2, busy: 2, residentBytes: 0))
    #expect(second.machine.provenance == .measured && second.machine.joules == 3)
    system.count("intel-rapl:0", "gone")
    let third = reader.advance(to: .init(seconds: 3, own: 3, busy: 3, residentBytes: 0))
    #expect(third.machine.provenance == .modelled)
  }
}
