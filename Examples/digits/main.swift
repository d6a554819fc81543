// Trains a dense network on 1,797 real handwritten digits, which come with Martlet:
//
//   swift run -c release digits [--output FOLDER] [--epochs N] [--seed N]
//
// It measures the network on a fifth of the digits that training never sees, writes the model (digits.safetensors) and
// its learning curve (digits-learning-curve.svg), and loads the model again to see that it predicts the same.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var output = "."
  var epochs = 60
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--output", let value?): output = value
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(description: "cannot make sense of '\(name)'\n" + Options.usage)
      }
    }
  }

  static let usage = "usage: digits [--output FOLDER] [--epochs N] [--seed N]"
}

func network() -> Sequential {
  Sequential(inputShape: [64]) {
    Dropout(0.1)
    Dense(512, activation: .relu)
    BatchNorm(512)
    Dropout(0.5)
    Dense(512, activation: .relu)
    Dropout(0.5)
    Dense(10)
  }
}

func run(_ options: Options) throws {
  // The folder comes first, so that the work is not done in vain.
  do {
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
  } catch {
    throw Failure(description: "cannot write to the folder \(options.output): \(error.localizedDescription)")
  }

  // Data: a fifth is put aside for the test, with the same share of every digit.
  let (train, test) = try Datasets.digits().split(testFraction: 0.2, stratified: true, seed: options.seed)
  print("\(train.count) digits to train with, \(test.count) to test with")

  // Model.
  let model = withRandomSeed(options.seed) { network() }
  print(model.summary())

  // Training. A twentieth of its rows shows in the learning curve how well the network does on digits it has not seen. The
  // learning rate falls to zero along a cosine.
  let (learning, held) = try train.split(testFraction: 0.05, stratified: true, seed: options.seed)
  let batchSize = 32
  let steps = options.epochs * ((learning.count + batchSize - 1) / batchSize)
  let trainer = Trainer(
    model, optimizer: AdamW(), loss: .crossEntropy(labelSmoothing: 0.1), metrics: [.accuracy])
  let history = try trainer.fit(
    learning, validation: held, epochs: options.epochs, batchSize: batchSize, seed: options.seed,
    callbacks: [Scheduled(.cosine(from: 2e-3, steps: steps))])
  print(String(format: "training took %.2f s", history.totalSeconds))

  // Test.
  let predicted = try trainer.predictClasses(test.x)
  let confusion = try ConfusionMatrix(labels: test.y, predictions: predicted, classes: 10)
  print("\n\(confusion)\n")
  print(String(format: "test accuracy: %.4f", confusion.accuracy))

  // Files.
  let modelPath = options.output + "/digits.safetensors"
  let curvePath = options.output + "/digits-learning-curve.svg"
  try model.save(to: modelPath)
  try history.saveSVG(to: curvePath, title: "Handwritten digits")
  print("wrote \(modelPath) and \(curvePath)")

  // The same network from the file.
  let reloaded = network()
  try reloaded.load(from: modelPath)
  guard reloaded(test.x) == model(test.x) else {
    throw Failure(description: "the model loaded from \(modelPath) predicts something else")
  }
  print("loaded again, it predicts the same")
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("digits: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release digits")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
