import Benchmark
import Suites
import Workloads

/// Predictions for one row and for many; the percentiles of the wall clock are those of the latency.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.inference, seconds: 0.8, singly: true)
}
