import MartletCore
import MartletMetrics
import MartletPlatform
import MartletText

/// Saves checkpoints during a fit, from which `fit(…, resumingFrom:)` goes on to the same bits as if it had never
/// stopped.
///
/// ```swift
/// let saving = Checkpointing(to: "run.safetensors", everySteps: 500)
/// let history = try trainer.fit(
///   train, validation: held, epochs: 50, seed: 1, callbacks: [EarlyStopping(), saving],
///   resumingFrom: saving.latest)       // nil in the first run
/// ```
/// Each file appears whole or not at all, at whatever instant the program is killed. Ctrl-C and SIGTERM save one more.
///
/// A save that fails, as on a full disk, does not end the fit, since the model would be lost with it: it is shown with
/// the progress, tried again at the next time, and when the last one has failed, the fit throws at its end. What was
/// saved before stays. A place that cannot be written to is refused before the first step.
public final class Checkpointing: RecordingCallback {
  /// How often a checkpoint is saved within the epochs, in steps; nil for only at their ends.
  public let everySteps: Int?
  /// How often a checkpoint is saved at the end of an epoch, in epochs; nil for only within them.
  public let everyEpochs: Int?
  /// The seconds after a SIGTERM in which a step has to end and a checkpoint to be saved, on Linux; then the program
  /// ends in any case. 30 by default, as orchestrators have it.
  public var terminationDeadline = 30
  /// The path of the last checkpoint: saved by this object, or else one that was already there; nil where there is none.
  public var latest: String? {
    saved ?? (isDirectory ? Checkpoint.latest(in: path) : access(path, F_OK) == 0 ? path : nil)
  }
  /// The path of the checkpoint of the best epoch; nil where no measure was given.
  public var best: String? { monitored == nil ? nil : bestPath }
  /// Why the last save failed; nil when it did not. The fit throws it at its end.
  public package(set) var failure: CheckpointError?

  private let path: String
  private let isDirectory: Bool
  private let kept: Int?
  private var monitored: MonitoredMeasure?
  private var saved: String?

  /// Saves to one file, again and again.
  ///
  /// - Parameters:
  ///   - path: The file. The best epoch's is beside it: `run-best.safetensors` beside `run.safetensors`.
  ///   - everySteps: How often within the epochs, in steps.
  ///   - everyEpochs: How often at the ends of epochs, in epochs; every one by default, or none where `everySteps` is
  ///     given.
  ///   - measure: A measure such as `val_loss`, whose best epoch is kept in a file of its own.
  ///   - goal: Which of its values are better; without it, the metric's goal decides.
  ///
  /// Traps when a number is less than 1.
  public convenience init(
    to path: String, everySteps: Int? = nil, everyEpochs: Int? = nil, best measure: String? = nil,
    goal: MetricGoal? = nil
  ) {
    self.init(path, false, everySteps, everyEpochs, nil, measure, goal)
  }

  /// Saves to a directory, one file for each time, `step-0000000412.safetensors`, of which the last few are kept. The
  /// directory is created if necessary, and must hold no checkpoints of another run.
  ///
  /// - Parameters:
  ///   - directory: The directory. The best epoch's checkpoint is `best.safetensors` in it.
  ///   - everySteps: How often within the epochs, in steps.
  ///   - everyEpochs: How often at the ends of epochs, as for one file.
  ///   - count: How many files are kept; nil for all.
  ///   - measure: A measure such as `val_loss`, whose best epoch is kept in a file of its own.
  ///   - goal: Which of its values are better; without it, the metric's goal decides.
  ///
  /// Traps when a number is less than 1.
  public convenience init(
    in directory: String, everySteps: Int? = nil, everyEpochs: Int? = nil, keep count: Int? = 3,
    best measure: String? = nil, goal: MetricGoal? = nil
  ) {
    self.init(directory, true, everySteps, everyEpochs, count, measure, goal)
  }

  private init(
    _ path: String, _ isDirectory: Bool, _ everySteps: Int?, _ everyEpochs: Int?, _ kept: Int?, _ measure: String?,
    _ goal: MetricGoal?
  ) {
    for (name, number) in [("everySteps", everySteps), ("everyEpochs", everyEpochs), ("keep", kept)] {
      if let number, number < 1 { fatalError("Checkpointing: expected \(name) of at least 1, got \(number)") }
    }
    self.path = path
    self.isDirectory = isDirectory
    self.everySteps = everySteps
    self.everyEpochs = everyEpochs ?? (everySteps == nil ? 1 : nil)
    self.kept = kept
    monitored = measure.map { MonitoredMeasure($0, goal: goal, owner: "Checkpointing") }
  }

  private var bestPath: String {
    if isDirectory { return "\(path)/best.safetensors" }
    let suffix = ".safetensors"
    return (path.hasSuffix(suffix) ? String(path.dropLast(suffix.count)) : path) + "-best" + suffix
  }

  // MARK: The fit

  /// The best value so far.
  public var state: SavedState { monitored?.state ?? SavedState() }

  /// Takes back the best value so far.
  public func restore(_ state: SavedState, _ fit: FitState) throws(CheckpointError) { try monitored?.restore(state) }

  /// Creates the directory; throws when it cannot be written to, and when it holds checkpoints of another run.
  public func onFitBegin(_ fit: FitState) throws {
    (failure, saved) = (nil, nil)
    try monitored?.begin(fit)
    let folder = isDirectory ? path : path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    if isDirectory { createDirectory(path) }
    if access(folder, W_OK) != 0 {
      throw CheckpointError.file(
        FormatError(.unwritable, source: folder, reason: "checkpoints cannot be saved in it: \(lastSystemError())"))
    }
    if isDirectory, !fit.isResumed, let latest = Checkpoint.latest(in: path) {
      throw CheckpointError.file(
        FormatError(
          .invalid, source: path,
          reason: "expected a directory without checkpoints of another run, got \(latest); fit with resumingFrom: "
            + "Checkpoint.latest(in:) to go on with that run, or give each run its own directory"))
    }
  }

  /// Saves where it is time, or where the fit is interrupted.
  public func onStepEnd(_ fit: FitState) {
    let isDue = everySteps.map { fit.stepsTaken % $0 == 0 } ?? false
    if isDue || (fit.isInterrupted && fit.isWithinEpoch) { save(fit) }
  }

  /// Saves where it is time, where the epoch is the best so far, and where the fit ends.
  public func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    let isBest = try monitored?.improves(fit) ?? false
    let isLast = fit.isStopping || fit.epoch == fit.options.epochs
    if isLast || (everyEpochs.map { fit.epoch % $0 == 0 } ?? false) { save(fit) }
    if !isBest { return }
    let failureBefore = failure
    attempt(fit) { try fit.checkpoint().save(to: bestPath) }
    failure = failure ?? failureBefore
  }

  /// Throws when the last save has failed.
  public func onFitEnd(_ fit: FitState) throws(CheckpointError) { try throwFailure() }

  private func save(_ fit: FitState) {
    let file = isDirectory ? "\(path)/\(Checkpoint.fileName(stepsTaken: fit.stepsTaken))" : path
    attempt(fit) { try fit.checkpoint().save(to: file) }
    if failure != nil { return }
    saved = file
    guard isDirectory, let kept else { return }
    for old in Checkpoint.files(in: path).filter({ $0 <= file }).dropLast(kept) { unlink(old) }
  }
}
