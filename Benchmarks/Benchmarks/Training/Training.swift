import Benchmark
import Suites
import Workloads

/// Training steps, and the whole of a small fit.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.training + [Workload.quickstartFit], seconds: 1.5, scaling: { $0.work.flop >= 1e8 })
}
