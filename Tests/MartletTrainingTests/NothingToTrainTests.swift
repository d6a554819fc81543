import MartletCore
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

/// A fit that could change nothing throws at its first step and says why.
@Suite struct NothingToTrainTests {
  private func reason(_ model: some FloatLayer, _ loss: Loss<Tensor<Float>, Tensor<Int32>> = .crossEntropy) -> String? {
    let (x, y) = blobs()
    let before = parameters(of: model)
    defer { #expect(parameters(of: model) == before) }
    let trainer = Trainer(model, optimizer: Adam(), loss: loss)
    do throws(TrainingError) {
      try trainer.fit(x, y, progress: .none)
    } catch {
      #expect(trainer.history.epochs == 0)
      if case .nothingToTrain(let reason) = error { return reason }
      Issue.record(error)
    }
    return nil
  }

  @Test func `frozen parameters`() throws {
    let model = classifier()
    model.freeze()
    #expect(reason(model)?.hasSuffix("all 4 are frozen; model.unfreeze() undoes it") == true)
    model.parameters()[3].variable.isTrainable = true
    let (x, y) = blobs()
    try Trainer(model, optimizer: Adam(), loss: .crossEntropy).fit(x, y, progress: .none)
  }

  @Test func `a loss that depends on no parameter`() {
    let model = classifier()
    model.parameters()[0].variable.isTrainable = false
    let losses = [
      Loss<Tensor<Float>, Tensor<Int32>>("cut") { crossEntropy(logits: $0.detached(), labels: $1) },
      Loss<Tensor<Float>, Tensor<Int32>>("cut") { outputs, _ in Tensor(outputs.mean().item()) },
      Loss<Tensor<Float>, Tensor<Int32>>("cut") { outputs, _ in withoutGradient { outputs.mean() } },
    ]
    for loss in losses {
      #expect(reason(model, loss)?.contains("the loss cut depends on none of the 3 that are not frozen") == true)
    }
  }

  @Test func `a model without parameters`() {
    #expect(
      reason(Sequential(inputShape: [2]) { Flatten() }, Loss("sum") { outputs, _ in outputs.sum() })?
        .contains("the model has no parameters") == true)
  }
}
