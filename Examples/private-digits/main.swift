// Trains a network on handwritten digits with differential privacy, for several epsilons:
//
//   swift run -c release private-digits [--output FOLDER] [--epochs N] [--seed N] [--cost]
//
// It says how accurate each network is on digits that it has not seen and what an attacker can tell from its losses, draws
// epsilon against accuracy (private-digits.svg), and with --cost measures a private step beside an ordinary one.
// Noise and rows come from the operating system, so that no two runs print the same numbers; with --seed they do, which is
// for looking at and no longer private.

import Foundation
import Martlet
import MartletAccountability

/// The options on the command line.
struct Options {
  var output = "."
  var epochs = 40
  var seed: UInt64?
  var measuresCost = false

  struct Mistake: Error, CustomStringConvertible {
    let argument: String
    var description: String {
      "cannot make sense of '\(argument)'\nusage: private-digits [--output FOLDER] [--epochs N] [--seed N] [--cost]"
    }
  }

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      if name == "--cost" {
        measuresCost = true
        continue
      }
      switch (name, rest.popFirst()) {
      case ("--output", let value?): output = value
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default: throw Mistake(argument: name)
      }
    }
  }

  var randomness: PrivateRandomness { seed.map { .seed($0) } ?? .system }
}

func trainer(inputs: Int, width: Int) -> Trainer<Sequential, Tensor<Int32>> {
  let model = withRandomSeed(1) {
    Sequential(inputShape: [inputs]) {
      Dense(width, activation: .relu)
      Dense(width, activation: .relu)
      Dense(10)
    }
  }
  return Trainer(model, optimizer: Adam(learningRate: 3e-3), loss: .crossEntropy, metrics: [.accuracy])
}

func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// Accuracy on the test digits for several epsilons, and without privacy.
func compare(_ options: Options) throws {
  let (train, test) = try Datasets.digits().split(testFraction: 0.2, stratified: true, seed: 1)
  let delta = 1e-4
  print("\(train.count) digits to train with, \(test.count) to test with, delta \(delta)")
  func attack(_ trainer: Trainer<Sequential, Tensor<Int32>>) throws -> String {
    let attack = try trainer.membershipInference(members: train, others: test)
    return "attack AUC \(number(attack.areaUnderCurve, 3)) (\(number(attack.interval.lower, 3)) to "
      + "\(number(attack.interval.upper, 3)))"
  }
  var points: [(epsilon: Double, accuracy: Double)] = []
  for epsilon in [0.5, 1, 2, 4, 8] {
    let trainer = trainer(inputs: 64, width: 64)
    let privacy = try PrivateTraining(
      .forEpsilon(epsilon), clipping: .flat(1), delta: delta, accountant: .prv, randomness: options.randomness)
    try trainer.fit(
      train, epochs: options.epochs, batchSize: 128, seed: 1, progress: .none, callbacks: [privacy])
    let spent = try privacy.spending()
    let accuracy = try trainer.evaluate(test)["accuracy"]!
    points.append((spent.epsilon, accuracy))
    print(
      "epsilon \(number(spent.epsilon, 2)): noise \(number(privacy.noiseMultiplier!, 2)), \(spent.ledger.steps) steps, test "
        + "accuracy \(number(accuracy, 3)), \(try attack(trainer))")
  }
  let open = trainer(inputs: 64, width: 64)
  try open.fit(train, epochs: options.epochs, batchSize: 128, seed: 1, progress: .none)
  let accuracy = try open.evaluate(test)["accuracy"]!
  print("not private: test accuracy \(number(accuracy, 3)), \(try attack(open))")

  var chart = Chart(
    "Privacy against accuracy: digits", x: ChartAxis("epsilon at delta \(delta)"),
    y: "accuracy on digits that were not trained with")
  chart.line(points.map(\.epsilon), points.map(\.accuracy), label: "private", color: 0, hasDots: true)
  let ends = (points.first!.epsilon, points.last!.epsilon)
  chart.reference(from: (ends.0, accuracy), to: (ends.1, accuracy), label: "not private")
  let path = options.output + "/private-digits.svg"
  try chart.saveSVG(to: path)
  print("drew \(path)")
}

/// The time of a step of 784-512-512-10 with 128 rows, private and ordinary in turn.
func measureCost() throws {
  let x = withRandomSeed(1) { Tensor<Float>.randomUniform([12_800, 784]) }
  let data = try Dataset(x, Tensor<Int32>((0..<12_800).map { Int32($0 % 10) }))
  let (plain, hidden) = (trainer(inputs: 784, width: 512), trainer(inputs: 784, width: 512))
  var least = (plain: Double.infinity, hidden: Double.infinity)
  for _ in 0..<8 {
    let ordinary = try plain.fit(data, batchSize: 128, progress: .none).seconds[0] / 100
    let privacy = try PrivateTraining(.multiplier(1), delta: 1e-5)
    let secret = try hidden.fit(data, batchSize: 128, progress: .none, callbacks: [privacy]).seconds[0] / 100
    least = (min(least.plain, ordinary), min(least.hidden, secret))
  }
  print(
    "784-512-512-10, 128 rows: an ordinary step \(number(1e3 * least.plain, 2)) ms, a private one "
      + "\(number(1e3 * least.hidden, 2)) ms, \(number(least.hidden / least.plain, 2)) times")
  func peak(_ callbacks: [any Callback]) throws -> Double {
    let memory = try measuringMemory {
      try plain.fit(data, batchSize: 128, progress: .none, callbacks: callbacks)
    }.memory
    return Double(memory.peakBytes) / 1e6
  }
  let (ordinary, secret) = (try peak([]), try peak([try PrivateTraining(.multiplier(1), delta: 1e-5)]))
  print(
    "memory of tensors at its peak: \(number(ordinary, 1)) MB and \(number(secret, 1)) MB; the gradients of 128 rows would "
      + "be \(number(128 * 669_706 * 4 / 1e6, 1)) MB")
}

let options = try Options(CommandLine.arguments.dropFirst())
if options.measuresCost { try measureCost() } else { try compare(options) }
