/// What a process's control groups allow: the limits that containers and services are given on Linux. None elsewhere.
///
/// Each is looked up from the process's own group to the one that is mounted, in version 1 and version 2 of the system's
/// groups, because every one of them binds.
package struct ControlGroup {
  /// The calling process's.
  package static let own = ControlGroup()

  /// What stands before the paths of the system's files.
  private let root: String

  package init(root: String = "") { self.root = root }

  /// Processors that are paid for: quota over period. Nil without a limit.
  package func quota() -> Double? {
    func ratio(_ quota: Substring?, _ period: Substring?) -> Double? {
      guard let quota = number(quota), let period = number(period), quota > 0, period > 0 else { return nil }
      return quota / period
    }
    return least("cpu") { folder in
      if let words = words(of: folder + "/cpu.max"), words.count == 2 { return ratio(words[0], words[1]) }
      return ratio(words(of: folder + "/cpu.cfs_quota_us")?.first, words(of: folder + "/cpu.cfs_period_us")?.first)
    }
  }

  /// Processors that are paid for, rounded up. Nil without a limit.
  package func processors() -> Int? { quota().map { max(1, Int($0.rounded(.up))) } }

  /// Bytes of memory that may be used. Nil without a limit.
  package func memory() -> Int? {
    let bytes = least("memory") { folder in
      number((words(of: folder + "/memory.max") ?? words(of: folder + "/memory.limit_in_bytes"))?.first)
    }
    // Version 1 writes a number near 2⁶³ where there is no limit.
    return bytes.flatMap { $0 < 0x1p60 ? Int($0) : nil }
  }

  /// Threads that may still be started, whichever process of the groups starts them. Nil without a limit.
  package func startableThreads() -> Int? {
    let threads = least("pids") { folder in
      guard let most = number(words(of: folder + "/pids.max")?.first),
        let now = number(words(of: folder + "/pids.current")?.first)
      else { return nil }
      return max(0, most - now)
    }
    return threads.flatMap { $0 < 0x1p60 ? Int($0) : nil }
  }

  // MARK: Groups

  private func least(_ controller: String, _ limit: (_ folder: String) -> Double?) -> Double? {
    folders(of: controller).compactMap(limit).min()
  }

  /// The folders of the groups whose limits of a controller bind this process.
  private func folders(of controller: String) -> [String] {
    let mounts = lines(of: "/proc/self/mountinfo").compactMap(Mount.init)
    // Lines like `4:cpu,cpuacct:/group` for version 1 and `0::/group` for version 2.
    return lines(of: "/proc/self/cgroup").flatMap { line -> [String] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      let isFirstVersion = fields[0] != "0"
      if isFirstVersion && !fields[1].split(separator: ",").contains(Substring(controller)) { return [] }
      let mount = mounts.first { isFirstVersion ? $0.controllers.contains(controller) : $0.isSecondVersion }
      return mount?.folders(to: String(fields[2])) ?? []
    }
  }

  /// A mounted tree of groups.
  private struct Mount {
    let point: String
    /// The group that is seen at the point.
    let group: String
    let isSecondVersion: Bool
    /// Of version 1.
    let controllers: Set<String>

    /// From a line like `33 31 0:30 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu`.
    init?(_ line: String) {
      let fields = line.split(separator: " ").map(String.init)
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
      guard ["cgroup", "cgroup2"].contains(fields[dash + 1]) else { return nil }
      group = fields[3]
      point = fields[4].replacing("\\040", with: " ")
      isSecondVersion = fields[dash + 1] == "cgroup2"
      controllers = isSecondVersion ? [] : Set(fields[dash + 3].split(separator: ",").map(String.init))
    }

    /// The folders from the mounted group to another; the mounted one's alone where the other is not below it.
    func folders(to other: String) -> [String] {
      let (above, below) = (group.split(separator: "/"), other.split(separator: "/"))
      var folders = [point]
      guard below.starts(with: above), !below.contains("..") else { return folders }
      for name in below.dropFirst(above.count) { folders.append(folders.last! + "/" + name) }
      return folders
    }
  }

  // MARK: Files

  private func lines(of path: String) -> [String] { SystemFile.lines(of: root + path, atMost: 1 << 20) }

  private func words(of path: String) -> [Substring]? { lines(of: path).first?.split(separator: " ") }

  /// Nil for `max`.
  private func number(_ word: Substring?) -> Double? { word.flatMap { Double($0) } }
}
