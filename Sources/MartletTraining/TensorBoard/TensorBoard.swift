import MartletCore
import MartletNN
import MartletPlots
import MartletText

/// Writes a fit's measures for TensorBoard, as it runs.
///
/// ```swift
/// try trainer.fit(train, validation: held, epochs: 20, callbacks: [TensorBoard(in: "logs/run1", everySteps: 10)])
/// ```
/// `tensorboard --logdir logs` shows the training and the validation as two runs, `run1/train` and `run1/validation`,
/// with the measures under the same names, over the steps. The texts `run` and `model` say how the fit came about. A
/// fit that goes on from a checkpoint goes on in the same curves.
///
/// A closure gives pictures, which are on TensorBoard's page "Images" with the training:
///
/// ```swift
/// TensorBoard(in: "logs/run1", picturesEveryEpochs: 5) { _ in
///   let predicted = model(held.x).argMax(axis: 1)
///   return [
///     "mistakes": try ConfusionMatrix(labels: held.y, predictions: predicted),
///     "first layer": TensorImage(first.weight.reshaped(to: [32, 1, 8, 8])),
///   ]
/// }
/// ```
public final class TensorBoard: RecordingCallback {
  /// The directory.
  public let directory: String
  /// How often the batch's loss and the learning rate are written, in steps; nil for never.
  public let everySteps: Int?
  /// How often the parameters' histograms are written, in epochs; nil for never.
  public let histogramsEveryEpochs: Int?
  /// Whether the learning curves so far are written as a picture at the end of each epoch that writes pictures.
  public let writesLearningCurves: Bool
  /// How often pictures are written, in epochs.
  public let picturesEveryEpochs: Int
  /// Why the last writing failed; nil when it did not. The fit throws it at its end.
  public package(set) var failure: CheckpointError?

  private let pictures: ((FitState) throws -> [String: any Picture])?
  private var training: EventFile?
  private var validation: EventFile?
  private let clock = ContinuousClock()
  private var written: ContinuousClock.Instant?

  /// Makes a callback that writes into a directory, which is created if necessary; traps when a number is less than 1.
  ///
  /// - Parameters:
  ///   - directory: The directory, one for each fit that is to be told apart.
  ///   - everySteps: How often the batch's loss and the learning rate are written, in steps.
  ///   - histogramsEveryEpochs: How often the parameters' histograms are written, in epochs.
  ///   - learningCurves: Whether the learning curves so far are written as a picture, `learning curves`.
  ///   - picturesEveryEpochs: How often pictures are written, in epochs.
  ///   - pictures: The pictures of an epoch by their names, computed at its end. An error ends the fit, as that of any
  ///     callback.
  public init(
    in directory: String, everySteps: Int? = nil, histogramsEveryEpochs: Int? = nil, learningCurves: Bool = false,
    picturesEveryEpochs: Int = 1, pictures: ((FitState) throws -> [String: any Picture])? = nil
  ) {
    let numbers = [
      ("everySteps", everySteps), ("histogramsEveryEpochs", histogramsEveryEpochs),
      ("picturesEveryEpochs", picturesEveryEpochs),
    ]
    for (name, number) in numbers {
      if let number, number < 1 { fatalError("TensorBoard: expected \(name) of at least 1, got \(number)") }
    }
    self.directory = directory
    self.everySteps = everySteps
    self.histogramsEveryEpochs = histogramsEveryEpochs
    (writesLearningCurves, self.picturesEveryEpochs, self.pictures) = (learningCurves, picturesEveryEpochs, pictures)
  }

  /// Creates the files; throws when that is impossible.
  public func onFitBegin(_ fit: FitState) throws(CheckpointError) {
    (failure, training, validation) = (nil, nil, nil)
    // A resumed fit knows its step only when it has been restored.
    if !fit.isResumed { open(fit, resumingAt: nil) }
    try throwFailure()
  }

  /// Tells TensorBoard where the fit goes on.
  public func restore(_ state: SavedState, _ fit: FitState) { open(fit, resumingAt: fit.stepsTaken + 1) }

  /// Something, so that `restore` is called.
  public var state: SavedState { SavedState(texts: ["directory": directory]) }

  private func open(_ fit: FitState, resumingAt step: Int?) {
    attempt(fit) {
      let training = try EventFile(in: "\(directory)/train", resumingAt: step)
      if fit.hasValidation { validation = try EventFile(in: "\(directory)/validation", resumingAt: step) }
      self.training = training
      let lines = fit.run.sorted { $0.key < $1.key }.map { "| \($0.key) | \($0.value) |" }
      training.add(
        text: "run", (["| what | value |", "|---|---|"] + lines).joined(separator: "\n"), step: fit.stepsTaken)
      training.add(text: "model", "```\n\(fit.model)\n```", step: fit.stepsTaken)
      try training.flush()
    }
  }

  /// Opens the files of a fit that goes on from a checkpoint of one without this callback.
  private func openIfNeeded(_ fit: FitState) {
    if training == nil && failure == nil { open(fit, resumingAt: nil) }
  }

  /// Writes the batch's loss and the learning rate where it is time.
  public func onStepEnd(_ fit: FitState) {
    guard let everySteps, fit.stepsTaken % everySteps == 0 else { return }
    openIfNeeded(fit)
    training?.add(
      [("step/loss", fit.batchLoss), ("step/learningRate", fit.optimizer.learningRate)], step: fit.stepsTaken)
    if written.map({ clock.now - $0 >= .seconds(1) }) ?? true { flush(fit) }
  }

  /// Writes the epoch's measures, and the histograms and pictures where it is time; throws what the pictures' closure
  /// throws.
  public func onEpochEnd(_ fit: FitState) throws {
    openIfNeeded(fit)
    let held = fit.values.filter { $0.name.hasPrefix("val_") }
    training?.add(fit.values.filter { !$0.name.hasPrefix("val_") }, step: fit.stepsTaken)
    validation?.add(held.map { (String($0.name.dropFirst(4)), $0.value) }, step: fit.stepsTaken)
    if let histogramsEveryEpochs, fit.epoch % histogramsEveryEpochs == 0 {
      for (path, variable) in fit.model.parameters() {
        training?.add(histogram: path, of: variable.value, step: fit.stepsTaken)
      }
    }
    // Whatever becomes of the pictures, the measures are written.
    defer { flush(fit) }
    if fit.epoch % picturesEveryEpochs == 0 { try writePictures(fit) }
  }

  private func writePictures(_ fit: FitState) throws {
    if writesLearningCurves {
      training?.add(picture: "learning curves", fit.history.figure(), step: fit.stepsTaken)
    }
    for (name, picture) in try pictures?(fit).sorted(by: { $0.key < $1.key }) ?? [] {
      training?.add(picture: name, picture, step: fit.stepsTaken)
    }
  }

  /// Writes what is left; throws when the last writing has failed.
  public func onFitEnd(_ fit: FitState) throws(CheckpointError) {
    flush(fit)
    (training, validation) = (nil, nil)
    try throwFailure()
  }

  private func flush(_ fit: FitState) {
    attempt(fit) {
      try training?.flush()
      try validation?.flush()
    }
    written = clock.now
  }
}
