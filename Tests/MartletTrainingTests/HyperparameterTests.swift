import MartletCore
import MartletNN
import MartletTraining
import Testing

/// Hyperparameters that go wrong before or during a fit: it throws, and what the steps before have done holds.
@Suite struct HyperparameterTests {
  private func error(_ body: () throws(TrainingError) -> Void) -> HyperparameterError? {
    do throws(TrainingError) {
      try body()
      Issue.record("nothing was thrown")
    } catch {
      if case .hyperparameter(let found, _) = error { return found }
      Issue.record(error)
    }
    return nil
  }

  @Test(arguments: [.nan, -1, .infinity, -.infinity] as [Double])
  func `a schedule that goes wrong`(rate: Double) throws {
    let (x, y) = blobs()
    let (model, reference) = (classifier(), classifier())
    let optimizer = Adam(learningRate: 0.01)
    let trainer = Trainer(model, optimizer: optimizer, loss: .crossEntropy)
    let expected = HyperparameterError(optimizer: "Adam", name: "learningRate", value: rate, range: .atLeastZero)
    let error = #expect(throws: TrainingError.hyperparameter(expected, epoch: 3)) {
      _ = try trainer.fit(x, y, epochs: 9, seed: 3, progress: .none) { report in
        if report.epoch == 2 { optimizer.learningRate = rate }
        return .proceed
      }
    }
    #expect(error?.description.contains("got \(rate) in epoch 3") == true)
    #expect(trainer.history.epochs == 2)
    let other = Trainer(reference, optimizer: Adam(learningRate: 0.01), loss: .crossEntropy)
    try other.fit(x, y, epochs: 2, seed: 3, progress: .none)
    #expect(parameters(of: model) == parameters(of: reference))
    #expect(trainer.history["loss"] == other.history["loss"])

    // The next fit throws before its first step, and all is well once the rate is.
    let found = self.error { () throws(TrainingError) in try trainer.fit(x, y, progress: .none) }
    #expect(found == expected)
    #expect(trainer.history.epochs == 0)
    (optimizer.learningRate, other.optimizer.learningRate) = (0.02, 0.02)
    for trainer in [trainer, other] { try trainer.fit(x, y, epochs: 2, seed: 4, progress: .none) }
    #expect(parameters(of: model) == parameters(of: reference))
  }

  @Test func `a rate that goes wrong after the last epoch`() throws {
    let (x, y) = blobs()
    let optimizer = SGD()
    let trainer = Trainer(classifier(), optimizer: optimizer, loss: .crossEntropy)
    let history = try trainer.fit(x, y, epochs: 2, progress: .none) { report in
      if report.epoch == 2 { optimizer.learningRate = -1e-18 }
      return .proceed
    }
    #expect(history.epochs == 2)
  }

  @Test func `within an epoch`() throws {
    let (x, y) = blobs()
    let optimizer = SGD()
    let model = Meddler { optimizer.weightDecay = -.infinity }
    let trainer = Trainer(model, optimizer: optimizer, loss: .crossEntropy)
    let found = error { () throws(TrainingError) in try trainer.fit(x, y, batchSize: 45, progress: .none) }
    #expect(found?.name == "weightDecay" && found?.value == -.infinity)
    #expect(parameters(of: model).allSatisfy { $0.isFinite })
  }

  @Test func `an optimiser of a user's own`() throws {
    let (x, y) = blobs()
    let trainer = Trainer(classifier(), optimizer: Signs(), loss: .crossEntropy)
    try trainer.fit(x, y, progress: .none)
    trainer.optimizer.learningRate = .nan
    let found = error { () throws(TrainingError) in try trainer.fit(x, y, progress: .none) }
    #expect(found?.description == "Signs: expected learningRate to be finite and at least 0, got nan")
  }
}

/// Does something at every use in training.
private final class Meddler: Layer {
  let dense = withRandomSeed(1) { Dense(2, 3) }
  let meddle: () -> Void

  init(_ meddle: @escaping () -> Void) { self.meddle = meddle }

  func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    if Mode.current == .training { meddle() }
    return dense(x)
  }
}

/// Says nothing of its hyperparameters.
private final class Signs: Optimizer {
  var learningRate = 0.01

  func update(_ model: some Module, along gradients: Gradients) {
    for (path, variable) in model.parameters() {
      guard let gradient = gradients[path], let value = try? Tensor<Float>(variable.value) else { continue }
      guard let slope = try? Tensor<Float>(gradient) else { continue }
      variable.value = (value - slope.sign() * Float(learningRate)).erased
    }
  }

  func state(for model: some Module) -> [(name: String, tensor: AnyTensor)] { [] }

  func restoreState(_ state: [(name: String, tensor: AnyTensor)], for model: some Module) throws(ModuleError) {}
}
