import MartletPlatform
import Synchronization

/// Memory for tensors: blocks are kept by size class when a tensor dies and handed out again, because fresh pages
/// cost several times what computing on them does.
///
/// Blocks are aligned to 64 bytes (2 MiB and advised for huge pages from 4 MiB on) and are not zeroed.
public enum BufferPool {
  /// What the pool has done so far.
  public struct Statistics: Sendable, Equatable {
    /// Blocks taken from the system since the start.
    public var systemAllocations = 0
    /// Blocks handed out again instead.
    public var reuses = 0
    /// Bytes of living tensors.
    public var bytesInUse = 0
    /// The most bytes of living tensors since `resetPeak()`.
    public var peakBytesInUse = 0
    /// Bytes kept for reuse.
    public var bytesCached = 0
  }

  /// The counters at this moment.
  public static var statistics: Statistics {
    state.locked { $0.statistics }
  }

  /// Starts measuring `peakBytesInUse` anew from what is in use now.
  public static func resetPeak() {
    state.locked { $0.statistics.peakBytesInUse = $0.statistics.bytesInUse }
  }

  /// Gives every cached block back to the system.
  public static func empty() {
    state.trim(to: 0)
  }

  /// The most bytes that are kept for reuse; lowering it gives blocks back at once. By default a quarter of the
  /// memory that the machine has or the control group allows.
  public static var cacheLimit: Int {
    get {
      state.locked { $0.limit }
    }
    set {
      state.locked { $0.limit = max(0, newValue) }
      state.trim(to: max(0, newValue))
    }
  }

  /// Bytes of memory that the machine has or the control group allows; 4 GiB where the system does not tell.
  package static let memory: Int = {
    let physical = Int(mk_physical_memory())
    let most = physical > 0 ? physical : 4 << 30
    return min(most, ControlGroup.own.memory() ?? most)
  }()

  /// Whether the system would give so many bytes more at this moment, after cached blocks have been given back to it where
  /// it would not otherwise.
  package static func isAvailable(_ byteCount: Int) -> Bool {
    // What it gives for the asking, in small pieces, is not asked for.
    if byteCount < hugePage { return true }
    if isGranted(byteCount) { return true }
    empty()
    return isGranted(byteCount)
  }

  private static func isGranted(_ byteCount: Int) -> Bool {
    // Blocks are up to a quarter larger than what they hold, and aligned to huge pages.
    let (sum, isOverflow) = byteCount.addingReportingOverflow(byteCount / 4 + hugePage)
    if isOverflow { return false }
    let block = mmap(nil, sum, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
    if block == MAP_FAILED { return false }
    munmap(block, sum)
    return true
  }

  /// A block of the class's size. Where memory is refused, the program stops and says what it was for.
  @inline(__always)
  static func allocate(_ sizeClass: SizeClass, for purpose: @autoclosure () -> String) -> UnsafeMutableRawPointer {
    if let block = state.takeCached(sizeClass) { return block }
    return systemAllocate(sizeClass.byteCount, for: purpose())
  }

  /// Takes back a block that `allocate` gave for the same class.
  @inline(__always)
  static func deallocate(_ block: UnsafeMutableRawPointer, _ sizeClass: SizeClass) {
    if !state.giveBack(block, sizeClass) { free(block) }
  }

  private static let state = PoolState()

  // A fork waits until nobody is at the free lists: the child would find them locked by a thread that it does not have.

  /// Sees to it that the pool is made.
  static func settle() { _ = state }

  static func prepareForFork() { state.lockUp() }

  static func resumeAfterFork() { state.unlock() }

  private static let hugePage = 2 << 20

  /// A block from the system past the pool, to be given back by `free`.
  @inline(never)
  package static func systemAllocate(_ byteCount: Int, for purpose: @autoclosure () -> String)
    -> UnsafeMutableRawPointer
  {
    let wantsHugePages = byteCount >= 2 * hugePage
    var block: UnsafeMutableRawPointer?
    let code = posix_memalign(&block, wantsHugePages ? hugePage : 64, byteCount)
    guard code == 0, let block else {
      trap("out of memory", "\(UInt(bitPattern: byteCount)) bytes were refused for \(purpose())")
    }
    if wantsHugePages { mk_advise_huge_pages(block, byteCount) }
    return block
  }
}

/// Block sizes: four steps to each doubling, from 64 bytes on, so that at most a fifth of a block lies idle.
struct SizeClass {
  let index: Int
  let byteCount: Int

  static let count = 4 * 58

  /// The size of a class's blocks.
  static func byteCount(at index: Int) -> Int {
    if index == 0 { return 64 }
    let (doubling, step) = (index - 1).quotientAndRemainder(dividingBy: 4)
    return (5 + step) << (doubling + 4)
  }

  @inline(__always)
  init(holding bytes: Int) {
    if bytes <= 64 {
      index = 0
      byteCount = 64
      return
    }
    let exponent = Int.bitWidth - 1 - (bytes - 1).leadingZeroBitCount  // 2^exponent <= bytes - 1
    let step = ((bytes - 1) >> (exponent - 2)) - 3  // 1 ... 4 quarters above 2^exponent
    index = (exponent - 6) * 4 + step
    byteCount = (4 + step) << (exponent - 2)
  }
}

/// The free lists, threaded through the free blocks themselves.
///
/// `@unchecked Sendable`: everything is touched under the spin lock only.
private final class PoolState: @unchecked Sendable {
  struct Guarded {
    var statistics = BufferPool.Statistics()
    var limit: Int
  }

  private let lock = Atomic<Bool>(false)
  private let guarded: UnsafeMutablePointer<Guarded>
  private let heads: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  init() {
    // Whoever computes has asked for memory first. Before all else: a fork that comes from here on waits until the rest is done,
    // which in the child would never be.
    Forks.survive()
    guarded = .allocate(capacity: 1)
    guarded.initialize(to: Guarded(limit: BufferPool.memory / 4))
    heads = .allocate(capacity: SizeClass.count)
    heads.initialize(repeating: nil, count: SizeClass.count)
  }

  @inline(__always)
  func lockUp() {
    while lock.exchange(true, ordering: .acquiring) {
      while lock.load(ordering: .relaxed) { sched_yield() }
    }
  }

  @inline(__always)
  func unlock() { lock.store(false, ordering: .releasing) }

  @inline(__always)
  func locked<R>(_ body: (inout Guarded) -> R) -> R {
    lockUp()
    defer { unlock() }
    return body(&guarded.pointee)
  }

  /// A cached block of the class, or nil: then the caller takes one from the system, which is counted here.
  @inline(__always)
  func takeCached(_ sizeClass: SizeClass) -> UnsafeMutableRawPointer? {
    locked { guarded in
      guarded.statistics.bytesInUse += sizeClass.byteCount
      if guarded.statistics.bytesInUse > guarded.statistics.peakBytesInUse {
        guarded.statistics.peakBytesInUse = guarded.statistics.bytesInUse
      }
      guard let block = heads[sizeClass.index] else {
        guarded.statistics.systemAllocations += 1
        return nil
      }
      heads[sizeClass.index] = block.load(as: UnsafeMutableRawPointer?.self)
      guarded.statistics.bytesCached -= sizeClass.byteCount
      guarded.statistics.reuses += 1
      return block
    }
  }

  /// Whether the block was kept.
  @inline(__always)
  func giveBack(_ block: UnsafeMutableRawPointer, _ sizeClass: SizeClass) -> Bool {
    locked { guarded in
      guarded.statistics.bytesInUse -= sizeClass.byteCount
      if guarded.statistics.bytesCached + sizeClass.byteCount > guarded.limit { return false }
      guarded.statistics.bytesCached += sizeClass.byteCount
      block.storeBytes(of: heads[sizeClass.index], as: UnsafeMutableRawPointer?.self)
      heads[sizeClass.index] = block
      return true
    }
  }

  /// Frees cached blocks, largest first, until at most `limit` bytes are kept.
  func trim(to limit: Int) {
    var doomed: UnsafeMutableRawPointer?
    locked { guarded in
      for index in stride(from: SizeClass.count - 1, through: 0, by: -1) {
        while guarded.statistics.bytesCached > limit, let block = heads[index] {
          heads[index] = block.load(as: UnsafeMutableRawPointer?.self)
          guarded.statistics.bytesCached -= SizeClass.byteCount(at: index)
          block.storeBytes(of: doomed, as: UnsafeMutableRawPointer?.self)
          doomed = block
        }
      }
    }
    while let block = doomed {
      doomed = block.load(as: UnsafeMutableRawPointer?.self)
      free(block)
    }
  }
}
