import MartletCore
import MartletData
import MartletNN
import MartletTraining
import Testing

@Suite struct MinimizeTests {
  private let data = blobs()

  @Test func `L-BFGS takes all rows at once to the minimum`() throws {
    let model = withRandomSeed(1) { Sequential(inputShape: [2]) { Dense(3) } }
    let trainer = Trainer(model, optimizer: SGD(), loss: .meanSquaredError)
    // A linear model's least squares, which have one minimum.
    let x = data.x
    let (weight, bias): (Tensor<Float>, Tensor<Float>) = ([[1, -2, 0.5], [3, 0, -1]], [0.25, -0.5, 1])
    let y = x.matmul(weight) + bias
    let minimum = try trainer.minimize(x, y)
    #expect(minimum.loss < 1e-7 && minimum.iterations < 30)
    let expected: [Float] = [1, 3, -2, 0, 0.5, -1, 0.25, -0.5, 1]
    #expect(zip(parameters(of: model), expected).allSatisfy { abs($0 - $1) < 2e-3 })
    #expect(abs(try trainer.evaluate(x, y).loss - minimum.loss) < 1e-8)
  }

  @Test func `rows count for their weights, and random layers draw the same each time`() throws {
    func trained(_ dataset: Dataset<Tensor<Float>, Tensor<Int32>>) throws -> (LBFGS.Minimum, [Float]) {
      let model = classifier(dropout: 0.2)
      let trainer = Trainer(model, optimizer: SGD(), loss: .crossEntropy)
      return (
        try withRandomSeed(4) { try trainer.minimize(dataset, with: LBFGS(maximumIterations: 15)) },
        parameters(of: model)
      )
    }
    let dataset = try Dataset(data.x, data.y)
    let (first, second) = (try trained(dataset), try trained(dataset))
    #expect(first.1 == second.1 && first.0.loss == second.0.loss && first.0.loss < 0.3)
    let none = try dataset.weighted(by: Tensor((0..<90).map { $0 < 60 ? 1 : 0 } as [Float]))
    #expect(try trained(none).1 != first.1)
  }

  @Test func `every evaluation draws the same numbers`() throws {
    var draws: [Float] = []
    let trainer = Trainer(classifier(), optimizer: SGD(), targets: Tensor<Int32>.self) { model, batch in
      draws.append(Tensor<Float>.randomUniform([1]).item())
      return crossEntropy(logits: model(batch.x), labels: batch.y)
    }
    let minimum = try trainer.minimize(data.x, data.y, with: LBFGS(maximumIterations: 5))
    #expect(draws.count > minimum.evaluations && minimum.evaluations > 4 && Set(draws).count == 1)
  }

  @Test func `what cannot be minimised is refused, and the model stays`() throws {
    let model = classifier()
    let before = parameters(of: model)
    let trainer = Trainer(model, optimizer: SGD(), targets: Tensor<Int32>.self) { model, batch in
      crossEntropy(logits: model(batch.x), labels: batch.y) * Float.infinity
    }
    let infinite = trainingError { _ = try trainer.minimize(data.x, data.y) }
    #expect("\(infinite!)".contains("expected a finite loss and gradient to begin with, got a loss of inf"))
    #expect(parameters(of: model) == before)
    let wide = trainingError { _ = try trainer.minimize(Tensor<Float>.zeros([90, 3]), data.y) }
    #expect(wide != nil)
  }
}
