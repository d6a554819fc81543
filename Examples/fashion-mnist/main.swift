// Trains a dense network on Fashion-MNIST, 60,000 pictures of clothes:
//
//   swift run -c release fashion-mnist [--epochs N] [--directory FOLDER] [--seed N]
//
// The data is not part of Martlet. On Debian and Ubuntu, Scripts/bootstrap --datasets installs it where the program
// looks for it; elsewhere put its four .gz files into a folder and pass that as --directory.

import Foundation
import Martlet

/// The options on the command line.
struct Options {
  var epochs = 30
  var directory: String?
  var seed: UInt64 = 1

  struct Mistake: Error, CustomStringConvertible {
    let argument: String
    var description: String {
      "cannot make sense of '\(argument)'\nusage: fashion-mnist [--epochs N] [--directory FOLDER] [--seed N]"
    }
  }

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--directory", let value?): directory = value
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default: throw Mistake(argument: name)
      }
    }
  }
}

func run(_ options: Options) throws {
  let (train, test) = try Datasets.fashionMNIST(directory: options.directory)
  print("\(train.count) pictures to train with, \(test.count) to test with")

  let model = withRandomSeed(options.seed) {
    Sequential(inputShape: [784]) {
      Dense(512, activation: .gelu)
      Dropout(0.3)
      Dense(512, activation: .gelu)
      Dropout(0.3)
      Dense(10)
    }
  }
  print(model.summary())

  // A small part of the pictures tells when to stop, and which epoch's parameters to keep.
  let (learning, held) = try train.split(testFraction: 0.04, stratified: true, seed: options.seed)
  let batchSize = 128
  let steps = options.epochs * ((learning.count + batchSize - 1) / batchSize)
  let trainer = Trainer(model, optimizer: AdamW(), loss: .crossEntropy, metrics: [.accuracy])
  let history = try trainer.fit(
    learning, validation: held, epochs: options.epochs, batchSize: batchSize, seed: options.seed,
    callbacks: [
      Scheduled(.oneCycle(peak: 2e-3, steps: steps)), EarlyStopping(monitoring: "val_accuracy", patience: 10),
    ])
  print(String(format: "training took %.2f s", history.totalSeconds))

  let predicted = try trainer.predictClasses(test.x)
  let confusion = try ConfusionMatrix(labels: test.y, predictions: predicted, names: Datasets.fashionMNISTClasses)
  print("\n\(confusion)\n")
  print(String(format: "test accuracy: %.4f", confusion.accuracy))
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("fashion-mnist: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release fashion-mnist")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
