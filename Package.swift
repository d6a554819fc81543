// swift-tools-version: 6.2
import PackageDescription

// `MARTLET_PORTABLE=1` in the environment builds the portable form, which uses nothing specific to Linux or the
// processor: see CONTRIBUTING.md, Build. All C targets need the setting, because the headers of CPlatform depend on it.
let forms: [CSetting] = Context.environment["MARTLET_PORTABLE"] == "1" ? [.define("MARTLET_PORTABLE")] : []

let package = Package(
  name: "Martlet",
  // The first version whose standard library has `InlineArray`. It says nothing about Linux.
  platforms: [.macOS(.v26)],
  products: [
    .library(name: "Martlet", targets: ["Martlet"]),
    // Products of their own, so that whoever does not need them does not build them.
    .library(name: "MartletNumerics", targets: ["MartletNumerics"]),
    .library(name: "MartletAccountability", targets: ["MartletAccountability"]),
    .library(name: "MartletONNX", targets: ["MartletONNX"]),
    .library(name: "MartletTesting", targets: ["MartletTesting"]),
    .executable(name: "martlet", targets: ["martlet-cli"]),
  ],
  dependencies: [
    // Only for the command: packages that depend on this one fetch it and do not build it.
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
    // Floor 0: what depends on the system and the processor, and the C library.
    .target(name: "CPlatform", cSettings: forms),
    .target(name: "MartletPlatform", dependencies: ["CPlatform"]),
    // The C kernels are two targets, because a Swift module waits for every object of the C that it depends on:
    // MartletCore depends only on the interface (and the little that is not a loop), and the loops are compiled at the
    // same time. Among targets that are ready, the build takes the greatest name first, so `CKernels` has to sort after
    // `CKernelLoops`; under other names the interface came last, and the core with it. Whatever is linked needs the
    // loops.
    .target(name: "CKernels", dependencies: ["CPlatform"], cSettings: forms),
    .target(
      name: "CKernelLoops", dependencies: ["CKernels"], cSettings: forms, linkerSettings: [.linkedLibrary("m")]),

    // Floor 0: text and files, which everything above writes; it needs no tensors and builds at the same time as the C.
    .target(name: "MartletText", dependencies: ["MartletPlatform"]),

    // Floor 0: charts as pictures in SVG and PNG, without tensors.
    .target(name: "MartletPlots", dependencies: ["MartletPlatform", "MartletText", "CZlib"]),

    // Floor 0: energy and its greenhouse gases, as the system tells them, without tensors.
    .target(name: "MartletEnergy", dependencies: ["MartletPlatform", "MartletText"]),

    // Floor 1: tensors, the graph, the runtime.
    .target(name: "MartletCore", dependencies: ["CBLAS", "CKernels", "MartletPlatform"]),
    // Floor 2: modules that build at the same time: files, and data sets of them; profiles and graphs to look at;
    // modules with losses and optimisers.
    .target(name: "MartletFormats", dependencies: ["MartletCore", "MartletPlatform", "MartletText", "CZlib"]),
    .target(name: "MartletInspection", dependencies: ["MartletCore", "MartletPlatform", "MartletText", "CKernels"]),
    .target(name: "MartletNN", dependencies: ["MartletCore", "MartletPlatform", "MartletText", "CKernels"]),
    .target(
      name: "MartletMetrics", dependencies: ["MartletCore", "MartletPlatform", "MartletPlots", "MartletText"]),
    .target(name: "MartletData", dependencies: ["MartletCore", "MartletFormats", "MartletPlatform", "MartletText"]),
    // Beside the floors: what NumPy and SciPy have of linear algebra, statistics and signals. Homebrew's OpenBLAS
    // contains LAPACKE.
    .target(
      name: "MartletNumerics", dependencies: ["MartletCore", "MartletPlatform", "CBLAS", "CKernelLoops", "CKernels"],
      linkerSettings: [.linkedLibrary("lapacke", .when(platforms: [.linux]))]),
    // Beside the floors: checks that a package's tests run on its own primitives.
    .target(name: "MartletTesting", dependencies: ["CKernelLoops", "MartletCore"]),
    // The samples of the core's primitives, which the tests and the doctor go through. Not a part of MartletTesting,
    // so that users do not build them.
    .target(name: "MartletSamples", dependencies: ["MartletCore", "MartletPlatform", "MartletTesting"]),
    // Floor 3: training loops.
    .target(
      name: "MartletTraining",
      dependencies: [
        "MartletCore", "MartletData", "MartletFormats", "MartletMetrics", "MartletNN", "MartletPlatform",
        "MartletPlots", "MartletText",
      ]),
    // Floor 3: what a model cost and whom it fails; a product of its own.
    .target(
      name: "MartletAccountability",
      dependencies: [
        "MartletCore", "MartletData", "MartletFormats", "MartletMetrics", "MartletNN", "MartletTraining",
        "MartletPlots", "MartletText", "MartletPlatform",
        "MartletEnergy", "MartletNumerics",
      ]),
    // Beside the floors: models as ONNX files.
    .target(
      name: "MartletONNX",
      dependencies: [
        "MartletCore", "MartletData", "MartletFormats", "MartletNN", "MartletText", "MartletTraining",
      ]),
    // Floor 4: everything, under one name.
    .target(
      name: "Martlet",
      dependencies: [
        "CKernelLoops", "MartletCore", "MartletData", "MartletFormats", "MartletInspection", "MartletMetrics",
        "MartletNN", "MartletPlots", "MartletText", "MartletTraining",
      ]),

    // Floor 5: the `martlet` command, and the diagnosis that it shows.
    .target(
      name: "MartletDiagnosis",
      dependencies: [
        "CKernelLoops", "MartletCore", "MartletInspection", "MartletPlatform", "MartletSamples", "MartletTesting",
        "MartletText",
      ]),
    .executableTarget(
      name: "martlet-cli",
      dependencies: [
        "MartletAccountability", "MartletDiagnosis", "MartletEnergy", "MartletText",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Programs to run and to copy.
    .executableTarget(name: "quickstart", dependencies: ["Martlet"], path: "Examples/quickstart"),
    .executableTarget(name: "digits", dependencies: ["Martlet"], path: "Examples/digits"),
    .executableTarget(name: "fashion-mnist", dependencies: ["Martlet"], path: "Examples/fashion-mnist"),
    .executableTarget(name: "from-scratch", dependencies: ["Martlet"], path: "Examples/from-scratch"),
    .executableTarget(
      name: "numerics", dependencies: ["Martlet", "MartletNumerics", "Pictures"], path: "Examples/numerics"),
    .executableTarget(
      name: "gaussian-process", dependencies: ["Martlet", "MartletNumerics", "Pictures"],
      path: "Examples/gaussian-process"),
    .executableTarget(
      name: "autoencoder", dependencies: ["Martlet", "MartletNumerics", "Pictures"], path: "Examples/autoencoder"),
    .executableTarget(name: "resume", dependencies: ["Martlet"], path: "Examples/resume"),
    .executableTarget(name: "multi-input", dependencies: ["Martlet"], path: "Examples/multi-input"),
    .executableTarget(name: "tabular", dependencies: ["Martlet"], path: "Examples/tabular"),
    .executableTarget(name: "regression", dependencies: ["Martlet"], path: "Examples/regression"),
    .executableTarget(name: "custom-loop", dependencies: ["Martlet"], path: "Examples/custom-loop"),
    .executableTarget(name: "word-vectors", dependencies: ["Martlet"], path: "Examples/word-vectors"),
    .executableTarget(name: "energy", dependencies: ["Martlet", "MartletAccountability"], path: "Examples/energy"),
    .executableTarget(
      name: "private-digits", dependencies: ["Martlet", "MartletAccountability"], path: "Examples/private-digits"),
    .executableTarget(
      name: "recidivism", dependencies: ["Martlet", "MartletAccountability"], path: "Examples/recidivism"),
    .executableTarget(name: "income", dependencies: ["Martlet", "MartletAccountability"], path: "Examples/income"),
    // Charts of tensors, which some of them draw.
    .target(name: "Pictures", dependencies: ["Martlet"], path: "Examples/pictures"),

    // How exact the kernels are: references, and the command that measures the documentation's table.
    .target(name: "Accuracy", dependencies: ["CKernels", "CKernelLoops"], path: "Tests/Accuracy"),
    .executableTarget(
      name: "measure-accuracy", dependencies: ["Accuracy", "CKernels", "MartletCore"], path: "Tests/MeasureAccuracy"),

    // The kernels of random numbers, compiled once more for one processor level each, to compare their bits.
    .target(name: "RandomLevels", dependencies: ["CKernels", "CKernelLoops"], path: "Tests/RandomLevels"),

    // What several test targets share.
    .target(
      name: "TestSupport", dependencies: ["CZlib", "MartletCore", "MartletFormats", "MartletTesting"],
      path: "Tests/TestSupport"),

    // A sample of each layer.
    .target(name: "LayerSamples", dependencies: ["MartletCore", "MartletNN"], path: "Tests/LayerSamples"),

    .testTarget(
      name: "MartletCoreTests",
      dependencies: [
        "MartletCore", "MartletPlatform", "MartletSamples", "MartletTesting", "CKernels", "CBLAS", "Accuracy",
        "RandomLevels", "TestSupport",
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
      dependencies: [
        "LayerSamples", "MartletCore", "MartletNN", "MartletPlatform", "MartletTesting", "MartletText", "TestSupport",
      ]),
    .testTarget(
      name: "MartletNumericsTests", dependencies: ["MartletCore", "MartletNumerics", "MartletTesting", "TestSupport"]),
    .testTarget(
      name: "MartletMetricsTests", dependencies: ["MartletCore", "MartletMetrics", "TestSupport"]),
    .testTarget(name: "MartletPlotsTests", dependencies: ["MartletPlots", "CZlib"]),
    .testTarget(
      name: "MartletDataTests",
      dependencies: ["MartletCore", "MartletData", "MartletFormats", "MartletText", "TestSupport"]),
    .testTarget(
      name: "MartletTrainingTests",
      dependencies: [
        "LayerSamples", "MartletCore", "MartletData", "MartletFormats", "MartletMetrics", "MartletNN", "MartletPlots",
        "MartletText", "MartletTraining", "TestSupport",
      ]),
    .testTarget(
      name: "MartletAccountabilityTests",
      dependencies: [
        "MartletAccountability", "MartletCore", "MartletData", "MartletFormats", "MartletMetrics", "MartletNN",
        "MartletTraining", "MartletPlots", "MartletText", "MartletPlatform", "TestSupport",
        "MartletEnergy",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "MartletONNXTests",
      dependencies: [
        "CKernels", "LayerSamples", "Martlet", "MartletCore", "MartletNumerics", "MartletONNX", "TestSupport",
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "MartletDiagnosisTests",
      dependencies: ["MartletDiagnosis", "MartletCore", "MartletInspection", "MartletSamples"]),
    .testTarget(name: "MartletTests", dependencies: ["Martlet", "MartletPlatform", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
