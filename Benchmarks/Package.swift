// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that those who use the library never fetch the benchmarks' dependencies.
let package = Package(
  name: "MartletBenchmarks",
  products: [
    .executable(name: "martlet-runner", targets: ["martlet-runner"])
  ],
  dependencies: [
    // The name stands in for that of the folder, which may be called anything.
    .package(name: "Martlet", path: "..")
  ],
  targets: [
    // Every workload, once: what it computes, on which data, and how much work that is.
    .target(name: "Workloads", dependencies: [.product(name: "Martlet", package: "Martlet")]),
    // The contestant that `compare` talks to.
    .executableTarget(
      name: "martlet-runner", dependencies: ["Workloads", .product(name: "Martlet", package: "Martlet")],
      path: "Sources/Runner"),
  ],
  swiftLanguageModes: [.v6]
)
