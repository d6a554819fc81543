// swift-tools-version: 6.2
import PackageDescription

// A package as a user's would be: it sees Martlet only through its product.
let package = Package(
  name: "consumer",
  dependencies: [
    // The name stands in for the address of a clone, whose folder may be called anything.
    .package(name: "martlet", path: "../..")
  ],
  targets: [
    // An operation of the package's own: what the article "Adding an operation" shows.
    .target(name: "ConsumerOperations", dependencies: [.product(name: "Martlet", package: "martlet")]),
    .executableTarget(
      name: "consumer",
      dependencies: [
        "ConsumerOperations", .product(name: "Martlet", package: "martlet"),
        .product(name: "MartletTesting", package: "martlet"),
      ]),
  ],
  swiftLanguageModes: [.v6]
)
