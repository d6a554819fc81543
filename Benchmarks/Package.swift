// swift-tools-version: 6.2
import PackageDescription

let martlet = Target.Dependency.product(name: "Martlet", package: "Martlet")

// Nobody depends on this package, so warnings may be faults here.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// One executable of benchmarks for ordo-one's plugin, which finds it by its place in the folder `Benchmarks`.
func suite(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .executableTarget(
    name: name,
    dependencies: ["Suites", "Workloads", .product(name: "Benchmark", package: "benchmark")] + dependencies,
    path: "Benchmarks/\(name)", swiftSettings: strict, plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
  )
}

// A package of its own, so that those who use the library never fetch the benchmarks' dependencies.
let package = Package(
  name: "MartletBenchmarks",
  products: [
    .executable(name: "martlet-runner", targets: ["martlet-runner"])
  ],
  dependencies: [
    // The name stands in for that of the folder, which may be called anything.
    .package(name: "Martlet", path: ".."),
    // Without its traits: counting allocations would slow down every allocation.
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    // Every workload, once: what it computes, on which data, and how much work that is.
    .target(
      name: "Workloads", dependencies: [martlet, .product(name: "MartletNumerics", package: "Martlet")],
      swiftSettings: strict),
    // What the suites have in common: a benchmark from a workload, and the machine's limits.
    .target(
      name: "Suites", dependencies: ["Workloads", martlet, .product(name: "Benchmark", package: "benchmark")],
      swiftSettings: strict),
    suite("MatMul"),
    suite("Elementwise"),
    suite("Operations"),
    suite("Overhead"),
    suite("Training"),
    suite("Inference"),
    suite("Startup", ["startup-probe"]),
    suite("Data"),
    // The process that the suite Startup times.
    .executableTarget(
      name: "startup-probe", dependencies: [martlet], path: "Sources/StartupProbe", swiftSettings: strict),
    // The contestant that `compare` talks to.
    .executableTarget(
      name: "martlet-runner", dependencies: ["Workloads", martlet], path: "Sources/Runner", swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
