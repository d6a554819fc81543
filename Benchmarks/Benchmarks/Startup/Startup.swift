import Benchmark
import Suites

/// A process that loads a model and predicts once, from its start to its end.
let benchmarks: @Sendable () -> Void = {
  StartupSuite.register()
}
