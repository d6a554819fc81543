import Foundation
import MartletCore
import MartletFormats
import MartletMetrics
import MartletNN
import MartletPlots
import MartletText
import MartletTraining
import Synchronization
import TestSupport
import Testing

/// A green and a blue pixel, as a file that was made elsewhere.
struct TwoPixels: Picture {
  static let file =
    "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000000d49444154789c63f8cf0004ff01070001ff"
    + "e2239e590000000049454e44ae426082"

  func png(scale: Double) -> [UInt8] {
    stride(from: 0, to: Self.file.count, by: 2).map { place in
      UInt8(Self.file.dropFirst(place).prefix(2), radix: 16)!
    }
  }
}

/// Callbacks that write files, and those that end fits or record.
@Suite struct RecordingTests {
  private let directory = TemporaryDirectory()
  private let data = blobs()

  private func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

  @Test func `TensorBoard's own writer gives the same bytes`() throws {
    let path = directory.file("events")
    let events = try EventFile(path: path, resumingAt: 3) { 1.5 }
    events.add([("loss", 0), ("accuracy", 0.5)], step: 0)
    events.add("loss", -1.25e-3, step: 300)
    let numbers = Tensor<Double>((0..<40).map { 0.25 * Double($0) - 3 })
    events.add(histogram: "0.weight", of: numbers.erased, step: 1 << 40)
    // What is not finite is not counted.
    events.add(histogram: "constant", of: Tensor<Float>([2, .nan, 2, .infinity]).erased, step: 7)
    events.add(text: "run", "| µ | b |\n|---|---|\n" + String(repeating: "x", count: 200), step: 7)
    events.add(picture: "pixels", TwoPixels(), step: 8)
    try events.flush()
    #expect(try bytes(path) == bytes(Fixture.path("tensorboard", type: "tfevents")))
  }

  @Test func `histograms take any tensor`() throws {
    let path = directory.file("events")
    let events = try EventFile(path: path, resumingAt: nil) { 1.5 }
    for tensor in [Tensor<Float>.zeros([0]).erased, Tensor<Float>([-.greatestFiniteMagnitude, 3e38]).erased] {
      events.add(histogram: "x", of: tensor, step: 1)
    }
    events.add(histogram: "x", of: Tensor<Double>([-1e308, 1e308]).erased, step: 1)
    events.add(histogram: "x", of: Tensor<Int64>([1, 2]).erased, step: 1)
    try events.flush()
    #expect(try bytes(path).count > 400)
  }

  /// The texts of the tags in an event file, however often they occur.
  private func count(_ tag: String, in folder: String) throws -> Int {
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
    return try files.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }.reduce(0) { count, data in
      var (count, place) = (count, data.startIndex)
      while let found = data.range(of: Data(tag.utf8), in: place..<data.endIndex) {
        (count, place) = (count + 1, found.upperBound)
      }
      return count
    }
  }

  @Test func `a fit writes its measures for TensorBoard, and goes on in the same directory`() throws {
    let (logs, path) = (directory.file("logs/run"), directory.file("c.safetensors"))
    func board() -> TensorBoard { TensorBoard(in: logs, everySteps: 2, histogramsEveryEpochs: 2) }
    let stop = Hook(onStepEnd: { if $0.stepsTaken == 10 { $0.interrupt("a test") } })
    try ResumableFit().run([board(), stop, Checkpointing(to: path)])
    #expect(try count("step/learningRate", in: logs + "/train") == 5)
    #expect(try count("accuracy", in: logs + "/train") == 2 + 1 && count("accuracy", in: logs + "/validation") == 2)
    #expect(try count("0.weight", in: logs + "/train") == 1)
    try ResumableFit().run([board()], from: path)
    #expect(try count("step/learningRate", in: logs + "/train") == 8)
    #expect(try count("accuracy", in: logs + "/validation") == 4)
    #expect(try FileManager.default.contentsOfDirectory(atPath: logs + "/train").count == 2)
  }

  @Test func `a fit writes pictures for TensorBoard at epochs' ends`() throws {
    let logs = directory.file("logs/run")
    let fit = ResumableFit()
    let board = TensorBoard(in: logs, learningCurves: true, picturesEveryEpochs: 2) { state in
      let predicted = fit.model(data.x).argMax(axis: 1)
      let weights = state.model.parameters()[0].variable.value
      return [
        "mistakes": try ConfusionMatrix(labels: data.y, predictions: predicted),
        "weights": TensorImage(Tensor<Float>(unchecked: weights)),
      ]
    }
    try fit.run([board])
    for tag in ["learning curves", "mistakes", "weights"] {
      #expect(try count(tag, in: logs + "/train") == 2 && count(tag, in: logs + "/validation") == 0)
    }
    #expect(try count("IHDR", in: logs + "/train") == 6)
    // The closure's error ends the fit; what was measured is written.
    struct Mishap: Error {}
    let failing = TensorBoard(in: directory.file("logs/bad")) { _ in throw Mishap() }
    let error = trainingError { try ResumableFit().run([failing]) }
    guard case .callback(let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.callback == "TensorBoard" && reason.underlying is Mishap && reason.epoch == 1)
    #expect(try count("accuracy", in: directory.file("logs/bad/train")) == 1 + 1)
  }

  @Test func `a log in CSV is the history, also of a fit that goes on`() throws {
    let (log, path) = (directory.file("log.csv"), directory.file("c.safetensors"))
    let stop = Hook(onStepEnd: { if $0.stepsTaken == 10 { $0.interrupt("a test") } })
    let part = try ResumableFit().run([CSVLog(to: log), LearningRateMonitor(), stop, Checkpointing(to: path)])
    #expect(try History(fromCSV: log) == part.history && part.history.epochs == 2)
    let whole = try ResumableFit().run([LearningRateMonitor(), CSVLog(to: log)], from: path)
    #expect(try History(fromCSV: log) == whole.history && whole.history.epochs == 4)
    let rates = whole.history["learningRate"]
    #expect(zip(rates, [4, 8, 12, 16]).allSatisfy { abs($0 - 0.02 * pow(0.95, Double($1))) < 1e-12 })
  }

  @Test func `what cannot be written is refused before the first step, or thrown at the end`() throws {
    for callback in [CSVLog(to: "/proc/nowhere/log.csv"), TensorBoard(in: "/proc/nowhere")] as [any Callback] {
      let steps = Mutex(0)
      let error = trainingError {
        try ResumableFit().run([callback, Hook(onStepEnd: { _ in steps.withLock { $0 += 1 } })])
      }
      guard case .checkpoint(.file(let reason)) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(reason.kind == .unwritable && steps.withLock { $0 } == 0)
    }
    let log = directory.file("log.csv")
    let spoil = Hook(onEpochEnd: { [directory] fit in
      if fit.epoch == 1 {
        try? FileManager.default.removeItem(atPath: directory.path)
      }
    })
    let fit = ResumableFit()
    let trainer = Trainer(fit.model, optimizer: fit.optimizer, loss: .crossEntropy)
    let error = trainingError {
      try trainer.fit(data.x, data.y, epochs: 3, progress: .none, callbacks: [spoil, CSVLog(to: log)])
    }
    guard case .checkpoint(.file) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(trainer.history.epochs == 3)
  }

  @Test func `budgets interrupt a fit so that it can go on`() throws {
    let whole = ResumableFit()
    try whole.run()
    let path = directory.file("c.safetensors")
    let part = ResumableFit()
    let lines = Mutex("")
    let trainer = try part.run(
      [StepBudget(7), Checkpointing(to: path)], progress: .lines(to: { line in lines.withLock { $0 += line } }))
    #expect(trainer.wasInterrupted && trainer.history.epochs == 1)
    #expect(lines.withLock { $0 }.contains("interrupted by the budget of 7 steps in epoch 2, step 3 of 4; go on with"))
    // No time at all is still a step, so that a program that is started again and again comes to its end.
    var runs = 0
    var wasInterrupted = true
    while wasInterrupted {
      runs += 1
      wasInterrupted = try part.run([TimeBudget(.zero), Checkpointing(to: path)], from: path).wasInterrupted
    }
    #expect(runs == 10 && part.bits == whole.bits)
    #expect(try !ResumableFit().run([TimeBudget(.seconds(1000)), StepBudget(17)]).wasInterrupted)
  }

  @Test func `closures are called at their hooks`() throws {
    var log: [String] = []
    let hook = Hook(
      onFitBegin: { _ in log.append("fit begin") }, onEpochBegin: { log.append("epoch begin \($0.epoch)") },
      onGradients: { gradients, fit in
        gradients = gradients.scaled(by: 0)
        log.append("gradients \(fit.step)")
      }, onStepEnd: { log.append("step end \($0.step)") }, onEpochEnd: { log.append("epoch end \($0.epoch)") },
      onFitEnd: { _ in log.append("fit end") })
    let model = classifier()
    let before = state(of: model)
    try Trainer(model, optimizer: SGD(), loss: .crossEntropy).fit(
      data.x, data.y, batchSize: 45, progress: .none, callbacks: [Hook(), hook])
    #expect(
      log == [
        "fit begin", "epoch begin 1", "gradients 1", "step end 1", "gradients 2", "step end 2", "epoch end 1",
        "fit end",
      ])
    #expect(state(of: model) == before)
  }

  @Test func `numbers that make no sense trap`() async {
    let steps = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { _ = StepBudget(0) }
    #expect(errorText(steps).contains("StepBudget: expected at least 1 step, got 0"))
    let board = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TensorBoard(in: "x", everySteps: 0)
    }
    #expect(errorText(board).contains("TensorBoard: expected everySteps of at least 1, got 0"))
    let pictures = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = TensorBoard(in: "x", picturesEveryEpochs: 0)
    }
    #expect(errorText(pictures).contains("TensorBoard: expected picturesEveryEpochs of at least 1, got 0"))
  }
}
