import Benchmark
import Suites
import Workloads

/// Matrix products; those that are large enough to be split, on fewer threads too.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.matMul, scaling: { $0.work.flop >= 3e7 && $0.work.flop < 2e10 })
}
