import MartletCore
import MartletMetrics
import MartletNN
import MartletTraining
import Synchronization
import TestSupport
import Testing

/// How callbacks end a fit, what they record in it, and what is left of it.
@Suite struct CallbackEndTests {
  private let data = blobs()

  private func trainer(_ model: Sequential = classifier()) -> Trainer<Sequential, Tensor<Int32>> {
    Trainer(model, optimizer: Adam(), loss: .crossEntropy)
  }

  private struct Mishap: Error, Equatable {}

  @Test func `a step is the last after which a callback stops, and its epoch is recorded`() throws {
    let (model, other) = (classifier(), classifier())
    var log: [String] = []
    let hooks = Hooks(stepEnd: { fit in
      log.append("step \(fit.step)")
      if fit.stepsTaken == 5 { fit.stop() }
    })
    hooks.epochEnd = { fit in log.append("epoch \(fit.epoch) \(fit.isStopping)") }
    hooks.fitEnd = { fit in log.append("end \(fit.stepsTaken) \(fit.error == nil)") }
    let history = try trainer(model).fit(
      data.x, data.y, epochs: 9, batchSize: 30, validationData: data, shuffle: false, progress: .none,
      callbacks: [hooks])
    #expect(log == ["step 1", "step 2", "step 3", "epoch 1 false", "step 1", "step 2", "epoch 2 true", "end 5 true"])
    #expect(history.epochs == 2 && history["val_loss"].count == 2)
    let optimizer = Adam()
    let first = fitByHand(other, optimizer, rows: 90, epochs: 1, batchSize: 30) {
      (data.x[$0], data.y[$0])
    } loss: {
      crossEntropy(logits: $0($1.0), labels: $1.1)
    }
    // The second epoch's loss is the mean over the rows that it has seen.
    let second = fitByHand(other, optimizer, rows: 60, epochs: 1, batchSize: 30) {
      (data.x[$0], data.y[$0])
    } loss: {
      crossEntropy(logits: $0($1.0), labels: $1.1)
    }
    #expect(history["loss"] == first + second)
    #expect(state(of: model) == state(of: other))
  }

  @Test func `stopping before the first step takes none and records none`() throws {
    for hooks in [Hooks(fitBegin: { $0.stop() }), Hooks(epochBegin: { if $0.epoch == 2 { $0.stop() } })] {
      let trainer = trainer()
      let history = try trainer.fit(data.x, data.y, epochs: 3, progress: .none, callbacks: [hooks])
      #expect(history["loss"].allSatisfy { $0.isFinite }, "\(history)")
      #expect(history.epochs <= 1)
    }
  }

  @Test func `stopping in onGradients takes the step`() throws {
    var steps = 0
    let hooks = Hooks(gradients: { _, fit in fit.stop() })
    hooks.stepEnd = { fit in steps = fit.stepsTaken }
    let model = classifier()
    let before = state(of: model)
    #expect(try trainer(model).fit(data.x, data.y, batchSize: 9, progress: .none, callbacks: [hooks]).epochs == 1)
    #expect(steps == 1 && state(of: model) != before)
  }

  @Test func `what is recorded is in the history, the line and for those behind`() throws {
    let lines = Mutex("")
    var seen: [Double?] = []
    let norms = Hooks(epochEnd: { fit in
      fit.record("twice", 1)
      fit.record("epoch", Double(fit.epoch) / 4)
      fit.record("twice", 2)
    })
    let late = Hooks(epochEnd: { fit in if fit.epoch > 1 { fit.record("late", 7) } })
    let behind = Hooks(epochEnd: { fit in seen.append(fit["epoch"]) })
    behind.epochBegin = { fit in #expect(fit["epoch"] == nil) }
    var reported: [Double?] = []
    let history = try trainer().fit(
      data.x, data.y, epochs: 2, validationData: data, progress: .lines(to: { text in lines.withLock { $0 += text } }),
      callbacks: [norms, late, behind]
    ) { report in
      reported.append(report["epoch"])
      return .proceed
    }
    #expect(history.names == ["loss", "val_loss", "twice", "epoch", "late"])
    #expect(history["twice"] == [2, 2] && history["epoch"] == [0.25, 0.5])
    #expect(history["late"][0].isNaN && history["late"][1] == 7)
    #expect(seen == [0.25, 0.5] && reported == [0.25, 0.5])
    let text = lines.withLock { $0 }.split(separator: "\n").dropFirst().map(String.init)
    #expect(text.count == 2)
    #expect(text[0].hasSuffix("twice 2.0000  epoch 0.2500"))
    #expect(text[1].hasSuffix("twice 2.0000  epoch 0.5000  late 7.0000"))
  }

  @Test func `recording before the epoch's end traps`() async {
    let inStep = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy)
        .fit(blobs().x, blobs().y, progress: .none, callbacks: [Hooks(stepEnd: { $0.record("a", 1) })])
    }
    #expect(errorText(inStep).contains("FitState.record(\"a\", …): expected an epoch that has ended"))
    let atBegin = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy)
        .fit(blobs().x, blobs().y, progress: .none, callbacks: [Hooks(fitBegin: { $0.record("b", 1) })])
    }
    #expect(errorText(atBegin).contains("FitState.record(\"b\", …): expected an epoch that has ended"))
  }

  @Test func `lines are logged where the progress is shown`() throws {
    let lines = Mutex<[String]>([])
    let hooks = Hooks(epochEnd: { fit in fit.log("half-way \(fit.epoch)") })
    hooks.fitEnd = { fit in fit.log("done") }
    for style in [.none, .lines(to: { text in lines.withLock { $0.append(text) } })] as [ProgressStyle] {
      try trainer().fit(data.x, data.y, epochs: 2, progress: style, callbacks: [hooks])
    }
    let text = lines.withLock { Array($0.dropFirst()) }
    #expect(text.count == 5)
    #expect(text[0] == "half-way 1\n" && text[2] == "half-way 2\n" && text[4] == "done\n")
    #expect(text[1].hasPrefix("Epoch 1/2  3 steps") && text[3].hasPrefix("Epoch 2/2"))
  }

  /// Hooks of which one throws in the second epoch, or where it comes but once.
  private func failing(_ name: String, _ error: any Error) -> Hooks {
    let hooks = Hooks()
    let fail: (FitState) throws -> Void = { fit in if fit.epoch == 2 { throw error } }
    switch name {
    case "fit begin": hooks.fitBegin = { _ in throw error }
    case "epoch begin": hooks.epochBegin = fail
    case "gradients": hooks.gradients = { try fail($1) }
    case "step end": hooks.stepEnd = fail
    case "epoch end": hooks.epochEnd = fail
    default: hooks.fitEnd = { _ in throw error }
    }
    return hooks
  }

  private static let hooks = [
    ("fit begin", 0, 0, 0), ("epoch begin", 2, 3, 1), ("gradients", 2, 3, 1), ("step end", 2, 4, 1),
    ("epoch end", 2, 6, 1), ("fit end", 3, 9, 3),
  ]

  @Test(arguments: hooks)
  func `what a callback throws ends the fit`(hook: String, epoch: Int, steps: Int, epochs: Int) throws {
    for error in [Mishap(), TrainingError.outputs("mine")] as [any Error] {
      let trainer = trainer()
      var seen: [TrainingError?] = []
      var taken = -1
      let look = Hooks(fitEnd: { fit in
        seen.append(fit.error)
        taken = fit.stepsTaken
      })
      let found = trainingError {
        try trainer.fit(
          data.x, data.y, epochs: 3, batchSize: 30, progress: .none, callbacks: [look, failing(hook, error), look])
      }
      if error is Mishap {
        guard case .callback(let callback) = found else {
          Issue.record("\(String(describing: found))")
          continue
        }
        #expect(callback.callback == "Hooks" && callback.epoch == epoch && callback.underlying is Mishap)
        #expect(found?.description == "Hooks ended the fit in epoch \(epoch): Mishap()")
      } else {
        #expect(found == .outputs("mine"))
      }
      // All are told of the end, and of the error where it came before.
      #expect(seen == [hook == "fit end" ? nil : found, found])
      #expect(taken == steps)
      #expect(trainer.history.epochs == epochs)
      // Nothing is left of the fit.
      #expect(try trainer.fit(data.x, data.y, progress: .none).epochs == 1)
    }
  }

  @Test func `what the closure throws ends the fit, and its epoch is recorded`() throws {
    let trainer = trainer()
    let found = trainingError {
      try trainer.fit(data.x, data.y, epochs: 5, progress: .none) { report in
        if report.epoch == 2 { throw Mishap() }
        return .proceed
      }
    }
    guard case .callback(let error) = found else {
      Issue.record("\(String(describing: found))")
      return
    }
    #expect(error.epoch == 2 && error.underlying is Mishap)
    #expect(trainer.history.epochs == 2)
  }

  @Test func `the first error is that of the fit`() throws {
    let hooks = failing("step end", Mishap())
    hooks.fitEnd = { _ in throw TrainingError.outputs("the second") }
    let found = trainingError {
      try trainer().fit(data.x, data.y, epochs: 3, progress: .none, callbacks: [hooks, hooks])
    }
    #expect(found?.description == "Hooks ended the fit in epoch 2: Mishap()")
  }

  @Test func `a loss that goes wrong is told to all at the end`() throws {
    let loss = Loss<Tensor<Float>, Tensor<Int32>>("wrong") { outputs, _ in outputs.mean() * .nan }
    var called: [String] = []
    let hooks = Hooks(gradients: { _, _ in called.append("gradients") })
    hooks.fitEnd = { fit in called.append("\(fit.error == .nonFiniteLoss(epoch: 1, step: 1))") }
    let found = trainingError {
      try Trainer(classifier(), optimizer: SGD(), loss: loss)
        .fit(data.x, data.y, progress: .none, callbacks: [hooks])
    }
    #expect(found == .nonFiniteLoss(epoch: 1, step: 1))
    // Gradients of a loss that is not finite are no callback's.
    #expect(called == ["true"])
  }

  @Test func `a fit that is refused calls nothing`() throws {
    var called = 0
    let hooks = Hooks(fitBegin: { _ in called += 1 })
    hooks.fitEnd = { _ in called += 1 }
    #expect(trainingError { try trainer().fit(data.x, data.y, epochs: -1, callbacks: [hooks]) } != nil)
    #expect(called == 0)
    try trainer().fit(data.x, data.y, epochs: 0, progress: .none, callbacks: [hooks])
    #expect(called == 2)
  }
}
