import Benchmark
import Suites
import Workloads

/// What a small operation and a small training step cost, whatever they compute.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.overhead + Workload.training.filter { $0.name == "training/10-64-1" })
}
