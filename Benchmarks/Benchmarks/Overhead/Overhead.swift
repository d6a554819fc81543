import Benchmark
import Suites
import Workloads

/// The cost of a small operation and of a small training step, whatever they compute.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.overhead + Workload.training.filter { $0.name.hasPrefix("training/10-64-1") })
}
