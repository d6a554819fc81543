import MartletCore
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

@Suite struct MetricTests {
  /// A model whose outputs are given: for each row of the input, which holds its number, the row of that number.
  private final class Given: Layer {
    let outputs: Tensor<Float>
    init(_ outputs: Tensor<Float>) { self.outputs = outputs }
    func forward(_ x: Tensor<Float>) -> Tensor<Float> { outputs.take(x.cast(to: Int64.self)) }
    func outputShape(for inputShape: Shape?) -> Shape? { Shape(outputs.shape.dropFirst()) }
  }

  private func measure<T>(
    _ metric: Metric<Tensor<Float>, Tensor<T>>, _ outputs: Tensor<Float>, _ targets: Tensor<T>, batchSize: Int = 2
  ) throws -> Double {
    let loss = Loss<Tensor<Float>, Tensor<T>>("nothing") { _, _ in Tensor(0) }
    let trainer = Trainer(Given(outputs), optimizer: SGD(), loss: loss, metrics: [metric])
    let rows = Tensor((0..<outputs.shape[0]).map(Float.init))
    return try #require(trainer.evaluate(rows, targets, batchSize: batchSize)[metric.name])
  }

  private let logits = Tensor<Float>(shape: [5, 3], scalars: [3, 1, 2, 0, 5, 4, 1, 1, 0, 2, 0, 9, .nan, 1, 0])

  @Test func `accuracy counts the largest output`() throws {
    #expect(try measure(Metric<Tensor<Float>, Tensor<Int32>>.accuracy, logits, [0, 1, 0, 2, 1]) == 4.0 / 5)
    // Of equals the first is the largest; NaN is never right.
    #expect(try measure(Metric<Tensor<Float>, Tensor<Int32>>.accuracy, logits, [1, 2, 1, 0, 0]) == 0)
  }

  @Test func `topK counts the k largest`() throws {
    #expect(try measure(.topKAccuracy(2), logits, [2, 2, 1, 0, 0]) == 4.0 / 5)
    #expect(try measure(.topKAccuracy(1), logits, [0, 1, 0, 2, 1]) == 4.0 / 5)
    #expect(try measure(.topKAccuracy(3), logits[0..<4], [1, 0, 2, 1]) == 1)
  }

  @Test func `binary accuracy takes logits or probabilities`() throws {
    let outputs = Tensor<Float>(shape: [4, 1], scalars: [0.6, -0.1, 0.4, .nan])
    let targets: Tensor<Float> = [[1], [0], [0], [0]]
    #expect(try measure(.accuracy, outputs, targets) == 0.5)
    #expect(try measure(.binaryAccuracy(threshold: 0.5), outputs, targets) == 0.75)
  }

  @Test(arguments: [1, 2, 3, 5])
  func `errors are weighted by rows`(batchSize: Int) throws {
    let outputs: Tensor<Float> = [[1], [2], [3], [4], [5]]
    let targets: Tensor<Float> = [[1], [2], [3], [2], [1]]
    func of(_ metric: Metric<Tensor<Float>, Tensor<Float>>) throws -> Double {
      try measure(metric, outputs, targets, batchSize: batchSize)
    }
    #expect(abs(try of(.meanAbsoluteError) - 1.2) < 1e-12)
    #expect(abs(try of(.meanSquaredError) - 4) < 1e-12)
    #expect(abs(try of(.rootMeanSquaredError) - 2) < 1e-12)
    #expect(abs(try of(Metric("first") { outputs, _ in Double(outputs.mean().item()) }) - 3) < 1e-12)
  }
}
