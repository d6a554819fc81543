import CKernels
import MartletPlatform
import Synchronization

/// The threads that compute, besides those that call. They are started when first needed, spin for a moment after each
/// region, and then sleep. Those beyond `Threads.standard` end after a second without work.
///
/// A region is one call of `parallelFor`. It is cut into chunks, of which every thread gets a segment of consecutive
/// ones, so that the same part of the data stays with the same core from one operation to the next. A thread that has
/// finished its own segment takes chunks from the others'. The caller therefore does not wait for a thread that has no
/// processor at the moment: it waits only for chunks that were begun.
package enum WorkerPool {
  /// Calls `body` with ranges that together make up `0 ..< count`, on up to `Threads.count` threads at once.
  ///
  /// A range has at least half of `grain`, except for the last. A count up to `grain` is done by the calling thread
  /// alone, as is all work inside a region or while another thread uses the pool. Denormals are flushed to zero in
  /// `body`.
  @inline(__always)
  package static func parallelFor(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    if count <= grain {
      if count > 0 { body(0..<count) }
      return
    }
    split(count, grain: grain, body)
  }

  @inline(never)
  private static func split(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let threads = min(Threads.count, (count + grain - 1) / grain)
    if threads == 1 || !shared.begin(threads: threads) {
      body(0..<count)
      return
    }
    withoutActuallyEscaping(body) { body in
      shared.run(count, grain: grain, threads: threads, body)
    }
    shared.end()
  }

  private static let shared = Pool()

  /// Creates the pool if it does not exist yet.
  static func settle() { _ = (shared, Threads.standard) }

  /// Forgets the workers, in the child of a fork, which has none.
  static func startAgain() { shared.forgetWorkers() }
}

/// Calls `body` with ranges that together make up `0 ..< count`, on several threads at once where that pays; for use in
/// kernels.
///
/// A count up to `grain` is done by the calling thread alone. What `body` writes must not depend on how the count is
/// cut.
public func parallelFor(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  WorkerPool.parallelFor(count, grain: grain, body)
}

/// The pool of workers.
///
/// `@unchecked Sendable`: `job`, `number`, `workers` and `nextStart` are used only by the thread that holds `busy`,
/// with one exception: workers read `job` after they have taken a chunk, and the thread that has set it waits for all
/// chunks.
private final class Pool: @unchecked Sendable {
  /// What a region calls, and how its count is cut.
  private final class Job {
    let body: (Range<Int>) -> Void
    let count: Int
    let chunk: Int

    init(_ body: @escaping (Range<Int>) -> Void, count: Int, chunk: Int) {
      self.body = body
      self.count = count
      self.chunk = chunk
    }

    @inline(never)
    func run(_ index: Int) {
      body(index * chunk..<min(count, (index + 1) * chunk))
    }
  }

  /// A thread's segment: the region's number in the upper 32 bits, the next chunk in the middle 16, the end in the
  /// lower 16, so that one compare-and-swap takes a chunk of this region and no other. Padded to a cache line of its
  /// own.
  private final class Segment: Sendable {
    let state = Atomic<UInt64>(0)
    let padding: InlineArray<12, UInt64> = .init(repeating: 0)
  }

  /// A thread of the pool.
  private final class Worker: Sendable {
    let pool: Pool
    let index: Int
    let isDismissed = Atomic<Bool>(false)

    init(of pool: Pool, index: Int) {
      self.pool = pool
      self.index = index
    }
  }

  private static let spinNanoseconds: UInt64 = 150_000
  /// How long a worker beyond `Threads.standard` stays without work, and how long no thread is started after the system
  /// has refused one.
  private static let patienceNanoseconds: UInt64 = 1_000_000_000

  private let busy = Atomic<Bool>(false)
  /// A number that changes with every new region: workers watch it, and sleep until it changes.
  private let generation: UnsafeMutablePointer<Atomic<UInt32>>
  private let sleepers = Atomic<Int>(0)
  private let remaining = Atomic<Int>(0)
  private let segmentCount = Atomic<Int>(0)
  private let segments: [Segment]
  // Unmanaged, so that a worker's late release cannot keep the caller's closure alive beyond the region.
  private var job: Unmanaged<Job>?
  private var number: UInt32 = 0
  /// The workers that have not been dismissed, in the order of their indices, which begin at 1.
  private var workers: [Worker] = []
  private var nextStart: UInt64 = 0

  init() {
    generation = .allocate(capacity: 1)
    generation.initialize(to: Atomic(0))
    segments = (0..<Threads.most).map { _ in Segment() }
  }

  /// The address of `generation` as the system call takes it.
  private var word: UnsafePointer<UInt32> {
    UnsafePointer(UnsafeRawPointer(generation).assumingMemoryBound(to: UInt32.self))
  }

  /// Takes the pool for a region of this many threads; false when it is in use or has no workers.
  func begin(threads: Int) -> Bool {
    if busy.exchange(true, ordering: .acquiring) { return false }
    if workers.count < threads - 1 { startWorkers(threads - 1) }
    if workers.isEmpty {
      busy.store(false, ordering: .releasing)
      return false
    }
    return true
  }

  func end() {
    busy.store(false, ordering: .releasing)
  }

  /// Forgets the workers, and a region that another thread of the parent was computing.
  func forgetWorkers() {
    job = nil
    workers = []
    nextStart = 0
    sleepers.store(0, ordering: .relaxed)
    segmentCount.store(0, ordering: .relaxed)
    busy.store(false, ordering: .releasing)
  }

  func run(_ count: Int, grain: Int, threads: Int, _ body: @escaping (Range<Int>) -> Void) {
    let threads = min(threads, workers.count + 1)
    let chunks = min((count + grain - 1) / grain, threads * 4)
    let chunk = (count + chunks - 1) / chunks
    let used = (count + chunk - 1) / chunk
    let job = Job(body, count: count, chunk: chunk)
    self.job = .passUnretained(job)
    defer { withExtendedLifetime(job) { self.job = nil } }
    number &+= 1
    remaining.store(used, ordering: .relaxed)
    for thread in 0..<threads {
      let first = used * thread / threads
      let end = used * (thread + 1) / threads
      segments[thread].state.store(
        UInt64(number) << 32 | UInt64(first) << 16 | UInt64(end), ordering: .releasing)
    }
    segmentCount.store(threads, ordering: .releasing)
    generation.pointee.add(1, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 { mk_wake(word, Int32(threads - 1)) }
    work(as: 0)
    while remaining.load(ordering: .acquiring) > 0 { mk_pause() }
  }

  /// Does chunks until none is left: first those of the thread's own segment, then those of the others'.
  private func work(as thread: Int) {
    let threads = segmentCount.load(ordering: .acquiring)
    for step in 0..<threads {
      let segment = segments[(thread + step) % threads]
      while let index = take(segment) {
        job!._withUnsafeGuaranteedRef { $0.run(index) }
        remaining.subtract(1, ordering: .acquiringAndReleasing)
      }
    }
  }

  private func take(_ segment: Segment) -> Int? {
    var state = segment.state.load(ordering: .acquiring)
    while true {
      let next = Int(state >> 16 & 0xFFFF)
      if next >= Int(state & 0xFFFF) { return nil }
      let (exchanged, original) = segment.state.compareExchange(
        expected: state, desired: state + 1 << 16, ordering: .acquiringAndReleasing)
      if exchanged { return next }
      state = original
    }
  }

  // MARK: Workers

  /// Starts workers until there are `count`, or the system refuses one.
  @inline(never)
  private func startWorkers(_ count: Int) {
    if nextStart > 0 && MonotonicClock.nanoseconds() < nextStart { return }
    while workers.count < count {
      let worker = Worker(of: self, index: workers.count + 1)
      let argument = Unmanaged.passRetained(worker)
      let isRunning = mk_start_thread(
        { argument in
          let worker = Unmanaged<Worker>.fromOpaque(argument!).takeRetainedValue()
          worker.pool.serve(as: worker)
          return nil
        }, argument.toOpaque())
      if !isRunning {
        argument.release()
        nextStart = MonotonicClock.nanoseconds() + Pool.patienceNanoseconds
        return
      }
      workers.append(worker)
    }
  }

  /// Does the pool's work until the worker is dismissed.
  private func serve(as worker: Worker) {
    _ = mk_flush_denormals()
    mk_slot_set(MK_SLOT_THREADS, UnsafeMutableRawPointer(bitPattern: 1))
    let isSpare = worker.index >= Threads.standard
    var seen: UInt32 = 0
    var lastWork = MonotonicClock.nanoseconds()
    while true {
      let now = awaitChange(of: seen, atMost: isSpare ? Int64(Pool.patienceNanoseconds) : -1)
      if worker.isDismissed.load(ordering: .acquiring) { return }
      let isNew = now != seen
      seen = now
      if isNew && worker.index < segmentCount.load(ordering: .acquiring) {
        work(as: worker.index)
        if isSpare { lastWork = MonotonicClock.nanoseconds() }
      } else if isSpare && MonotonicClock.nanoseconds() - lastWork > Pool.patienceNanoseconds {
        dismissSpareWorkers(unlessPast: now)
        if worker.isDismissed.load(ordering: .acquiring) { return }
      }
    }
  }

  /// Dismisses the workers beyond the default number, unless a region is running or has begun since `seen`.
  private func dismissSpareWorkers(unlessPast seen: UInt32) {
    if busy.exchange(true, ordering: .acquiring) { return }
    defer { busy.store(false, ordering: .releasing) }
    if generation.pointee.load(ordering: .sequentiallyConsistent) != seen { return }
    let staying = max(0, Threads.standard - 1)
    if workers.count <= staying { return }
    for worker in workers[staying...] { worker.isDismissed.store(true, ordering: .releasing) }
    workers.removeSubrange(staying...)
    // Dismissed workers may be asleep until it changes.
    generation.pointee.add(1, ordering: .sequentiallyConsistent)
    mk_wake(word, Int32.max)
  }

  /// Waits until `generation` differs from `seen`, and returns it. If `nanoseconds` is not negative, it returns after
  /// that much sleep even when nothing has changed.
  private func awaitChange(of seen: UInt32, atMost nanoseconds: Int64) -> UInt32 {
    let start = MonotonicClock.nanoseconds()
    while true {
      for _ in 0..<64 {
        let now = generation.pointee.load(ordering: .sequentiallyConsistent)
        if now != seen { return now }
        mk_pause()
      }
      if MonotonicClock.nanoseconds() - start > Pool.spinNanoseconds { break }
    }
    sleepers.add(1, ordering: .sequentiallyConsistent)
    defer { sleepers.subtract(1, ordering: .sequentiallyConsistent) }
    while true {
      let now = generation.pointee.load(ordering: .sequentiallyConsistent)
      if now != seen { return now }
      mk_wait(word, seen, nanoseconds)
      if nanoseconds >= 0 { return generation.pointee.load(ordering: .sequentiallyConsistent) }
    }
  }
}
