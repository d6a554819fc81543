/// The limits that a process's control groups set, as for containers and services on Linux; elsewhere there are none.
///
/// Each limit is looked up in all groups from the mounted one to the process's own, in version 1 and version 2 of
/// control groups, because every one of them applies.
package struct ControlGroup {
  /// The limits of the calling process.
  package static let own = ControlGroup()

  /// A prefix to the paths of the system's files.
  private let root: String

  package init(root: String = "") { self.root = root }

  /// The processor time that is allowed, in processors: quota divided by period. Nil without a limit.
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

  /// The number of processors that are allowed, rounded up. Nil without a limit.
  package func processors() -> Int? { quota().map { max(1, Int($0.rounded(.up))) } }

  /// The number of processors that the groups' sets of processors hold. Nil where no set is told.
  package func processorSet() -> Int? {
    let count = least("cpuset") { folder in
      let files = ["cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus"]
      return files.lazy.compactMap { lines(of: folder + "/" + $0).first }.first.flatMap(Self.listed).map { Double($0) }
    }
    return count.map { Int($0) }
  }

  /// How many numbers a list such as `0-3,8` has; nil where it is no such list.
  private static func listed(_ list: String) -> Int? {
    var count = 0
    for part in list.split(separator: ",") {
      let ends = part.split(separator: "-").map { Int($0.filter { $0 != " " }) }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2, first >= 0, first <= last,
        last < 1 << 20
      else { return nil }
      count += last - first + 1
    }
    return count == 0 ? nil : count
  }

  /// The bytes of memory that are allowed. Nil without a limit.
  package func memory() -> Int? {
    let bytes = least("memory") { folder in
      number((words(of: folder + "/memory.max") ?? words(of: folder + "/memory.limit_in_bytes"))?.first)
    }
    // Version 1 writes a number near 2⁶³ where there is no limit.
    return bytes.flatMap { $0 < 0x1p60 ? Int($0) : nil }
  }

  /// The number of threads that may still be started, by whichever process of the groups. Nil without a limit.
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

  /// The folders of the groups whose limits for a controller apply to this process.
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
    /// The group that is mounted at `point`.
    let group: String
    let isSecondVersion: Bool
    /// The controllers of the tree, in version 1.
    let controllers: Set<String>

    /// Reads a line like `33 31 0:30 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu`.
    init?(_ line: String) {
      let fields = line.split(separator: " ").map(String.init)
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else { return nil }
      guard ["cgroup", "cgroup2"].contains(fields[dash + 1]) else { return nil }
      group = fields[3]
      point = fields[4].replacing("\\040", with: " ")
      isSecondVersion = fields[dash + 1] == "cgroup2"
      controllers = isSecondVersion ? [] : Set(fields[dash + 3].split(separator: ",").map(String.init))
    }

    /// The folders from the mounted group down to another; only the mounted group's if the other is not below it.
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

  /// The number that a word stands for; nil for `max`.
  private func number(_ word: Substring?) -> Double? { word.flatMap { Double($0) } }
}
