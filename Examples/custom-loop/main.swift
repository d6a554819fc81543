// A training loop by hand, for what `fit` does not do: a small network learns from a large one's answers (distillation,
// Hinton and others, 2015, arXiv:1503.02531).
//
//   swift run -c release custom-loop [--epochs N] [--seed N]
//
// The loop has what `fit` has: a schedule with a warm-up, gradients of small batches added up to a large one and clipped, an
// average of the weights, and an evaluation after each epoch.

import Foundation
import Martlet

/// An error outside the library, with a message.
struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// The options on the command line.
struct Options {
  var epochs = 40
  var seed: UInt64 = 1

  init(_ arguments: some Sequence<String>) throws {
    var rest = Array(arguments)[...]
    while let name = rest.popFirst() {
      switch (name, rest.popFirst()) {
      case ("--epochs", let value?) where Int(value).map { $0 > 0 } == true: epochs = Int(value)!
      case ("--seed", let value?) where UInt64(value) != nil: seed = UInt64(value)!
      default:
        throw Failure(description: "cannot make sense of '\(name)'\nusage: custom-loop [--epochs N] [--seed N]")
      }
    }
  }
}

typealias Digits = Dataset<Tensor<Float>, Tensor<Int32>>

func accuracy(_ model: Sequential, _ digits: Digits) -> Float {
  (model(digits.x).argMax(axis: 1).cast(to: Int32.self) .== digits.y).mean().item()
}

/// The teacher: a wide network, trained by `fit`.
func teacher(_ train: Digits, seed: UInt64) throws -> Sequential {
  let model = withRandomSeed(seed) {
    Sequential(inputShape: [64]) {
      Dense(512, activation: .relu)
      Dropout(0.5)
      Dense(10)
    }
  }
  let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy)
  try trainer.fit(train, epochs: 40, batchSize: 32, seed: seed, progress: .none)
  return model
}

func run(_ options: Options) throws {
  let (train, test) = try Datasets.digits().split(testFraction: 0.2, stratified: true, seed: options.seed)
  let teacher = try teacher(train, seed: options.seed)
  print(String(format: "teacher: %d parameters, test accuracy %.4f", count(teacher), accuracy(teacher, test)))

  var random = RandomGenerator(seed: options.seed)
  let student = withRandomGenerator(&random) {
    Sequential(inputShape: [64]) {
      Dense(16, activation: .relu)
      Dense(10)
    }
  }
  let optimizer = AdamW(weightDecay: 0.01)
  let average = WeightAverage(decay: 0.99)
  let (microBatch, perStep, temperature) = (16, 4, Float(3))
  let stepsPerEpoch = train.batches(of: microBatch * perStep).count
  let schedule = Schedule.cosine(from: 1e-2, steps: options.epochs * stepsPerEpoch).warmedUp(over: stepsPerEpoch)

  var step = 0
  for epoch in 1...options.epochs {
    var total = 0.0
    for batch in train.shuffled(using: &random).batches(of: microBatch * perStep) {
      // Small batches one after the other: the gradient of the large one is the mean of theirs, by their numbers of rows.
      let rows = try Dataset(batch.x, batch.y)
      var gradients: Gradients?
      for part in rows.batches(of: microBatch) {
        let share = Double(part.count) / Double(batch.count)
        let answers = (teacher(part.x) / temperature).softmax(axis: 1)
        let (loss, gradient) = valueWithGradient(at: student) { student in
          let logits = student(part.x)
          let ofTeacher = crossEntropy(logits: logits / temperature, expected: answers) * (temperature * temperature)
          return 0.7 * ofTeacher + 0.3 * crossEntropy(logits: logits, labels: part.y)
        }
        total += Double(loss.item()) * Double(part.count)
        let scaled = gradient.scaled(by: share)
        gradients = gradients.map { $0.adding(scaled) } ?? scaled
      }
      optimizer.learningRate = schedule.learningRate(atStep: step)
      optimizer.update(student, along: gradients!.clipped(norm: 5))
      average.update(student)
      step += 1
    }
    if epoch % 10 == 0 || epoch == options.epochs {
      let averaged = average.withAveraged(student) { accuracy(student, test) }
      let mean = total / Double(train.count)
      print(String(format: "epoch %3d  loss %.4f  averaged weights' accuracy %.4f", epoch, mean, averaged))
    }
  }
  let last = average.withAveraged(student) { accuracy(student, test) }
  print(String(format: "student: %d parameters, test accuracy: %.4f", count(student), last))
}

func count(_ model: Sequential) -> Int { model.parameters().reduce(0) { $0 + $1.variable.value.count } }

func complain(_ message: String) {
  FileHandle.standardError.write(Data("custom-loop: \(message)\n".utf8))
}

#if DEBUG
  complain("this is a debug build, 10 to 100 times slower; use: swift run -c release custom-loop")
#endif

do {
  try run(Options(CommandLine.arguments.dropFirst()))
} catch {
  complain("\(error)")
  exit(1)
}
