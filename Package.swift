// swift-tools-version: 6.2
import PackageDescription

// `MARTLET_PORTABLE=1` in the environment builds the portable form, without what Linux and the processor have of their own: see
// CONTRIBUTING.md, Build. All C needs it, since headers of CPlatform choose by it.
let forms: [CSetting] = Context.environment["MARTLET_PORTABLE"] == "1" ? [.define("MARTLET_PORTABLE")] : []

let package = Package(
  name: "Martlet",
  // Where the standard library has `InlineArray`; says nothing of Linux.
  platforms: [.macOS(.v26)],
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
    // Floor 0: what the system and the processor have of their own, and the C library.
    .target(name: "CPlatform", cSettings: forms),
    .target(name: "MartletPlatform", dependencies: ["CPlatform"]),
    // The C kernels in two targets, since a Swift module waits for every object of the C that it depends on: MartletCore
    // depends on the interface (and the little that is not a loop) alone, and the loops are compiled beside it. Of what
    // is ready the build takes the greatest name first, so `CKernels` has to sort after `CKernelLoops`; under other names
    // the interface came last, and the core with it. Whatever is linked needs the loops.
    .target(name: "CKernels", dependencies: ["CPlatform"], cSettings: forms),
    .target(
      name: "CKernelLoops", dependencies: ["CKernels"], cSettings: forms, linkerSettings: [.linkedLibrary("m")]),

    // Floor 0: text and files, which everything above writes; needs no tensors and builds beside the C.
    .target(name: "MartletText", dependencies: ["MartletPlatform"]),

    // Floor 1: tensors, the graph, the runtime. Homebrew's OpenBLAS has LAPACKE in it.
    .target(
      name: "MartletCore", dependencies: ["CBLAS", "CKernels", "MartletPlatform"],
      linkerSettings: [.linkedLibrary("lapacke", .when(platforms: [.linux]))]),
    // Floor 2: three modules that build side by side. Files, profiles and graphs to look at, and modules with losses and
    // optimisers.
    .target(name: "MartletFormats", dependencies: ["MartletCore", "MartletPlatform", "MartletText", "CZlib"]),
    .target(name: "MartletInspection", dependencies: ["MartletCore", "MartletPlatform", "MartletText", "CKernels"]),
    .target(name: "MartletNN", dependencies: ["MartletCore", "MartletPlatform", "MartletText", "CKernels"]),
    // Beside the floors: checks that a package's tests run on its own primitives.
    .target(name: "MartletTesting", dependencies: ["CKernelLoops", "MartletCore"]),
    // Floor 3: training loops and data.
    .target(
      name: "MartletTraining",
      dependencies: ["MartletCore", "MartletFormats", "MartletNN", "MartletPlatform", "MartletText"]),
    // Floor 4: everything, under one name.
    .target(
      name: "Martlet",
      dependencies: [
        "CKernelLoops", "MartletCore", "MartletFormats", "MartletInspection", "MartletNN", "MartletText",
        "MartletTraining",
      ]),

    // Floor 5: the `martlet` command, and what it knows.
    .target(
      name: "MartletDiagnosis",
      dependencies: ["CKernelLoops", "MartletCore", "MartletInspection", "MartletPlatform", "MartletText"]),
    .executableTarget(
      name: "martlet-cli",
      dependencies: ["MartletDiagnosis", .product(name: "ArgumentParser", package: "swift-argument-parser")]),

    // Training scripts to run and to copy.
    .executableTarget(name: "quickstart", dependencies: ["Martlet"], path: "Examples/quickstart"),
    .executableTarget(name: "digits", dependencies: ["Martlet"], path: "Examples/digits"),
    .executableTarget(name: "fashion-mnist", dependencies: ["Martlet"], path: "Examples/fashion-mnist"),
    .executableTarget(name: "from-scratch", dependencies: ["Martlet"], path: "Examples/from-scratch"),

    // How exact the kernels are: references, and the command that measures the documentation's table.
    .target(name: "Accuracy", dependencies: ["CKernels", "CKernelLoops"], path: "Tests/Accuracy"),
    .executableTarget(
      name: "measure-accuracy", dependencies: ["Accuracy", "CKernels", "MartletCore"], path: "Tests/MeasureAccuracy"),

    // What several test targets share.
    .target(
      name: "TestSupport", dependencies: ["CZlib", "MartletCore", "MartletFormats", "MartletTesting"],
      path: "Tests/TestSupport"),

    .testTarget(
      name: "MartletCoreTests",
      dependencies: [
        "MartletCore", "MartletPlatform", "MartletTesting", "CKernels", "CBLAS", "Accuracy", "TestSupport",
      ]),
    .testTarget(
      name: "MartletFormatsTests",
      dependencies: [
        "MartletCore", "MartletFormats", "MartletPlatform", "MartletTesting", "MartletText", "TestSupport",
      ]),
    .testTarget(
      name: "MartletInspectionTests",
      dependencies: [
        "MartletCore", "MartletInspection", "MartletNN", "MartletPlatform", "MartletText", "CKernels", "TestSupport",
      ]),
    .testTarget(
      name: "MartletNNTests",
      dependencies: ["MartletCore", "MartletNN", "MartletPlatform", "MartletTesting", "TestSupport"]),
    .testTarget(
      name: "MartletTrainingTests",
      dependencies: ["MartletCore", "MartletFormats", "MartletNN", "MartletText", "MartletTraining", "TestSupport"]),
    .testTarget(name: "MartletDiagnosisTests", dependencies: ["MartletDiagnosis", "MartletCore", "MartletInspection"]),
    .testTarget(name: "MartletTests", dependencies: ["Martlet", "MartletPlatform", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
