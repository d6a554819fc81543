import MartletCore
import MartletNN
import MartletTraining
import Synchronization
import Testing

/// When callbacks are called, what they see, and what they can do.
@Suite struct CallbackTests {
  private let data = blobs()

  private func trainer(
    _ model: Sequential = classifier(), _ optimizer: any Optimizer = Adam()
  ) -> Trainer<Sequential, Tensor<Int32>> {
    Trainer(model, optimizer: optimizer, loss: .crossEntropy, metrics: [.accuracy])
  }

  @Test func `hooks are called in order, each for all callbacks in theirs`() throws {
    let log = Log()
    try trainer().fit(
      data.x, data.y, epochs: 2, batchSize: 45, progress: .none, callbacks: [Logger("a", log), Logger("b", log)]
    ) { report in
      log.lines.append("closure \(report.epoch)")
      return .proceed
    }
    func both(_ name: String) -> [String] { ["a \(name)", "b \(name)"] }
    let steps = (1...2).flatMap { both("gradients \($0)") + both("step end \($0)") }
    let epochs = (1...2).flatMap {
      both("epoch begin \($0)") + steps + both("epoch end \($0)") + ["closure \($0)"]
    }
    #expect(log.lines == both("fit begin 0") + epochs + both("fit end 2"))
  }

  @Test func `a fit's state says how far it is`() throws {
    var log: [String] = []
    func note(_ name: String) -> (FitState) -> Void {
      { fit in
        log.append("\(name): \(fit.epoch) \(fit.step)/\(fit.stepsPerEpoch) \(fit.stepsTaken) \(fit.history.epochs)")
      }
    }
    let hooks = Hooks(fitBegin: note("fit begin"))
    (hooks.epochBegin, hooks.stepEnd) = (note("epoch begin"), note("step end"))
    (hooks.epochEnd, hooks.fitEnd) = (note("epoch end"), note("fit end"))
    hooks.gradients = { note("gradients")($1) }
    let model = classifier()
    let trainer = trainer(model)
    hooks.fitBegin = { fit in
      note("fit begin")(fit)
      #expect(fit.model === model && fit.optimizer === trainer.optimizer)
      #expect(fit.options.epochs == 2 && fit.options.batchSize == 40 && fit.options.seed == 3 && !fit.options.shuffle)
      #expect(fit.values.isEmpty && fit["loss"] == nil && fit.error == nil && !fit.isStopping)
      #expect(fit.goal(of: "loss") == .minimum && fit.goal(of: "val_accuracy") == .maximum && fit.goal(of: "x") == nil)
    }
    try trainer.fit(
      data.x, data.y, epochs: 2, batchSize: 40, shuffle: false, seed: 3, progress: .none, callbacks: [hooks])
    #expect(
      log == [
        "fit begin: 0 0/3 0 0",
        "epoch begin: 1 0/3 0 0", "gradients: 1 1/3 0 0", "step end: 1 1/3 1 0", "gradients: 1 2/3 1 0",
        "step end: 1 2/3 2 0", "gradients: 1 3/3 2 0", "step end: 1 3/3 3 0", "epoch end: 1 3/3 3 0",
        "epoch begin: 2 0/3 3 1", "gradients: 2 1/3 3 1", "step end: 2 1/3 4 1", "gradients: 2 2/3 4 1",
        "step end: 2 2/3 5 1", "gradients: 2 3/3 5 1", "step end: 2 3/3 6 1", "epoch end: 2 3/3 6 1",
        "fit end: 2 3/3 6 2",
      ])
  }

  @Test func `values are running means, and at the epoch's end those of the history`() throws {
    var sum = 0.0
    var rows = 0.0
    var ends: [[String: Double]] = []
    let hooks = Hooks(stepEnd: { fit in
      let count = fit.step == 3 ? 10.0 : 40
      sum += fit.batchLoss * count
      rows += count
      #expect(fit["loss"] == sum / rows)
      #expect(fit.values.map(\.name) == ["loss", "accuracy"] && fit["val_loss"] == nil)
      #expect(fit.seconds >= 0)
    })
    hooks.epochBegin = { fit in
      (sum, rows) = (0, 0)
      #expect(fit.values.isEmpty && fit["loss"] == nil)
    }
    hooks.epochEnd = { fit in
      #expect(fit.values.map(\.name) == ["loss", "accuracy", "val_loss", "val_accuracy"])
      ends.append(Dictionary(uniqueKeysWithValues: fit.values.map { ($0.name, $0.value) }))
    }
    hooks.fitEnd = { fit in #expect(fit["val_loss"] == fit.history["val_loss"].last && fit["val_loss"] != nil) }
    let history = try trainer().fit(
      data.x, data.y, epochs: 3, batchSize: 40, validationData: data, progress: .none, callbacks: [hooks])
    #expect(history.names == ["loss", "accuracy", "val_loss", "val_accuracy"])
    for name in history.names { #expect(history[name] == ends.map { $0[name] }) }
  }

  @Test func `gradients that a callback changes are those of the step`() throws {
    let (model, other) = (classifier(), classifier())
    let hooks = Hooks(gradients: { gradients, _ in gradients = gradients.clipped(norm: 0.05) })
    var norms: [Double] = []
    let look = Hooks(gradients: { gradients, _ in norms.append(gradients.norm) })
    try trainer(model, SGD(learningRate: 0.1)).fit(
      data.x, data.y, epochs: 2, batchSize: 32, shuffle: false, progress: .none, callbacks: [hooks, look])
    let optimizer = SGD(learningRate: 0.1)
    for batch in Array(repeating: [0..<32, 32..<64, 64..<90], count: 2).joined() {
      let gradients = gradient(at: other) { crossEntropy(logits: $0(data.x[batch]), labels: data.y[batch]) }
      #expect(gradients.norm > 0.05)
      optimizer.update(other, along: gradients.clipped(norm: 0.05))
    }
    #expect(state(of: model) == state(of: other))
    #expect(norms.count == 6 && norms.allSatisfy { abs($0 - 0.05) < 1e-5 })
  }

  @Test func `a parameter whose gradient is taken away stays as it is`() throws {
    let model = classifier()
    let before = state(of: model)
    let hooks = Hooks(gradients: { gradients, _ in gradients["0.weight"] = nil })
    try trainer(model).fit(data.x, data.y, progress: .none, callbacks: [hooks])
    #expect(zip(state(of: model), before).map { $0 == $1 } == [true, false, false, false])
  }

  @Test(arguments: [1, 3, 4])
  func `gradients of several steps are gathered by skipping updates`(every: Int) throws {
    let (model, other) = (classifier(), classifier())
    var gathered: Gradients?
    let hooks = Hooks(gradients: { gradients, fit in
      let sum = gathered?.adding(gradients) ?? gradients
      if fit.stepsTaken % every == every - 1 {
        gradients = sum.scaled(by: 1 / Double(every))
        gathered = nil
      } else {
        gathered = sum
        fit.skipUpdate()
      }
    })
    let history = try trainer(model).fit(
      data.x, data.y, epochs: 2, batchSize: 10, shuffle: false, progress: .none, callbacks: [hooks])
    let optimizer = Adam()
    var sum: Gradients?
    for step in 0..<18 {
      let rows = step % 9 * 10..<(step % 9 + 1) * 10
      let gradients = gradient(at: other) { crossEntropy(logits: $0(data.x[rows]), labels: data.y[rows]) }
      sum = sum?.adding(gradients) ?? gradients
      if step % every == every - 1 {
        optimizer.update(other, along: sum!.scaled(by: 1 / Double(every)))
        sum = nil
      }
    }
    #expect(state(of: model) == state(of: other))
    #expect(history.epochs == 2)
  }

  @Test func `an update is skipped by what has its gradients alone`() throws {
    let (model, other) = (classifier(), classifier())
    let hooks = Hooks(epochBegin: { $0.skipUpdate() })
    hooks.stepEnd = { $0.skipUpdate() }
    try trainer(model).fit(data.x, data.y, shuffle: false, progress: .none, callbacks: [hooks])
    try trainer(other).fit(data.x, data.y, shuffle: false, progress: .none)
    #expect(state(of: model) == state(of: other))
  }

  @Test func `a learning rate that a callback sets is that of the epoch`() throws {
    let (model, other) = (classifier(), classifier())
    let hooks = Hooks(epochBegin: { fit in fit.optimizer.learningRate = 0.1 / Double(fit.epoch) })
    try trainer(model, SGD()).fit(
      data.x, data.y, epochs: 3, batchSize: 50, shuffle: false, progress: .none, callbacks: [hooks])
    let optimizer = SGD()
    for epoch in 1...3 {
      optimizer.learningRate = 0.1 / Double(epoch)
      for rows in [0..<50, 50..<90] {
        optimizer.update(
          other, along: gradient(at: other) { crossEntropy(logits: $0(data.x[rows]), labels: data.y[rows]) })
      }
    }
    #expect(state(of: model) == state(of: other))
  }

  @Test func `a learning rate of NaN that a callback sets between gradients and update ends the fit`() throws {
    let model = classifier()
    let hooks = Hooks(gradients: { _, fit in if fit.step == 2 { fit.optimizer.learningRate = .nan } })
    let error = trainingError {
      try trainer(model).fit(data.x, data.y, batchSize: 30, progress: .none, callbacks: [hooks])
    }
    guard case .hyperparameter(_, epoch: 1) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(parameters(of: model).allSatisfy { $0.isFinite })
  }
}

private final class Log {
  var lines: [String] = []
}

/// Writes down every call.
private final class Logger: Callback {
  private let name: String
  private let log: Log

  init(_ name: String, _ log: Log) {
    self.name = name
    self.log = log
  }

  private func add(_ text: String) { log.lines.append("\(name) \(text)") }

  func onFitBegin(_ fit: FitState) { add("fit begin \(fit.epoch)") }
  func onEpochBegin(_ fit: FitState) { add("epoch begin \(fit.epoch)") }
  func onGradients(_ gradients: inout Gradients, _ fit: FitState) { add("gradients \(fit.step)") }
  func onStepEnd(_ fit: FitState) { add("step end \(fit.step)") }
  func onEpochEnd(_ fit: FitState) { add("epoch end \(fit.epoch)") }
  func onFitEnd(_ fit: FitState) { add("fit end \(fit.epoch)") }
}
