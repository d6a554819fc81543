import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// Losses that are functions of the model and a batch.
@Suite struct ObjectiveTests {
  private let x = blobs().x

  private func autoencoder() -> Sequential {
    withRandomSeed(2) {
      Sequential(inputShape: [2]) {
        Dense(3, activation: .tanh)
        Dense(2)
      }
    }
  }

  @Test func `an autoencoder needs no targets`() throws {
    let (model, other) = (autoencoder(), autoencoder())
    let trainer = Trainer(model, optimizer: Adam()) { model, batch in
      meanSquaredError(predicted: model(batch.x), expected: batch.x)
    }
    let history = try trainer.fit(
      x, validation: x, epochs: 3, batchSize: 40, shuffle: false, progress: .none)
    let losses = fitByHand(other, Adam(), rows: 90, epochs: 3, batchSize: 40) {
      x[$0]
    } loss: {
      meanSquaredError(predicted: $0($1), expected: $1)
    }
    #expect(history.names == ["loss", "val_loss"] && history["loss"] == losses)
    #expect(state(of: model) == state(of: other))
    let loss = Double(meanSquaredError(predicted: other(x), expected: x).item())
    #expect(try trainer.evaluate(x).loss == loss && history["val_loss"].last == loss)
    #expect(try trainer.evaluate(x).values.map(\.name) == ["loss"])
    #expect(try trainer.evaluate(Dataset(x), batchSize: 90).loss == loss)
    #expect(abs(try trainer.evaluate(x, batchSize: 7).loss - loss) < 1e-6)
    #expect(try trainer.predict(x) == other(x))
  }

  @Test func `the forms of a fit without targets are one`() throws {
    func fit(_ body: (Trainer<Sequential, NoTarget>) throws -> History) throws -> (History, [AnyTensor]) {
      let trainer = Trainer(autoencoder(), optimizer: Adam()) { model, batch in
        meanSquaredError(predicted: model(batch.x), expected: batch.x)
      }
      return (try body(trainer), state(of: trainer.model))
    }
    let split = try fit { try $0.fit(x, epochs: 2, validationSplit: 0.5, seed: 1, progress: .none) }
    let whole = try fit {
      try $0.fit(x[0..<45], validation: x[45..<90], epochs: 2, seed: 1, progress: .none)
    }
    let options = try fit {
      try $0.fit(
        Dataset(x)[0..<45], validation: Dataset(x)[45..<90], options: FitOptions(epochs: 2, seed: 1, progress: .none))
    }
    #expect(whole == split && options == split && split.0["val_loss"].count == 2)
  }

  @Test func `data without rows, or of other shapes, throws`() throws {
    let trainer = Trainer(autoencoder(), optimizer: Adam()) { model, batch in
      meanSquaredError(predicted: model(batch.x), expected: batch.x)
    }
    for body in [
      { try trainer.fit(x[0..<0], progress: .none) }, { try trainer.fit(x, validation: x[0..<0], progress: .none) },
    ] {
      guard case .emptyData = trainingError({ _ = try body() }) else {
        Issue.record("no data was taken")
        continue
      }
    }
    let wide = Tensor<Float>.zeros([4, 3])
    let errors = [
      trainingError { _ = try trainer.evaluate(wide) },
      trainingError { try trainer.fit(x, validation: wide, progress: .none) },
    ]
    for error in errors { #expect(error?.description.contains("data has rows of shape [3]") == true) }
  }

  @Test func `a function and a loss of the same give the same fit`() throws {
    let (x, y) = blobs()
    let (model, other) = (classifier(dropout: 0.3), classifier(dropout: 0.3))
    let function = Trainer(model, optimizer: Adam(), targets: Tensor<Int32>.self) { model, batch in
      crossEntropy(logits: model(batch.x), labels: batch.y)
    }
    let loss = Trainer(other, optimizer: Adam(), loss: .crossEntropy)
    let history = try function.fit(x, y, epochs: 3, validationSplit: 0.2, seed: 4, progress: .none)
    #expect(try loss.fit(x, y, epochs: 3, validationSplit: 0.2, seed: 4, progress: .none) == history)
    #expect(state(of: model) == state(of: other))
    #expect(try function.evaluate(x, y).loss == loss.evaluate(x, y).loss)
    // Labels of another type are converted for it too.
    #expect(try function.evaluate(x, y.cast(to: Int64.self)).loss == loss.evaluate(x, y).loss)
  }

  @Test func `several losses are added up, and each is measured`() throws {
    let y = x.sum(axis: 1, keepDims: true)
    func line() -> Sequential { withRandomSeed(3) { Sequential(inputShape: [2]) { Dense(1) } } }
    let (model, other) = (line(), line())
    let trainer = Trainer(model, optimizer: Adam(), targets: Tensor<Float>.self) { model, batch in
      let predicted = model(batch.x)
      return [
        "size": 1e-3 * predicted.squared().mean(), "error": meanSquaredError(predicted: predicted, expected: batch.y),
      ]
    }
    let history = try trainer.fit(
      x, y, epochs: 3, batchSize: 40, validationData: (x, y), shuffle: false, progress: .none)
    #expect(history.names == ["loss", "error", "size", "val_loss", "val_error", "val_size"])
    let losses = fitByHand(other, Adam(), rows: 90, epochs: 3, batchSize: 40) {
      (x[$0], y[$0])
    } loss: {
      let predicted = $0($1.0)
      return meanSquaredError(predicted: predicted, expected: $1.1) + 1e-3 * predicted.squared().mean()
    }
    #expect(history["loss"] == losses)
    #expect(state(of: model) == state(of: other))
    for (loss, (error, size)) in zip(history["loss"], zip(history["error"], history["size"])) {
      #expect(abs(loss - error - size) < 1e-6 && size > 0 && error > size)
    }
    let evaluation = try trainer.evaluate(x, y)
    let error = Double(meanSquaredError(predicted: other(x), expected: y).item())
    #expect(evaluation["error"] == error && history["val_error"].last == error)
    #expect(evaluation["size"] == Double((1e-3 * other(x).squared().mean()).item()))
    #expect(evaluation.values.map(\.name) == ["loss", "error", "size"])
  }

  @Test func `parts are means over rows, not over batches`() throws {
    let trainer = Trainer(autoencoder(), optimizer: SGD(learningRate: 0)) { model, batch in
      ["first": batch.x[.all, 0].mean() + 0 * model(batch.x).sum(), "second": batch.x[.all, 1].mean()]
    }
    let history = try trainer.fit(x, batchSize: 80, progress: .none)
    let means = x.mean(axis: 0).scalars.map { Double($0) }
    #expect(abs(history["first"][0] - means[0]) < 1e-6 && abs(history["second"][0] - means[1]) < 1e-6)
    #expect(abs(try trainer.evaluate(x, batchSize: 80)["second"]! - means[1]) < 1e-6)
  }

  @Test func `parts that change their names are refused`() throws {
    for names in [["a", "b"], ["b"], ["b", "a", "c"]] {
      let trainer = Trainer(autoencoder(), optimizer: SGD()) { model, batch in
        let loss = model(batch.x).squared().mean()
        return Dictionary(uniqueKeysWithValues: (batch.count == 40 ? ["a", "c"] : names).map { ($0, loss) })
      }
      let error = trainingError { try trainer.fit(x, batchSize: 40, shuffle: false, progress: .none) }
      #expect(
        error
          == .invalidArgument(
            "the loss: expected the parts [\"a\", \"c\"] as in the batch before, got \(names.sorted())"))
      #expect(trainingError { _ = try trainer.evaluate(x, batchSize: 40) } == error)
      #expect(try trainer.evaluate(x[0..<80], batchSize: 40).values.map(\.name) == ["loss", "a", "c"])
    }
  }

  @Test func `a part with the name of the sum is refused`() throws {
    let trainer = Trainer(autoencoder(), optimizer: SGD()) { model, batch in
      ["loss": model(batch.x).squared().mean(), "size": model(batch.x).abs().mean()]
    }
    for error in [
      trainingError { try trainer.fit(x, progress: .none) }, trainingError { _ = try trainer.evaluate(x) },
    ] {
      #expect(error?.description.contains("expected parts of other names than loss") == true)
    }
  }

  @Test func `a loss that depends on no parameter`() throws {
    let trainer = Trainer(autoencoder(), optimizer: SGD()) { model, batch in
      ["cut": model(batch.x).detached().mean(), "data": batch.x.mean()]
    }
    let error = trainingError { try trainer.fit(x, progress: .none) }
    #expect(error?.description.contains("the loss the loss depends") == false)
    guard case .nothingToTrain(let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("depends on none of the 4 that are not frozen"))
  }

  @Test func `no loss at all, and parts that are no longer there, are errors`() throws {
    let x = Tensor<Float>.ones([8, 2])
    let model = Sequential(inputShape: [2]) { Dense(2) }
    let none = Trainer(model, optimizer: SGD()) { _, _ in [String: Tensor<Float>]() }
    #expect(throws: TrainingError.self) { try none.fit(x, progress: .none) }
    #expect(throws: TrainingError.self) { try none.evaluate(x) }
    var calls = 0
    let fewer = Trainer(model, optimizer: SGD()) { model, batch in
      calls += 1
      let loss = model(batch.x).squared().mean()
      return calls == 1 ? ["error": loss] : ["": loss]
    }
    let error = #expect(throws: TrainingError.self) { try fewer.fit(x, batchSize: 4, progress: .none) }
    #expect(error?.description.contains("expected the parts [\"error\"]") == true)
  }

  @Test func `a buffer may be infinite, as masks are, and not NaN`() throws {
    final class Masked: Layer {
      @Parameter var weight = Tensor<Float>([1, 2])
      @Buffer var mask: Tensor<Float>
      init(_ mask: Tensor<Float>) { self.mask = mask }
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { maximum(x * weight, mask) }
      func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
    }
    func fit(_ mask: Float) throws {
      let trainer = Trainer(Masked(Tensor([mask, -1])), optimizer: SGD()) { model, batch in
        (model(batch.x)[0..., 1]).squared().mean()
      }
      try trainer.fit(Tensor<Float>.ones([8, 2]), progress: .none)
    }
    try fit(-.infinity)
    #expect(throws: TrainingError.nonFiniteParameters(epoch: 1)) { try fit(.nan) }
  }
}
