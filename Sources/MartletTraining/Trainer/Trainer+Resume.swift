import MartletCore
import MartletData
import MartletNN
import MartletText

// How a fit is recognised, so that it is gone on with by itself alone.

extension Trainer {
  /// What of a run's record decides its bits, so that a checkpoint of another run is refused.
  private static var decisive: [String] {
    ["data", "rows", "validation", "seed", "batchSize", "shuffle", "validationSplit", "loss", "metrics"]
  }

  /// How a fit comes about, by name.
  func runRecord(
    _ training: TrainingRows<Model.Input, Target>, _ validation: TrainingRows<Model.Input, Target>?,
    _ options: FitOptions
  ) -> [String: String] {
    [
      "version": martletVersion, "machine": Processor.model ?? "unknown", "threads": Threads.account,
      "seed": options.seed.map(String.init) ?? "none", "epochs": "\(options.epochs)",
      "batchSize": "\(options.batchSize)", "shuffle": "\(options.shuffle)",
      "validationSplit": "\(options.validationSplit)", "rows": training.count.map(String.init) ?? "unknown",
      "data": training.fingerprint,
      "validation": validation?.fingerprint ?? "none", "model": "\(type(of: model))", "optimizer": "\(optimizer)",
      "loss": objective.name, "metrics": metrics.map(\.name).joined(separator: ", "),
    ]
  }

  func readCheckpoint(_ path: String) throws(TrainingError) -> (checkpoint: Checkpoint, path: String) {
    do throws(CheckpointError) {
      return (try Checkpoint(from: path), path)
    } catch {
      throw .checkpoint(error)
    }
  }

  /// Throws with everything in which the fit that a checkpoint is of differs from this one, but for the model's and the
  /// optimiser's tensors, which are compared when they are restored.
  func check(
    _ checkpoint: Checkpoint, of path: String, fits fit: FitState, _ callbacks: [any Callback]
  ) throws(TrainingError) {
    let saved = checkpoint.history.run
    var differences: [String] = []
    func compare(_ name: String, _ kept: String?, _ now: String) {
      if kept != now { differences.append("\(name): the checkpoint has \(kept ?? "none"), this fit \(now)") }
    }
    for name in Self.decisive { compare(name, saved[name], fit.run[name]!) }
    // The learning rate alone may have changed since the optimiser was made.
    let own = optimizer.learningRate
    optimizer.learningRate = checkpoint.state.numbers["learningRate"] ?? own
    compare("optimizer", checkpoint.state.texts["optimizer"], "\(optimizer)")
    optimizer.learningRate = own
    if checkpoint.epoch > fit.options.epochs { compare("epochs", "\(checkpoint.epoch)", "\(fit.options.epochs)") }
    let (names, saving) = (Set(callbacks.named.map(\.name)), checkpoint.state.texts["callbacks"] ?? "")
    for name in saving.split(separator: "\n").map(String.init) where !names.contains(name) {
      differences.append("callbacks: the checkpoint has the state of \(name), which this fit does not have")
    }
    if !differences.isEmpty { throw .checkpoint(.differs(source: path, differences: differences)) }
  }

  /// The line that says that a fit was interrupted, and how to go on with it.
  func interruptedLine(_ fit: FitState, _ reason: String) -> String {
    let saved = fit.callbacks.compactMap { ($0 as? Checkpointing)?.latest }.last
    return "interrupted by \(reason) in epoch \(fit.epoch), step \(fit.step)"
      + (fit.stepsPerEpoch == 0 ? "" : " of \(fit.stepsPerEpoch)")
      + (saved.map { "; go on with resumingFrom: \(shown($0))" } ?? "")
  }
}
