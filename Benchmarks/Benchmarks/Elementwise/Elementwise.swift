import Benchmark
import Suites
import Workloads

/// Work that is bound by memory: element by element, along rows and columns, copies.
let benchmarks: @Sendable () -> Void = {
  Suite.register(Workload.elementwise, scaling: { ["elementwise/add-1e7", "elementwise/exp-1e6"].contains($0.name) })
}
