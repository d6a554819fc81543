import Foundation
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

@Suite struct LearningRateTests {
  private let data = blobs()

  @Test func `the curve falls and rises, and suggests a rate between`() throws {
    // Squared errors of a line grow without end where the rate is too large.
    let y = data.x.sum(axis: 1, keepDims: true) * 2 - 1
    let model = withRandomSeed(1) { Sequential(inputShape: [2]) { Dense(1) } }
    let trainer = Trainer(model, optimizer: SGD(), loss: .meanSquaredError)
    let curve = try trainer.findLearningRate(data.x, y, from: 1e-5, to: 1e4, seed: 1)
    #expect(curve.hasDiverged && curve.rates.count == curve.losses.count && curve.rates.count > 30)
    #expect(curve.rates[0] == 1e-5 && abs(curve.rates[11] / curve.rates[0] - 10.0) < 0.1 * 10)
    let (valley, steepest) = (try #require(curve.valley), try #require(curve.steepest))
    for rate in [valley, steepest, curve.suggestion] { #expect(rate > 1e-4 && rate < 10 && curve.rates.contains(rate)) }
    // Training with the rate learns.
    trainer.optimizer.learningRate = curve.suggestion
    let history = try trainer.fit(data.x, y, epochs: 30, seed: 1, progress: .none)
    #expect(history["loss"].last! < 0.3 * history["loss"][0])
  }

  @Test func `it leaves everything as it was`() throws {
    // Dropout draws, normalisation has buffers, the optimiser has a state, the model is built first.
    func run(finding: Bool) throws -> (bits: [[Double]], state: [[Double]], rate: Double, history: [Double]) {
      try withRandomSeed(9) {
        let model = classifier(dropout: 0.2)
        let optimizer = Adam(learningRate: 0.01)
        let trainer = Trainer(model, optimizer: optimizer, loss: .crossEntropy)
        try trainer.fit(data.x, data.y, epochs: 1, progress: .none)
        if finding { _ = try trainer.findLearningRate(data.x, data.y, to: 1e3) }
        let kept = optimizer.state(for: model).map(\.tensor.doubles)
        let bits = state(of: model).map(\.doubles)
        let history = try trainer.fit(data.x, data.y, epochs: 2, progress: .none)
        return (bits, kept, optimizer.learningRate, history["loss"])
      }
    }
    let (with, without) = (try run(finding: true), try run(finding: false))
    #expect(with.bits == without.bits && with.state == without.state && with.rate == 0.01)
    #expect(with.history == without.history)
  }

  @Test func `a model that is not built yet is built as the fit would`() throws {
    func run(finding: Bool) throws -> [[Double]] {
      try withRandomSeed(9) {
        let model = Sequential {
          Dense(8, activation: .relu)
          Dense(3)
        }
        let trainer = Trainer(model, optimizer: SGD(), loss: .crossEntropy)
        if finding { _ = try trainer.findLearningRate(data.x, data.y) }
        try trainer.fit(data.x, data.y, epochs: 1, progress: .none)
        return state(of: model).map(\.doubles)
      }
    }
    #expect(try run(finding: true) == run(finding: false))
  }

  @Test func `it answers also where the loss diverges at once or never falls`() throws {
    final class Bad: Layer {
      @Parameter var weight: Tensor<Float> = [1]
      var factor: Float = .infinity
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { x * (weight * factor) }
      func outputShape(for inputShape: Shape?) -> Shape? { inputShape }
    }
    let model = Bad()
    let x = Tensor<Float>.ones([8, 1])
    let trainer = Trainer(model, optimizer: SGD(), loss: .meanSquaredError)
    let infinite = try trainer.findLearningRate(x, x, seed: 1)
    #expect(infinite.rates.isEmpty && infinite.hasDiverged && infinite.suggestion == 1e-7)
    #expect("\(infinite)".contains("the loss diverged at the lowest rate") && model.weight == [1])
    // The loss is at its least already.
    model.factor = 1
    let still = try trainer.findLearningRate(x, x, from: 1e-3, to: 1, steps: 5, seed: 1)
    #expect(still.losses == [0, 0, 0, 0, 0] && !still.hasDiverged)
    #expect(still.valley == nil && still.steepest == nil && still.suggestion == 1e-3)
    #expect("\(still)".contains("it never fell"))
  }

  @Test func `the curve is drawn`() throws {
    let trainer = Trainer(classifier(), optimizer: SGD(), loss: .crossEntropy)
    let curve = try trainer.findLearningRate(data.x, data.y, seed: 1)
    let directory = TemporaryDirectory()
    let path = directory.file("rates.svg")
    try curve.saveSVG(to: path)
    let svg = try String(contentsOfFile: path, encoding: .utf8)
    #expect(svg.contains("learning rate") && svg.contains("valley") && svg.contains("</svg>"))
    #expect("\(curve)".contains("suggested is") && "\(curve)".split(separator: "\n").count > 10)
  }

  @Test func `what a fit refuses is refused`() throws {
    let trainer = Trainer(classifier(), optimizer: SGD(), loss: .crossEntropy)
    let range = trainingError { _ = try trainer.findLearningRate(data.x, data.y, from: 1, to: 0.1) }
    #expect("\(range!)".contains("expected 0 < from < to and at least 2 steps, got from 1.0, to 0.1, 100 steps"))
    let wide = trainingError { _ = try trainer.findLearningRate(Tensor<Float>.zeros([90, 3]), data.y) }
    #expect(wide != nil)
    trainer.model.freeze()
    let frozen = trainingError { _ = try trainer.findLearningRate(data.x, data.y) }
    #expect("\(frozen!)".contains("all 4 are frozen"))
  }
}
