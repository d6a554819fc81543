import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

/// Models of any input and output: what a trainer does is what one would do by hand, bit for bit.
@Suite struct GeneralModelTests {
  private let tokens = Tensor<Int32>(shape: [20, 3], scalars: (0..<60).map { Int32($0 * 7 % 11) })
  private let labels = Tensor<Int32>((0..<20).map { Int32($0 % 4) })

  @Test(arguments: [11, -1, Int32.max, Int32.min])
  func `an index that a layer does not take throws with its row, and computes nothing`(index: Int32) throws {
    let trainer = Trainer(TokenModel(), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
    let before = state(of: trainer.model)
    var bad = tokens
    bad[4, 2] = Tensor(index)
    let good = try Dataset(tokens, labels)
    for (name, reason) in [
      ("x", features { _ = try trainer.predict(bad) }), ("x", features { _ = try trainer.predictClasses(bad) }),
      ("x of the data", features { _ = try trainer.evaluate(bad, labels) }),
      ("x of the training data", features { try trainer.fit(bad, labels, progress: .none) }),
      (
        "x of the validation data",
        features { try trainer.fit(good, validation: Dataset(bad, labels), progress: .none) }
      ),
    ] {
      #expect(reason == "\(name): expected indices in 0..<11, got \(index) in row 4, column 2")
    }
    // Rows of a part are counted within it, and bad ones outside of it do no harm.
    let data = try Dataset(bad, labels)
    let part = features { _ = try trainer.evaluate(data[3..<9]) }
    #expect(part == "x of the data: expected indices in 0..<11, got \(index) in row 1, column 2")
    #expect(throws: Never.self) { try trainer.evaluate(data[5..<9]) }
    #expect(state(of: trainer.model) == before)
  }

  @Test func `an index that a layer inside does not take throws with its path`() throws {
    let loss = Loss<Tensor<Float>, Tensor<Int32>>("own", targets: .labels) { crossEntropy(logits: $0, labels: $1) }
    let trainer = Trainer(TwoTexts(), optimizer: Adam(), loss: loss)
    try trainer.fit(Pair(tokens, tokens), labels, progress: .none)
    let text = features { _ = try trainer.predict(Pair(tokens, tokens + 1)) }
    #expect(text.hasPrefix("x: layer right: expected indices in 0..<11, got 11 in row "), "\(text)")
  }

  private func features(_ body: () throws -> Void) -> String {
    guard case .features(let reason) = trainingError(body) else { return "another error, or none" }
    return reason
  }

  @Test func `an embedding takes integers`() throws {
    let (model, other) = (TokenModel(), TokenModel())
    let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
    let history = try trainer.fit(tokens, labels, epochs: 3, batchSize: 8, shuffle: false, progress: .none)
    let losses = fitByHand(other, Adam(), rows: 20, epochs: 3, batchSize: 8) {
      (tokens[$0], labels[$0])
    } loss: {
      crossEntropy(logits: $0($1.0), labels: $1.1)
    }
    #expect(history["loss"] == losses && history["accuracy"].count == 3)
    #expect(state(of: model) == state(of: other))

    let outputs = other(tokens)
    #expect(try trainer.predict(tokens) == outputs)
    #expect(try trainer.predictClasses(tokens) == outputs.argMax(axis: 1).cast(to: Int32.self))
    #expect(try trainer.evaluate(tokens, labels).loss == Double(crossEntropy(logits: outputs, labels: labels).item()))
    // Rows are cut where they would be by hand, and no number depends much on where.
    let parts = Tensor.concatenate([other(tokens[0..<7]), other(tokens[7..<14]), other(tokens[14..<20])])
    #expect(try trainer.predict(tokens, batchSize: 7) == parts)
    #expect((parts - outputs).abs().max().item() < 1e-6)
    // It tells which rows it takes: four tokens are not.
    let error = trainingError { _ = try trainer.predict(Tensor<Int32>.zeros([2, 4])) }
    #expect(error?.description.contains("x has rows of shape [4], which the model does not take") == true)
  }

  @Test func `a struct of tensors is an input`() throws {
    let visits = Visit.numbered(10)
    let scores = visits.weight.cast(to: Float.self).reshaped(to: [10, 1])
    let (model, other) = (VisitModel(), VisitModel())
    let trainer = Trainer(model, optimizer: SGD(learningRate: 1e-4), loss: .meanSquaredError)
    let history = try trainer.fit(
      Dataset(visits, scores), validation: Dataset(visits, scores), epochs: 2, batchSize: 4, shuffle: false,
      progress: .none)
    let losses = fitByHand(other, SGD(learningRate: 1e-4), rows: 10, epochs: 2, batchSize: 4) {
      (
        Visit(
          place: .init(position: visits.place.position[$0], floor: visits.place.floor[$0]),
          weight: visits.weight[$0], notes: [visits.notes[0][$0], visits.notes[1][$0]]), scores[$0]
      )
    } loss: {
      meanSquaredError(predicted: $0($1.0), expected: $1.1)
    }
    #expect(history["loss"] == losses)
    #expect(state(of: model) == state(of: other))
    let loss = Double(meanSquaredError(predicted: other(visits), expected: scores).item())
    #expect(history["val_loss"].last == loss)
    #expect(try trainer.evaluate(visits, scores).loss == loss)
    #expect(try trainer.predict(visits) == other(visits))
    #expect((try trainer.predict(visits, batchSize: 1) - other(visits)).abs().max().item() < 1e-5)
  }

  @Test func `a feature that is not finite is found in any tensor of a struct`() throws {
    var visits = Visit.numbered(10)
    visits.weight[6] = Tensor(.infinity)
    let trainer = Trainer(VisitModel(), optimizer: SGD(), loss: .meanSquaredError)
    let scores = Tensor<Float>.zeros([10, 1])
    let error = trainingError { try trainer.fit(visits, scores, progress: .none) }
    #expect(
      error?.description.hasPrefix("tensor 2 of x of the training data: expected finite numbers, got inf in row 6")
        == true)
    let held = trainingError {
      try trainer.fit(.numbered(10), scores, validationData: (visits, scores), progress: .none)
    }
    #expect(held?.description.hasPrefix("tensor 2 of x of the validation data") == true)
  }

  private typealias Both = Pair<Tensor<Float>, Tensor<Float>>
  private typealias Answers = Pair<Tensor<Int32>, Tensor<Float>>

  private func bothLosses(_ outputs: Both, _ targets: Answers) -> Tensor<Float> {
    crossEntropy(logits: outputs.first, labels: targets.first)
      + meanSquaredError(predicted: outputs.second, expected: targets.second)
  }

  @Test func `a pair is an output, and a pair its targets`() throws {
    let (x, y) = blobs()
    let targets = Pair(y, x.sum(axis: 1, keepDims: true))
    let loss = Loss<Both, Answers>("both") { outputs, targets in
      crossEntropy(logits: outputs.first, labels: targets.first)
        + meanSquaredError(predicted: outputs.second, expected: targets.second)
    }
    let size = Metric<Both, Answers>("size", goal: .minimum) { outputs, targets in
      Double((outputs.second - targets.second).abs().mean().item())
    }
    let (model, other) = (TwoHeads(), TwoHeads())
    let trainer = Trainer(model, optimizer: Adam(), loss: loss, metrics: [size])
    let history = try trainer.fit(x, targets, epochs: 2, batchSize: 40, shuffle: false, progress: .none)
    let losses = fitByHand(other, Adam(), rows: 90, epochs: 2, batchSize: 40) {
      (x[$0], Pair(targets.first[$0], targets.second[$0]))
    } loss: {
      bothLosses($0($1.0), $1.1)
    }
    #expect(history["loss"] == losses && history.names == ["loss", "size"])
    #expect(state(of: model) == state(of: other))
    let outputs = other(x)
    #expect(try trainer.evaluate(x, targets).loss == Double(bothLosses(outputs, targets).item()))
    let error = (outputs.second - targets.second).abs().mean().item()
    #expect(try trainer.evaluate(x, targets)["size"] == Double(error))
    let predicted = try trainer.predict(x, batchSize: 32)
    let parts = [other(x[0..<32]), other(x[32..<64]), other(x[64..<90])]
    #expect(predicted.first == Tensor.concatenate(parts.map(\.first)) && predicted.first.shape == [90, 3])
    #expect(predicted.second == Tensor.concatenate(parts.map(\.second)) && predicted.second.shape == [90, 1])
    // Targets are looked at in all their tensors.
    var wrong = targets
    wrong.second[8, 0] = Tensor(.nan)
    let found = trainingError { try trainer.fit(x, wrong, progress: .none) }
    #expect(found?.description.hasPrefix("both: expected finite targets, got nan in row 8, column 0") == true)
  }

  @Test func `a model of doubles is fitted by a loss that is a float`() throws {
    let x = Tensor<Double>(shape: [12, 2], scalars: (0..<24).map { Double($0 % 5) / 4 })
    let y = x.sum(axis: 1, keepDims: true)
    let loss = Loss<Tensor<Double>, Tensor<Double>>("double", targets: .sameShape) {
      meanSquaredError(predicted: $0, expected: $1).cast(to: Float.self)
    }
    let (model, other) = (DoubleLine(), DoubleLine())
    let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1, momentum: 0.9), loss: loss)
    let history = try trainer.fit(x, y, epochs: 5, batchSize: 5, shuffle: false, progress: .none)
    let losses = fitByHand(other, SGD(learningRate: 0.1, momentum: 0.9), rows: 12, epochs: 5, batchSize: 5) {
      (x[$0], y[$0])
    } loss: {
      meanSquaredError(predicted: $0($1.0), expected: $1.1).cast(to: Float.self)
    }
    #expect(history["loss"] == losses)
    #expect(losses[4] < losses[0] / 2)
    #expect(state(of: model) == state(of: other))
    #expect(try trainer.predict(x) == other(x))
    let parts = Tensor.concatenate([other(x[0..<5]), other(x[5..<10]), other(x[10...])])
    #expect(try trainer.predict(x, batchSize: 5) == parts)
    // Targets of floats are taken too, and their numbers are looked at.
    #expect(try trainer.evaluate(x, y.cast(to: Float.self)).loss == trainer.evaluate(x, y).loss)
    var wrong = y
    wrong[4, 0] = Tensor(.nan)
    #expect(trainingError { _ = try trainer.evaluate(x, wrong) }?.description.contains("got nan in row 4") == true)
  }

  @Test func `outputs without rows, or of other rows from every batch, are not put together`() throws {
    let (x, _) = blobs()
    for shape in [Shape([]), nil] {
      let loss = Loss<Both, NoTarget>("odd") { outputs, _ in outputs.second.mean() }
      let trainer = Trainer(OddOutputs(shape), optimizer: SGD(), loss: loss)
      #expect(try trainer.predict(x).first == x)
      let error = trainingError { _ = try trainer.predict(x, batchSize: 40) }
      #expect(error?.description.contains("from every batch") == true, "\(String(describing: error))")
    }
  }
}

/// Tokens `[n, 3]` to scores `[n, 4]`.
private final class TokenModel: Layer {
  @Parameter var table: Tensor<Float>
  let dense: Dense

  init() {
    var generator = RandomGenerator(seed: 1)
    _table = Parameter(wrappedValue: .randomNormal([11, 5], using: &generator))
    dense = withRandomSeed(2) { Dense(5, 4) }
  }

  func forward(_ x: Tensor<Int32>) -> Tensor<Float> { dense(table.take(x).mean(axis: 1)) }

  func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    if let inputShape, inputShape != [3] {
      throw .layer(path: "", reason: "TokenModel: expected three tokens, got \(inputShape)")
    }
    return [4]
  }

  func validate(_ x: Tensor<Int32>) throws(ModuleError) { try checkIndices(x, in: 0..<table.shape[0]) }
}

/// Two token models side by side, to a score.
private final class TwoTexts: Layer {
  let left = TokenModel()
  let right = TokenModel()

  func forward(_ x: Pair<Tensor<Int32>, Tensor<Int32>>) -> Tensor<Float> { left(x.first) * right(x.second) }

  func validate(_ x: Pair<Tensor<Int32>, Tensor<Int32>>) throws(ModuleError) {
    try left.validate(x.first)
    try right.validate(x.second)
  }
}

private final class VisitModel: Layer {
  let dense = withRandomSeed(3) { Dense(4, 1) }

  func forward(_ x: Visit) -> Tensor<Float> {
    let count = x.weight.count
    let columns = [
      x.place.position, x.weight.cast(to: Float.self).reshaped(to: [count, 1]),
      (x.place.floor.cast(to: Float.self) - x.notes[0].cast(to: Float.self)).reshaped(to: [count, 1]),
    ]
    return dense(Tensor.concatenate(columns, axis: 1))
  }

  func outputShape(for inputShape: Shape?) -> Shape? { [1] }
}

private final class TwoHeads: Layer {
  let (classes, number) = withRandomSeed(4) { (Dense(2, 3), Dense(2, 1)) }
  func forward(_ x: Tensor<Float>) -> Pair<Tensor<Float>, Tensor<Float>> { Pair(classes(x), number(x)) }
}

private final class DoubleLine: Layer {
  @Parameter var weight: Tensor<Double> = [[0.5], [-0.25]]
  @Parameter var bias: Tensor<Double> = [0.125]
  func forward(_ x: Tensor<Double>) -> Tensor<Double> { x.matmul(weight) + bias }
  func outputShape(for inputShape: Shape?) -> Shape? { [1] }
}

/// The input, and beside it a tensor of one shape for any number of rows: or one as wide as there are rows.
private final class OddOutputs: Layer {
  let shape: Shape?
  init(_ shape: Shape?) { self.shape = shape }
  func forward(_ x: Tensor<Float>) -> Pair<Tensor<Float>, Tensor<Float>> {
    Pair(x, .zeros(shape ?? [x.shape[0], x.shape[0]]))
  }
  func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
}
