import Foundation
import MartletEnergy
import TestSupport

/// A made-up `/proc` and `/sys`.
final class FakeSystem {
  private let directory = TemporaryDirectory()
  var root: String { directory.path }

  func write(_ path: String, _ text: String) {
    let url = URL(filePath: root + path)
    try! FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try! Data(text.utf8).write(to: url)
  }

  /// A domain of the counters, `intel-rapl:0` for example.
  func domain(_ folder: String, _ name: String, _ count: String, range: String? = "262143328850") {
    let path = "/sys/class/powercap/" + folder
    write(path + "/name", name + "\n")
    write(path + "/energy_uj", count + "\n")
    if let range { write(path + "/max_energy_range_uj", range + "\n") }
  }

  func count(_ folder: String, _ count: String) { write("/sys/class/powercap/\(folder)/energy_uj", count + "\n") }

  /// A processor with so many threads that the system sees.
  func processor(_ brand: String, threads: Int, sockets: Int = 1, flags: String = "fpu sse2") {
    let blocks = (0..<threads).map { thread in
      """
      processor\t: \(thread)
      model name\t: \(brand)
      physical id\t: \(thread % sockets)
      flags\t\t: \(flags)

      """
    }
    write("/proc/cpuinfo", blocks.joined(separator: "\n"))
    write("/proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n")
  }

  /// A quota of version 2 of control groups.
  func quota(_ text: String, set: String? = nil) {
    write("/proc/self/cgroup", "0::/job\n")
    write("/proc/self/mountinfo", "25 20 0:23 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n")
    write("/sys/fs/cgroup/job/cpu.max", text + "\n")
    if let set { write("/sys/fs/cgroup/job/cpuset.cpus.effective", set + "\n") }
  }

  /// The energy of a time in which the process used `own` and all processes `busy` seconds of processors.
  func use(
    seconds: Double = 10, own: Double, busy: Double?, resident: Double = 0x1p30,
    _ accounting: EnergyAccounting = EnergyAccounting(), _ change: () -> Void = {}
  ) -> EnergyUse {
    let start = EnergyReader.Moment(seconds: 100, own: 5, busy: busy.map { _ in 50 }, residentBytes: resident)
    let reader = EnergyReader(accounting, root: root) { start }
    change()
    let end = EnergyReader.Moment(
      seconds: 100 + seconds, own: 5 + own, busy: busy.map { 50 + $0 }, residentBytes: resident)
    return reader.advance(to: end)
  }
}

func isClose(_ a: Double, _ b: Double, relative: Double = 1e-12) -> Bool {
  abs(a - b) <= relative * max(abs(a), abs(b))
}
