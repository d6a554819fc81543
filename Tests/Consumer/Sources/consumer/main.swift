// What a user's program does: fit, save, load, predict. Exits with 1 and a message when a check fails.

import ConsumerOperations
import Foundation
import Martlet

func demand(_ condition: Bool, _ message: @autoclosure () -> String) {
  if condition { return }
  FileHandle.standardError.write(Data("consumer: \(message())\n".utf8))
  exit(1)
}

func network() -> Sequential {
  Sequential(inputShape: [2]) {
    Dense(16, activation: .tanh)
    Dense(1)
  }
}

func run(modelPath: String) throws {
  // A saddle: y = x₀ · x₁.
  let x = withRandomSeed(1) { Tensor<Float>.randomUniform([256, 2], in: -1..<1) }
  let y = x[0..., 0..<1] * x[0..., 1..<2]
  let model = withRandomSeed(2) { network() }
  let trainer = Trainer(model, optimizer: Adam(learningRate: 1e-2), loss: .meanSquaredError)
  let before = try trainer.evaluate(x, y).loss
  let history = try trainer.fit(x, y, epochs: 60, batchSize: 32, seed: 3, progress: .none)
  let after = try trainer.evaluate(x, y).loss
  print("loss \(before) -> \(after) in \(history.epochs) epochs")
  demand(after < before / 10, "the loss did not fall to a tenth")

  try model.save(to: modelPath)
  let loaded = network()
  demand(loaded(x) != model(x), "a fresh network predicts as the trained one")
  try loaded.load(from: modelPath)
  demand(loaded(x) == model(x), "the loaded network does not predict as the saved one")

  // Training without a trainer, on the data set that is part of the library.
  let digits = try Datasets.digits()
  demand(digits.count == 1797, "there are \(digits.count) digits")
  let classifier = Sequential { Dense(64, 10) }
  let optimizer = SGD(learningRate: 0.5)
  var losses: [Float] = []
  for batch in digits.shuffled(seed: 4).batches(of: 64) {
    let (loss, gradients) = valueWithGradient(at: classifier) { model in
      crossEntropy(logits: model(batch.x), labels: batch.y)
    }
    optimizer.update(classifier, along: gradients)
    losses.append(loss.item())
  }
  print("digits: loss \(losses.first!) -> \(losses.last!) in \(losses.count) steps")
  demand(losses.last! < losses.first! / 2, "the loss on digits did not halve")
}

/// Uses this package's own operation, which its tests check.
func checkOperation() {
  let (x, y) = (Tensor<Double>([0.6, 1.5, -0.4]), Tensor<Double>([0.8, -0.3, 1.1]))
  func own(_ x: Tensor<Double>) -> Tensor<Double> {
    let (radius, angle) = polar(x, y)
    return (radius * angle).sum()
  }
  let (_, seen) = graph { gradient(at: x, of: own) }
  demand(seen.counts["polar"] == 1, "the graph does not show polar")
  let (_, profile) = profile { own(x) }
  demand("\(profile)".contains("polar"), "the profile does not show polar")
  let (_, report) = findingNonFinite { polar(x / 0, y) }
  demand(report?.operation == "divide", "the hunt for NaN does not see the operand of polar")
  print("polar: seen")
}

do {
  checkOperation()
  try checkTraining()
  let temporary = FileManager.default.temporaryDirectory.appendingPathComponent(
    "consumer-\(UUID().uuidString).safetensors")
  let path = CommandLine.arguments.dropFirst().first ?? temporary.path
  try run(modelPath: path)
} catch {
  demand(false, "\(error)")
}
