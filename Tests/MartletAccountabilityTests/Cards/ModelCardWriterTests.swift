import MartletCore
import MartletData
import MartletFormats
import MartletMetrics
import MartletNN
import MartletPlatform
import MartletText
import MartletTraining
import TestSupport
import Testing

@testable import MartletAccountability

struct ModelCardWriterTests {
  private let directory = TemporaryDirectory()
  private var path: String { directory.file("card.md") }

  /// A fit of two classes that differ by the first feature, with a test set and its groups.
  private struct Fit {
    let model = withRandomSeed(1) { Sequential(inputShape: [3]) { Dense(2) } }
    let trainer: Trainer<Sequential, Tensor<Int32>>
    let train: Dataset<Tensor<Float>, Tensor<Int32>>
    let held: Dataset<Tensor<Float>, Tensor<Int32>>
    let test: Dataset<Tensor<Float>, Tensor<Int32>>
    let groups: Groups

    init() throws {
      trainer = Trainer(
        model, optimizer: Adam(learningRate: 0.02), loss: .crossEntropy, metrics: [.accuracy, .f1(.macro)])
      let x = withRandomSeed(2) { Tensor<Float>.randomNormal([160, 3]) }
      let rows = x.scalars
      let y = Tensor<Int32>((0..<160).map { rows[3 * $0] + 0.5 * rows[3 * $0 + 1] > 0 ? 1 : 0 })
      let all = try Dataset(x, y)
      (train, held, test) = (all[0..<80], all[80..<110], all[110..<160])
      groups = try Groups("side", labels: (0..<50).map { $0 % 3 == 0 ? "left" : "right" })
    }

    @discardableResult
    func run(_ callbacks: [any Callback], epochs: Int = 3, seed: UInt64? = 7) throws -> History {
      try trainer.fit(
        train, validation: held, epochs: epochs, batchSize: 16, seed: seed, progress: .none, callbacks: callbacks)
    }
  }

  @Test func `a fit writes what it knows: model, data, options, machine, and results with intervals`() throws {
    let fit = try Fit()
    let writer = ModelCardWriter(
      to: path, name: "sides", data: "Normal numbers", classes: ["no", "yes"], replicates: 50)
    writer.measure(on: fit.test, groups: fit.groups, from: .logits)
    let history = try fit.run([writer])
    let card = try #require(writer.card)
    #expect(try ModelCard(from: path) == card)

    #expect(card.architecture?.parameterCount == 8 && card.architecture?.storedValueCount == 8)
    #expect(card.architecture?.weightsSHA256 == ModelCard.weightsSHA256(of: try fit.model.namedTensors()))
    #expect(card.data.map(\.part) == ["training", "validation", "test"])
    #expect(card.data.map(\.rows) == [80, 30, 50])
    #expect(card.data.map(\.sha256) == [fit.train.sha256, fit.held.sha256, fit.test.sha256])
    #expect(card.data[0].features == ["[3] of Float"] && card.data[0].targets == ["[] of Int32"])
    #expect(card.data[0].classes.map(\.name) == ["no", "yes"])
    #expect(card.data[0].classes.reduce(0) { $0 + $1.rows } == 80)
    #expect(card.task == "tabular-classification")

    let training = try #require(card.training)
    #expect(training.epochsDone == 3 && training.epochsWanted == 3 && training.steps == 15)
    #expect(training.seed == 7 && training.loss == "crossEntropy" && training.learningRate == 0.02)
    #expect(training.ended == "all epochs were done" && training.keptEpoch == nil)
    #expect(training.seconds == history.totalSeconds)
    #expect(training.lastEpoch.first { $0.name == "val_loss" }?.value == history["val_loss"].last)
    #expect(training.callbacks == [] && training.optimizer == "\(fit.trainer.optimizer)")
    #expect(card.software?.martlet == martletVersion && card.machine?.threads == Threads.account)
    #expect(card.created?.count == 20)

    func value(_ part: String, _ name: String) -> ModelCard.Result? {
      card.results.first { $0.part == part && $0.name == name }
    }
    let evaluation = try fit.trainer.evaluate(fit.test)
    for name in ["loss", "accuracy", "f1_macro"] {
      #expect(value("test", name)?.value == evaluation[name], "\(name)")
      #expect(value("validation", name)?.value == history["val_\(name)"].last, "\(name)")
    }
    #expect(value("test", "loss")?.interval == nil)
    let accuracy = try #require(value("test", "accuracy"))
    let wilson = try wilsonInterval(of: accuracy.value, rows: 50, confidence: 0.95)
    #expect(accuracy.interval?.lower == wilson.lower && accuracy.interval?.upper == wilson.upper)
    #expect(accuracy.interval?.method == "Wilson" && accuracy.goal == "maximum")
    let score = try #require(value("test", "f1_macro")?.interval)
    #expect(score.method == "bootstrap, 50 draws")
    let gap = try #require(card.gaps.first { $0.name == "f1_macro_difference" })
    let sides = card.groups.filter { $0.name == "f1_macro" }.map(\.value)
    #expect(sides.count == 2 && gap.value == abs(sides[0] - sides[1]))
    #expect(gap.interval!.lower < gap.interval!.upper && gap.interval?.method == "bootstrap, 50 draws")
    #expect(score.lower < score.upper && score.lower < evaluation["f1_macro"]! && evaluation["f1_macro"]! < score.upper)
  }

  @Test func `results by group, gaps and calibration are those of the counts`() throws {
    let fit = try Fit()
    let writer = ModelCardWriter(to: path, name: "sides", replicates: 0)
    writer.measure(on: fit.test, groups: fit.groups, from: .logits)
    try fit.run([writer])
    let card = try #require(writer.card)
    let outputs = try fit.trainer.predict(fit.test.x)
    let probabilities = try positiveProbabilities(of: outputs, from: .logits, rows: 50)
    let counts = try GroupCounts(
      labels: fit.test.y, probabilities: Tensor<Float>(probabilities), groups: fit.groups)
    let rates = counts.values(.truePositiveRate)
    for (index, group) in ["left", "right"].enumerated() {
      let found = card.groups.first { $0.group == [group] && $0.name == "true_positive_rate" }
      #expect(found?.value == rates.values[index])
      #expect(found?.rows == counts.cells[index].rowCount && found?.interval?.method == "Wilson")
      let error = card.groups.first { $0.group == [group] && $0.name == "ece" }
      #expect(error?.value == GroupMeasure.expectedCalibrationError(.positiveClass)(counts.cells[index]))
      let accuracy = card.groups.filter { $0.group == [group] && $0.name == "accuracy" }
      #expect(accuracy.count == 1 && accuracy[0].value == GroupMeasure.accuracy(counts.cells[index]))
    }
    let gap = card.gaps.first { $0.name == "equalized_odds_difference" }
    #expect(gap?.value == (try counts.value(of: .equalizedOddsDifference)))
    #expect(gap?.interval == nil)
    #expect(card.gaps.contains { $0.name == "f1_macro_difference" })
    #expect(card.results.first { $0.name == "brier_score" }?.value == GroupMeasure.brierScore(counts.overall))
    #expect(card.smallGroups.count == counts.smallGroups().count)
  }

  @Test func `early stopping, energy and groups of the validation data are picked up, with the parameters kept`() throws
  {
    guard mk_has_system_files() else { return }
    let fit = try Fit()
    let clock = SteadyClock()
    let meter = clock.meter()
    let sides = try Groups("side", labels: (0..<30).map { $0 % 2 == 0 ? "left" : "right" })
    let fairness = try FairnessValidation<Sequential>(
      fit.held.x, labels: fit.held.y, groups: sides, gaps: [.demographicParityDifference])
    let scripted = Scripted("val_score", [1, 3, 2, 2, 2, 2])
    let stopping = EarlyStopping(monitoring: "val_score", patience: 2, goal: .maximum)
    let writer = ModelCardWriter(to: path, name: "sides")
    // Where it stands makes no difference.
    try fit.run([writer, scripted, fairness, stopping, meter], epochs: 6)
    let card = try #require(writer.card)
    #expect(card.training?.epochsDone == 4 && card.training?.keptEpoch == 2)
    #expect(card.training?.ended == "val_score was no longer better for 2 epochs")
    #expect(card.training?.callbacks == ["Scripted", "FairnessValidation<Sequential>", "EarlyStopping", "EnergyMeter"])
    #expect(card.limits.contains { $0.contains("chosen by val_score") })
    let energy = try #require(card.energy)
    #expect(energy.wattHours == meter.total.attributed.wattHours && energy.grams == meter.carbon.grams)
    #expect(energy.provenance == .declared && energy.place == "world")
    #expect(abs(energy.trainingWattHours + energy.validationWattHours - energy.wattHours) < 1e-9)
    // The second epoch's parameters are back, so the last epoch's counts are not those of the card.
    let probabilities = try positiveProbabilities(
      of: try fit.trainer.predict(fit.held.x), from: .logits, rows: 30)
    let counts = try GroupCounts(labels: fit.held.y, probabilities: Tensor<Float>(probabilities), groups: sides)
    let gap = try #require(card.gaps.first { $0.name == "demographic_parity_difference" })
    #expect(gap.value == (try counts.value(of: .demographicParityDifference)))
    #expect(gap.interval?.confidence == 0.95)
    #expect(card.architecture?.weightsSHA256 == ModelCard.weightsSHA256(of: try fit.model.namedTensors()))
    #expect(CardCheck(card).contradictions == [])
  }

  @Test func `a fit that fails has a card that says so, without measures`() throws {
    struct Refusal: Error {}
    final class Failing: Callback {
      func onEpochEnd(_ fit: FitState) throws { throw Refusal() }
    }
    let fit = try Fit()
    let writer = ModelCardWriter(to: path, name: "sides")
    writer.measure(on: fit.test)
    #expect(throws: TrainingError.self) { try fit.run([Failing(), writer]) }
    let card = try #require(writer.card)
    #expect(card.training?.ended.contains("Failing ended the fit in epoch 1") == true)
    #expect(card.results.isEmpty && card.limits.contains { $0.contains("An error ended training") })
    #expect(try ModelCard(from: path) == card)
  }

  @Test func `an interruption and a callback's end are told apart from all epochs`() throws {
    let fit = try Fit()
    let writer = ModelCardWriter(to: path, name: "sides", replicates: 0)
    try fit.run([StepBudget(7), writer])
    #expect(writer.card?.training?.ended == "it was interrupted by the budget of 7 steps")
    #expect(writer.card?.training?.steps == 7 && writer.card?.training?.epochsDone == 1)
    final class Ending: Callback {
      func onEpochEnd(_ fit: FitState) { fit.stop() }
    }
    try fit.run([Ending(), writer])
    #expect(writer.card?.training?.ended == "a callback ended it" && writer.card?.training?.callbacks == ["Ending"])
  }

  @Test func `rows of weight two count twice in the measures and in their intervals`() throws {
    let fit = try Fit()
    try fit.run([], epochs: 1)
    let weights = Tensor<Float>((0..<50).map { $0 < 20 ? 2 : 1 })
    let plan = MeasurePlan(part: "test", gaps: [], replicates: 0)
    let weighted = try fit.trainer.cardMeasures(of: try fit.test.weighted(by: weights), plan)
    let repeated = try fit.trainer.cardMeasures(of: try fit.test.appending(fit.test[0..<20]), plan)
    for (a, b) in zip(weighted.results, repeated.results) { #expect(isClose([a.value], [b.value], 1e-6), "\(a.name)") }
    // (Σw)²/Σw² is 70²/110, fewer than the 70 rows.
    let accuracy = try #require(weighted.results.first { $0.name == "accuracy" })
    let expected = try wilsonInterval(of: accuracy.value, rows: 4900.0 / 110, confidence: 0.95)
    #expect(accuracy.interval?.lower == expected.lower)
  }

  @Test func `what explains a model, and answers, are in the card`() throws {
    let fit = try Fit()
    let writer = ModelCardWriter(
      to: path, name: "sides", task: "other", answers: ["contact": "me"], limits: ["Only numbers."], replicates: 0)
    writer.explanations = [ModelCard.Explanation("weights", values: [ModelCard.Measure("x0", 0.5)])]
    try fit.run([writer], epochs: 1, seed: nil)
    let card = try #require(writer.card)
    #expect(card.task == "other" && card.explanations == writer.explanations && card.answers == ["contact": "me"])
    #expect(card.limits.first == "Only numbers." && card.limits.contains { $0.contains("no seed") })
    #expect(card.missing.count == ModelCard.questions.count - 1)
  }

  @Test func `bad names, groups, answers and files are refused before the first step`() throws {
    let fit = try Fit()
    func refused(_ writer: ModelCardWriter) -> String {
      let error = #expect(throws: TrainingError.self) { try fit.run([writer]) }
      #expect(fit.trainer.history.epochs == 0)
      return "\(error as Any)"
    }
    #expect(refused(ModelCardWriter(to: path, name: "m", answers: ["risk": "x"])).contains("risks"))
    #expect(refused(ModelCardWriter(to: path, name: " ")).contains("expected a name"))
    let twice = ModelCardWriter(to: path, name: "m")
    twice.measure(on: fit.test)
    twice.measure(on: fit.test)
    #expect(refused(twice).contains("expected a new name"))
    let training = ModelCardWriter(to: path, name: "m")
    training.measure(on: fit.test, named: "training")
    #expect(refused(training).contains("expected a new name"))
    let groups = ModelCardWriter(to: path, name: "m")
    groups.measure(on: fit.held, groups: fit.groups)
    #expect(refused(groups).contains("expected groups of 30 rows, got 50"))
    // A refused fit leaves no card.
    #expect(directory.contents == [])
    try AtomicFile.write("# no card", to: path)
    #expect(refused(ModelCardWriter(to: path, name: "m")).contains("expected a card"))
  }

  @Test func `data that cannot be measured leave a card, and the fit throws at its end`() throws {
    let fit = try Fit()
    let writer = ModelCardWriter(to: path, name: "m")
    let other = try Dataset(Tensor<Float>.zeros([4, 5]), Tensor<Int32>([0, 1, 0, 1]))
    writer.measure(on: other, named: "wide")
    #expect(throws: TrainingError.self) { try fit.run([writer]) }
    #expect(fit.trainer.history.epochs == 3)
    let card = try ModelCard(from: path)
    #expect(card.limits.contains { $0.hasPrefix("What the model is worth on the data \"wide\" is missing") })
    #expect(card.results.contains { $0.part == "validation" })
  }

  @Test func `a card that cannot be written is told at the end of the fit`() throws {
    let fit = try Fit()
    let writer = ModelCardWriter(to: directory.file("absent/card.md"), name: "m", replicates: 0)
    #expect(throws: TrainingError.self) { try fit.run([writer]) }
    #expect(fit.trainer.history.epochs == 3 && writer.failure != nil && writer.card != nil)
  }

  // MARK: Hashes

  @Test func `the hash of data is that of their rows in their order, however they are stored`() throws {
    let fit = try Fit()
    let shuffled = fit.train.shuffled(seed: 3)
    #expect(shuffled.sha256 != fit.train.sha256)
    #expect(try Dataset(shuffled.x, shuffled.y).sha256 == shuffled.sha256)
    let order = Tensor<Int64>((0..<80).map { Int64($0) })
    #expect(fit.train.rows(order).sha256 == fit.train.sha256)
    #expect(try fit.train.weighted(by: .ones([80])).sha256 != fit.train.sha256)
    var changed = fit.train.y
    changed[79] = 1 - changed[79]
    #expect(try Dataset(fit.train.x, changed).sha256 != fit.train.sha256)
    // Rows that are hashed in parts: some megabytes of them.
    let wide = try Dataset(Tensor<Float>.ones([3, 800_000]), Tensor<Int32>([0, 1, 0]))
    #expect(wide.sha256 == wide.rows(Tensor<Int64>([0, 1, 2])).sha256)
  }

  @Test func `the commit of a repository is found, also in a folder of it`() throws {
    let hash = String(repeating: "0123456789", count: 4)
    createDirectory(directory.file("repo/.git/refs/heads"))
    createDirectory(directory.file("repo/inner/deep"))
    #expect(GitRepository(around: directory.file("absent")) == nil)
    try AtomicFile.write("ref: refs/heads/main\n", to: directory.file("repo/.git/HEAD"))
    #expect(GitRepository(around: directory.file("repo"))?.commit == nil)
    try AtomicFile.write("# pack-refs\n\(hash) refs/heads/main\n", to: directory.file("repo/.git/packed-refs"))
    #expect(GitRepository(around: directory.file("repo/inner/deep"))?.commit == hash)
    let newer = String(hash.reversed())
    try AtomicFile.write(newer + "\n", to: directory.file("repo/.git/refs/heads/main"))
    #expect(GitRepository(around: directory.file("repo"))?.commit == newer)
    try AtomicFile.write("gitdir: ../../.git\n", to: directory.file("repo/inner/deep/.git"))
    #expect(GitRepository(around: directory.file("repo/inner/deep"))?.commit == newer)
    try AtomicFile.write("not a commit\n", to: directory.file("repo/.git/HEAD"))
    #expect(GitRepository(around: directory.file("repo"))?.commit == nil)
  }

  @Test func `a time is told in UTC`() {
    #expect(timestamp(0) == "1970-01-01T00:00:00Z")
    #expect(timestamp(1_795_828_500) == "2026-11-28T01:15:00Z")
  }

  @Test func `a private fit's card has what it guarantees, and what not`() throws {
    let fit = try Fit()
    let privacy = try PrivateTraining(.multiplier(1.1), clipping: .flat(0.5), delta: 1e-3, randomness: .seed(3))
    let writer = ModelCardWriter(to: path, name: "private", replicates: 0)
    try fit.run([privacy, writer])
    let card = try #require(writer.card)
    let found = try #require(card.privacy)
    let spending = try privacy.spending()
    #expect(spending.epsilon > 0 && found.epsilon == spending.epsilon && found.delta == 1e-3)
    #expect(found.noiseMultiplier == 1.1 && found.clippingNorm == 0.5)
    #expect(found.adjacency == "add or remove one row" && found.sampling == "Poisson")
    #expect(found.accountant == spending.accountant.title)
    #expect(card.limits.contains { $0.contains("seed: ε holds only") })
    #expect(card.limits.contains { $0.contains("outside of ε") })
    #expect(try ModelCard(from: path).privacy == found)
    #expect(card.markdown.contains("- **ε:** \(significantDigits(spending.epsilon))"))
  }

  @Test func `a card takes the summaries of explanations`() throws {
    let fit = try Fit()
    let attribution = try Explainer(fit.model, target: .output(1)).inputTimesGradient(fit.test.x)
    let explanation = ModelCard.Explanation(attribution.summary(top: 2), on: "test")
    #expect(explanation.values.count == 2 && explanation.subject?.hasSuffix("50 rows of test") == true)
    #expect(explanation.values[0].value == attribution.summary(top: 2).features[0].mean)
  }

  @Test func `counts that are added make an end of what was not measured`() throws {
    let fit = try Fit()
    let writer = ModelCardWriter(to: path, name: "sides", replicates: 0)
    try fit.run([writer])
    var card = try #require(writer.card)
    #expect(
      card.markdown.contains("Nothing was measured on data") && card.markdown.contains("Nothing was measured by group:")
    )
    let counts = try GroupCounts(
      labels: fit.test.y, probabilities: fit.model(fit.test.x).softmax()[..., 1], groups: fit.groups)
    try card.add(counts, gaps: [.demographicParityDifference])
    #expect(!card.markdown.contains("Nothing was measured on data"))
    #expect(!card.markdown.contains("Nothing was measured by group:"))
    let accuracy = try #require(card.results.first { $0.part == "test" && $0.name == "accuracy" })
    #expect(accuracy.value == GroupMeasure.accuracy(counts.overall) && accuracy.interval != nil)
    #expect(card.gaps.map(\.name) == ["demographic_parity_difference"])
    #expect(Set(card.groups.map(\.group)) == [["left"], ["right"]])
    #expect(CardCheck(card).contradictions.count == 1)
    card.add(fit.test, description: "the last rows")
    #expect(CardCheck(card).contradictions == [])
    #expect(card.data.last?.sha256 == fit.test.sha256 && card.data.last?.rows == 50)
    let before = card
    card.add(fit.test, description: "the last rows")
    try card.add(counts, gaps: [.demographicParityDifference])
    #expect(card == before)
  }
}
