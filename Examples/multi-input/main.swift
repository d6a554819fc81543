// A model with two inputs: whether two pictures of handwritten digits show the same digit.
//
//   swift run -c release multi-input [--epochs N] [--seed N]
//
// Both pictures go through one encoder, and a last layer looks at the difference of the two codes. The digits of the test
// are in no pair that the model is trained with. At the end the encoder alone tells digits apart, by the nearest codes.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var epochs = 30
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(description: "cannot make sense of '\(name)'\nusage: multi-input [--epochs N] [--seed N]")
      }
    }
  }
}

typealias Pictures = Pair<Tensor<Float>, Tensor<Float>>

/// A logit that is positive where two pictures, `[batch, 64]` each, show the same digit: `[batch, 1]`.
final class SameDigit: Layer {
  let encoder = Sequential(inputShape: [64]) {
    Dense(128, activation: .relu)
    Dense(32)
  }
  let head = Dense(32, 1)

  func forward(_ pictures: Pictures) -> Tensor<Float> {
    head((encoder(pictures.first) - encoder(pictures.second)).squared())
  }
}

/// Each digit `copies` times with another of the same class, and as often with one of another class.
func pairs(
  of digits: Dataset<Tensor<Float>, Tensor<Int32>>, copies: Int, seed: UInt64
) throws -> Dataset<Pictures, Tensor<Float>> {
  var random = RandomGenerator(seed: seed)
  let labels = digits.y.scalars
  let places = Dictionary(grouping: labels.indices) { labels[$0] }
  var (first, second, isSame): ([Int64], [Int64], [Float]) = ([], [], [])
  for _ in 0..<copies {
    for (index, label) in labels.enumerated() {
      let other = Int32((Int(label) + Int.random(in: 1...9, using: &random)) % 10)
      for (partners, same) in [(places[label]!, Float(1)), (places[other]!, 0)] {
        first.append(Int64(index))
        second.append(Int64(partners.randomElement(using: &random)!))
        isSame.append(same)
      }
    }
  }
  let x = digits.x
  return try Dataset(
    Pair(x.take(Tensor(first)), x.take(Tensor(second))), Tensor(isSame).expandedDimension(at: 1))
}

func run(_ options: Options) throws {
  let (train, test) = try Datasets.digits().split(testFraction: 0.2, stratified: true, seed: options.seed)
  let training = try pairs(of: train, copies: 4, seed: options.seed)
  let testing = try pairs(of: test, copies: 4, seed: options.seed + 1)
  print(
    "\(training.count) pairs of \(train.count) digits to train with, \(testing.count) of \(test.count) others to test with"
  )

  let model = withRandomSeed(options.seed) { SameDigit() }
  print(model.summary())
  let trainer = Trainer(model, optimizer: Adam(), loss: .binaryCrossEntropy, metrics: [.accuracy])
  try trainer.fit(training, epochs: options.epochs, batchSize: 64, seed: options.seed)
  let evaluation = try trainer.evaluate(testing)
  print(String(format: "test accuracy: %.4f", evaluation["accuracy"]!))

  // The encoder alone: a digit is what the nearest codes of the training digits say.
  let codes = try model.encoder.predictor().predict(train.x)
  let others = try model.encoder.predictor().predict(test.x)
  let distances = (others.expandedDimension(at: 1) - codes.expandedDimension(at: 0)).squared().sum(axis: 2)
  let nearest = train.y.take(distances.argMin(axis: 1))
  print(String(format: "accuracy of the nearest code's digit: %.4f", (nearest .== test.y).mean().item()))
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("multi-input: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release multi-input")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
