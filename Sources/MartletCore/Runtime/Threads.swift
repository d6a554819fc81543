import CKernels
import MartletPlatform

/// Runs `body` with operations split over at most `count` threads, this one included; traps when `count` is less than
/// 1.
///
/// The limit holds for this thread during the call, and is at most 256. Results have the same bits at any count.
public func withThreads<R>(_ count: Int, _ body: () throws -> R) rethrows -> R {
  if count < 1 { fatalError("withThreads: at least one thread is needed, not \(count)") }
  let outer = mk_slot_get(MK_SLOT_THREADS)
  mk_slot_set(MK_SLOT_THREADS, UnsafeMutableRawPointer(bitPattern: min(count, Threads.most)))
  defer { mk_slot_set(MK_SLOT_THREADS, outer) }
  return try body()
}

/// The number of threads that operations are split over.
public enum Threads {
  /// The most threads that `withThreads` gives.
  static let most = 256

  /// The count that holds on this thread: that of `withThreads`, or the default.
  @inline(__always)
  public static var count: Int {
    let scoped = Int(bitPattern: mk_slot_get(MK_SLOT_THREADS))
    return scoped > 0 ? scoped : standard
  }

  /// The default: the number of processors that this process may use (affinity and control groups), or
  /// `OMP_NUM_THREADS` where that is set and less.
  ///
  /// Where a control group limits the number of threads, at most half of those that it still lets start are used.
  public static var standard: Int { limited.count }

  /// The default, and what makes it less than the number of the machine's processors; nil where nothing does.
  private static let limited = leastLimit(
    machine: Int(mk_machine_processors()), affinity: Int(mk_available_processors()), group: .own,
    wanted: getenv("OMP_NUM_THREADS").map { String(cString: $0) })

  /// The default where a machine has so many processors, the process may use so many of them and is in this control
  /// group, and `OMP_NUM_THREADS` is `wanted`.
  static func leastLimit(
    machine: Int, affinity: Int, group: ControlGroup, wanted: String?
  ) -> (count: Int, reason: String?) {
    var (count, reason): (Int, String?) = (machine, nil)
    func limit(_ most: Int?, _ name: String) {
      if let most, most < count { (count, reason) = (max(1, most), name) }
    }
    limit(affinity, "affinity")
    limit(group.processors(), "control group")
    limit(group.startableThreads().map { 1 + $0 / 2 }, "control group's threads")
    if let wanted, let number = Int(wanted.prefix { $0 != "," }), number > 0 { limit(number, "OMP_NUM_THREADS") }
    limit(most, "the most threads")
    return (count, reason)
  }

  /// `2 of 64 processors (control group)`: the count that holds on this thread, and what limits it.
  package static var account: String {
    let machine = Int(mk_machine_processors())
    let reason = count == limited.count ? limited.reason : "withThreads"
    return "\(count) of \(machine) \(machine == 1 ? "processor" : "processors")" + (reason.map { " (\($0))" } ?? "")
  }
}
