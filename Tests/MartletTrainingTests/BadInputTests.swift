import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

/// Whatever data a trainer is given, it throws, says what to do, and leaves the model as it was.
@Suite struct BadInputTests {
  private let model = classifier()

  private func trainer() -> Trainer<Sequential, Tensor<Int32>> {
    Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
  }

  /// The error of a body that has to throw one, after checking that the model has not changed.
  private func error(_ body: () throws -> Void) -> TrainingError? {
    let before = parameters(of: model)
    defer { #expect(parameters(of: model) == before) }
    do {
      try body()
      Issue.record("nothing was thrown")
      return nil
    } catch {
      return error as? TrainingError
    }
  }

  @Test func `different lengths`() {
    let (x, y) = blobs()
    #expect(error { try trainer().fit(x, y[0..<80], progress: .none) } == .rowCounts(x: 90, y: 80))
    #expect(error { _ = try trainer().evaluate(x[0..<1], y) } == .rowCounts(x: 1, y: 90))
    #expect(
      error { try trainer().fit(x, y, validationData: (x, y[0..<80]), progress: .none) } == .rowCounts(x: 90, y: 80))
    #expect(TrainingError.rowCounts(x: 90, y: 80).description.contains("x has 90 rows and y has 80"))
  }

  @Test func `a single row for a layer that normalises by the batch`() throws {
    let (x, y) = blobs()
    let model = Sequential(inputShape: [2]) {
      Dense(4)
      BatchNorm()
      Dense(3)
    }
    let trainer = Trainer(model, optimizer: SGD(), loss: .crossEntropy)
    let before = parameters(of: model)
    for (rows, batchSize) in [(33, 32), (8, 1), (1, 32)] {
      let found = trainingError { try trainer.fit(x[0..<rows], y[0..<rows], batchSize: batchSize, progress: .none) }
      #expect(found.map { "\($0)" }?.contains("layer 1: expected batches of at least two rows") == true)
    }
    #expect(parameters(of: model) == before)
    try trainer.fit(x[0..<34], y[0..<34], batchSize: 32, progress: .none)
    #expect(try trainer.predict(x[0..<1]).shape == [1, 3])
    // A frozen layer normalises by what it knows.
    try model.freeze("1")
    try trainer.fit(x[0..<33], y[0..<33], batchSize: 32, progress: .none)
  }

  @Test func `empty data`() {
    let (x, y) = (Tensor<Float>.zeros([0, 2]), Tensor<Int32>.zeros([0]))
    for found in [
      error { try trainer().fit(x, y, progress: .none) }, error { _ = try trainer().evaluate(x, y) },
      error { _ = try trainer().predict(x) },
    ] {
      guard case .emptyData = found else {
        Issue.record("\(String(describing: found))")
        continue
      }
    }
    for found in [
      error { try trainer().fit(Tensor(1), Tensor<Int32>(1), progress: .none) },
      error { _ = try trainer().predict(Tensor<Float>(1)) }, error { _ = try trainer().predict([0.5, 1]) },
    ] {
      guard case .features(let reason) = found, reason.contains("x[.newAxis]") else {
        Issue.record("\(String(describing: found))")
        continue
      }
    }
  }

  @Test func `a loss that is not one number`() {
    let (x, y) = blobs()
    let loss = Loss<Tensor<Float>, Tensor<Int32>>("rows") { crossEntropy(logits: $0, labels: $1, reduction: .none) }
    let trainer = Trainer(classifier(), optimizer: Adam(), loss: loss)
    for found in [
      error { try trainer.fit(x, y, progress: .none) }, error { _ = try trainer.evaluate(x, y) },
    ] {
      guard case .outputs(let reason) = found else {
        Issue.record("\(String(describing: found))")
        continue
      }
      #expect(reason.hasPrefix("rows: expected a loss of one number, got shape ["))
    }
  }

  @Test func `a label for each of several places of a row`() throws {
    let x = withRandomSeed(1) { Tensor<Float>.randomNormal([40, 5, 2]) }
    let y = (x[0..., 0..., 0] .> 0).cast(to: Int64.self)
    let model = withRandomSeed(2) { Sequential(inputShape: [5, 2]) { Dense(2) } }
    let trainer = Trainer(model, optimizer: Adam(learningRate: 0.05), loss: .crossEntropy, metrics: [.accuracy])
    try trainer.fit(x, y, epochs: 30, seed: 1, progress: .none)
    #expect(try trainer.evaluate(x, y)["accuracy"]! > 0.95)
    #expect(try trainer.predictClasses(x).shape == [40, 5])
    guard case .targets(let reason) = error({ try trainer.fit(x, y[0..., 0], progress: .none) }) else {
      Issue.record("labels of another shape were taken")
      return
    }
    #expect(reason.contains("shape [40, 5], not [40]"))
  }

  @Test func `numbers that make no sense`() {
    let (x, y) = blobs()
    func reason(_ body: () throws -> Void) -> String {
      guard case .invalidArgument(let reason) = error(body) else { return "" }
      return reason
    }
    for size in [0, -1] {
      #expect(reason { try trainer().fit(x, y, batchSize: size, progress: .none) }.contains("batchSize is \(size)"))
      #expect(reason { _ = try trainer().evaluate(x, y, batchSize: size) }.contains("batchSize"))
      #expect(reason { _ = try trainer().predict(x, batchSize: size) }.contains("batchSize"))
    }
    #expect(reason { try trainer().fit(x, y, epochs: -1, progress: .none) }.contains("epochs is -1"))
    for split in [1, 1.5, -0.1, .nan] {
      #expect(reason { try trainer().fit(x, y, validationSplit: split, progress: .none) }.contains("validationSplit"))
    }
    #expect(
      reason { try trainer().fit(x, y, validationData: (x, y), validationSplit: 0.5, progress: .none) }.contains("both")
    )
    guard case .emptyData = error({ try trainer().fit(x, y, validationSplit: 0.999, progress: .none) }) else {
      Issue.record("a training part of no rows was taken")
      return
    }
  }

  @Test(arguments: [3, 1000, -1, .min, .max] as [Int32])
  func `labels out of range`(label: Int32) {
    let (x, y) = blobs()
    var labels = y.scalars
    labels[41] = label
    let expected = TrainingError.labelOutOfRange(label: Int(label), row: 41, classes: 3)
    let wrong = Tensor(labels)
    #expect(error { try trainer().fit(x, wrong, progress: .none) } == expected)
    #expect(error { _ = try trainer().evaluate(x, wrong) } == expected)
    #expect(error { try trainer().fit(x, y, validationData: (x, wrong), progress: .none) } == expected)
    #expect(expected.description.contains("is not one of the 3 classes 0…2"))
  }

  @Test func `wrong features`() {
    let (x, y) = blobs()
    func reason(_ body: () throws -> Void) -> String {
      guard case .features(let reason) = error(body) else { return "" }
      return reason
    }
    let wide = Tensor<Float>.zeros([90, 5])
    for text in [
      reason { _ = try trainer().predict(wide) }, reason { _ = try trainer().predictClasses(wide) },
      reason { _ = try trainer().evaluate(wide, y) }, reason { try trainer().fit(wide, y, progress: .none) },
      reason { try trainer().fit(x, y, validationData: (wide, y), progress: .none) },
    ] {
      #expect(text.contains("rows of shape [5]") && text.contains("takes 2 features"), "\(text)")
    }
    #expect(reason { _ = try trainer().predict(Tensor<Float>([1, 2])) }.contains("rows of shape []"))
  }

  @Test func `a layer inside that does not fit is named before anything is trained`() throws {
    let (x, y) = blobs()
    let inner = Sequential {
      Dense(8, 8)
      Dense(4, 3)
    }
    let model = Sequential {
      Dense(2, 8)
      inner
    }
    let before = parameters(of: model)
    let called = Hook(onFitBegin: { _ in Issue.record("the fit has begun") })
    let wrong = trainingError {
      try Trainer(model, optimizer: Adam(), loss: .crossEntropy).fit(x, y, progress: .none, callbacks: [called])
    }
    let text = wrong.map { "\($0)" } ?? ""
    #expect(text.contains("layer 1.1: ") && text.contains("8") && text.contains("takes 4 features"), "\(text)")
    #expect(parameters(of: model) == before)
  }

  @Test func `wrong features for a model that does not tell`() throws {
    let (x, y) = blobs()
    let trainer = Trainer(Opaque(), optimizer: Adam(), loss: .crossEntropy)
    try trainer.fit(x, y, progress: .none)
    #expect(try trainer.predict(x).shape == [90, 3])
    #expect(throws: TrainingError.self) { try trainer.predict(Tensor<Float>.zeros([4, 3])) }
    #expect(throws: TrainingError.labelOutOfRange(label: 3, row: 0, classes: 3)) {
      try trainer.fit(x[0..<1], [3], progress: .none)
    }
  }

  @Test func `targets of the wrong shape`() {
    let (x, y) = blobs()
    func reason(_ body: () throws -> Void) -> String {
      guard case .targets(let reason) = error(body) else { return "" }
      return reason
    }
    #expect(reason { try trainer().fit(x, y.reshaped(to: [90, 1]), progress: .none) }.contains("y.reshaped(to: [90])"))
    #expect(reason { try trainer().fit(x, Tensor.zeros([90, 3]), progress: .none) }.contains("argMax"))
    #expect(reason { try trainer().fit(x, Tensor.zeros([90, 4]), progress: .none) }.contains("one label a row"))

    let regression = Trainer(
      Sequential(inputShape: [2]) { Dense(1) }, optimizer: Adam(), loss: .meanSquaredError)
    #expect(reason { try regression.fit(x, Tensor.zeros([90]), progress: .none) }.contains("y.reshaped(to: [90, 1])"))
    #expect(reason { try regression.fit(x, Tensor.zeros([90, 2]), progress: .none) }.contains("not [90, 2]"))
    #expect(reason { _ = try regression.predictClasses(x) }.contains("an output for each"))
    for loss in [Loss<Tensor<Float>, Tensor<Float>>.meanAbsoluteError, .binaryCrossEntropy] {
      let other = Trainer(Sequential(inputShape: [2]) { Dense(1) }, optimizer: Adam(), loss: loss)
      #expect(reason { try other.fit(x, Tensor.zeros([90]), progress: .none) }.contains(loss.name))
    }
    // A metric has wishes too, with a loss that has none.
    let custom = Trainer(
      Sequential(inputShape: [2]) { Dense(3) }, optimizer: Adam(),
      loss: Loss<Tensor<Float>, Tensor<Int32>>("mean") { outputs, _ in outputs.mean() },
      metrics: [.accuracy])
    #expect(reason { try custom.fit(x, y.reshaped(to: [90, 1]), progress: .none) }.contains("accuracy"))
  }

  @Test func `two measures of one name trap`() async {
    await #expect(processExitsWith: .failure) {
      _ = Trainer(
        Sequential(inputShape: [2]) { Dense(3) }, optimizer: Adam(), loss: .crossEntropy,
        metrics: [.accuracy, .accuracy])
    }
  }
}

/// Divergence: the fit stops, the model is as it was when all was well, and can be fitted on.
@Suite struct DivergenceTests {
  @Test func `a loss that is not a number stops the fit`() throws {
    let (x, y) = blobs()
    let model = classifier()
    let counter = Counter()
    let loss = Loss<Tensor<Float>, Tensor<Int32>>("failing") { outputs, labels in
      counter.value += 1
      return crossEntropy(logits: outputs, labels: labels) * (counter.value == 9 ? .nan : 1)
    }
    let trainer = Trainer(model, optimizer: Adam(), loss: loss)
    let before = parameters(of: model)
    #expect(throws: TrainingError.nonFiniteLoss(epoch: 1, step: 9)) {
      try trainer.fit(x, y, epochs: 3, batchSize: 10, shuffle: false, progress: .none)
    }
    // What was last looked at is the first step.
    #expect(parameters(of: model) == before)
    #expect(trainer.history.epochs == 0)
    let history = try trainer.fit(x, y, epochs: 2, progress: .none)
    #expect(history["loss"].allSatisfy { $0.isFinite })
  }

  @Test func `exactly the parameters of the last look are restored`() throws {
    let (x, y) = blobs()
    // After forty steps the loss is NaN; the look before that was at step 33, with 32 steps taken.
    let counter = Counter()
    let loss = Loss<Tensor<Float>, Tensor<Int32>>("failing") { outputs, labels in
      counter.value += 1
      let loss = crossEntropy(logits: outputs, labels: labels)
      return counter.value > 40 ? loss * .nan : loss
    }
    let model = classifier()
    let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1, momentum: 0.9), loss: loss)
    #expect(throws: TrainingError.nonFiniteLoss(epoch: 5, step: 5)) {
      try trainer.fit(x, y, epochs: 9, batchSize: 10, seed: 3, progress: .none)
    }
    #expect(trainer.history.epochs == 4)
    #expect(trainer.optimizer.state(for: model).isEmpty)

    let reference = classifier()
    let optimizer = SGD(learningRate: 0.1, momentum: 0.9)
    let dataset = try Dataset(x, y)
    withRandomSeed(3) {
      var steps = 0
      while true {
        for batch in dataset.shuffled().batches(of: 10) {
          if steps == 32 { return }
          let gradients = gradient(at: reference) { crossEntropy(logits: $0(batch.x), labels: batch.y) }
          optimizer.update(reference, along: gradients)
          steps += 1
        }
      }
    }
    #expect(parameters(of: model) == parameters(of: reference))
  }

  @Test func `a learning rate that is too large leaves finite parameters`() throws {
    let (x, y) = blobs()
    let model = Sequential(inputShape: [2]) { Dense(1) }
    let trainer = Trainer(model, optimizer: SGD(learningRate: 1e6), loss: .meanSquaredError)
    let targets = y.cast(to: Float.self).reshaped(to: [90, 1])
    do throws(TrainingError) {
      try trainer.fit(x * 100, targets, epochs: 50, progress: .none)
      Issue.record("it went well")
    } catch {
      #expect(error.description.contains("smaller learning rate"))
    }
    #expect(parameters(of: model).allSatisfy { $0.isFinite })
  }

  @Test func `a last step that goes wrong is noticed`() throws {
    let (x, y) = blobs()
    let model = Sequential(inputShape: [2]) { Dense(1) }
    let before = parameters(of: model)
    // One step: the loss before it is finite, the parameters after it are not.
    let trainer = Trainer(model, optimizer: SGD(learningRate: .greatestFiniteMagnitude), loss: .meanSquaredError)
    #expect(throws: TrainingError.nonFiniteParameters(epoch: 1)) {
      try trainer.fit(
        x, y.cast(to: Float.self).reshaped(to: [90, 1]), batchSize: 90, progress: .none)
    }
    #expect(parameters(of: model) == before)
  }
}

/// A layer that does not tell its output's shape.
private final class Opaque: Layer {
  let dense = withRandomSeed(1) { Dense(2, 3) }
  func forward(_ x: Tensor<Float>) -> Tensor<Float> { dense(x) }
}

/// Used by one fit, on one thread.
private final class Counter: @unchecked Sendable {
  var value = 0
}
