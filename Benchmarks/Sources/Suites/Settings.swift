import Benchmark
import Foundation
import Martlet

/// How the suites run.
public enum Settings {
  /// Whether everything runs just once, to see that it works: `MARTLET_BENCHMARK_SMOKE=1`.
  public static let isSmoke = ProcessInfo.processInfo.environment["MARTLET_BENCHMARK_SMOKE"] == "1"

  /// The powers of 2 below the default number of threads.
  public static let fewerThreads = Array(sequence(first: 1) { $0 * 2 }.prefix { $0 < Threads.standard })

  /// MFLOP/s, for the operations that `Work` counts.
  static let megaflops = BenchmarkMetric.custom("MFLOP/s", polarity: .prefersLarger, useScalingFactor: false)
  /// MB/s (10⁶ bytes), for the bytes that `Work` counts.
  static let megabytes = BenchmarkMetric.custom("MB/s", polarity: .prefersLarger, useScalingFactor: false)
  /// The share of what the machine's limits allow, in thousandths.
  static let share = BenchmarkMetric.custom("Share of limit (‰)", polarity: .prefersLarger, useScalingFactor: false)

  static func configuration(
    _ metrics: [BenchmarkMetric], seconds: Double, scalingFactor: BenchmarkScalingFactor = .one, threads: Int? = nil
  ) -> Benchmark.Configuration {
    Benchmark.Configuration(
      // The export to JSON needs the throughput.
      metrics: [.wallClock, .throughput] + metrics,
      tags: threads.map { ["threads": "\($0)"] } ?? [:],
      warmupIterations: isSmoke ? 0 : 3,
      scalingFactor: scalingFactor,
      maxDuration: .milliseconds(isSmoke ? 1 : Int64(seconds * 1000)),
      maxIterations: isSmoke ? 1 : 10_000)
  }

  /// The result of `body`; stops the program if it throws, because a benchmark that fails would go unnoticed in a
  /// script.
  static func required<R>(_ name: String, _ body: () throws -> R) -> R {
    do {
      return try body()
    } catch {
      fatalError("\(name): \(error)")
    }
  }

  /// Stops the program in a debug build, whose numbers would say nothing.
  static func requireOptimization() {
    #if DEBUG
      if !isSmoke {
        FileHandle.standardError.write(
          Data("This is a debug build, 10 to 100 times slower: benchmarks are run in release builds only.\n".utf8))
        exit(1)
      }
    #endif
  }
}
