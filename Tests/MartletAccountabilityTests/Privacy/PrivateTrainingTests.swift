import Foundation
import MartletCore
import MartletData
import MartletNN
import MartletTraining
import TestSupport
import Testing

@testable import MartletAccountability

/// A fit of 60 rows of two classes, ten of them in a step on average.
private struct PrivateFit {
  let model: Sequential
  let trainer: Trainer<Sequential, Tensor<Int32>>
  let data: Dataset<Tensor<Float>, Tensor<Int32>>

  init(rows: Int = 60) throws {
    model = withRandomSeed(1) {
      Sequential(inputShape: [4]) {
        Dense(8, activation: .relu)
        LayerNorm()
        Dense(2)
      }
    }
    trainer = Trainer(model, optimizer: Adam(learningRate: 0.02), loss: .crossEntropy, metrics: [.accuracy])
    let x = withRandomSeed(2) { Tensor<Float>.randomNormal([rows, 4]) }
    data = try Dataset(x, (x.sum(axis: 1) .> 0).cast(to: Int32.self))
  }

  @discardableResult
  func run(
    _ callbacks: [any Callback], epochs: Int = 3, batchSize: Int = 10, from checkpoint: String? = nil,
    progress: ProgressStyle = .none
  ) throws -> History {
    try trainer.fit(
      data, epochs: epochs, batchSize: batchSize, seed: 5, progress: progress, callbacks: callbacks,
      resumingFrom: checkpoint)
  }

  var parameters: [[Float]] { model.parameters().map { Tensor<Float>($0.variable.value, as: Float.self).scalars } }
}

@Suite struct PrivateTrainingTests {
  private func training(
    _ noise: PrivateNoise = .multiplier(1), rate: Double? = nil, budget: Double? = nil,
    clipping: PrivateClipping = .flat(1), seed: UInt64 = 3
  ) throws -> PrivateTraining {
    try PrivateTraining(
      noise, clipping: clipping, delta: 1e-3, samplingRate: rate, epsilonBudget: budget, randomness: .seed(seed))
  }

  // MARK: Accounting

  @Test func `history and progress have what the ledger says, at the exact rate`() throws {
    let fit = try PrivateFit()
    let privacy = try training()
    let lines = Lines()
    let history = try fit.run([privacy], batchSize: 7, progress: lines.style)
    // 60/7 batches are 9 steps.
    #expect(privacy.ledger.phases == [try PrivacyPhase(samplingRate: 7.0 / 60, noiseMultiplier: 1, steps: 27)])
    for epoch in 1...3 {
      let phase = try PrivacyPhase(samplingRate: 7.0 / 60, noiseMultiplier: 1, steps: 9 * epoch)
      #expect(history["epsilon"][epoch - 1] == (try PrivacyLedger([phase]).epsilon(delta: 1e-3)))
    }
    #expect(lines.text.contains("epsilon \(String(format: "%.4f", history["epsilon"][2]))"))
    #expect(
      lines.text.contains("private training: noise 1, flat clipping to 1, rows at a rate of 0.117, so 7 on average"))
    #expect(lines.text.contains("add or remove one row; Poisson sampling, 27 steps"))
  }

  @Test func `while an epoch runs its measures have the epsilon so far`() throws {
    let privacy = try training()
    var seen: [Double] = []
    let watch = Hook(onStepEnd: { seen.append($0["epsilon"] ?? .nan) })
    try PrivateFit().run([privacy, watch], epochs: 1)
    #expect(seen.count == 6)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
    #expect(seen.last == (try privacy.spending().epsilon))
  }

  @Test func `the fit ends before the step that would exceed the budget`() throws {
    for accountant in [PrivacyAccountant.rdp, .prv] {
      let privacy = try PrivateTraining(
        .multiplier(1), delta: 1e-3, epsilonBudget: 3, accountant: accountant, randomness: .seed(1))
      let lines = Lines()
      let history = try PrivateFit().run([privacy], epochs: 1000, progress: lines.style)
      let spent = try privacy.spending()
      #expect(spent.epsilon <= 3 && history["epsilon"].last == spent.epsilon)
      var more = privacy.ledger
      try more.add(steps: 1, samplingRate: 10.0 / 60, noiseMultiplier: 1)
      #expect(try more.epsilon(delta: 1e-3, by: accountant) > 3)
      #expect(lines.text.contains("the privacy budget is used up"))
      // Nothing is left for a second fit.
      #expect(throws: TrainingError.self) { try PrivateFit().run([privacy]) }
      #expect(try privacy.spending() == spent)
    }
  }

  @Test func `noise for an epsilon is just enough for the epochs of the fit`() throws {
    let privacy = try training(.forEpsilon(2))
    try PrivateFit().run([privacy], epochs: 4)
    #expect(privacy.ledger.steps == 24)
    let epsilon = try privacy.spending().epsilon
    #expect(epsilon <= 2 && epsilon > 1.98)
  }

  @Test func `a spending tells what it depends on, and is read back from JSON`() throws {
    let privacy = try training()
    try PrivateFit().run([privacy], epochs: 1)
    let spending = try privacy.spending()
    let copy = try JSONDecoder().decode(PrivacySpending.self, from: JSONEncoder().encode(spending))
    #expect(copy == spending)
    #expect(spending.adjacency == "add or remove one row" && spending.sampling == "Poisson" && spending.isSeeded)
    #expect(spending.description.contains("RDP (Balle et al. 2020); seeded, for tests alone"))
    let bad = #"{"samplingRate": 2, "noiseMultiplier": 1, "steps": 1}"#
    #expect(throws: PrivacyError.self) { try JSONDecoder().decode(PrivacyPhase.self, from: Data(bad.utf8)) }
  }

  // MARK: Steps

  @Test func `a step is the clipped sum of the drawn rows over the exact expected number, when there is no noise`()
    throws
  {
    let fit = try PrivateFit()
    let privacy = try training(.multiplier(0), rate: 0.12, clipping: .flat(0.3))
    var step: (Gradients, Int)?
    let watch = Hook(onGradients: { gradients, _ in step = step ?? (gradients, 0) })
    // The same rows, drawn from the same seed.
    var generator = RandomGenerator(seed: 3)
    let rows = RowSampler(rows: 60, rate: 0.12).draw(using: &generator)
    var sums: [String: Tensor<Float>] = [:]
    for row in rows {
      let (x, y) = (fit.data.x[Int(row)..<Int(row) + 1], fit.data.y[Int(row)..<Int(row) + 1])
      let own = gradient(at: fit.model) { crossEntropy(logits: $0(x), labels: y) }.clipped(norm: 0.3)
      for (path, gradient) in own {
        let part = Tensor<Float>(gradient, as: Float.self) / 7.2
        sums[path] = sums[path].map { $0 + part } ?? part
      }
    }
    try fit.run([privacy, watch], epochs: 1)
    let found = try #require(step).0
    for (path, sum) in sums {
      #expect((Tensor<Float>(found[path]!, as: Float.self) - sum).abs().max().item() < 2e-6, "\(path)")
    }
    #expect(try privacy.spending().epsilon == .infinity)
  }

  @Test func `noise has the stated deviation at every parameter, with and without rows`() throws {
    let model = Sequential(inputShape: [100]) { Dense(200) }
    let privacy = try training(.multiplier(1.5), rate: 0.037, clipping: .flat(2))
    try privacy.prepare(rows: 1000, options: FitOptions(), callbacks: [])
    let x = Tensor<Float>.zeros([3, 100])
    let rows = try RowGradients(at: model, rows: 3) { $0(x).sum(axis: 1).erased * 0 }
    for gradients in [privacy.gradients(of: model, nil), privacy.gradients(of: model, rows)] {
      let noise = gradients.flatMap { Tensor<Float>($0.gradient, as: Float.self).scalars.map(Double.init) }
      #expect(noise.count == 20_200)
      let expected = 1.5 * 2 / 37
      let mean = noise.reduce(0, +) / Double(noise.count)
      let variance = noise.reduce(0) { $0 + $1 * $1 } / Double(noise.count)
      // Five standard deviations of the estimates.
      #expect(abs(mean) < 5 * expected / Double(noise.count).squareRoot())
      #expect(abs(variance.squareRoot() / expected - 1) < 5 / (2 * Double(noise.count)).squareRoot())
    }
    #expect(privacy.ledger.steps == 2)
  }

  @Test func `steps without rows are noise, and the fit goes on`() throws {
    let fit = try PrivateFit()
    let before = fit.parameters
    let privacy = try training(rate: 0.002)
    let history = try fit.run([privacy], epochs: 1)
    #expect(privacy.ledger.steps == 500)
    #expect(fit.parameters != before && fit.parameters.joined().allSatisfy(\.isFinite))
    #expect(history["epsilon"].count == 1)
  }

  @Test func `little noise lets a model learn`() throws {
    let fit = try PrivateFit(rows: 200)
    let history = try fit.run([try training(.multiplier(0.3))], epochs: 8, batchSize: 40)
    #expect(history["accuracy"].last! > 0.9)
  }

  @Test func `without a seed no two fits are alike, and the fit's own seed has no part`() throws {
    let (first, second) = (try PrivateFit(), try PrivateFit())
    for fit in [first, second] { try fit.run([try PrivateTraining(.multiplier(1), delta: 1e-3)], epochs: 1) }
    #expect(first.parameters != second.parameters)
  }

  @Test func `a fit that goes on from a checkpoint has the same bits and the same ledger`() throws {
    let directory = TemporaryDirectory()
    let path = directory.file("run.safetensors")
    let (whole, privacy) = (try PrivateFit(), try training())
    let history = try whole.run([privacy])
    let (part, cut) = (try PrivateFit(), try training())
    try part.run([cut, StepBudget(8), Checkpointing(to: path)])
    #expect(cut.ledger.steps == 8)
    let (rest, resumed) = (try PrivateFit(), try training())
    let gone = try rest.run([resumed], from: path)
    #expect(rest.parameters == whole.parameters)
    #expect(resumed.ledger == privacy.ledger && gone["epsilon"] == history["epsilon"])
    let other = try training(.multiplier(2))
    #expect { try PrivateFit().run([other], from: path) } throws: { "\($0)".contains("a noise multiplier of 2.0") }
  }

  @Test func `a checkpoint without a seed has what was spent, and not what the noise came from`() throws {
    let privacy = try PrivateTraining(.multiplier(1), delta: 1e-3)
    try PrivateFit().run([privacy], epochs: 1)
    #expect(privacy.state.tensors.isEmpty && privacy.state.numbers["steps0"] == 6)
  }

  // MARK: Refusals

  private func refusal(
    _ model: some Layer<Tensor<Float>, Tensor<Float>>, _ callbacks: [any Callback]? = nil,
    loss: Loss<Tensor<Float>, Tensor<Float>> = .meanSquaredError, options: FitOptions = FitOptions(progress: .none)
  ) throws -> String {
    let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1), loss: loss)
    let x = withRandomSeed(1) { Tensor<Float>.randomNormal([40, 3]) }
    let callbacks = try callbacks ?? [training()]
    do {
      try trainer.fit(Dataset(x, x.sum(axis: 1, keepDims: true)), options: options, callbacks: callbacks)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func `layers that mix rows are refused with their paths`() throws {
    let normalised = Sequential(inputShape: [3]) {
      Dense(4)
      BatchNorm()
      Dense(1)
    }
    #expect(try refusal(normalised).contains("layer \"1\", BatchNorm, normalises by the other rows"))
    let mixed = Sequential(inputShape: [3]) {
      Dense(4)
      Lambda(outputShape: [4]) { $0 - $0.mean(axis: 0) }
      Dense(1)
    }
    #expect(try refusal(mixed).contains("rows are mixed between the parameter \"0.weight\" and the loss"))
    let centred = Sequential(inputShape: [3]) {
      Lambda(outputShape: [3]) { $0 - $0.mean(axis: 0) }
      Dense(1)
    }
    #expect(try refusal(centred).contains("the inputs of rows are mixed"))
    #expect(try refusal(Sequential(inputShape: [3]) { Dense(1) }) == "")
  }

  @Test func `a parameter whose gradient is summed over the batch is refused`() throws {
    final class Rowwise: Layer {
      @Parameter var weight = Tensor<Float>.ones([3, 1])
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { matmul(weight.transposed(), x.transposed()).transposed() }
      func outputShape(for inputShape: Shape?) -> Shape? { [1] }
    }
    #expect(
      try refusal(Rowwise()).contains("parameter \"weight\": the operation matmul sums its gradient over the batch"))
  }

  @Test func `embeddings that join indices or change by what they see are refused`() throws {
    func refusal<L: Layer>(_ layer: L) throws -> String where L.Input == Tensor<Int64>, L.Output == Tensor<Float> {
      let trainer = Trainer(layer, optimizer: SGD(learningRate: 0.1), loss: .meanSquaredError)
      let words = withRandomSeed(1) { Tensor<Int64>.randomInteger([20, 3], in: 0..<5) }
      let y = Tensor<Float>.zeros(layer is EmbeddingBag ? [20, 2] : [20, 3, 2])
      do {
        try trainer.fit(Dataset(words, y), batchSize: 5, progress: .none, callbacks: [training()])
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(try refusal(EmbeddingBag(5, 2)).contains("EmbeddingBag, joins the indices of all rows"))
    #expect(try refusal(Embedding(5, 2, maxNorm: 1)).contains("changes its table by the rows that it sees"))
    #expect(try refusal(Embedding(5, 2, paddingIndex: 0)) == "")
  }

  @Test func `what would not be private, or cannot be done, is refused`() throws {
    let model = { Sequential(inputShape: [3]) { Dense(1) } }
    let whole = Loss<Tensor<Float>, Tensor<Float>>("whole") { predicted, expected in
      (predicted - expected).squared().mean()
    }
    #expect(try refusal(model(), loss: whole).contains("the loss whole: expected terms for the rows"))
    #expect(
      try refusal(model(), [GradientAccumulation(2), training()]).contains("expected no GradientAccumulation"))
    #expect(
      try refusal(model(), [training(), training()]).contains("expected one callback that makes the steps, got 2"))
    #expect(
      try refusal(model(), options: FitOptions(batchSize: 41, progress: .none))
        .contains("expected a batchSize of at most 40, the number of rows, got 41"))
    #expect(
      try refusal(model(), options: FitOptions(progress: .none, compilation: .always))
        .contains("expected compilation .automatic or .never"))
    let x = Tensor<Float>.zeros([8, 3])
    let stream = DataStream(try Dataset(x, Tensor<Float>.zeros([8, 1])))
    let trainer = Trainer(model(), optimizer: SGD(learningRate: 0.1), loss: .meanSquaredError)
    #expect {
      try trainer.fit(stream, progress: .none, callbacks: [try training()])
    } throws: { "\($0)".contains("expected rows in memory") }
    #expect {
      try PrivateFit().trainer.fit(
        PrivateFit().data, classWeights: .balanced, progress: .none, callbacks: [try training()])
    } throws: { "\($0)".contains("expected class weights that do not come from the data") }
  }

  @Test func `settings outside their ranges are refused`() {
    for norm in [0.0, -1, .infinity] {
      #expect(throws: PrivacyError.self) { try PrivateTraining(.multiplier(1), clipping: .flat(norm), delta: 1e-3) }
    }
    #expect(throws: PrivacyError.self) { try PrivateTraining(.multiplier(-1), delta: 1e-3) }
    #expect(throws: PrivacyError.self) { try PrivateTraining(.multiplier(1), delta: 0) }
    #expect(throws: PrivacyError.self) { try PrivateTraining(.forEpsilon(0), delta: 1e-3) }
    #expect(throws: PrivacyError.self) { try PrivateTraining(.multiplier(1), delta: 1e-3, samplingRate: 0) }
    #expect(throws: PrivacyError.self) {
      try PrivateTraining(.multiplier(1), delta: 1e-3, epsilonBudget: 1, accountant: .gdpApproximation)
    }
  }
}

@Suite struct RowSamplerTests {
  @Test func `each row is drawn with the rate, independently of the others`() {
    let (sampler, draws) = (RowSampler(rows: 50, rate: 0.037), 40_000)
    var generator = RandomGenerator(seed: 1)
    var (counts, together, sizes, squares, empty) = ([Int](repeating: 0, count: 50), 0, 0, 0, 0)
    for _ in 0..<draws {
      let rows = sampler.draw(using: &generator)
      for row in rows { counts[Int(row)] += 1 }
      for (a, b) in zip(rows, rows.dropFirst()) where b == a + 1 { together += 1 }
      sizes += rows.count
      squares += rows.count * rows.count
      if rows.isEmpty { empty += 1 }
    }
    func isNear(_ found: Double, _ expected: Double, variance: Double) -> Bool {
      abs(found - expected) < 5 * variance.squareRoot()
    }
    let (n, q) = (Double(draws), 0.037)
    for count in counts { #expect(isNear(Double(count), n * q, variance: n * q * (1 - q))) }
    #expect(isNear(Double(sizes) / n, 50 * q, variance: 50 * q * (1 - q) / n))
    let variance = Double(squares) / n - (Double(sizes) / n) * (Double(sizes) / n)
    #expect(abs(variance / (50 * q * (1 - q)) - 1) < 0.05)
    #expect(isNear(Double(together), n * 49 * q * q, variance: n * 49 * q * q * 1.2))
    let none = pow(1 - q, 50)
    #expect(isNear(Double(empty), n * none, variance: n * none * (1 - none)))
  }

  @Test func `a rate of 1 takes all rows, and a tiny one hardly any`() {
    var generator = RandomGenerator(seed: 1)
    #expect(RowSampler(rows: 4, rate: 1).draw(using: &generator) == [0, 1, 2, 3])
    let sampler = RowSampler(rows: 1000, rate: 1e-12)
    for _ in 0..<100 { #expect(sampler.draw(using: &generator).isEmpty) }
    #expect(RowSampler(rows: 60, rate: 7.0 / 60).expectedCount == 7)
  }
}
