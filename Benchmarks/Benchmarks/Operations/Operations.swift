import Benchmark
import Suites
import Workloads

/// What people know from NumPy: order, indices, statistics, scans, contractions, random numbers, linear algebra.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.operations)
}
