import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

/// Numbers in the data that nothing can be learnt from: found before the first step, with row and column.
@Suite struct BadNumberTests {
  private let model = withRandomSeed(1) { Sequential(inputShape: [2]) { Dense(2) } }

  /// 90 rows of two features and two targets from 0 to 1.
  private func data() -> (x: Tensor<Float>, y: Tensor<Float>) {
    let (x, _) = blobs()
    return (x, (x .> 0).cast(to: Float.self))
  }

  private func trainer(
    _ loss: Loss<Tensor<Float>, Tensor<Float>> = .binaryCrossEntropy,
    metrics: [Metric<Tensor<Float>, Tensor<Float>>] = []
  ) -> Trainer<Sequential, Tensor<Float>> {
    Trainer(model, optimizer: Adam(), loss: loss, metrics: metrics)
  }

  /// What a body throws, after checking that the model has not changed.
  private func bad(_ body: () throws -> Void) -> BadNumber? {
    let before = parameters(of: model)
    defer { #expect(parameters(of: model) == before) }
    do {
      try body()
      Issue.record("nothing was thrown")
    } catch TrainingError.number(let bad) {
      return bad
    } catch {
      Issue.record(error)
    }
    return nil
  }

  @Test(arguments: [.nan, .infinity, -.infinity] as [Float])
  func `features that are not finite`(value: Float) throws {
    let (x, y) = data()
    var wrong = x
    wrong[85, 1] = Tensor(value)
    let shuffled = try Dataset(wrong, y).shuffled(seed: 1)
    let row = try #require(shuffled.x[.all, 1].scalars.firstIndex { !$0.isFinite })
    #expect(row != 85)
    for (found, row, name) in [
      (bad { try trainer().fit(wrong, y, progress: .none) }, 85, "training data"),
      (bad { try trainer().fit(wrong, y, validationSplit: 0.2, progress: .none) }, 85, "training data"),
      (bad { try trainer().fit(x, y, validationData: (wrong, y), progress: .none) }, 85, "validation data"),
      (bad { try trainer().fit(shuffled, progress: .none) }, row, "training data"),
      (bad { _ = try trainer().evaluate(wrong, y) }, 85, "data"),
    ] {
      let found = try #require(found)
      #expect(found.row == row && found.position == [1])
      #expect(found.description.hasPrefix("x of the \(name): expected finite numbers, got \(value) in row \(row), col"))
    }
    // Rows that are not in use do not matter.
    try trainer().fit(Dataset(wrong, y).rows(Tensor([3, 1, 2])), progress: .none)
  }

  @Test func `features whose sum is too large for a Float`() throws {
    let (x, y) = data()
    var large = x
    large[0..<3, 0] = Tensor([3e38, 3e38, -3e38])
    let trainer = trainer(Loss("constant") { outputs, _ in (outputs * 0).mean() })
    #expect(throws: Never.self) { try trainer.evaluate(large, y) }
  }

  @Test func `features with several axes`() throws {
    var x = Tensor<Float>.zeros([4, 2, 3])
    x[2, 1, 0] = Tensor(.nan)
    let model = Sequential(inputShape: [2, 3]) {
      Flatten()
      Dense(1)
    }
    let error = #expect(throws: TrainingError.self) {
      try Trainer(model, optimizer: SGD(), loss: .meanSquaredError).evaluate(x, Tensor.zeros([4, 1]))
    }
    #expect(error?.description.contains("got nan in row 2 at [1, 0]") == true)
  }

  @Test(arguments: [2, -0.1, 1.0001, .nan, .infinity] as [Float])
  func `probabilities outside 0…1`(value: Float) throws {
    let (x, y) = data()
    var wrong = y
    wrong[41, 1] = Tensor(value)
    for found in [
      bad { try trainer().fit(x, wrong, progress: .none) },
      bad { try trainer().fit(x, wrong, validationSplit: 0.9, progress: .none) },
      bad { try trainer().fit(x, y, validationData: (x, wrong), progress: .none) },
      bad { _ = try trainer().evaluate(x, wrong) },
    ] {
      let found = try #require(found)
      #expect(found.row == 41 && found.position == [1])
      let text = value == 2 ? "2" : "\(value)"
      #expect(
        found.description.hasPrefix("binaryCrossEntropy: expected targets within 0…1, got \(text) in row 41, column 1"))
    }
    let soft = y * 0.9 + 0.05
    try trainer().fit(x, soft, progress: .none)
  }

  @Test(arguments: [.nan, -.infinity] as [Float])
  func `targets that are not finite`(value: Float) throws {
    let (x, y) = data()
    var wrong = y
    wrong[7, 0] = Tensor(value)
    let own = Loss<Tensor<Float>, Tensor<Float>>("own") { outputs, targets in (outputs - targets).squared().mean() }
    for loss in [.meanSquaredError, .meanAbsoluteError, own] {
      let found = bad { try trainer(loss).fit(x, wrong, progress: .none) }
      #expect(found?.description.hasPrefix("\(loss.name): expected finite targets, got \(value) in row 7, col") == true)
    }
  }

  @Test func `rules of a user's own`() throws {
    let (x, y) = data()
    let counts = Loss<Tensor<Float>, Tensor<Float>>("poisson", targets: .sameShape(within: 0...100)) {
      outputs, targets in
      (outputs.exp() - targets * outputs).mean()
    }
    try trainer(counts).fit(x, y, progress: .none)
    let found = bad { try trainer(counts).fit(x, y - 1, progress: .none) }
    #expect(found?.description.hasPrefix("poisson: expected targets within 0…100, got -1 in row ") == true)
    #expect(throws: TrainingError.self) { try trainer(counts).fit(x, y.flattened()[0..<90], progress: .none) }

    let share = Metric<Tensor<Float>, Tensor<Float>>("share", targets: .sameShape(within: -1...0.5)) { _, _ in 0 }
    let other = bad { try trainer(counts, metrics: [share]).fit(x, y, progress: .none) }
    #expect(other?.description.hasPrefix("share: expected targets within -1…0.5, got 1 in row ") == true)

    // Labels of any type.
    let labels = Loss<Tensor<Float>, Tensor<UInt8>>("labels", targets: .labels) { outputs, _ in outputs.mean() }
    #expect(throws: TrainingError.labelOutOfRange(label: 2, row: 1, classes: 2)) {
      try Trainer(model, optimizer: SGD(), loss: labels).evaluate(x[0..<3], [0, 2, 1])
    }
    let scores = Loss<Tensor<Float>, Tensor<Double>>("scores", targets: .labels) { outputs, _ in outputs.mean() }
    #expect(throws: TrainingError.self) {
      try Trainer(model, optimizer: SGD(), loss: scores).evaluate(x[0..<3], Tensor([0, .nan, 1]))
    }

    // NaN may have a meaning.
    let known = Loss<Tensor<Float>, Tensor<Float>>("known", targets: .unchecked) { outputs, targets in
      (targets .== targets).cast(to: Float.self).sum() * outputs.squared().mean()
    }
    var gaps = y
    gaps[3, 0] = Tensor(.nan)
    try trainer(known).fit(x, gaps, progress: .none)
    #expect(bad { try trainer(known, metrics: [.meanSquaredError]).fit(x, gaps, progress: .none) }?.row == 3)
  }

  @Test func `classes and losses of outputs that are NaN`() throws {
    let (x, y) = data()
    let trainer = trainer()
    let weight = model.parameters()[0].variable
    let before = weight.value
    var broken = try Tensor<Float>(before)
    broken[1] = Tensor([.nan, .nan])
    weight.value = broken.erased
    for body in [{ _ = try trainer.predictClasses(x) }, { _ = try trainer.evaluate(x, y) }] {
      let error = #expect(throws: TrainingError.self) { try body() }
      #expect(error?.description.contains("got NaN in row 0") == true)
    }
    // What is asked for as it is, is given as it is.
    #expect(try trainer.predict(x).scalars.contains { $0.isNaN })
    weight.value = before
    var wrong = x
    wrong[3, 0] = Tensor(.nan)
    let error = #expect(throws: TrainingError.self) { try trainer.predictClasses(wrong) }
    #expect(error?.description.contains("got NaN in row 3") == true)

    let (infinite, undefined) = (
      self.trainer(Loss("infinite") { outputs, _ in outputs.mean() + .infinity }),
      self.trainer(Loss("undefined") { outputs, _ in outputs.mean() * .nan })
    )
    #expect(try infinite.evaluate(x, y).loss == .infinity)
    #expect(throws: TrainingError.self) { try undefined.evaluate(x, y) }
  }
}
