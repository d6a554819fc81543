import MartletCore
import MartletData
import MartletNN
import MartletTraining
import Testing

@Suite struct TrainerTests {
  private func trainer(
    _ model: Sequential, learningRate: Double = 0.02
  ) -> Trainer<Sequential, Tensor<Int32>> {
    Trainer(model, optimizer: Adam(learningRate: learningRate), loss: .crossEntropy, metrics: [.accuracy])
  }

  @Test func `learns to tell three clusters apart`() throws {
    let (x, y) = blobs()
    let trainer = trainer(classifier())
    let before = try trainer.evaluate(x, y)
    let history = try trainer.fit(x, y, epochs: 30, batchSize: 16, seed: 1, progress: .none)
    let after = try trainer.evaluate(x, y)
    #expect(after.loss < before.loss / 4)
    #expect(try #require(after["accuracy"]) > 0.95)
    #expect(history.names == ["loss", "accuracy"])
    #expect(history["loss"].count == 30)
    #expect(history["loss"].last! < history["loss"].first!)
    #expect(after["nothing"] == nil)
    #expect(after.description.hasPrefix("loss "))
  }

  @Test func `the quickstart reads as it should`() throws {
    let x = Tensor<Float>.randomUniform([100, 10])
    let y = Tensor<Float>.randomUniform([100, 1])
    let model = Sequential(inputShape: [10]) {
      Dense(64, activation: .relu)
      Dense(1)
    }
    let trainer = Trainer(model, optimizer: Adam(), loss: .meanSquaredError)
    let history = try trainer.fit(x, y, epochs: 20, batchSize: 32, progress: .none)
    #expect(history["loss"].last! < history["loss"].first!)
    #expect(model(x).shape == [100, 1])
  }

  /// The same steps with the floor below: the trainer must add nothing to them.
  @Test func `is the loop that a user would write`() throws {
    let (x, y) = blobs()
    let model = classifier()
    let optimizer = Adam(learningRate: 0.01)
    var losses: [Double] = []
    let dataset = try Dataset(x, y)
    withRandomSeed(11) {
      for _ in 0..<3 {
        var sum = 0.0
        for batch in dataset.shuffled().batches(of: 25) {
          let (loss, gradients) = valueWithGradient(at: model) { model in
            crossEntropy(logits: model(batch.x), labels: batch.y)
          }
          optimizer.update(model, along: gradients)
          sum += Double(loss.item()) * Double(batch.count)
        }
        losses.append(sum / 90)
      }
    }
    let other = classifier()
    let history = try Trainer(other, optimizer: Adam(learningRate: 0.01), loss: .crossEntropy)
      .fit(x, y, epochs: 3, batchSize: 25, seed: 11, progress: .none)
    #expect(history["loss"] == losses)
    #expect(parameters(of: other) == parameters(of: model))
  }

  @Test func `the same seed gives the same bits`() throws {
    let (x, y) = blobs()
    func run(_ seed: UInt64?, scope: UInt64 = 0) throws -> (History, [Float]) {
      let model = classifier(dropout: 0.3)
      let history = try withRandomSeed(scope) {
        try trainer(model).fit(x, y, epochs: 4, batchSize: 16, validationSplit: 0.2, seed: seed, progress: .none)
      }
      return (history, parameters(of: model))
    }
    let (history, values) = try run(5)
    let (again, sameValues) = try run(5, scope: 1)
    #expect(history == again)
    #expect(values == sameValues)
    #expect(try run(6).1 != values)
    // Without a seed the scope decides.
    let unseeded = try run(nil, scope: 2)
    #expect(try run(nil, scope: 2).1 == unseeded.1)
    #expect(try run(nil, scope: 3).1 != unseeded.1)
  }

  @Test func `threads do not change the bits`() throws {
    let (x, y) = blobs()
    func run(threads: Int) throws -> [Float] {
      let model = classifier(dropout: 0.3)
      try withThreads(threads) { _ = try trainer(model).fit(x, y, epochs: 2, seed: 5, progress: .none) }
      return parameters(of: model)
    }
    #expect(try run(threads: 1) == run(threads: 2))
  }

  @Test func `shuffling can be left out`() throws {
    let (x, y) = blobs()
    func run(_ seed: UInt64) throws -> [Float] {
      let model = classifier()
      try trainer(model).fit(x, y, epochs: 2, batchSize: 16, shuffle: false, seed: seed, progress: .none)
      return parameters(of: model)
    }
    #expect(try run(1) == run(2))
  }

  @Test func `validates with the last rows or with data`() throws {
    let (x, y) = blobs()
    func run(_ fit: (Trainer<Sequential, Tensor<Int32>>) throws -> History) rethrows -> History {
      try fit(trainer(classifier()))
    }
    let split = try run { try $0.fit(x, y, epochs: 3, validationSplit: 0.2, seed: 1, progress: .none) }
    let data = try run {
      try $0.fit(
        x[0..<72], y[0..<72], epochs: 3, validationData: (x[72...], y[72...]), seed: 1, progress: .none)
    }
    let datasets = try run {
      try $0.fit(
        try Dataset(x, y)[0..<72], validation: try Dataset(x, y)[72..<90], epochs: 3, seed: 1, progress: .none)
    }
    #expect(split.names == ["loss", "accuracy", "val_loss", "val_accuracy"])
    #expect(split == data)
    #expect(split == datasets)
    // Validation changes nothing.
    let without = try run { try $0.fit(x[0..<72], y[0..<72], epochs: 3, seed: 1, progress: .none) }
    #expect(without["loss"] == split["loss"])
    #expect(without["val_loss"] == [])
  }

  @Test func `measures in inference mode and trains in training mode`() throws {
    let (x, y) = blobs()
    let probe = ModeProbe()
    let trainer = Trainer(probe, optimizer: SGD(), loss: .crossEntropy, metrics: [.accuracy])
    var inCallback: Mode?
    try trainer.fit(x, y, batchSize: 90, validationData: (x, y), progress: .none) { _ in
      inCallback = Mode.current
      return .proceed
    }
    // The layer does not tell its output's shape, so it was asked twice, for training and for validation data.
    #expect(probe.modes == [.inference, .inference, .training, .inference])
    #expect(inCallback == .inference)
    probe.modes = []
    _ = try trainer.evaluate(x, y, batchSize: 50)
    #expect(probe.modes == [.inference, .inference, .inference])
    probe.modes = []
    _ = try withMode(.training) { try trainer.predict(x) }
    #expect(probe.modes == [.inference])
  }

  @Test func `metrics are those of all rows, whatever the batch`() throws {
    let (x, y) = blobs()
    let trainer = trainer(classifier())
    let whole = try trainer.evaluate(x, y, batchSize: 1000)
    for size in [1, 7, 89, 90] {
      let parts = try trainer.evaluate(x, y, batchSize: size)
      #expect(abs(parts.loss - whole.loss) < 1e-6)
      #expect(abs(parts["accuracy"]! - whole["accuracy"]!) < 1e-12)
    }
  }

  @Test func `predicts in batches what the model gives`() throws {
    let (x, _) = blobs()
    let model = classifier(dropout: 0.5)
    let trainer = trainer(model)
    let expected = model(x)
    for size in [1, 7, 89, 90, 1000] {
      let found = try trainer.predict(x, batchSize: size)
      #expect(found.shape == [90, 3])
      #expect(zip(found.scalars, expected.scalars).allSatisfy { abs($0 - $1) < 1e-5 })
    }
    let classes = try trainer.predictClasses(x)
    #expect(classes == expected.argMax(axis: 1).cast(to: Int32.self))
  }

  @Test func `a callback may stop`() throws {
    let (x, y) = blobs()
    let trainer = trainer(classifier())
    var seen: [Int] = []
    let history = try trainer.fit(x, y, epochs: 10, validationSplit: 0.1, progress: .none) { report in
      seen.append(report.epoch)
      #expect(report.epochs == 10)
      #expect(report["val_loss"] == report.values[2].value)
      return report.epoch == 3 ? .stop : .proceed
    }
    #expect(seen == [1, 2, 3])
    #expect(history.epochs == 3)
    #expect(trainer.history == history)
  }

  @Test func `no epochs change nothing`() throws {
    let (x, y) = blobs()
    let model = classifier()
    let before = parameters(of: model)
    #expect(try trainer(model).fit(x, y, epochs: 0, progress: .none).epochs == 0)
    #expect(parameters(of: model) == before)
  }

  @Test func `builds models that learn their sizes from the data`() throws {
    let (x, y) = blobs()
    let model = Sequential {
      Dense(8, activation: .relu)
      Dense(3)
    }
    try trainer(model).fit(x, y, progress: .none)
    #expect(model.parameterCount == 2 * 8 + 8 + 8 * 3 + 3)
  }
}

/// Notes the mode of every call.
private final class ModeProbe: Layer {
  let dense = withRandomSeed(1) { Dense(2, 3) }
  var modes: [Mode] = []

  func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    modes.append(Mode.current)
    return dense(x)
  }
}
