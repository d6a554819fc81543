import Benchmark
import Martlet
import Workloads

/// Registers workloads as benchmarks.
public enum Suite {
  /// Registers every workload with the default number of threads; those that `scaling` picks with fewer threads as
  /// well.
  ///
  /// - Parameters:
  ///   - seconds: About how long each is measured.
  ///   - singly: Whether each call is timed by itself, however short, so that percentiles are those of calls.
  public static func register(
    _ workloads: [Workload], seconds: Double = 0.4, singly: Bool = false,
    scaling: (Workload) -> Bool = { _ in false }
  ) {
    Settings.requireOptimization()
    for workload in workloads {
      let calls = singly ? 1 : callsPerIteration(workload)
      register(workload, seconds: seconds, callsPerIteration: calls, threads: nil)
      if !scaling(workload) { continue }
      for threads in Settings.fewerThreads {
        register(workload, seconds: seconds, callsPerIteration: calls, threads: threads)
      }
    }
  }

  private static func register(_ workload: Workload, seconds: Double, callsPerIteration: Int, threads: Int?) {
    let count = threads ?? Threads.standard
    let work = workload.work
    let state = State(callsPerIteration: callsPerIteration)
    let metrics =
      (work.flop > 0 ? [Settings.megaflops] : []) + (work.bytes > 0 ? [Settings.megabytes] : []) + [Settings.share]
    Benchmark(
      workload.name,
      configuration: Settings.configuration(
        metrics, seconds: seconds, scalingFactor: state.callsPerIteration == 1 ? .one : .kilo, threads: threads),
      closure: { benchmark in
        let instance = state.prepare()
        let clock = ContinuousClock()
        let start = clock.now
        benchmark.startMeasurement()
        withThreads(count) { instance.run(state.callsPerIteration) }
        benchmark.stopMeasurement()
        let time = (clock.now - start).seconds / Double(state.callsPerIteration * workload.operations)
        benchmark.measurement(Settings.megaflops, Int(work.flop / time / 1e6))
        benchmark.measurement(Settings.megabytes, Int(work.bytes / time / 1e6))
        benchmark.measurement(Settings.share, Int(1000 * state.limit / time))
      },
      setup: {
        state.limit = Limits.seconds(for: work, threads: count)
        state.instance = Settings.required(workload.name) { try withThreads(count) { try workload.make() } }
      },
      teardown: { state.instance = nil })
  }

  /// A thousand short operations are one iteration, because reading the clock takes longer than a single one.
  private static func callsPerIteration(_ workload: Workload) -> Int {
    let isShort = max(workload.work.flop / 1e11, workload.work.bytes / 5e10) < 1e-5
    return isShort && !workload.hasState ? max(1, 1000 / workload.operations) : 1
  }

  /// What a benchmark keeps between its iterations.
  private final class State {
    let callsPerIteration: Int
    var instance: Instance?
    var limit = 0.0
    private var callsSinceRestart = 0

    init(callsPerIteration: Int) {
      self.callsPerIteration = callsPerIteration
    }

    /// The instance, restarted when it is due.
    func prepare() -> Instance {
      guard let instance else { fatalError("a benchmark ran before its setup") }
      if callsSinceRestart + callsPerIteration > instance.callsBeforeRestart {
        instance.restart()
        callsSinceRestart = 0
      }
      callsSinceRestart += callsPerIteration
      return instance
    }
  }
}
