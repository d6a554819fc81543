import MartletPlatform

/// What a machine tells of its energy: counters, processor, memory, and what of them the process may use.
public struct EnergyMachine: Sendable {
  /// The processor's name; nil where the system does not tell.
  public let processor: String?
  /// The logical processors that the system sees.
  public let logicalProcessors: Int
  /// The sockets that the system sees, at least 1.
  public let sockets: Int
  /// Whether it is a virtual machine, which sees a part of a processor.
  public let isVirtual: Bool
  /// The processors that control groups allow, by quota and by set: from a fraction up to all of them.
  public let allowedProcessors: Double
  /// The quota of control groups in processors; nil without one.
  public let quota: Double?
  /// Bytes of memory; 0 where the system does not tell.
  public let memoryBytes: Double
  /// Bytes of memory that control groups allow; nil without a limit.
  public let memoryLimitBytes: Double?
  /// Whether the processor's energy counters can be read.
  public let counters: PowercapCounters.State
  /// The kind of processor in the table; nil where it is not in it.
  public let kind: ProcessorPower?
  /// Whether the system tells how busy all its processors are.
  public let tellsBusyTime: Bool

  /// What is found below a root, `/` by default. Never throws: what cannot be read is not known.
  public init(root: String = "") { self.init(root: root, counters: PowercapCounters(root: root).state) }

  init(root: String, counters: PowercapCounters.State) {
    let info = Self.lines(of: root + "/proc/cpuinfo")
    func values(_ key: String) -> [String] { info.filter { $0.key == key }.map(\.value) }
    processor = values("model name").first
    kind = processor.flatMap(ProcessorPower.named)
    let listed = values("processor").count
    logicalProcessors = listed > 0 ? listed : root.isEmpty ? Int(mk_machine_processors()) : 1
    sockets = max(1, Set(values("physical id")).count)
    isVirtual = values("flags").first?.split(separator: " ").contains("hypervisor") ?? false
    let group = root.isEmpty ? ControlGroup.own : ControlGroup(root: root)
    quota = group.quota()
    let set = group.processorSet().map { Double($0) }
    allowedProcessors = min(Double(logicalProcessors), quota ?? .infinity, set ?? .infinity)
    let kilobytes = Self.lines(of: root + "/proc/meminfo").first { $0.key == "MemTotal" }?.value
      .split(separator: " ").first.flatMap { Double($0) }
    memoryBytes = kilobytes.flatMap { $0.isFinite && $0 >= 0 ? $0 * 1024 : nil } ?? 0
    memoryLimitBytes = group.memory().map { Double($0) }
    self.counters = counters
    tellsBusyTime = Self.busySeconds(root: root) != nil
  }

  /// The share of the machine that control groups allow, from 0 to 1.
  public var allowedShare: Double { allowedProcessors / Double(logicalProcessors) }

  /// The power of all processors that the system sees under full load: the kind's from the table, or what processors of
  /// the table have for a hardware thread; of a virtual machine its threads' part.
  ///
  /// Processors under full load take 0.7 to 1.3 times what their makers state, our estimate.
  public var fullPower: Power {
    let threads = Double(logicalProcessors)
    guard let kind else {
      let prior = ProcessorPower.prior
      return Power(unchecked: prior.middle * threads, prior.low * threads * 0.7, prior.high * threads * 1.3, .declared)
    }
    let watts = isVirtual ? kind.wattsPerThread * threads : kind.watts * Double(sockets)
    return Power(unchecked: watts, watts * 0.7, watts * 1.3, .modelled)
  }

  // MARK: Files

  /// The lines of a file of keys and values.
  private static func lines(of path: String) -> [(key: String, value: String)] {
    guard case .text(let text) = SystemText(of: path, atMost: 1 << 22) else { return [] }
    return text.split(separator: "\n").compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (trimmed(line[..<colon]), trimmed(line[line.index(after: colon)...]))
    }
  }

  /// The seconds that all processors together have been busy since the start, without waiting for files and without what
  /// the hypervisor gave to others; nil where `/proc/stat` does not tell.
  static func busySeconds(root: String) -> Double? {
    guard let line = SystemFile.lines(of: root + "/proc/stat", atMost: 512).first else { return nil }
    // `cpu user nice system idle iowait irq softirq steal guest guest_nice`, where user holds guest already.
    let words = line.split(separator: " ")
    guard words.count >= 8, words[0] == "cpu" else { return nil }
    let ticks = words[1..<8].map { UInt64($0) }
    guard !ticks.contains(nil) else { return nil }
    let busy = [0, 1, 2, 5, 6].reduce(0.0) { $0 + Double(ticks[$1]!) }
    return busy / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  }

  /// The bytes of memory that the process has in use; nil where `/proc/self/statm` does not tell.
  static func residentBytes(root: String) -> Double? {
    let words = SystemFile.lines(of: root + "/proc/self/statm", atMost: 256).first?.split(separator: " ")
    guard let words, words.count > 1, let pages = UInt64(words[1]) else { return nil }
    return Double(pages) * Double(max(1, sysconf(Int32(_SC_PAGESIZE))))
  }
}
