import Benchmark
import Suites
import Workloads

/// Files into tensors, and data sets into batches.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.data, seconds: 0.8)
}
