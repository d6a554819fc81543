import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import TestSupport
import Testing

@testable import MartletTraining

/// The law of weights in fits and evaluations: a row of weight k is k rows.
@Suite struct WeightedTrainingTests {
  private static let counts: [Int64] = (0..<90).map { Int64($0 % 4) }
  private let weights = Tensor(counts.map { Float($0) })

  private func repeated<T>(_ tensor: Tensor<T>) -> Tensor<T> {
    tensor.take(Tensor(Self.counts.enumerated().flatMap { [Int64](repeating: Int64($0), count: Int($1)) }))
  }

  private func trainer(_ model: Sequential) -> Trainer<Sequential, Tensor<Int32>> {
    Trainer(
      model, optimizer: SGD(learningRate: 0.1), loss: .crossEntropy, metrics: [.accuracy, .f1(.macro), .rocAUC()])
  }

  private func expectClose(_ a: [Double], _ b: [Double], _ tolerance: Double = 1e-5) {
    #expect(a.count == b.count)
    for (a, b) in zip(a, b) { #expect(abs(a - b) <= tolerance * max(1, abs(b))) }
  }

  @Test func `a fit with weights is one with repeated rows`() throws {
    let (x, y) = blobs()
    let (model, other) = (classifier(), classifier())
    let longer = Self.counts.reduce(0, +)
    let weighted = try trainer(model).fit(
      x, y, sampleWeights: weights, epochs: 4, batchSize: 90, shuffle: false, progress: .none)
    let whole = try trainer(other).fit(
      repeated(x), repeated(y), epochs: 4, batchSize: Int(longer), shuffle: false, progress: .none)
    #expect(weighted.names == ["loss", "accuracy", "f1_macro", "roc_auc_macro"])
    for name in weighted.names { expectClose(weighted[name], whole[name]) }
    expectClose(parameters(of: model).map(Double.init), parameters(of: other).map(Double.init))
  }

  @Test(arguments: [1, 7, 90])
  func `an evaluation with weights is one with repeated rows`(batchSize: Int) throws {
    let (x, y) = blobs()
    let trainer = trainer(classifier())
    let weighted = try trainer.evaluate(x, y, sampleWeights: weights, batchSize: batchSize)
    let whole = try trainer.evaluate(repeated(x), repeated(y), batchSize: batchSize)
    expectClose(weighted.values.map(\.value), whole.values.map(\.value))
    #expect(
      try trainer.evaluate(Dataset(x, y).weighted(by: weights), batchSize: batchSize).values.map(\.value)
        == weighted.values.map(\.value))
    // Without weights it is another number.
    #expect(abs(try trainer.evaluate(x, y).loss - weighted.loss) > 1e-4)
  }

  @Test func `validation is weighted by the same law`() throws {
    let (x, y) = blobs()
    let history = try trainer(classifier()).fit(
      Dataset(x, y), validation: Dataset(x, y).weighted(by: weights), epochs: 1, seed: 1, progress: .none)
    let whole = try trainer(classifier()).fit(
      Dataset(x, y), validation: Dataset(repeated(x), repeated(y)), epochs: 1, seed: 1, progress: .none)
    for name in ["val_loss", "val_accuracy", "val_f1_macro"] { expectClose(history[name], whole[name]) }
  }

  @Test func `class weights are weights of rows, in training and validation`() throws {
    let (x, y) = blobs()
    let rows = Tensor(y.scalars.map { $0 == 1 ? Float(3) : 1 })
    let data = try Dataset(x, y)
    let given = try trainer(classifier()).fit(
      data, validation: data[0..<30], classWeights: [1: 3], epochs: 3, seed: 2, progress: .none)
    let wanted = try trainer(classifier()).fit(
      data.weighted(by: rows), validation: data[0..<30].weighted(by: rows[0..<30]), epochs: 3, seed: 2,
      progress: .none)
    #expect(given == wanted)
    // The classes are of equal size, so balancing them changes nothing but rounding.
    let balanced = try trainer(classifier()).fit(x, y, classWeights: .balanced, epochs: 2, seed: 3, progress: .none)
    let plain = try trainer(classifier()).fit(x, y, epochs: 2, seed: 3, progress: .none)
    expectClose(balanced["loss"], plain["loss"])
    let error = trainingError { try trainer(classifier()).fit(x, y, classWeights: [7: 2], progress: .none) }
    #expect(error?.description == "class weights: expected classes [0, 1, 2], which have rows, got 7")
  }

  @Test func `epoch means are of terms, not of batches`() throws {
    // Of 5 labels one is known in the first batch and three in the second.
    let x = Tensor<Float>([[1, 2], [3, 4], [-1, 1], [0, 2], [2, -2]])
    let y: Tensor<Int32> = [0, -1, 1, 1, 0]
    let model = withRandomSeed(1) { Sequential(inputShape: [2]) { Dense(2) } }
    let trainer = Trainer(
      model, optimizer: SGD(), loss: .crossEntropy(ignoredLabel: -1), metrics: [.accuracy.ignoring(label: -1)])
    let wanted = Double(crossEntropy(logits: model(x), labels: y, ignoredLabel: -1).item())
    for batchSize in 1...5 {
      #expect(abs(try trainer.evaluate(x, y, batchSize: batchSize).loss - wanted) < 1e-6)
    }
    let before = state(of: model)
    // A batch of nothing but ignored labels changes nothing, and does not end the fit.
    let history = try trainer.fit(
      x, y, validationData: (x[1..<2], y[1..<2]), shuffle: false, progress: .none
    ) { _ in .stop }
    #expect(history["val_loss"][0].isNaN && history["loss"][0].isFinite)
    #expect(state(of: model) != before)
    let ignored: Tensor<Int32> = [-1, -1, -1, -1, -1]
    let after = state(of: model)
    #expect(throws: TrainingError.self) { try trainer.evaluate(x, ignored) }
    _ = try? trainer.fit(x, ignored, progress: .none)
    #expect(state(of: model) == after)
  }

  @Test func `what is only one number for a batch refuses weights`() throws {
    let (x, y) = blobs()
    let number = Loss<Tensor<Float>, Tensor<Int32>>("own", targets: .labels) { crossEntropy(logits: $0, labels: $1) }
    let trainers = [
      Trainer(classifier(), optimizer: SGD(), loss: number),
      Trainer(
        classifier(), optimizer: SGD(), loss: .crossEntropy,
        metrics: [Metric("own") { outputs, _ in Double(outputs.mean().item()) }]),
      Trainer(classifier(), optimizer: SGD(), targets: Tensor<Int32>.self) { model, batch in
        crossEntropy(logits: model(batch.x), labels: batch.y)
      },
    ]
    for (trainer, name) in zip(trainers, ["the loss own", "the metric own", "the loss"]) {
      for error in [
        trainingError { try trainer.fit(x, y, sampleWeights: weights, progress: .none) },
        trainingError { _ = try trainer.evaluate(x, y, sampleWeights: weights) },
      ] {
        #expect(error == .weightless(name))
      }
      // Without weights they are as ever.
      _ = try trainer.evaluate(x, y)
    }
    #expect(TrainingError.weightless("the loss own").description.contains("return LossTerms"))
    let wrong = trainingError { _ = try trainers[0].evaluate(x, y, sampleWeights: weights[0..<3]) }
    #expect(wrong?.description == "expected a weight for each of 90 rows, shape [90], got [3]")
  }

  @Test func `terms of a function of the model take weights, each part by its own`() throws {
    let (x, y) = blobs()
    func make() -> Trainer<Sequential, Tensor<Int32>> {
      Trainer(classifier(), optimizer: SGD(learningRate: 0.1), targets: Tensor<Int32>.self) { model, batch in
        let outputs = model(batch.x)
        return [
          "error": LossTerms(crossEntropy(logits: outputs, labels: batch.y, reduction: .none)),
          "size": LossTerms(outputs.squared()),
        ]
      }
    }
    for batchSize in [8, 90] {
      let weighted = try make().evaluate(x, y, sampleWeights: weights, batchSize: batchSize)
      let whole = try make().evaluate(repeated(x), repeated(y))
      #expect(weighted.values.map(\.name) == ["loss", "error", "size"])
      expectClose(weighted.values.map(\.value), whole.values.map(\.value))
    }
  }
}
