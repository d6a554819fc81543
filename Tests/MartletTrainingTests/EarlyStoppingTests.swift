import MartletCore
import MartletMetrics
import MartletNN
import MartletTraining
import Synchronization
import TestSupport
import Testing

/// When a fit ends for want of improvement, and with which parameters, on scripts of what the measure is.
@Suite struct EarlyStoppingTests {
  private let data = blobs()

  /// A fit whose measure `own` is that of the script, and the parameters and buffers after every epoch.
  private struct Run {
    let model = withRandomSeed(1) { Counting() }
    let stopping: EarlyStopping
    var states: [[AnyTensor]] = []
    var history = History()
    var error: TrainingError?
    var lines: [String] = []

    init(_ stopping: EarlyStopping, _ script: [Double], epochs: Int? = nil, behind: [any Callback] = []) {
      self.stopping = stopping
      let (x, y) = blobs()
      let lines = Mutex<[String]>([])
      var states: [[AnyTensor]] = []
      let own = Hooks(epochEnd: { fit in
        fit.record("own", script[fit.epoch - 1])
        states.append(state(of: fit.model))
      })
      let trainer = Trainer(model, optimizer: Adam(learningRate: 0.01), loss: .crossEntropy)
      do throws(TrainingError) {
        try trainer.fit(
          x, y, epochs: epochs ?? script.count, batchSize: 30, seed: 1,
          progress: .lines(to: { text in lines.withLock { $0.append(text) } }), callbacks: [own, stopping] + behind)
      } catch {
        self.error = error
      }
      history = trainer.history
      self.states = states
      self.lines = lines.withLock { $0.filter { !$0.hasPrefix("Fitting on ") } }
    }

    /// The epochs after which parameters and buffers were as they are now.
    var epochsOfState: [Int] {
      states.indices.filter { states[$0] == state(of: model) }.map { $0 + 1 }
    }
  }

  struct Script: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var patience = 2
    var least = 0.0
    var goal = MetricGoal.minimum
    let values: [Double]
    /// Epochs that are fitted, and the best of them.
    let epochs: Int
    let best: Int?
    let stops: Bool
  }

  static let scripts = [
    Script(testDescription: "always better", values: [4, 3, 2, 1], epochs: 4, best: 4, stops: false),
    Script(testDescription: "patience of 2", values: [4, 3, 5, 6, 1, 0], epochs: 4, best: 2, stops: true),
    Script(testDescription: "patience of 1", patience: 1, values: [4, 3, 5, 1], epochs: 3, best: 2, stops: true),
    Script(testDescription: "worse, then better", values: [4, 3, 5, 2, 5, 5, 1], epochs: 6, best: 4, stops: true),
    Script(testDescription: "the same is not better", values: [4, 4, 4, 4], epochs: 3, best: 1, stops: true),
    Script(
      testDescription: "epochs run out first", patience: 9, values: [4, 3, 5, 6], epochs: 4, best: 2, stops: false),
    Script(testDescription: "the last epoch is too much", values: [4, 3, 5, 6], epochs: 4, best: 2, stops: true),
    Script(testDescription: "maximum", goal: .maximum, values: [1, 3, 2, 2, 9], epochs: 4, best: 2, stops: true),
    Script(
      testDescription: "too small an improvement", least: 0.5, values: [4, 3.75, 3.5, 3], epochs: 3, best: 1,
      stops: true),
    Script(
      testDescription: "just not enough, then enough", least: 0.5, values: [4, 3.5, 3.25, 2.75], epochs: 4, best: 3,
      stops: false),
    Script(
      testDescription: "enough at last", least: 0.5, values: [4, 3.75, 3.25, 3, 2.5], epochs: 5, best: 5, stops: false),
    Script(
      testDescription: "too small an increase", least: 0.5, goal: .maximum, values: [1, 1.5, 1.5, 3], epochs: 3,
      best: 1,
      stops: true),
    Script(testDescription: "NaN at first", values: [.nan, 4, .nan, 3], epochs: 4, best: 4, stops: false),
    Script(testDescription: "NaN from then on", values: [4, 3, .nan, .nan, 1], epochs: 4, best: 2, stops: true),
    Script(testDescription: "NaN and nothing else", values: [.nan, .nan, .nan], epochs: 2, best: nil, stops: true),
    Script(testDescription: "from infinity", values: [.infinity, .infinity, 1], epochs: 3, best: 3, stops: false),
    Script(testDescription: "one epoch", values: [4], epochs: 1, best: 1, stops: false),
  ]

  @Test(arguments: scripts, [true, false])
  func `ends when the patience is used up, with the best parameters`(script: Script, restores: Bool) throws {
    let stopping = EarlyStopping(
      monitoring: "own", patience: script.patience, minimumImprovement: script.least, goal: script.goal,
      restoresBest: restores)
    let run = Run(stopping, script.values)
    #expect(run.error == nil)
    #expect(run.history.epochs == script.epochs)
    #expect(stopping.bestEpoch == script.best && stopping.hasStopped == script.stops)
    #expect(stopping.bestValue == script.best.map { script.values[$0 - 1] })
    #expect(run.epochsOfState == [restores ? script.best ?? script.epochs : script.epochs])
    // The buffer counts steps: it is put back too.
    #expect(run.model.steps.item() == Int64(3 * (restores ? script.best ?? script.epochs : script.epochs)))
    let said = run.lines.filter { !$0.hasPrefix("Epoch") }
    if script.stops, let best = script.best {
      #expect(said.count == 1)
      #expect(said.first?.hasPrefix("stopped after epoch \(script.epochs): own has not been better than ") == true)
      let end = restores ? ", whose weights are back" : ""
      #expect(said.first?.hasSuffix(" in epoch \(best)\(end)\n") == true)
    } else {
      #expect(said.isEmpty)
    }
  }

  private struct Mishap: Error {}

  @Test func `the best parameters are put back whatever ends the fit`() throws {
    let script = [4.0, 2, 3, 3, 3, 3]
    func stopping() -> EarlyStopping { EarlyStopping(monitoring: "own", patience: 9, goal: .minimum) }
    let other = Run(stopping(), script, behind: [Hooks(stepEnd: { if $0.stepsTaken == 11 { $0.stop() } })])
    #expect(other.error == nil && other.history.epochs == 4 && other.epochsOfState == [2])
    #expect(!other.stopping.hasStopped && other.stopping.bestEpoch == 2)

    // A budget ends the fit within an epoch, which is not measured.
    let spent = Run(stopping(), script, behind: [StepBudget(11)])
    #expect(spent.error == nil && spent.history.epochs == 3 && spent.epochsOfState == [2])

    let failed = Run(stopping(), script, behind: [Hooks(stepEnd: { if $0.stepsTaken == 8 { throw Mishap() } })])
    #expect(failed.error != nil && failed.history.epochs == 2 && failed.epochsOfState == [2])

    // In the very epoch that was the best, before its end and at its end.
    let early = Run(stopping(), script, behind: [Hooks(stepEnd: { if $0.stepsTaken == 5 { throw Mishap() } })])
    #expect(early.error != nil && early.stopping.bestEpoch == 1 && early.epochsOfState == [1])
    let late = Run(stopping(), script, behind: [Hooks(epochEnd: { if $0.epoch == 2 { throw Mishap() } })])
    #expect(late.error != nil && late.stopping.bestEpoch == 2 && late.epochsOfState == [2])

    // What a callback behind has done to them before it failed is undone.
    let spoilt = Run(
      stopping(), script,
      behind: [
        Hooks(epochEnd: { fit in
          for (_, variable) in fit.model.parameters() { variable.value = variable.value * 0.5 }
          if fit.epoch == 2 { throw Mishap() }
        })
      ])
    #expect(spoilt.error != nil && spoilt.stopping.bestEpoch == 2 && spoilt.epochsOfState == [2])
  }

  @Test func `the best parameters are put back after a loss that is not finite`() throws {
    let stopping = EarlyStopping(monitoring: "own", patience: 9, goal: .minimum)
    let spoil = Hooks(stepEnd: { fit in
      if fit.stepsTaken == 10 {
        for (_, variable) in fit.model.parameters() { variable.value = variable.value * Double.nan }
      }
    })
    let run = Run(stopping, [4, 2, 3, 3, 3], behind: [spoil])
    #expect(run.error == .nonFiniteLoss(epoch: 4, step: 2))
    #expect(run.epochsOfState == [2])
  }

  @Test func `one is used for two fits in turn`() throws {
    let stopping = EarlyStopping(monitoring: "own", patience: 2, goal: .minimum)
    let first = Run(stopping, [1, 2, 3, 4])
    #expect(first.history.epochs == 3 && stopping.bestEpoch == 1 && stopping.hasStopped)
    // Values that are worse than all of the first fit's.
    let second = Run(stopping, [9, 8, 7])
    #expect(second.history.epochs == 3 && stopping.bestEpoch == 3 && stopping.bestValue == 7 && !stopping.hasStopped)
    #expect(second.epochsOfState == [3] && first.epochsOfState == [1])
  }

  @Test func `says nothing of the fit before where a fit has not begun`() throws {
    let stopping = EarlyStopping(monitoring: "own", patience: 1, goal: .minimum)
    let run = Run(stopping, [1, 2, 3])
    #expect(stopping.hasStopped && run.lines.count == 3)
    let lines = Mutex<[String]>([])
    let trainer = Trainer(run.model, optimizer: Adam(), loss: .crossEntropy)
    let error = trainingError {
      try trainer.fit(
        data.x, data.y, progress: .lines(to: { text in lines.withLock { $0.append(text) } }),
        callbacks: [Hooks(fitBegin: { _ in throw Mishap() }), stopping])
    }
    #expect(error != nil && lines.withLock { $0 } == [])
  }

  private func reason(_ stopping: EarlyStopping, validation: Bool, before: [any Callback] = []) -> String? {
    let trainer = Trainer(
      classifier(), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy, Metric("plain") { _, _ in 1 }])
    let error = trainingError {
      try trainer.fit(
        data.x, data.y, validationData: validation ? data : nil, progress: .none, callbacks: before + [stopping])
    }
    guard case .invalidArgument(let reason) = error else { return error.map { "\($0)" } }
    return reason
  }

  @Test func `what cannot be measured, or not be compared, is refused`() throws {
    for measure in ["val_loss", "val_accuracy"] {
      #expect(reason(EarlyStopping(monitoring: measure), validation: true) == nil)
      let text = reason(EarlyStopping(monitoring: measure), validation: false)
      #expect(text?.contains("expected validation data to measure \(measure) with, got none") == true)
      #expect(text?.hasSuffix("or monitor \(measure.dropFirst(4))") == true)
      #expect(reason(EarlyStopping(monitoring: String(measure.dropFirst(4))), validation: false) == nil)
    }
    #expect(EarlyStopping().measure == "val_loss")

    let unknown = reason(EarlyStopping(monitoring: "plain"), validation: false)
    #expect(unknown?.contains("expected to know which values of plain are better") == true)
    #expect(unknown?.hasSuffix(". Measured are accuracy, loss, plain") == true)
    let unknownHeld = reason(EarlyStopping(monitoring: "val_plain"), validation: true)
    #expect(unknownHeld?.hasSuffix(", and each as val_… of the validation data") == true)
    #expect(reason(EarlyStopping(monitoring: "plain", goal: .maximum), validation: false) == nil)

    let missing = reason(EarlyStopping(monitoring: "los", goal: .minimum), validation: false)
    #expect(missing == "EarlyStopping: expected a measure called los, got loss, accuracy, plain")
    // One that a callback behind it adds comes too late, one before it in time.
    let own = Hooks(epochEnd: { $0.record("own", 1) })
    #expect(reason(EarlyStopping(monitoring: "own", goal: .minimum), validation: false, before: [own]) == nil)
    let held = reason(EarlyStopping(monitoring: "val_own", goal: .minimum), validation: false)
    #expect(held?.contains("expected a measure called val_own") == true)
  }

  @Test func `a metric says which of its values are better`() throws {
    // Accuracy grows: were its goal the minimum, the first epoch would be the best.
    let stopping = EarlyStopping(monitoring: "accuracy", patience: 30)
    let trainer = Trainer(classifier(), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
    let history = try trainer.fit(data.x, data.y, epochs: 12, seed: 1, progress: .none, callbacks: [stopping])
    #expect(stopping.bestValue == history["accuracy"].max() && history["accuracy"].min() != history["accuracy"].max())
    // What is stated is above what the metric says.
    let stated = EarlyStopping(monitoring: "accuracy", patience: 30, goal: .minimum)
    let again = try trainer.fit(data.x, data.y, epochs: 3, seed: 1, progress: .none, callbacks: [stated])
    #expect(stated.bestValue == again["accuracy"].min())
    #expect(Metric<Tensor<Float>, Tensor<Float>>.meanAbsoluteError.goal == .minimum)
    #expect(Metric<Tensor<Float>, Tensor<Float>>.accuracy.goal == .maximum)
    #expect(Metric<Tensor<Float>, Tensor<Int32>>.topKAccuracy(2).goal == .maximum)
  }

  @Test func `numbers that make no sense trap`() async {
    let patience = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = EarlyStopping(patience: 0)
    }
    #expect(errorText(patience).contains("expected a patience of at least 1 epoch, got 0"))
    let least = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = EarlyStopping(minimumImprovement: .nan)
    }
    #expect(errorText(least).contains("expected a minimumImprovement of at least 0, got nan"))
  }
}

/// A classifier that counts its steps in a buffer.
private final class Counting: Layer {
  let dense = Dense(2, 3)
  @Buffer var steps = Tensor<Int64>(0)

  func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    if Mode.current == .training { steps = steps + 1 }
    return dense(x)
  }

  func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { try dense.outputShape(for: inputShape) }
}
