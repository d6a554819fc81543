// swift-tools-version: 6.2
import PackageDescription

// The program that Scripts/fuzz builds, in a package of its own: only there is everything compiled for libFuzzer, by flags
// that a package cannot give to those that depend on it.
let package = Package(
  name: "fuzzing",
  dependencies: [
    // The name stands in for the address of a clone, whose folder may be called anything.
    .package(name: "martlet", path: "../..")
  ],
  targets: [
    .target(name: "CFuzz"),
    .executableTarget(name: "Fuzz", dependencies: ["CFuzz", .product(name: "Martlet", package: "martlet")]),
  ],
  swiftLanguageModes: [.v6]
)
