import MartletCore
import MartletData
import MartletFormats
import MartletNN
import MartletText
import MartletTraining
import TestSupport
import Testing

@Suite struct StreamTrainingTests {
  private func data(_ count: Int = 100) throws -> Dataset<Tensor<Float>, Tensor<Int32>> {
    let x = withRandomSeed(5) { Tensor<Float>.randomNormal([count, 2]) }
    return try Dataset(x, Tensor((0..<count).map { x[$0, 0].item() > x[$0, 1].item() ? 1 : 0 }))
  }

  private func trainer() -> Trainer<Sequential, Tensor<Int32>> {
    let model = withRandomSeed(1) {
      Sequential(inputShape: [2]) {
        Dense(8, activation: .tanh)
        Dense(2)
      }
    }
    return Trainer(model, optimizer: Adam(learningRate: 0.02), loss: .crossEntropy, metrics: [.accuracy])
  }

  @Test func `a stream in order trains to the same bits as the data set`() throws {
    let data = try data()
    let (a, b) = (trainer(), trainer())
    let first = try a.fit(
      data, validation: data[0..<20], epochs: 3, batchSize: 16, shuffle: false, seed: 1, progress: .none)
    let stream = DataStream(data, blockSize: 13).prefetched()
    let second = try b.fit(stream, validation: data[0..<20], epochs: 3, batchSize: 16, seed: 1, progress: .none)
    #expect(
      a.model.parameters().map { $0.variable.value.bytes } == b.model.parameters().map { $0.variable.value.bytes })
    #expect(first["loss"] == second["loss"] && first["val_accuracy"] == second["val_accuracy"])
    #expect(try a.evaluate(data, batchSize: 16).loss == b.evaluate(stream, batchSize: 16).loss)
    // Labels of another integer type are converted, batch by batch.
    let c = trainer()
    let wide = stream.map { x, y in (x, y.cast(to: Int64.self)) }
    try c.fit(wide, epochs: 3, batchSize: 16, seed: 1, progress: .none)
    #expect(
      a.model.parameters().map { $0.variable.value.bytes } == c.model.parameters().map { $0.variable.value.bytes })
  }

  @Test func `a shuffled stream learns, other rows each epoch, the same for one seed`() throws {
    let stream = DataStream(try data(), blockSize: 10).shuffled(window: 50)
    let (a, b, c) = (trainer(), trainer(), trainer())
    let history = try a.fit(stream, epochs: 40, batchSize: 16, seed: 1, progress: .none)
    #expect(history["accuracy"].last! > 0.95)
    #expect(try b.fit(stream, epochs: 40, batchSize: 16, seed: 1, progress: .none)["loss"] == history["loss"])
    #expect(try c.fit(stream, epochs: 40, batchSize: 16, seed: 2, progress: .none)["loss"] != history["loss"])
  }

  @Test
  func `a stream as validation measures what its rows do as a data set, and leaves the fit's random numbers alone`()
    throws
  {
    let data = try data(300)
    let (stream, held) = (DataStream(data[0..<240], blockSize: 50).shuffled(window: 100), data[240..<300])
    let (a, b) = (trainer(), trainer())
    let first = try a.fit(stream, validation: held, epochs: 3, batchSize: 16, seed: 1, progress: .none)
    let second = try b.fit(
      stream, validation: DataStream(held, blockSize: 7).shuffled(window: 20).prefetched(), epochs: 3, batchSize: 16,
      seed: 1, progress: .none)
    #expect(
      a.model.parameters().map { $0.variable.value.bytes } == b.model.parameters().map { $0.variable.value.bytes })
    #expect(first["val_accuracy"] == second["val_accuracy"])
    for (a, b) in zip(first["val_loss"], second["val_loss"]) { #expect(abs(a - b) < 1e-6) }
    let empty = DataStream<Tensor<Float>, Tensor<Int32>> { { nil } }
    let error = #expect(throws: TrainingError.self) {
      try trainer().fit(stream, validation: empty, batchSize: 16, progress: .none)
    }
    #expect("\(error!)".contains("the validation stream has no rows"))
  }

  private final class Steps: Callback {
    var seen: [(step: Int, of: Int)] = []
    func onStepEnd(_ fit: FitState) { seen.append((fit.step, fit.stepsPerEpoch)) }
  }

  @Test func `a length that is not known is known after an epoch`() throws {
    let steps = Steps()
    let stream = DataStream(try data(10), blockSize: 4).filter { x, _ in x[.all, 0] .== x[.all, 0] }
    try trainer().fit(stream, epochs: 2, batchSize: 3, progress: .none, callbacks: [steps])
    #expect(steps.seen.map(\.step) == [1, 2, 3, 4, 1, 2, 3, 4])
    #expect(steps.seen.map(\.of) == [0, 0, 0, 0, 4, 4, 4, 4])
    let known = Steps()
    try trainer().fit(DataStream(try data(10)), batchSize: 3, progress: .none, callbacks: [known])
    #expect(known.seen.map(\.of) == [4, 4, 4, 4])
  }

  private struct Broken: Error {}

  @Test func `bad rows end the fit with what was trained so far`() throws {
    func problem(_ stream: DataStream<Tensor<Float>, Tensor<Int32>>) throws -> TrainingError? {
      #expect(throws: TrainingError.self) { try trainer().fit(stream, batchSize: 10, progress: .none) }
    }
    let stream = DataStream(try data(), blockSize: 10)
    guard case .number(let nan) = try problem(stream.map { x, y in (x / 0 * 0, y) }) else {
      Issue.record("expected an error of a number")
      return
    }
    #expect(nan.description.contains("batch 1 of the stream"))
    let label = try problem(stream.map { x, y in (x, y + 1) })
    guard case .labelOutOfRange(label: 2, row: _, classes: 2) = label else {
      Issue.record("\(String(describing: label))")
      return
    }
    guard case .stream(let error) = try problem(stream.map { x, y throws in throw Broken() }) else {
      Issue.record("expected an error of the stream")
      return
    }
    #expect(error.underlying is Broken)
    guard case .emptyData = try problem(stream.prefix(0)) else {
      Issue.record("expected an error of no rows")
      return
    }
    guard case .table = try problem(DataStream(csv: "/none.csv") { try $0.dataset(classes: "y") }) else {
      Issue.record("expected an error of the file")
      return
    }
    let sixth = try data().x[50, 0].item()
    let late = stream.map { x, y throws in
      if x[0, 0].item() == sixth { throw Broken() }
      return (x, y)
    }
    let last = trainer()
    let before = last.model.parameters().map { $0.variable.value.bytes }
    #expect(throws: TrainingError.self) { try last.fit(late, batchSize: 10, progress: .none) }
    #expect(last.model.parameters().map { $0.variable.value.bytes } != before)
  }
}

extension AnyTensor {
  fileprivate var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
