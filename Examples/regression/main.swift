// How a disease goes on, with intervals: an ensemble of networks that each give a mean and a variance.
//
//   swift run -c release regression [--output FOLDER] [--members N] [--epochs N] [--seed N]
//
// 442 patients with diabetes, ten measures of each and the disease's progression a year later. Every network learns by the
// Gaussian likelihood how uncertain its prediction is; that the networks differ tells the rest (deep ensembles, Lakshminarayanan
// and others, 2017, arXiv:1612.01474). It prints how often the intervals hold what came, and draws it (regression.svg).

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var output = "."
  var members = 10
  var epochs = 60
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--output", let value?): output = value
      case ("--members", let value?) where Int(value).map { $0 > 0 } == true: members = Int(value)!
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(
          description: "cannot make sense of '\(name)'\n"
            + "usage: regression [--output FOLDER] [--members N] [--epochs N] [--seed N]")
      }
    }
  }
}

/// A mean and the logarithm of a variance, `[batch, 2]`, from ten features.
func network(seed: UInt64) -> Sequential {
  withRandomSeed(seed) {
    Sequential(inputShape: [10]) {
      Dense(32, activation: .tanh)
      Dropout(0.2)
      Dense(2)
    }
  }
}

func run(_ options: Options) throws {
  do {
    try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
  } catch {
    throw Failure(description: "cannot write to the folder \(options.output): \(error.localizedDescription)")
  }
  let table = try BundledTable.diabetes.table()
  let (learning, testing) = try table.split(testFraction: 0.2, seed: options.seed)
  let target = BundledTable.diabetes.target
  let preprocessor = try Preprocessor(
    fittedTo: learning, [.numbers(of: table, except: [target]).standardized()])
  // The target in standard deviations from its mean, which the intervals are turned back from.
  let scale = try Preprocessor(fittedTo: learning, [Columns(target).standardized()])
  let train = try Dataset(preprocessor.transform(learning), scale.transform(learning).flattened())
  let test = try Dataset(preprocessor.transform(testing), scale.transform(testing).flattened())

  var means: [Tensor<Float>] = []
  var variances: [Tensor<Float>] = []
  for member in 0..<options.members {
    let seed = options.seed + UInt64(member)
    let trainer = Trainer(
      network(seed: seed), optimizer: AdamW(learningRate: 3e-3, weightDecay: 0.1), loss: .gaussian)
    let history = try trainer.fit(train, epochs: options.epochs, batchSize: 32, seed: seed, progress: .none)
    let outputs = try trainer.predict(test.x)
    means.append(outputs[.all, 0])
    variances.append(outputs[.all, 1].exp())
    print(String(format: "member %2d: loss %.4f", member + 1, history["loss"].last!))
  }
  // The mixture of the members' normal distributions: its mean, and its variance within and between the members.
  let (each, within) = (Tensor.stack(means), Tensor.stack(variances))
  let mean = each.mean(axis: 0)
  let deviation = (within.mean(axis: 0) + each.variance(axis: 0)).sqrt()
  let truth = test.y

  let error = (truth - mean).squared().sum().item()
  let spread = (truth - truth.mean()).squared().sum().item()
  print(String(format: "test R²: %.3f", 1 - error / spread))
  for (share, width) in [(0.5, Float(0.6745)), (0.9, 1.6449), (0.95, 1.9600)] {
    let held = ((truth - mean).abs() .<= width * deviation).mean().item()
    print(String(format: "within the %.0f %% interval: %.3f", share * 100, held))
  }

  // In units of the table again.
  func numbers(_ x: Tensor<Float>) throws -> [Double] {
    try scale.inverseTransform(x.expandedDimension(at: 1)).numbers(target)
  }
  let order = mean.argSort()
  let (x, low, high) = (try numbers(mean.take(order)), mean - 1.6449 * deviation, mean + 1.6449 * deviation)
  var chart = Chart("Progression of diabetes, \(test.count) patients of the test", x: "predicted", y: "measured")
  chart.band(x, from: try numbers(low.take(order)), to: try numbers(high.take(order)), label: "90 % interval")
  chart.line(x, x, label: "as predicted")
  chart.points(x, try numbers(truth.take(order)), label: "measured")
  let path = options.output + "/regression.svg"
  try chart.saveSVG(to: path)
  print("wrote \(path)")
}

func complain(_ message: String) {
  FileHandle.standardError.write(Data("regression: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release regression")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
