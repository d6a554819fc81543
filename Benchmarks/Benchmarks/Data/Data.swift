import Benchmark
import Suites
import Workloads

/// Reading files into tensors, and gathering data sets into batches.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.data, seconds: 0.8)
}
