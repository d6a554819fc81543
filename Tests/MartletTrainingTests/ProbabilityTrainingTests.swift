import MartletCore
import MartletNN
import MartletTraining
import Testing

/// Models that end in a softmax or a sigmoid are trained by losses that take probabilities.
@Suite struct ProbabilityTrainingTests {
  private func model(_ outputs: Int, _ activation: ActivationFunction) -> Sequential {
    withRandomSeed(1) {
      Sequential(inputShape: [2]) {
        Dense(8, activation: .relu)
        Dense(outputs, activation: activation)
      }
    }
  }

  @Test func `a model that ends in a softmax`() throws {
    let (x, y) = blobs()
    let refused = Trainer(model(3, .softmax), optimizer: Adam(learningRate: 0.02), loss: .crossEntropy)
    let error = trainingError { try refused.fit(x, y, progress: .none) }
    #expect(error?.description.contains(".crossEntropy(from: .probabilities)") == true)
    let explicit = Trainer(model(3, .softmax), optimizer: Adam(), loss: .crossEntropy(from: .logits))
    #expect(trainingError { try explicit.fit(x, y, progress: .none) } == error)

    let trainer = Trainer(
      model(3, .softmax), optimizer: Adam(learningRate: 0.02), loss: .crossEntropy(from: .probabilities),
      metrics: [.accuracy])
    try trainer.fit(x, y, epochs: 30, seed: 1, progress: .none)
    #expect(try #require(trainer.evaluate(x, y)["accuracy"]) > 0.95)
    let sums = try trainer.predict(x).sum(axis: 1)
    #expect((sums - 1).abs().max().item() < 1e-5)

    // The same steps as from logits, but for rounding.
    let logits = Trainer(model(3, .identity), optimizer: SGD(), loss: .crossEntropy)
    let probabilities = Trainer(model(3, .softmax), optimizer: SGD(), loss: .crossEntropy(from: .probabilities))
    let wanted = try logits.fit(x, y, epochs: 3, seed: 2, progress: .none)
    let found = try probabilities.fit(x, y, epochs: 3, seed: 2, progress: .none)
    #expect(zip(found["loss"], wanted["loss"]).allSatisfy { abs($0 - $1) < 1e-5 })
    let differences = zip(parameters(of: probabilities.model), parameters(of: logits.model)).map { abs($0 - $1) }
    #expect(try #require(differences.max()) < 1e-5)
  }

  @Test func `a model that ends in a sigmoid`() throws {
    let (x, _) = blobs()
    let y = (x[.all, 0..<1] .> 0).cast(to: Float.self)
    let error = trainingError {
      try Trainer(model(1, .sigmoid), optimizer: Adam(), loss: .binaryCrossEntropy).fit(x, y, progress: .none)
    }
    #expect(error?.description.contains(".binaryCrossEntropy(from: .probabilities)") == true)
    let trainer = Trainer(
      model(1, .sigmoid), optimizer: Adam(learningRate: 0.02), loss: .binaryCrossEntropy(from: .probabilities),
      metrics: [.binaryAccuracy(threshold: 0.5)])
    try trainer.fit(x, y, epochs: 30, seed: 1, progress: .none)
    #expect(try #require(trainer.evaluate(x, y)["accuracy"]) > 0.9)
    // The loss still looks at its targets.
    #expect(trainingError { _ = try trainer.evaluate(x, y * 2) }?.description.contains("targets within 0…1") == true)
  }
}
