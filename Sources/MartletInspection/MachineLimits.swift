import CKernels
import MartletCore
import MartletPlatform

/// The highest rates of this machine: of arithmetic that never waits for memory, and of memory traffic that never waits
/// for arithmetic.
///
/// A program's rate as a share of these tells how much faster a better program could be. Both are measured on the
/// library's own threads, and each figure is the best of several short rounds, because other work on the machine makes
/// rounds slower and never faster. Figures from a debug build say nothing about the machine.
public struct MachineLimits: Sendable, Codable, Equatable {
  /// How results are stored.
  public enum Stores: Sendable {
    /// Through the caches: a line is read before it is overwritten.
    case ordinary
    /// Past the caches: no line is read first, which is faster for arrays that do not fit in the caches.
    case streaming
  }

  /// The rate of memory traffic at one size.
  public struct Bandwidth: Sendable, Codable, Equatable {
    /// Bytes of the three arrays together, over all threads.
    public let workingSet: Int
    /// Bytes a second with ordinary stores.
    public let ordinary: Double
    /// Bytes a second with streaming stores.
    public let streaming: Double
  }

  /// The number of threads that shared the work.
  public let threads: Int
  /// The measured rates of memory traffic, by rising working set.
  public let bandwidths: [Bandwidth]
  private let floatPeak: Double
  private let doublePeak: Double

  /// Creates limits from known figures; traps without a bandwidth, or when the working sets do not rise.
  package init(threads: Int, floatPeak: Double, doublePeak: Double, bandwidths: [Bandwidth]) {
    if bandwidths.isEmpty || zip(bandwidths, bandwidths.dropFirst()).contains(where: { $0.workingSet >= $1.workingSet })
    {
      fatalError("MachineLimits: rising working sets are needed, not \(bandwidths.map(\.workingSet))")
    }
    self.threads = threads
    self.floatPeak = floatPeak
    self.doublePeak = doublePeak
    self.bandwidths = bandwidths
  }

  /// The highest rate of arithmetic: floating-point operations a second in fused multiply-adds, each counted as two.
  ///
  /// Traps for a type other than `float32` and `float64`.
  public func peak(of type: ScalarType) -> Double {
    switch type {
    case .float32: floatPeak
    case .float64: doublePeak
    default: fatalError("MachineLimits: the peak is measured for Float and Double, not \(type)")
    }
  }

  /// The highest rate of memory traffic: bytes a second of the triad `a[i] = b[i] + s * c[i]`.
  ///
  /// Bytes are counted as STREAM does: 12 for each `Float` element, without the line that ordinary stores read before
  /// they write it.
  ///
  /// - Parameters:
  /// - bytes: The bytes of all arrays together. Between measured sizes the rate is interpolated over the size's
  ///   logarithm, beyond them it is that of the nearest. - stores: The kind of stores; nil for the faster one, which is
  ///   the limit of a program that is free to choose.
  public func bandwidth(workingSet bytes: Int, stores: Stores? = nil) -> Double {
    func rate(_ sample: Bandwidth) -> Double {
      switch stores {
      case .ordinary: sample.ordinary
      case .streaming: sample.streaming
      case nil: max(sample.ordinary, sample.streaming)
      }
    }
    guard let above = bandwidths.firstIndex(where: { $0.workingSet >= bytes }) else { return rate(bandwidths.last!) }
    if above == 0 { return rate(bandwidths[0]) }
    let (low, high) = (bandwidths[above - 1], bandwidths[above])
    let position = log2(Double(bytes) / Double(low.workingSet)) / log2(Double(high.workingSet) / Double(low.workingSet))
    return rate(low) + (rate(high) - rate(low)) * position
  }
}

// MARK: Measuring

extension MachineLimits {
  /// Measures the machine, which takes about a second; nothing else should be computing meanwhile.
  ///
  /// It needs 400 MB of memory, or four times the last cache if that is more, but at most a quarter of the memory.
  /// Working sets double from 12 KiB for each thread on.
  ///
  /// - Parameters:
  ///   - threads: The number of threads that share the work, by default `Threads.count`.
  ///   - rounds: The number of rounds, of which the best counts; each takes about a millisecond, or one pass.
  public static func measured(threads: Int = Threads.count, rounds: Int = 8) -> MachineLimits {
    if threads < 1 || rounds < 1 {
      fatalError("MachineLimits: at least one thread and one round are needed, not \(threads) and \(rounds)")
    }
    return withThreads(threads) {
      let threads = Threads.count
      return MachineLimits(
        threads: threads, floatPeak: measurePeak(Float.self, threads: threads, rounds: rounds),
        doublePeak: measurePeak(Double.self, threads: threads, rounds: rounds),
        bandwidths: measureBandwidths(threads: threads, rounds: rounds))
    }
  }

  /// The least time of a round, so that starting the threads does not matter: 1 ms.
  private static let roundSeconds = 1e-3

  /// The numbers of vectors to try, each of which is a chain of multiply-adds.
  static let vectorCounts = Array(
    sequence(first: Int32(0)) { $0 + 1 }.lazy.map(mk_multiply_add_count).prefix { $0 != 0 })

  private static func measurePeak<S: FloatingScalar>(_ type: S.Type, threads: Int, rounds: Int) -> Double {
    var best = 0.0
    for vectors in vectorCounts {
      let scalars = Int(vectors) * 64 / MemoryLayout<S>.size
      func chains(_ repeats: Int) {
        withUnsafeTemporaryAllocation(of: S.self, capacity: scalars) { values in
          values.initialize(repeating: 1)
          _ = mk_multiply_add(S.scalarType.kernelType, vectors, values.baseAddress, 0.5, 1, repeats)
        }
      }
      let trial = 2000
      let repeats = max(trial, Int(Double(trial) * roundSeconds / bestSeconds(of: 3) { chains(trial) }))
      let seconds = bestSeconds(of: rounds) { onEachThread(threads) { _ in chains(repeats) } }
      best = max(best, Double(2 * scalars * repeats * threads) / seconds)
    }
    return best
  }

  private static func measureBandwidths(threads: Int, rounds: Int) -> [Bandwidth] {
    let wanted = max(400_000_000, 4 * (Processor.caches.last?.bytes ?? 0))
    let most = min(wanted, BufferPool.memory / 4)
    var sizes: [Int] = []
    var size = 12 << 10
    while size * threads < most {
      sizes.append(size)
      size *= 2
    }
    sizes.append(size)
    let block = BufferPool.systemAllocate(size * threads, for: "measuring memory")
    defer { free(block) }
    // Each thread touches its own part first, so that its pages come from the nearest memory.
    onEachThread(threads) { thread in
      let part = block + thread * size
      part.initializeMemory(as: Float.self, repeating: 1, count: size / 4)
    }
    return sizes.map { bytes in
      let count = bytes / 12
      func passes(_ passes: Int, streaming: Bool, thread: Int) {
        let a = (block + thread * size).assumingMemoryBound(to: Float.self)
        for _ in 0..<passes { mk_triad(streaming, a, a + count, a + 2 * count, 0.5, count) }
      }
      func best(streaming: Bool) -> Double {
        let single = bestSeconds(of: 2) { onEachThread(threads) { passes(1, streaming: streaming, thread: $0) } }
        let number = max(1, Int(roundSeconds / single))
        let seconds = bestSeconds(of: rounds) {
          onEachThread(threads) { passes(number, streaming: streaming, thread: $0) }
        }
        return Double(12 * count * number * threads) / seconds
      }
      return Bandwidth(
        workingSet: bytes * threads, ordinary: best(streaming: false), streaming: best(streaming: true))
    }
  }

  /// Calls `body` once for each thread with its number, on that thread unless it starts late and another does its part.
  private static func onEachThread(_ threads: Int, _ body: (Int) -> Void) {
    WorkerPool.parallelFor(threads, grain: 1) { range in
      for thread in range { body(thread) }
    }
  }

  private static func bestSeconds(of rounds: Int, _ body: () -> Void) -> Double {
    var best = UInt64.max
    for _ in 0..<rounds {
      let start = MonotonicClock.nanoseconds()
      body()
      best = min(best, MonotonicClock.nanoseconds() - start)
    }
    return Double(max(best, 1)) * 1e-9
  }
}
