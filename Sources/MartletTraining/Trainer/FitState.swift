import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletPlatform

/// The state of a running fit, as its callbacks see it.
public final class FitState {
  /// The model that is fitted.
  public let model: any Module
  /// The optimiser; its learning rate may be changed between steps.
  public let optimizer: any Optimizer
  /// The options of the fit.
  public let options: FitOptions
  /// The current epoch, counted from 1; 0 before the first.
  public internal(set) var epoch = 0
  /// The current step of the epoch, counted from 1; 0 before its first.
  public internal(set) var step = 0
  /// The number of steps in an epoch; 0 as long as a stream that is trained with has not told.
  public internal(set) var stepsPerEpoch: Int
  /// The number of steps taken in all epochs so far.
  public internal(set) var stepsTaken = 0
  /// The number of updates of the parameters in all epochs so far: fewer than steps where gradients are accumulated.
  public internal(set) var updatesTaken = 0
  /// The loss of the current step's batch.
  public internal(set) var batchLoss = 0.0
  /// What the current step's batch counts for among others: the sum of its terms' weights, which is mostly its number of
  /// rows. The loss and the gradients of several batches are their means by this weight.
  public internal(set) var batchWeight = 0.0
  /// The epochs that have ended; in a callback's `onEpochEnd` without this one, whose measures are in `values`.
  public internal(set) var history = History()
  /// The error that ended the fit; nil when there was none.
  public internal(set) var error: TrainingError?
  /// Whether `stop()` or `interrupt(_:)` was called: the fit ends after this step, or after this epoch when the step was
  /// its last.
  public private(set) var isStopping = false
  /// Why the fit was interrupted, such as `Ctrl-C`; nil where it was not.
  public private(set) var interruption: String?
  /// Whether the fit goes on from a checkpoint.
  public let isResumed: Bool
  /// How this run came about, by name: the versions, the machine, the options, and hashes of the data.
  public let run: [String: String]

  /// Which values are better, by the name of each measure that is known before the first step.
  let goals: [String: MetricGoal?]
  /// Whether there is validation data, so that measures are also taken as `val_…`.
  package let hasValidation: Bool
  /// Whether the validation's outputs are kept until the next epoch; set by callbacks that would else compute them again.
  package var keepsValidationOutputs = false
  /// The outputs of the validation after the epoch, batch by batch; none where the loss is not one of outputs.
  package internal(set) var validationOutputs: [any Batchable] = []
  let reporter: ProgressReporter
  private let clock = ContinuousClock()
  private var epochStart: ContinuousClock.Instant
  /// Whether `skipUpdate()` was called in this step.
  private(set) var skipsThisUpdate = false
  private var measured: [(name: String, value: Double)] = []
  private var running: (() -> [(name: String, value: Double)])?
  private var sums: (() -> SavedState)?
  /// The random numbers as they were before the epoch's order was drawn.
  private var generatorOfEpoch: RandomGenerator?
  /// The place to go on from within an epoch, until that epoch begins.
  private var resumed: Checkpoint?
  /// The callbacks while the fit runs.
  package internal(set) var callbacks: [any Callback] = []
  /// What is fitted and with what; nil when the fit has ended.
  package internal(set) var subject: FitSubject?
  /// Steps for what they cost alone; nil where there are none, and when the fit has ended.
  package internal(set) var rehearsal: FitRehearsal?
  /// What chooses the rows of the steps and makes their gradients; nil where the trainer does.
  var stepping: (any RowStepping)?
  /// The signals that are caught while the fit runs; nil where they are not.
  var signals: SignalWatch?
  /// The seconds that the epoch's steps took, without validation and what other callbacks do at its end; nil before
  /// that.
  package private(set) var trainingSeconds: Double?

  init(
    _ model: any Module, _ optimizer: any Optimizer, _ options: FitOptions, stepsPerEpoch: Int,
    goals: [String: MetricGoal?], hasValidation: Bool, isResumed: Bool, run: [String: String]
  ) {
    self.model = model
    self.optimizer = optimizer
    self.options = options
    self.stepsPerEpoch = stepsPerEpoch
    self.goals = goals
    self.hasValidation = hasValidation
    self.isResumed = isResumed
    self.run = run
    history.run = run
    reporter = ProgressReporter(options.progress)
    epochStart = clock.now
  }

  // MARK: What callbacks read and do

  /// The measures by name.
  ///
  /// While an epoch runs, these are the means of `loss`, its parts and the metrics over the rows so far, none before
  /// the first; at its end, also each as `val_…`, and what callbacks have recorded.
  public var values: [(name: String, value: Double)] {
    guard let running = running?() else { return measured }
    return running.isEmpty ? running : running + (stepping?.runningMeasures ?? [])
  }

  /// The value of a measure; nil when there is no measure of that name.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }

  /// The time since the epoch began, in seconds.
  public var seconds: Double { (clock.now - epochStart).inSeconds }

  /// Adds a measure to the epoch that has just ended, or replaces the one of that name.
  ///
  /// The callbacks after this one, the history and the progress line then have it. Traps before the end of an epoch:
  /// call it in `onEpochEnd`.
  public func record(_ name: String, _ value: Double) {
    if running != nil || epoch == 0 {
      fatalError("FitState.record(\"\(name)\", …): expected an epoch that has ended; call it in onEpochEnd")
    }
    if let index = measured.firstIndex(where: { $0.name == name }) {
      measured[index].value = value
    } else {
      measured.append((name, value))
    }
  }

  /// Ends the fit after this step. An epoch that is cut short is measured and recorded as others are, but not one that
  /// is ended before its first step.
  public func stop() { isStopping = true }

  /// Whether the fit was interrupted: see `interrupt(_:)`.
  public var isInterrupted: Bool { interruption != nil }

  /// Ends the fit after this step so that it can be gone on with, as Ctrl-C does: a checkpoint is saved at this very
  /// step, where there is `Checkpointing`, and an epoch that is cut short is neither measured nor recorded.
  public func interrupt(_ reason: String) {
    interruption = interruption ?? reason
    isStopping = true
  }

  /// Leaves the parameters unchanged in this step. Call it in `onGradients`, for example to add up the gradients of
  /// several steps; elsewhere it does nothing.
  public func skipUpdate() { skipsThisUpdate = true }

  /// Shows a line of text with the progress; does nothing where no progress is shown.
  public func log(_ line: String) { reporter.log(line) }

  /// Which values of a measure are better, for `loss`, the metrics and their `val_…`; nil when this is not known.
  public func goal(of name: String) -> MetricGoal? {
    let base = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
    return goals[base] ?? nil
  }

  // MARK: Checkpoints

  /// All that a fit needs to go on from here: see `Checkpoint`.
  ///
  /// Call it in `onStepEnd` or `onEpochEnd` of the last callback, since what callbacks do after that is not in it.
  /// Throws when the model's structure cannot be read.
  public func checkpoint() throws(CheckpointError) -> Checkpoint {
    var state = SavedState()
    state.numbers = [
      "epoch": Double(epoch), "step": Double(step), "stepsPerEpoch": Double(stepsPerEpoch),
      "stepsTaken": Double(stepsTaken), "updatesTaken": Double(updatesTaken), "isEpochEnd": running == nil ? 1 : 0,
      "hasStopped": isStopping && !isInterrupted ? 1 : 0, "seconds": seconds, "learningRate": optimizer.learningRate,
    ]
    state.texts = ["optimizer": "\(optimizer)"]
    func add(_ tensors: [(name: String, tensor: AnyTensor)], _ prefix: String) {
      for (name, tensor) in tensors { state.tensors["\(prefix).\(name)"] = tensor }
    }
    do throws(ModuleError) {
      add(try model.namedTensors(), "model")
    } catch {
      throw .state("\(error)")
    }
    add(optimizer.state(for: model), "optimizer")
    var decisive: [String] = []
    for (name, callback) in callbacks.named {
      let kept = callback.state
      state.add(kept, under: "callback.\(name)")
      if !kept.isEmpty && !(callback is any RecordingCallback) { decisive.append(name) }
    }
    state.texts["callbacks"] = decisive.joined(separator: "\n")
    state.add(history.state, under: "history")
    state.tensors["random"] = RandomScope.snapshot()?.state.erased
    if let sums, let generatorOfEpoch {
      state.add(sums(), under: "sums")
      state.tensors["randomOfEpoch"] = generatorOfEpoch.state.erased
    }
    return try Checkpoint(state)
  }

  /// Goes on from a checkpoint that is known to be of this fit; throws, and changes neither the model nor the
  /// optimiser, when they do not fit.
  func resume(_ checkpoint: Checkpoint, source: String) throws(TrainingError) {
    var before = ModelValues(of: model)
    do throws(ModuleError) {
      try model.load(checkpoint.model, source: source, allowsNonFinite: true)
      do throws(ModuleError) {
        try optimizer.restoreState(checkpoint.optimizer, for: model)
      } catch {
        before.putBack()
        throw error
      }
    } catch {
      throw .checkpoint(.differs(source: source, differences: ["\(error)"]))
    }
    do throws(CheckpointError) {
      before.keep()
      optimizer.learningRate = try checkpoint.state.number("learningRate")
      if !checkpoint.isEpochEnd && checkpoint.epoch > 0 { resumed = checkpoint }
      RandomScope.replace(by: try checkpoint.generator(resumed == nil ? "random" : "randomOfEpoch"))
    } catch {
      throw .checkpoint(error)
    }
    (epoch, step) = (checkpoint.epoch - (resumed == nil ? 0 : 1), checkpoint.step)
    stepsTaken = checkpoint.stepsTaken
    updatesTaken = checkpoint.state.numbers["updatesTaken"].flatMap { Int(exactly: $0) } ?? stepsTaken
    history = checkpoint.history
    history.run = run
    for (name, callback) in callbacks.named {
      let kept = checkpoint.state.under("callback.\(name)")
      if kept.isEmpty { continue }
      do {
        try callback.restore(kept, self)
      } catch {
        throw TrainingError(error, of: callback, epoch: epoch)
      }
    }
    if checkpoint.hasStopped { stop() }
    log(
      "resumed after \(checkpoint.place)" + (checkpoint.hasStopped ? ", where the fit had ended" : "")
        + (checkpoint.history.run["version"] == run["version"] && checkpoint.history.run["machine"] == run["machine"]
          ? "" : "; made by another version or on another machine, so bits may differ"))
  }

  // MARK: For the training loop

  /// Whether steps of the epoch are left, or may be.
  var isWithinEpoch: Bool { stepsPerEpoch == 0 || step < stepsPerEpoch }

  /// Notes the random numbers before an epoch draws its order.
  func prepareEpoch() { generatorOfEpoch = RandomScope.snapshot() }

  /// Begins an epoch, or goes on within the one that a checkpoint was saved in: then returns its sums, and makes the
  /// random numbers go on as they did.
  func beginEpoch(
    running: @escaping () -> [(name: String, value: Double)], sums: @escaping () -> SavedState
  ) throws(TrainingError) -> SavedState? {
    epoch += 1
    trainingSeconds = nil
    epochStart = clock.now
    self.running = running
    self.sums = sums
    guard let checkpoint = resumed else {
      step = 0
      return nil
    }
    resumed = nil
    do throws(CheckpointError) {
      RandomScope.replace(by: try checkpoint.generator("random"))
      epochStart -= .seconds(try checkpoint.state.number("seconds"))
    } catch {
      throw .checkpoint(error)
    }
    return checkpoint.state.under("sums")
  }

  /// Interrupts the fit where a signal was caught.
  @inline(__always)
  func answerSignals() {
    if !isInterrupted, let caught = signals?.caught { interrupt(caught) }
  }

  func endTraining() {
    trainingSeconds = seconds
    measured = values
    running = nil
    sums = nil
  }

  func beginStep(_ step: Int, _ loss: LossValue) {
    self.step = step
    // A stream with more rows than it said.
    if step > stepsPerEpoch { stepsPerEpoch = 0 }
    (batchLoss, batchWeight) = (loss.value, loss.denominator)
    skipsThisUpdate = false
  }
}

/// What a fit is of, for callbacks that look at its data when it ends.
package struct FitSubject {
  /// The `Trainer`.
  package let trainer: AnyObject
  /// The `Dataset` that is trained with, its targets as the loss takes them; nil for a stream, which could be read only
  /// once.
  package let training: Any?
  /// The `Dataset` that is validated with; nil where there is none, and for a stream.
  package let validation: Any?
}

extension Duration {
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}

extension Checkpoint {
  fileprivate func generator(_ name: String) throws(CheckpointError) -> RandomGenerator {
    let tensor = try state.tensor(name)
    do {
      return try RandomGenerator(state: try Tensor<Int64>(tensor))
    } catch {
      throw .state("\(name): \(error)")
    }
  }
}

extension [any Callback] {
  /// The callbacks with the names under which a checkpoint keeps their states: those of their types, with a number from
  /// the second of a type on.
  var named: [(name: String, callback: any Callback)] {
    var counts: [String: Int] = [:]
    return map { callback in
      let type = "\(type(of: callback))"
      counts[type, default: 0] += 1
      return (counts[type]! == 1 ? type : "\(type) \(counts[type]!)", callback)
    }
  }
}
