// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "Martlet",
  products: [
    .library(name: "Martlet", targets: ["Martlet"]),
    .library(name: "MartletTesting", targets: ["MartletTesting"]),
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
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("m")]),

    // Floor 1: tensors, the graph, the runtime.
    .target(name: "MartletCore", dependencies: ["CBLAS", "CKernels"]),
    // Beside the floors: checks that a package's tests run on its own primitives.
    .target(name: "MartletTesting", dependencies: ["MartletCore"]),
    // Floor 2: modules, losses, optimisers.
    .target(name: "MartletNN", dependencies: ["MartletCore", "CKernels"]),
    // Floor 3: training loops and data.
    .target(name: "MartletTraining", dependencies: ["MartletCore", "MartletNN", "CZlib"]),
    // Floor 4: everything, under one name.
    .target(name: "Martlet", dependencies: ["MartletCore", "MartletNN", "MartletTraining"]),

    // Floor 5: the `martlet` command, and what it knows.
    .target(name: "MartletDiagnosis", dependencies: ["MartletCore"]),
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
      name: "MartletCoreTests", dependencies: ["MartletCore", "MartletTesting", "CKernels", "CBLAS", "Accuracy"]),
    .testTarget(name: "MartletNNTests", dependencies: ["MartletCore", "MartletNN"]),
    .testTarget(name: "MartletTrainingTests", dependencies: ["MartletCore", "MartletNN", "MartletTraining"]),
    .testTarget(name: "MartletDiagnosisTests", dependencies: ["MartletDiagnosis", "MartletCore"]),
    .testTarget(name: "MartletTests", dependencies: ["Martlet"]),
  ],
  swiftLanguageModes: [.v6]
)
