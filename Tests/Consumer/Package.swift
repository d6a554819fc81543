// swift-tools-version: 6.2
import PackageDescription

// A package like a user's: it sees Martlet only through its products.
let package = Package(
  name: "consumer",
  dependencies: [
    // Named here because the folder of the clone may have any name.
    .package(name: "martlet", path: "../..")
  ],
  targets: [
    // This package's own operation: the one that the article "Adding an operation" shows.
    .target(name: "ConsumerOperations", dependencies: [.product(name: "Martlet", package: "martlet")]),
    .executableTarget(
      name: "consumer",
      dependencies: ["ConsumerOperations", .product(name: "Martlet", package: "martlet")]),
    // Only the tests need MartletTesting: a build of the program does not build it.
    .testTarget(
      name: "ConsumerOperationsTests",
      dependencies: [
        "ConsumerOperations", .product(name: "Martlet", package: "martlet"),
        .product(name: "MartletTesting", package: "martlet"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
