// What NumPy and SciPy are used for every day, a file for each:
//
//   swift run -c release numerics [--output FOLDER] [--seed N] [--clusters N]
//
// a linear system, a fit by least squares, principal components and k-means of 1,797 handwritten digits, and the heat
// equation. Each prints numbers that tell whether it is right, and most write a picture. The pictures are drawn by
// Examples/pictures, a small library of the examples.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var output = "."
  var seed: UInt64 = 1
  var clusters = 10

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      let given = rest.popFirst()
      switch (name, given) {
      case ("--output", let value?): output = value
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      case ("--clusters", let value?) where Int(value).map { 1...100 ~= $0 } == true: clusters = Int(value)!
      default:
        throw Failure(
          description: "cannot make sense of '\(name)\(given.map { " " + $0 } ?? "")'\n" + Options.usage)
      }
    }
  }

  static let usage = "usage: numerics [--output FOLDER] [--seed N] [--clusters 1…100]"
}

func run(_ options: Options) throws {
  // The folder comes first, so that the work is not done in vain.
  do {
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
  } catch {
    throw Failure(description: "cannot write to the folder \(options.output): \(error.localizedDescription)")
  }
  func path(_ name: String) -> String { options.output + "/" + name }

  try withRandomSeed(options.seed) {
    try linearSystem()
    try leastSquaresFit(picture: path("numerics-least-squares.svg"))

    let digits = try Datasets.digits()
    let pixels = digits.x.cast(to: Double.self)  // [1797, 64]
    try principalComponents(of: pixels, classes: digits.y, picture: path("numerics-pca.svg"))
    try clusters(options.clusters, of: pixels, classes: digits.y, picture: path("numerics-kmeans.svg"))
  }
  try heatEquation(picture: path("numerics-heat.svg"))
  print("\nwrote the pictures numerics-*.svg to \(options.output)")
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("numerics: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release numerics")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
