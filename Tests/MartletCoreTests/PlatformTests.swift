import MartletPlatform
import Synchronization
import TestSupport
import Testing

/// What stands in for the system's own, in whichever form it was built.
@Suite struct PlatformTests {
  /// What a thread is given and what it leaves. `@unchecked Sendable`: the word is atomic, and lasts as long as its owner.
  private final class Shared: @unchecked Sendable {
    private let word: UnsafeMutablePointer<Atomic<UInt32>>
    let sleepers = Atomic<Int>(0)
    let awake = Atomic<Int>(0)

    init() {
      word = .allocate(capacity: 1)
      word.initialize(to: Atomic(0))
    }

    deinit { word.deallocate() }

    /// The word as C sees it.
    var address: UnsafePointer<UInt32> { UnsafePointer(UnsafeRawPointer(word).assumingMemoryBound(to: UInt32.self)) }

    /// Sleeps until the word is no longer 0.
    func sleep() {
      sleepers.add(1, ordering: .sequentiallyConsistent)
      while word.pointee.load(ordering: .sequentiallyConsistent) == 0 { mk_wait(address, 0, -1) }
      awake.add(1, ordering: .sequentiallyConsistent)
    }

    func wake() {
      word.pointee.store(1, ordering: .sequentiallyConsistent)
      mk_wake(address, 3)
    }
  }

  @Test func `sleepers are woken, and no waking is lost`() {
    for round in 0..<200 {
      let shared = Shared()
      for _ in 0..<3 {
        let isStarted = mk_start_thread(
          { argument in
            Unmanaged<Shared>.fromOpaque(argument!).takeRetainedValue().sleep()
            return nil
          }, Unmanaged.passRetained(shared).toOpaque())
        #expect(isStarted)
      }
      while shared.sleepers.load(ordering: .sequentiallyConsistent) < 3 { sched_yield() }
      // Now early, now when they are asleep.
      if round % 2 == 0 { usleep(500) }
      shared.wake()
      while shared.awake.load(ordering: .sequentiallyConsistent) < 3 { sched_yield() }
    }
  }

  @Test func `nobody sleeps where the word has changed`() {
    let shared = Shared()
    mk_wait(shared.address, 1, -1)
    mk_wait(shared.address, 1, 1 << 60)
    // Nor does waking need a sleeper.
    mk_wake(shared.address, 1)
  }

  @Test func `a sleep ends by itself where that is asked for`() {
    let shared = Shared()
    for nanoseconds: Int64 in [0, 1, 1_000_000, 1_050_000_000] { mk_wait(shared.address, 0, nanoseconds) }
  }

  @Test func `a thread's number is its own`() {
    let first = mk_thread_id()
    #expect(mk_thread_id() == first)
    let numbers = Locked<Set<UInt64>>([first])
    let threads = Atomic<Int>(0)
    onThreads(3) { _ in
      numbers.withLock { _ = $0.insert(mk_thread_id()) }
      threads.add(1, ordering: .sequentiallyConsistent)
      // The system gives the number of a thread that has ended to another.
      while threads.load(ordering: .sequentiallyConsistent) < 3 { sched_yield() }
    }
    #expect(numbers.withLock { $0.count } == 4)
  }

  @Test func `a thread's memory is its own, aligned, and grows`() {
    let blocks = Locked<[UInt]>([])
    onThreads(2) { _ in
      let block = UInt(bitPattern: mk_thread_memory(1000))
      #expect(block != 0 && block % 64 == 0)
      #expect(UInt(bitPattern: mk_thread_memory(10)) == block)
      memset(mk_thread_memory(1 << 20), 1, 1 << 20)
      blocks.withLock { $0.append(UInt(bitPattern: mk_thread_memory(1 << 20))) }
      // So that neither ends, and frees its own, before the other has one.
      while blocks.withLock({ $0.count }) < 2 { sched_yield() }
    }
    #expect(Set(blocks.withLock { $0 }).count == 2)
  }

  @Test func `the machine is known`() {
    #expect(mk_available_processors() >= 1)
    #expect(mk_physical_memory() > 1 << 20)
    #expect(mk_environment().pointee != nil)
    #expect(SystemFile.lines(of: "/proc/self/status").isEmpty == !mk_has_system_files())
    #expect(SystemFile.lines(of: "/proc/no such file").isEmpty)
  }

  #if os(Linux)
    // Each in a process that has not asked for the level before.
    @Test func `a level in the environment takes features away and adds none`() async {
      await #expect(processExitsWith: .success) {
        setenv("MARTLET_LEVEL", "x86-64-v3", 1)
        if mk_forced_level() != 3 || mk_processor_features() & ~1 != 0 { fatalError("level 3") }
      }
      await #expect(processExitsWith: .success) {
        setenv("MARTLET_LEVEL", "default", 1)
        if mk_forced_level() != 0 || mk_processor_features() != 0 { fatalError("level 0") }
      }
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        setenv("MARTLET_LEVEL", "avx2", 1)
        _ = mk_processor_features()
        _ = mk_forced_level()
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains("MARTLET_LEVEL: expected x86-64-v4, x86-64-v3 or default, got avx2"))
    }
  #endif

  @Test func `the portable form uses nothing of one processor's`() {
    if !mk_is_portable() { return }
    #expect(!mk_has_system_files())
    #expect(!mk_can_flush_denormals())
    #expect(mk_processor_features() == 0)
    #expect(mk_kernel_level() == -1)
    let group = ControlGroup.own
    #expect(group.processors() == nil && group.memory() == nil && group.startableThreads() == nil)
  }
}
