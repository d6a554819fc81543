import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// Models whose layers do not tell which rows they take: nothing that does not fit may reach them.
@Suite struct PredictTests {
  private let data = blobs()

  private func trainer(example: Tensor<Float>? = nil) -> Trainer<Opaque, Tensor<Int32>> {
    Trainer(Opaque(), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy], example: example)
  }

  private func reason(_ body: () throws -> Void) -> String {
    guard case .features(let reason) = trainingError(body) else { return "another error, or none" }
    return reason
  }

  @Test func `before a fit it is not known which rows fit, and it is said what to do`() throws {
    let trainer = trainer()
    for text in [
      reason { _ = try trainer.predict(data.x) }, reason { _ = try trainer.predictClasses(data.x) },
      reason { _ = try trainer.evaluate(data.x, data.y) }, reason { _ = try trainer.evaluate(Dataset(data.x, data.y)) },
    ] {
      #expect(text.contains("got Opaque, of which a layer does not"), "\(text)")
      for remedy in ["outputShape(for:)", "fit the model first", "Trainer(…, example: x)"] {
        #expect(text.contains(remedy), "\(text)")
      }
    }
  }

  private func expectKnown(_ trainer: Trainer<Opaque, Tensor<Int32>>) throws {
    let outputs = trainer.model(data.x)
    #expect(try trainer.predict(data.x) == outputs)
    #expect(try trainer.predictClasses(data.x) == outputs.argMax(axis: 1).cast(to: Int32.self))
    #expect(
      try trainer.evaluate(data.x, data.y).loss == Double(crossEntropy(logits: outputs, labels: data.y).item()))
    #expect(try trainer.predict(data.x[0..<1]).shape == [1, 3])
    for wrong in [Tensor<Float>.zeros([4, 3]), .zeros([4, 2, 2]), .zeros([4])] {
      let labels = Tensor<Int32>.zeros([4])
      let row = Shape(wrong.shape.dropFirst())
      for text in [
        reason { _ = try trainer.predict(wrong) }, reason { _ = try trainer.predictClasses(wrong) },
        reason { _ = try trainer.evaluate(wrong, labels) }, reason { try trainer.fit(wrong, labels, progress: .none) },
        reason { try trainer.fit(data.x, data.y, validationData: (wrong, labels), progress: .none) },
      ] {
        #expect(text.contains("has rows of shape \(row); the model takes rows of shape [2]"), "\(text)")
        #expect(!text.contains("x[.newAxis]"))
      }
    }
    // A single example, which is no row.
    #expect(reason { _ = try trainer.predict([0.5, 1]) }.hasSuffix("x[.newAxis] makes a single example a row"))
    #expect(try trainer.predict(Tensor<Float>([0.5, 1])[.newAxis]).shape == [1, 3])
  }

  @Test func `after an example`() throws {
    try expectKnown(trainer(example: data.x[0..<1]))
    try expectKnown(trainer(example: .zeros([7, 2])))
  }

  @Test func `after a fit`() throws {
    let trainer = trainer()
    try trainer.fit(data.x, data.y, progress: .none)
    try expectKnown(trainer)
  }

  @Test func `an example that is not what is fitted`() throws {
    let trainer = trainer(example: .zeros([1, 3]))
    #expect(reason { try trainer.fit(data.x, data.y, progress: .none) }.contains("the model takes rows of shape [3]"))
  }

  @Test func `the first fit's validation data has to be as its training data`() async throws {
    let wrong = Tensor<Float>.zeros([4, 3])
    let trainer = trainer()
    #expect(
      reason { try trainer.fit(data.x, data.y, validationData: (wrong, .zeros([4])), progress: .none) }
        .contains("the validation data has rows of shape [3]; the model takes rows of shape [2]"))
    // Nothing was fitted.
    #expect(reason { _ = try trainer.predict(data.x) }.contains("fit the model first"))
    try trainer.fit(data.x, data.y, validationData: data, progress: .none)
  }

  @Test func `rows of several tensors`() throws {
    let x = Pair(data.x, [data.x])
    let loss = Loss<Tensor<Float>, Tensor<Int32>>("own", targets: .labels) { crossEntropy(logits: $0, labels: $1) }
    let trainer = Trainer(TwoInputs(), optimizer: SGD(), loss: loss)
    #expect(reason { _ = try trainer.predict(x) }.contains("got TwoInputs, of which a layer does not"))
    try trainer.fit(x, data.y, progress: .none)
    #expect(try trainer.predict(x, batchSize: 50).shape == [90, 3])
    for wrong in [Pair(data.x, [data.x[.all, 0..<1]]), Pair(data.x, []), Pair(data.x, [data.x, data.x])] {
      #expect(reason { _ = try trainer.predict(wrong) }.contains("the model takes rows of shape [2], [2]"))
      #expect(reason { _ = try trainer.evaluate(wrong, data.y) }.contains("the data has rows of shape [2]"))
    }
    let uneven = reason { _ = try trainer.predict(Pair(data.x, [data.x[0..<1]])) }
    #expect(uneven.contains("as many rows in every tensor of x"))
    let single = Pair(Tensor<Float>([1, 2]), [Tensor<Float>([3, 4])])
    #expect(reason { _ = try trainer.predict(single) }.contains("x has rows of shape [], []"))
  }

  @Test func `a single example for layers that tell`() throws {
    let trainer = Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy)
    let text = reason { _ = try trainer.predict([0.5, 1]) }
    #expect(text.hasPrefix("x has rows of shape [], which the model does not take: "))
    #expect(text.hasSuffix("; x[.newAxis] makes a single example a row"))
    #expect(try trainer.predict(Tensor<Float>([0.5, 1])[.newAxis]).shape == [1, 3])
    #expect(!reason { _ = try trainer.predict([0.5, 1, 2]) }.contains("x[.newAxis]"))
  }

  @Test func `predicting takes no part in a gradient, and is in inference mode`() throws {
    let trainer = Trainer(classifier(dropout: 0.9), optimizer: Adam(), loss: .crossEntropy)
    let expected = trainer.model(data.x)
    let slope = try withMode(.training) {
      try gradient(at: data.x) { x in
        let outputs = try trainer.predict(x)
        #expect(outputs == expected)
        return outputs.sum() + x.sum()
      }
    }
    #expect(slope == .ones([90, 2]))
    // Nor that of the model's parameters.
    let (plain, both) = try withMode(.inference) {
      (
        gradient(at: trainer.model) { $0(data.x).squared().sum() },
        try gradient(at: trainer.model) { try trainer.predict(data.x).sum() + $0(data.x).squared().sum() }
      )
    }
    for ((path, first), (_, second)) in zip(plain, both) {
      #expect(first.withUnsafeBytes { Array($0) } == second.withUnsafeBytes { Array($0) }, "\(path)")
    }
    #expect(plain.count == 4 && both.count == 4)
    // Nor where the output is the input itself.
    let identity = Trainer(Same(), optimizer: SGD(), loss: .meanSquaredError)
    #expect(try gradient(at: data.x) { x in try identity.predict(x).sum() + x.sum() } == .ones([90, 2]))
  }
}

/// A layer that does not tell its output's shape.
private final class Opaque: Layer {
  let dense = withRandomSeed(1) { Dense(2, 3) }
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { dense(x) }
}

private final class Same: Layer {
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { x }
  func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
}

private final class TwoInputs: Layer {
  let dense = withRandomSeed(1) { Dense(2, 3) }
  func forward(_ x: Pair<Tensor<Float>, [Tensor<Float>]>) -> Tensor<Float> { dense(x.first + x.second[0]) }
}
