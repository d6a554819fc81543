/// The energy counters of the processor's packages and memory, which Linux shows below `/sys/class/powercap` (Intel's
/// RAPL, and AMD's from Zen on).
///
/// Packages are added up; cores, graphics and the whole platform (`core`, `uncore`, `psys`) are parts of packages or
/// contain them, and left out. A domain that both the MSR and the MMIO interface show is counted once, and so is a
/// counter that a second die mirrors.
public struct PowercapCounters: Sendable {
  /// Whether the machine tells its energy.
  public enum State: Sendable, Equatable, CustomStringConvertible {
    /// The names of the domains that are read.
    case readable([String])
    /// The system shows no counters, as in most virtual machines.
    case absent
    /// The counters are there, and this process may not read them; with a path that says so.
    case denied(String)
    /// What the files hold is no energy; the path, and why.
    case damaged(path: String, reason: String)

    /// What it is, and what to do.
    public var description: String {
      switch self {
      case .readable(let names): "readable: \(names.joined(separator: ", "))"
      case .absent: "absent: the system shows no energy counters, as in most virtual machines"
      case .denied(let path):
        "denied: \(path) may be read by root alone; sudo chmod a+r it, or a udev rule for every start"
      case .damaged(let path, let reason): "damaged: \(path): \(reason)"
      }
    }
  }

  /// One counter.
  struct Domain: Sendable {
    let name: String
    let path: String
    /// The count in µJ after which it begins again at 0; nil where it is not told.
    let range: UInt64?
    let start: UInt64
    var last: UInt64
    /// µJ since the start.
    var total: Double = 0
    /// µJ that may be missing, because the counter could have come round more often than it was read.
    var possiblyLost: Double = 0
    /// When it was last read, in the reader's seconds.
    var lastSeconds: Double

    var isMemory: Bool { name.hasPrefix("dram") }
  }

  /// Joules of the packages and of the memory, with what could be missing of each.
  struct Joules: Equatable {
    var packages = 0.0
    var memory: Double?
    var possiblyLost = 0.0
  }

  /// Whether the machine tells its energy, as it was found.
  public private(set) var state: State
  var domains: [Domain] = []

  /// Finds the counters below a root, `/` by default, and reads them.
  public init(root: String = "") { self.init(root: root, at: 0) }

  init(root: String, at seconds: Double) {
    state = .absent
    var problem: State?
    var seen: Set<String> = []
    for folder in Self.folders(root: root) {
      guard case .text(let nameText) = SystemText(of: folder + "/name") else { continue }
      let name = trimmed(nameText)
      // MMIO domains come first, so that the MSR's of the same name are left out.
      guard name.hasPrefix("package") || name.hasPrefix("dram") else { continue }
      let parent = name.hasPrefix("dram") ? Self.parentName(folder) : ""
      if seen.contains(parent + name) { continue }
      let path = folder + "/energy_uj"
      do throws(Failure) {
        let count = try Self.count(path)
        let range = try? Self.count(folder + "/max_energy_range_uj")
        domains.append(
          Domain(
            name: name, path: path, range: range == 0 ? nil : range, start: count, last: count, lastSeconds: seconds))
        seen.insert(parent + name)
      } catch {
        problem = problem ?? error.state
      }
    }
    if domains.contains(where: { !$0.isMemory }) {
      state = .readable(domains.map(\.name))
    } else {
      domains = []
      state = problem ?? .absent
    }
  }

  /// Adds up what was used since the last reading. Nil, and nothing is added, where a counter cannot be read any more,
  /// or went back without saying its range.
  ///
  /// A counter of range R that may gain at most `maximumWatts` comes round once in R / `maximumWatts` seconds. After a
  /// longer pause the rounds cannot be known: what they could add up to is told as `possiblyLost`.
  mutating func advance(to seconds: Double, maximumWatts: Double) -> Joules? {
    var read: [(UInt64, Double)] = []
    let before = sums
    for domain in domains {
      guard let count = try? Self.count(domain.path),
        let difference = Self.difference(from: domain.last, to: count, range: domain.range)
      else {
        restart(at: seconds)
        return nil
      }
      read.append((count, difference))
    }
    for (index, (count, difference)) in read.enumerated() {
      let most = maximumWatts * (seconds - domains[index].lastSeconds) * 1e6
      if let range = domains[index].range.map({ Double($0) }), most > difference + range {
        domains[index].possiblyLost += ((most - difference) / range).rounded(.down) * range
      }
      domains[index].last = count
      domains[index].total += difference
      domains[index].lastSeconds = seconds
    }
    let after = sums
    return Joules(
      packages: max(0, after.packages - before.packages), memory: after.memory.map { $0 - (before.memory ?? 0) },
      possiblyLost: after.possiblyLost - before.possiblyLost)
  }

  /// Leaves out what was used since the last reading.
  private mutating func restart(at seconds: Double) {
    for index in domains.indices {
      domains[index].lastSeconds = seconds
      if let count = try? Self.count(domains[index].path) { domains[index].last = count }
    }
  }

  /// µJ from a count to a later one, modulo the counter's range; nil where it went back and the range is not known.
  static func difference(from first: UInt64, to second: UInt64, range: UInt64?) -> Double? {
    if second >= first { return Double(second - first) }
    guard let range, range >= first else { return nil }
    return Double(range - first) + Double(second)
  }

  private var sums: Joules {
    var sums = Joules()
    for domain in domains where domain.isMemory { sums.memory = (sums.memory ?? 0) + domain.total / 1e6 }
    let packages = domains.filter { !$0.isMemory }
    for (index, package) in packages.enumerated() {
      // Dies of some processors show one counter each under several names (CodeCarbon's issue 1274).
      if packages[..<index].contains(where: { Self.isMirror($0, package) }) { continue }
      sums.packages += package.total / 1e6
      sums.possiblyLost += package.possiblyLost / 1e6
    }
    return sums
  }

  /// Whether two counters have been the same within a millionth or a joule, at the start and in all they counted since.
  private static func isMirror(_ a: Domain, _ b: Domain) -> Bool {
    func close(_ x: Double, _ y: Double) -> Bool { abs(x - y) <= max(1e-6 * max(x, y), 1e6) }
    return close(Double(a.start), Double(b.start)) && close(a.total, b.total)
  }

  // MARK: Files

  private struct Failure: Error { let state: State }

  private static func count(_ path: String) throws(Failure) -> UInt64 {
    switch SystemText(of: path) {
    case .text(let text):
      if let count = UInt64(trimmed(text)) { return count }
      let shown = String(trimmed(text).prefix(40))
      throw Failure(state: .damaged(path: path, reason: "expected a count of µJ, got \"\(shown)\""))
    case .missing: throw Failure(state: .damaged(path: path, reason: "expected a counter, got no such file"))
    case .denied: throw Failure(state: .denied(path))
    case .unreadable(let reason): throw Failure(state: .damaged(path: path, reason: reason))
    }
  }

  /// The folders of domains, those of MMIO first: of one place alone, because others are links to the same.
  private static func folders(root: String) -> [String] {
    for base in ["/sys/class/powercap", "/sys/devices/virtual/powercap"] {
      var folders: [String] = []
      func collect(_ folder: String, depth: Int) {
        for name in SystemText.names(in: folder) where name.hasPrefix("intel-rapl") {
          let path = folder + "/" + name
          if name.contains(":") && !folders.contains(where: { $0.hasSuffix("/" + name) }) { folders.append(path) }
          // Linked folders lead to their parts too.
          if depth > 0 { collect(path, depth: depth - 1) }
        }
      }
      collect(root + base, depth: 2)
      if !folders.isEmpty { return folders.filter { $0.contains("mmio") } + folders.filter { !$0.contains("mmio") } }
    }
    return []
  }

  /// The name of the package that a memory domain is a part of: of `…/intel-rapl:0:1` that of `intel-rapl:0`.
  private static func parentName(_ folder: String) -> String {
    guard let colon = folder.lastIndex(of: ":") else { return "" }
    let name = String(folder[..<colon].split(separator: "/").last ?? "")
    let above = folder.split(separator: "/").dropLast().joined(separator: "/")
    for path in ["/\(above)/\(name)/name", "/\(above)/name"] {
      if case .text(let text) = SystemText(of: path) { return trimmed(text) }
    }
    return name
  }
}
