import Benchmark
import Foundation
import Martlet

/// How the suites run.
public enum Settings {
  /// Whether everything runs just once, to see that it runs: `MARTLET_BENCHMARK_SMOKE=1`.
  public static let isSmoke = ProcessInfo.processInfo.environment["MARTLET_BENCHMARK_SMOKE"] == "1"

  /// 1, 2, 4 … up to, but not including, the threads that are used by default.
  public static let fewerThreads = Array(sequence(first: 1) { $0 * 2 }.prefix { $0 < Threads.standard })

  /// MFLOP/s, of the operations that `Work` counts.
  static let megaflops = BenchmarkMetric.custom("MFLOP/s", polarity: .prefersLarger, useScalingFactor: false)
  /// MB/s (10⁶ bytes), of the bytes that `Work` counts.
  static let megabytes = BenchmarkMetric.custom("MB/s", polarity: .prefersLarger, useScalingFactor: false)
  /// Thousandths of what the machine's limits allow.
  static let share = BenchmarkMetric.custom("Share of limit (‰)", polarity: .prefersLarger, useScalingFactor: false)

  static func configuration(
    _ metrics: [BenchmarkMetric], seconds: Double, scalingFactor: BenchmarkScalingFactor = .one, threads: Int? = nil
  ) -> Benchmark.Configuration {
    Benchmark.Configuration(
      // The throughput is what the export to JSON wants.
      metrics: [.wallClock, .throughput] + metrics,
      tags: threads.map { ["threads": "\($0)"] } ?? [:],
      warmupIterations: isSmoke ? 0 : 3,
      scalingFactor: scalingFactor,
      maxDuration: .milliseconds(isSmoke ? 1 : Int64(seconds * 1000)),
      maxIterations: isSmoke ? 1 : 10_000)
  }

  /// What `body` gives; stops the program when it cannot, because a benchmark that fails would go unnoticed in a script.
  static func required<R>(_ name: String, _ body: () throws -> R) -> R {
    do {
      return try body()
    } catch {
      fatalError("\(name): \(error)")
    }
  }

  /// Numbers of a build without optimisation would say nothing.
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
