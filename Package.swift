// swift-tools-version: 6.2
import PackageDescription

// `MARTLET_PORTABLE=1` in the environment builds the portable form, without what Linux and the processor have of their own: see
// README, Platforms. All C needs it, since headers of CPlatform choose by it.
let forms: [CSetting] = Context.environment["MARTLET_PORTABLE"] == "1" ? [.define("MARTLET_PORTABLE")] : []

let package = Package(
  name: "Martlet",
  // Where the standard library has `InlineArray`; says nothing of Linux.
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Martlet", targets: ["Martlet"]),
    .executable(name: "martlet", targets: ["martlet-cli"]),
  ],
  dependencies: [
    // For the command alone: packages that depend on this one fetch it and do not build it.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Floor 0: the system's libraries and the C kernels.
    .systemLibrary(
      name: "CBLAS",
      path: "CBLAS",
      pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"]), .brew(["openblas"])]
    ),
    .systemLibrary(
      name: "CZlib",
      pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]
    ),
    // Floor 0: what the system and the processor have of their own, and the C library.
    .target(name: "CPlatform", cSettings: forms),
    .target(name: "CKernels", dependencies: ["CPlatform"], cSettings: forms, linkerSettings: [.linkedLibrary("m")]),
    .target(name: "MartletPlatform", dependencies: ["CPlatform"]),

    // Floor 1: tensors, the graph, the runtime. Homebrew's OpenBLAS has LAPACKE in it.
    .target(
      name: "MartletCore", dependencies: ["CBLAS", "CKernels", "MartletPlatform"],
      linkerSettings: [.linkedLibrary("lapacke", .when(platforms: [.linux]))]),
    // Floor 2: modules, losses, optimisers.
    .target(name: "MartletNN", dependencies: ["MartletCore", "CKernels"]),
    // Floor 3: training loops and data.
    .target(name: "MartletTraining", dependencies: ["MartletCore", "MartletNN", "MartletPlatform", "CZlib"]),
    // Floor 4: everything, under one name.
    .target(name: "Martlet", dependencies: ["MartletCore", "MartletNN", "MartletTraining"]),

    // Floor 5: the `martlet` command, and what it knows.
    .target(name: "MartletDiagnosis", dependencies: ["MartletCore", "MartletPlatform"]),
    .executableTarget(
      name: "martlet-cli",
      dependencies: ["MartletDiagnosis", .product(name: "ArgumentParser", package: "swift-argument-parser")]),

    // Training scripts to run and to copy.
    .executableTarget(name: "quickstart", dependencies: ["Martlet"], path: "Examples/quickstart"),
    .executableTarget(name: "digits", dependencies: ["Martlet"], path: "Examples/digits"),
    .executableTarget(name: "fashion-mnist", dependencies: ["Martlet"], path: "Examples/fashion-mnist"),
    .executableTarget(name: "from-scratch", dependencies: ["Martlet"], path: "Examples/from-scratch"),

    // How exact the kernels are: references, and the command that measures the documentation's table.
    .target(name: "Accuracy", dependencies: ["CKernels"], path: "Tests/Accuracy"),
    .executableTarget(
      name: "measure-accuracy", dependencies: ["Accuracy", "CKernels", "MartletCore"], path: "Tests/MeasureAccuracy"),

    .testTarget(
      name: "MartletCoreTests", dependencies: ["MartletCore", "MartletPlatform", "CKernels", "CBLAS", "Accuracy"]),
    .testTarget(name: "MartletNNTests", dependencies: ["MartletCore", "MartletNN", "MartletPlatform"]),
    .testTarget(name: "MartletTrainingTests", dependencies: ["MartletCore", "MartletNN", "MartletTraining"]),
    .testTarget(name: "MartletDiagnosisTests", dependencies: ["MartletDiagnosis", "MartletCore"]),
    .testTarget(name: "MartletTests", dependencies: ["Martlet", "MartletPlatform"]),
  ],
  swiftLanguageModes: [.v6]
)
