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
  public static let standard: Int = {
    var count = Int(mk_available_processors())
    if let quota = ControlGroup.own.processors() { count = min(count, quota) }
    if let startable = ControlGroup.own.startableThreads() { count = min(count, 1 + startable / 2) }
    if let text = getenv("OMP_NUM_THREADS"), let wanted = Int(String(cString: text).prefix { $0 != "," }), wanted > 0 {
      count = min(count, wanted)
    }
    return max(1, min(count, most))
  }()
}
