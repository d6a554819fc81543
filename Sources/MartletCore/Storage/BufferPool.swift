import MartletPlatform
import Synchronization

/// The memory of tensors: when a tensor is freed, its block is kept by size class and used again, because taking new
/// pages from the system costs several times what computing on them costs.
///
/// Blocks are aligned to 64 bytes; those from 4 MiB on are aligned to 2 MiB and the system is asked for huge pages.
/// They are not zeroed.
public enum BufferPool {
  /// Counts of what the pool has done so far.
  public struct Statistics: Sendable, Equatable {
    /// Blocks taken from the system since the start.
    public var systemAllocations = 0
    /// Blocks used again instead.
    public var reuses = 0
    /// Bytes of blocks in use.
    public var bytesInUse = 0
    /// The most bytes in use at once since `resetPeak()`.
    public var peakBytesInUse = 0
    /// Bytes of cached blocks, kept to be used again.
    public var bytesCached = 0
  }

  /// The counters at this moment.
  public static var statistics: Statistics {
    state.locked { $0.statistics }
  }

  /// Sets `peakBytesInUse` to what is in use now.
  public static func resetPeak() {
    state.locked { $0.statistics.peakBytesInUse = $0.statistics.bytesInUse }
  }

  /// Gives every cached block back to the system.
  public static func empty() {
    state.trim(to: 0)
  }

  /// The most bytes that are kept to be used again; lowering it gives blocks back to the system at once.
  ///
  /// The default is a quarter of the memory that the machine has, or of what the control group allows if that is less.
  public static var cacheLimit: Int {
    get {
      state.locked { $0.limit }
    }
    set {
      state.locked { $0.limit = max(0, newValue) }
      state.trim(to: max(0, newValue))
    }
  }

  /// Bytes of memory that the machine has, or that the control group allows if those are fewer; 4 GiB where the system
  /// does not tell.
  package static let memory: Int = {
    let physical = Int(mk_physical_memory())
    let most = physical > 0 ? physical : 4 << 30
    return min(most, ControlGroup.own.memory() ?? most)
  }()

  /// Whether the system would give `byteCount` more bytes at this moment. If it would not, the cached blocks are given
  /// back to it and it is asked again.
  package static func isAvailable(_ byteCount: Int) -> Bool {
    // Small amounts are taken to be available: asking would tell nothing.
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

  /// A block of the class's size, uninitialised; traps when the system refuses the memory, and says what it was for.
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

  /// A block of this many bytes, which is not kept for others afterwards: for what lives long. Uninitialised; traps when
  /// the system refuses the memory, and says what it was for.
  static func allocateOnce(_ byteCount: Int, for purpose: @autoclosure () -> String) -> UnsafeMutableRawPointer {
    let block = systemAllocate(byteCount, for: purpose())
    state.count(byteCount)
    return block
  }

  /// Takes back a block that `allocateOnce` gave.
  static func deallocateOnce(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
    free(block)
    state.count(-byteCount)
  }

  private static let state = PoolState()

  // A fork waits until no thread holds the lock: the child would find it held by a thread that does not exist there.

  /// Creates the pool if it does not exist yet.
  static func settle() { _ = state }

  static func prepareForFork() { state.lockUp() }

  static func resumeAfterFork() { state.unlock() }

  private static let hugePage = 2 << 20

  /// A block directly from the system, which the caller gives back with `free`; traps when the system refuses it.
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

/// A size of blocks: from 64 bytes on there are four for each doubling, so that at most a fifth of a larger block is
/// unused.
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

/// The free lists, one for each size class; a free block holds the address of the next one in its first bytes.
///
/// `@unchecked Sendable`: everything is read and written under the spin lock only.
private final class PoolState: @unchecked Sendable {
  struct Guarded {
    var statistics = BufferPool.Statistics()
    var limit: Int
  }

  private let lock = Atomic<Bool>(false)
  private let guarded: UnsafeMutablePointer<Guarded>
  private let heads: UnsafeMutablePointer<UnsafeMutableRawPointer?>

  init() {
    // The fork handlers are set here because every computation asks for memory first, and before the rest because a
    // fork from now on waits until this initialiser is done, which in the child it would never be.
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

  /// A cached block of the class, or nil: then the caller takes one from the system, which is already counted here.
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

  /// Counts a block that the pool does not keep: its bytes, negative when it is given back.
  func count(_ byteCount: Int) {
    locked { guarded in
      guarded.statistics.bytesInUse += byteCount
      guarded.statistics.peakBytesInUse = max(guarded.statistics.peakBytesInUse, guarded.statistics.bytesInUse)
      if byteCount > 0 { guarded.statistics.systemAllocations += 1 }
    }
  }

  /// Keeps a block to be used again, or returns false when the limit is reached: then the caller frees it.
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
