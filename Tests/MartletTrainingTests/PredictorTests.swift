import MartletCore
import MartletData
import MartletNN
import MartletTraining
import Synchronization
import TestSupport
import Testing

@Suite struct PredictorTests {
  private let data = blobs()

  private func network() -> Sequential {
    withRandomSeed(3) {
      Sequential(inputShape: [2]) {
        Dense(16, activation: .tanh)
        Dropout(0.5)
        Dense(3)
      }
    }
  }

  private func reason(_ body: () throws -> Void) -> String {
    guard case .features(let reason) = trainingError(body) else { return "another error, or none" }
    return reason
  }

  @Test func `predicts as the trainer does`() throws {
    let model = network()
    let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy)
    try trainer.fit(data.x, data.y, seed: 1, progress: .none)
    let predictor = try model.predictor()
    for size in [1, 7, 256] {
      #expect(try predictor.predict(data.x, batchSize: size) == trainer.predict(data.x, batchSize: size))
    }
    #expect(try predictor.predictClasses(data.x) == trainer.predictClasses(data.x))
    // In a gradient and in training mode too, and as a constant.
    let within = withMode(.training) {
      valueWithGradient(at: model) { (model: Sequential) -> Tensor<Float> in
        #expect(throws: Never.self) { try predictor.predict(data.x) == trainer.predict(data.x) }
        return model(data.x).sum()
      }
    }
    #expect(within.gradients.count == 4)
  }

  @Test func `an embedding with limited vectors predicts, and keeps its table`() throws {
    let model = withRandomSeed(2) {
      Chain(Embedding(9, 4, maxNorm: 0.5), inputShape: [3]) {
        Flatten()
        BatchNorm()
        Dense(2)
      }
    }
    let table = model.first.weight
    let predictor = try model.predictor()
    let x: Tensor<Int64> = [[0, 1, 2], [8, 7, 6]]
    #expect(try predictor.predict(x) == model(x))
    #expect(model.first.weight == table)
    // In training it is limited in the table, to the same vectors.
    let vectors = model.first(x)
    #expect(gradient(at: model) { $0(x).sum() }.count == 5)
    #expect(model.first.weight != table)
    #expect(model.first(x).allClose(to: vectors))
  }

  @Test func `keeps the values that the model had, whatever changes it afterwards`() throws {
    let model = network()
    let before = model(data.x)
    let predictor = try model.predictor()
    try Trainer(model, optimizer: SGD(learningRate: 0.1), loss: .crossEntropy).fit(
      data.x, data.y, epochs: 2, seed: 1, progress: .none)
    let after = model(data.x)
    #expect(after != before)
    let later = try model.predictor()
    (model[0] as? Dense)?.weight = .zeros([16, 2])
    #expect(try predictor.predict(data.x) == before)
    #expect(try later.predict(data.x) == after)
    #expect(model(data.x) != after)
  }

  private final class Flag: Sendable {
    let isSet = Atomic<Bool>(true)
  }

  @Test func `many tasks get the answers of one, while the model is trained on`() async throws {
    let model = network()
    let predictor = try model.predictor()
    let (x, expected) = (data.x, try predictor.predict(data.x))
    let training = Flag()
    let wrong = await withTaskGroup(of: Int.self) { group in
      for task in 0..<8 {
        group.addTask {
          var (wrong, round) = (0, 0)
          repeat {
            let row = (task * 31 + round * 7) % x.shape[0]
            let one = try? predictor.predict(x[row..<(row + 1)])
            let all = try? predictor.predict(x)
            if all != expected || one?.shape != [1, 3] { wrong += 1 }
            round += 1
          } while round < 20 || training.isSet.load(ordering: .acquiring)
          return wrong
        }
      }
      #expect(throws: Never.self) {
        try Trainer(model, optimizer: Adam(), loss: .crossEntropy).fit(
          x, data.y, epochs: 20, batchSize: 8, seed: 1, progress: .none)
      }
      training.isSet.store(false, ordering: .releasing)
      return await group.reduce(0, +)
    }
    #expect(wrong == 0)
    #expect(model(x) != expected)
  }

  @Test func `what does not fit throws`() throws {
    let predictor = try network().predictor()
    #expect(reason { _ = try predictor.predict(.zeros([4, 3])) }.contains("x has rows of shape [3]"))
    #expect(reason { _ = try predictor.predict(.zeros([2])) }.hasSuffix("x[.newAxis] makes a single example a row"))
    #expect(throws: TrainingError.self) { try predictor.predict(.zeros([0, 2])) }
    #expect(throws: TrainingError.self) { try predictor.predict(data.x, batchSize: 0) }
    #expect(
      trainingError { _ = try Sequential(inputShape: [2]) { Dense(1) }.predictor().predictClasses(data.x) } != nil)
    let unbuilt = Sequential { Dense(4) }
    #expect(reason { _ = try unbuilt.predictor() }.contains("got none for 0.weight"))
  }

  @Test func `a layer that does not tell its shapes needs an example`() throws {
    let layer = Lambda { $0 * 2 }
    #expect(reason { _ = try layer.predictor().predict(data.x) }.contains("predictor(example: x)"))
    let predictor = try layer.predictor(example: data.x)
    #expect(try predictor.predict(data.x) == data.x * 2)
    #expect(reason { _ = try predictor.predict(.zeros([4, 3])) }.contains("the model takes rows of shape [2]"))
  }

  /// Counts its calls in a buffer, also in inference mode.
  final class Counting: Layer {
    @Buffer var calls = Tensor<Float>(0)
    func forward(_ x: Tensor<Float>) -> Tensor<Float> {
      calls += 1
      return x
    }
    func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
  }

  @Test func `a layer that changes a buffer stops with a message`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try Counting().predictor().predict(.zeros([1, 2]))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("expected a layer that changes no parameter or buffer while a predictor computes"))
  }
}
