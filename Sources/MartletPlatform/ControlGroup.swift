/// What the process's control group allows: the limits that containers and services are given on Linux. None elsewhere.
///
/// Version 2 is looked up from the process's own group to the root, because every one of them binds; of version 1 the
/// usual mount is looked at.
package enum ControlGroup {
  /// Processors that are paid for, rounded up. Nil without a limit.
  package static func processors() -> Int? { quota().map { max(1, Int($0.rounded(.up))) } }

  /// Processors that are paid for: quota over period. Nil without a limit.
  package static func quota() -> Double? {
    var least: Double?
    for folder in groups() {
      guard let words = words(of: folder + "/cpu.max"), words.count == 2 else { continue }
      least = smaller(least, ratio(words[0], words[1]))
    }
    if let quota = words(of: "/sys/fs/cgroup/cpu/cpu.cfs_quota_us")?.first,
      let period = words(of: "/sys/fs/cgroup/cpu/cpu.cfs_period_us")?.first
    {
      least = smaller(least, ratio(quota, period))
    }
    return least
  }

  /// Bytes of memory that may be used. Nil without a limit.
  package static func memory() -> Int? {
    var least: Double?
    for path in groups().map({ $0 + "/memory.max" }) + ["/sys/fs/cgroup/memory/memory.limit_in_bytes"] {
      least = smaller(least, words(of: path)?.first.flatMap(Double.init))
    }
    // Version 1 writes a number near 2⁶³ where there is no limit.
    return least.flatMap { $0 < 0x1p60 ? Int($0) : nil }
  }

  /// The process's group of version 2 and those above it.
  private static func groups() -> [String] {
    var folders = ["/sys/fs/cgroup"]
    guard let line = SystemFile.lines(of: "/proc/self/cgroup").first(where: { $0.hasPrefix("0::/") }) else {
      return folders
    }
    for name in line.dropFirst(4).split(separator: "/") { folders.append(folders.last! + "/" + name) }
    return folders
  }

  private static func smaller(_ a: Double?, _ b: Double?) -> Double? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
  }

  private static func ratio(_ quota: String, _ period: String) -> Double? {
    guard let quota = Double(quota), let period = Double(period), quota > 0, period > 0 else { return nil }
    return quota / period
  }

  private static func words(of path: String) -> [String]? {
    SystemFile.lines(of: path).first?.split(separator: " ").map(String.init)
  }
}
