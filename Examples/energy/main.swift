// What training costs, forecast before the first step and compared with what it took:
//
//   swift run -c release energy [--country CODE] [--epochs N]
//
// It fits the digits that come with Martlet, Fashion-MNIST where Scripts/bootstrap --datasets has installed it, and a
// network of four layers of 1,024 units, and says whether each forecast held; then, for the digits, with how many Wh
// networks of several widths and batch sizes reach the same accuracy.

import Martlet
import MartletAccountability

/// The options on the command line.
struct Options {
  var country: String?
  var epochs = 20

  struct Mistake: Error, CustomStringConvertible {
    let argument: String
    var description: String {
      "cannot make sense of '\(argument)'\nusage: energy [--country CODE] [--epochs N]"
    }
  }

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--country", let value?): country = value
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      default: throw Mistake(argument: name)
      }
    }
  }
}

func network(inputs: Int, widths: [Int], classes: Int) -> Sequential {
  withRandomSeed(1) {
    Sequential(inputShape: [inputs]) {
      for width in widths { Dense(width, activation: .relu) }
      Dense(classes)
    }
  }
}

/// Fits a network and says whether what it took is in the forecast's intervals.
func forecast(
  _ name: String, _ data: Dataset<Tensor<Float>, Tensor<Int32>>, widths: [Int], epochs: Int, batchSize: Int,
  _ accounting: EnergyAccounting
) throws {
  print("\n\(name): \(data.count) rows, layers of \(widths) units, batches of \(batchSize)")
  let model = network(inputs: data.x.shape[1], widths: widths, classes: 10)
  let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
  let meter = EnergyMeter(accounting)
  try trainer.fit(
    data, epochs: epochs, batchSize: batchSize, validationSplit: 0.1, seed: 1,
    progress: .lines.every(max(1, epochs / 4)), callbacks: [meter])
  print(meter)
}

/// The energy that networks and batch sizes need for the same accuracy on rows that they do not train with.
func compare(_ data: Dataset<Tensor<Float>, Tensor<Int32>>, _ accounting: EnergyAccounting) throws {
  let target = 0.95
  print("\ndigits: the energy to an accuracy of \(target)")
  for widths in [[16], [64], [256], [256, 256]] {
    for batchSize in [16, 64, 256] {
      let trainer = Trainer(
        network(inputs: 64, widths: widths, classes: 10), optimizer: Adam(learningRate: 3e-3), loss: .crossEntropy,
        metrics: [.accuracy])
      let meter = EnergyMeter(accounting, target: EnergyTarget("val_accuracy", target), forecasts: false)
      let history = try trainer.fit(
        data, epochs: 60, batchSize: batchSize, validationSplit: 0.2, seed: 1, progress: .none, callbacks: [meter]
      ) { ($0["val_accuracy"] ?? 0) >= target ? .stop : .proceed }
      print("  \(widths), batches of \(batchSize): ", terminator: "")
      print(meter.energyToTarget.map { "\($0), \(history.epochs) epochs" } ?? "not reached in 60 epochs")
    }
  }
}

let options = try Options(CommandLine.arguments.dropFirst())
let accounting = EnergyAccounting(carbonIntensity: try options.country.map { try .of($0) } ?? .world)
let digits = try Datasets.digits().shuffled(seed: 1)
try forecast("digits", digits, widths: [64, 32], epochs: options.epochs * 5, batchSize: 32, accounting)
do {
  let clothes = try Datasets.fashionMNIST().train
  try forecast("Fashion-MNIST", clothes, widths: [512, 512], epochs: 3, batchSize: 128, accounting)
} catch let error as FormatError where error.kind == .missing {
  print("\nFashion-MNIST is not installed: \(error)")
}
let wide = withRandomSeed(2) {
  (Tensor<Float>.randomNormal([4096, 1024]), Tensor<Int32>((0..<4096).map { Int32($0 % 10) }))
}
try forecast(
  "1024 × 4", Dataset(wide.0, wide.1), widths: [1024, 1024, 1024, 1024], epochs: max(1, options.epochs / 4),
  batchSize: 128, accounting)
try compare(digits, accounting)
