import CKernels
import Foundation
import MartletPlatform
import Synchronization
import TestSupport
import Testing

@testable import MartletCore

/// Counts how often each index is covered.
private final class Cover: Sendable {
  private let counts: [Atomic<Int>.Box]

  init(_ count: Int) { counts = (0..<count).map { _ in .init() } }

  func add(_ range: Range<Int>) { for index in range { counts[index].value.add(1, ordering: .relaxed) } }

  func isOnce(_ times: Int = 1) -> Bool { counts.allSatisfy { $0.value.load(ordering: .relaxed) == times } }
}

/// The worker pool. A pool that another test has taken leaves the work to its caller, hence processes of their own.
@Suite struct WorkerPoolTests {
  @Test func `every index is covered once`() async {
    await #expect(processExitsWith: .success) {
      for threads in [1, 2, 3, 4, 7] {
        for count in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 64, 100, 127, 1000, 4097] {
          for grain in [1, 2, 3, 16, 30, 64, 1000, 5000] {
            let cover = Cover(count)
            withThreads(threads) { WorkerPool.parallelFor(count, grain: grain) { cover.add($0) } }
            if !cover.isOnce() { Issue.record("\(count) by \(grain) on \(threads)") }
          }
        }
      }
    }
  }

  @Test func `no piece but the last is shorter than half of the grain`() async {
    await #expect(processExitsWith: .success) {
      for (count, grain) in [(100, 30), (100, 33), (1000, 300), (17, 16), (1000, 7), (65, 16)] {
        let ranges = Locked<[Range<Int>]>([])
        withThreads(4) { WorkerPool.parallelFor(count, grain: grain) { range in ranges.withLock { $0.append(range) } } }
        let pieces = ranges.withLock { $0 }.sorted { $0.lowerBound < $1.lowerBound }
        #expect(pieces.count > 1)
        #expect(pieces.dropLast().allSatisfy { 2 * $0.count >= grain }, "\(count) by \(grain): \(pieces)")
        #expect(!pieces.contains { $0.isEmpty })
      }
    }
  }

  @Test func `regions within regions`() async {
    await #expect(processExitsWith: .success) {
      let cover = Cover(1000)
      withThreads(4) {
        WorkerPool.parallelFor(10, grain: 1) { outer in
          for block in outer {
            WorkerPool.parallelFor(100, grain: 1) { inner in
              cover.add(block * 100 + inner.lowerBound..<block * 100 + inner.upperBound)
            }
          }
        }
      }
      #expect(cover.isOnce())
    }
  }

  @Test func `several threads at once`() async {
    await #expect(processExitsWith: .success) {
      let cover = Cover(4000)
      let rounds = 50
      onThreads(4) { index in
        withThreads(3) {
          for _ in 0..<rounds {
            WorkerPool.parallelFor(1000, grain: 10) { range in
              cover.add(index * 1000 + range.lowerBound..<index * 1000 + range.upperBound)
            }
          }
        }
      }
      #expect(cover.isOnce(rounds))
    }
  }

  @Test func `many small regions one after the other`() async {
    await #expect(processExitsWith: .success) {
      let sum = Atomic<Int>(0)
      withThreads(4) {
        for _ in 0..<5000 { WorkerPool.parallelFor(8, grain: 1) { range in sum.add(range.count, ordering: .relaxed) } }
      }
      #expect(sum.load(ordering: .relaxed) == 40_000)
    }
  }

  @Test func `workers take part`() async {
    await #expect(processExitsWith: .success) {
      // A long region must not be done by the caller alone: each piece waits until another thread has come.
      let threads = Locked<Set<UInt64>>([])
      withThreads(2) {
        WorkerPool.parallelFor(4, grain: 1) { _ in
          threads.withLock { _ = $0.insert(mk_thread_id()) }
          for _ in 0..<2_000_000 where threads.withLock({ $0.count }) < 2 { sched_yield() }
        }
      }
      #expect(threads.withLock { $0.count } == 2)
    }
  }

  @Test(.enabled(if: mk_has_system_files())) func `threads that are not needed any more are let go, and come again`()
    async
  {
    await #expect(processExitsWith: .success) {
      func threads() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0 }
      func compute(threads count: Int) {
        withThreads(count) {
          WorkerPool.parallelFor(count * 4, grain: 1) { range in usleep(UInt32(100 * range.count)) }
        }
      }
      compute(threads: Threads.standard)
      let usual = threads()
      for _ in 0..<2 {
        compute(threads: 40)
        if threads() < 39 { fatalError("40 threads were asked for; there are \(threads())") }
        for _ in 0..<600 where threads() > usual { usleep(50_000) }
        if threads() > usual { fatalError("\(threads()) threads stay, not \(usual)") }
      }
      compute(threads: Threads.standard)
    }
  }

  @Test func `the account of threads says how many and what decides it`() {
    let count = Threads.standard + 1
    let account = withThreads(count) { Threads.account }
    #expect(account.hasPrefix("\(count) of ") && account.hasSuffix("(withThreads)"), "\(account)")
  }

  @Test func `withThreads limits, nests and ends`() {
    let outside = Threads.count
    withThreads(3) {
      #expect(Threads.count == 3)
      withThreads(1) { #expect(Threads.count == 1) }
      #expect(Threads.count == 3)
      onThreads(1) { _ in #expect(Threads.count == outside) }
    }
    #expect(Threads.count == outside)
    #expect(Threads.standard >= 1)
    // One thread: the caller's, and no other.
    let caller = mk_thread_id()
    let others = Atomic<Int>(0)
    withThreads(1) {
      WorkerPool.parallelFor(1000, grain: 1) { _ in
        if mk_thread_id() != caller { others.add(1, ordering: .relaxed) }
      }
    }
    #expect(others.load(ordering: .relaxed) == 0)
    // Never more at once than the limit says.
    let now = Atomic<Int>(0)
    let most = Locked(0)
    withThreads(2) {
      WorkerPool.parallelFor(64, grain: 1) { _ in
        let running = now.add(1, ordering: .sequentiallyConsistent).newValue
        most.withLock { $0 = max($0, running) }
        for _ in 0..<1000 { mk_pause() }
        now.subtract(1, ordering: .sequentiallyConsistent)
      }
    }
    #expect(most.withLock { $0 } <= 2)
  }

  @Test func `withThreads of none traps`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { withThreads(0) {} }
    #expect(errorText(result).contains("withThreads: at least one thread is needed, not 0"))
  }
}

extension Atomic<Int> {
  /// An atomic count in an array.
  fileprivate final class Box: Sendable {
    let value = Atomic<Int>(0)
  }
}
