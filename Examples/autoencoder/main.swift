// An autoencoder: handwritten digits of 64 pixels through 8 numbers and back.
//
//   swift run -c release autoencoder [--output FOLDER] [--epochs N] [--seed N]
//
// There are no targets: the loss compares the output with the input. It measures how much of the digits is lost, beside what
// the best linear map through 8 numbers loses (the first 8 principal components), and draws digits of the test with what
// became of them (autoencoder.svg).

import Foundation
import Martlet
import MartletNumerics
import Pictures

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var output = "."
  var epochs = 100
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--output", let value?): output = value
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(
          description: "cannot make sense of '\(name)'\nusage: autoencoder [--output FOLDER] [--epochs N] [--seed N]")
      }
    }
  }
}

final class Autoencoder: Layer {
  let encoder = Sequential(inputShape: [64]) {
    Dense(128, activation: .relu)
    Dense(8)
  }
  let decoder = Sequential(inputShape: [8]) {
    Dense(128, activation: .relu)
    Dense(64)
  }

  func forward(_ x: Tensor<Float>) -> Tensor<Float> { decoder(encoder(x)) }

  func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    try decoder.outputShape(for: encoder.outputShape(for: inputShape))
  }
}

/// The mean squared error of the test's digits after they were projected on the principal components of the training's.
func lossOfComponents(_ count: Int, _ train: Tensor<Float>, _ test: Tensor<Float>) throws -> Float {
  let mean = train.mean(axis: 0)
  let axes = try svd(train - mean).vt[0..<count]
  let centred = test - mean
  return (matmul(matmul(centred, axes.transposed()), axes) - centred).squared().mean().item()
}

func run(_ options: Options) throws {
  do {
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
  } catch {
    throw Failure(description: "cannot write to the folder \(options.output): \(error.localizedDescription)")
  }
  let (train, test) = try Datasets.digits().split(testFraction: 0.2, stratified: true, seed: options.seed)
  let model = withRandomSeed(options.seed) { Autoencoder() }
  print(model.summary())

  let trainer = Trainer(model, optimizer: Adam(learningRate: 2e-3)) { model, batch in
    meanSquaredError(predicted: model(batch.x), expected: batch.x)
  }
  try trainer.fit(train.x, validation: test.x, epochs: options.epochs, batchSize: 32, seed: options.seed)

  let lost = try trainer.evaluate(test.x).loss
  let ofComponents = try lossOfComponents(8, train.x, test.x)
  let spread = (test.x - train.x.mean(axis: 0)).squared().mean().item()
  print(String(format: "squared error of the test's digits: %.5f", lost))
  print(String(format: "of 8 principal components: %.5f; of the mean digit for each: %.5f", ofComponents, spread))
  print(String(format: "error beside the components': %.3f", lost / Double(ofComponents)))

  let some = test.x[0..<8]
  let after = try trainer.predict(some)
  let panels = [("given", some), ("after 8 numbers", after)].flatMap { name, rows in
    (0..<8).map { (label: $0 == 0 ? name : "", matrix: rows[$0].reshaped(to: [8, 8])) }
  }
  let path = options.output + "/autoencoder.svg"
  try HeatMap("Handwritten digits through 8 numbers", panels, of: "brightness", columns: 8).saveSVG(to: path)
  print("wrote \(path)")
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("autoencoder: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release autoencoder")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
