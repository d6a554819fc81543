import MartletNN

/// Code that a fit runs at its beginning and end, and before and after its epochs and steps.
///
/// ```swift
/// final class CosineDecay: Callback {
///   func onEpochBegin(_ fit: FitState) {
///     let done = Double(fit.epoch - 1) / Double(fit.options.epochs)
///     fit.optimizer.learningRate = 1e-3 * (1 + cos(.pi * done)) / 2
///   }
/// }
/// try trainer.fit(train, epochs: 20, callbacks: [CosineDecay()])
/// ```
/// Every function does nothing by default. An error that one throws ends the fit, which throws it as
/// `TrainingError.callback`, or as it is when it is a `TrainingError`. Callbacks are called in their order: after those
/// of the library that keep the last good parameters and measure the validation data, and before those that write the
/// history and show the progress. `CSVLog`, `TensorBoard` and, as the last, `Checkpointing` come after all others,
/// wherever they stand, so that they have what all others have done.
public protocol Callback: AnyObject {
  /// What a checkpoint keeps of this callback between two steps, such as how long a measure has not got better; nothing
  /// by default.
  var state: SavedState { get }
  /// Takes back what `state` was when the checkpoint was saved. Called when a fit resumes, after all `onFitBegin` and
  /// once the model and the optimiser are restored; not called where the state was empty.
  func restore(_ state: SavedState, _ fit: FitState) throws
  /// Called before the first epoch.
  func onFitBegin(_ fit: FitState) throws
  /// Called before the first step of each epoch.
  func onEpochBegin(_ fit: FitState) throws
  /// Called in each step after the gradients are computed and before the parameters are updated; may change the
  /// gradients.
  func onGradients(_ gradients: inout Gradients, _ fit: FitState) throws
  /// Called after each step.
  func onStepEnd(_ fit: FitState) throws
  /// Called after each epoch and its validation.
  func onEpochEnd(_ fit: FitState) throws
  /// Called at the end, whatever has ended the fit; `fit.error` is the error, if there was one.
  func onFitEnd(_ fit: FitState) throws
}

extension Callback {
  /// Nothing.
  public var state: SavedState { SavedState() }
  /// Does nothing.
  public func restore(_ state: SavedState, _ fit: FitState) throws {}
  /// Does nothing.
  public func onFitBegin(_ fit: FitState) throws {}
  /// Does nothing.
  public func onEpochBegin(_ fit: FitState) throws {}
  /// Does nothing.
  public func onGradients(_ gradients: inout Gradients, _ fit: FitState) throws {}
  /// Does nothing.
  public func onStepEnd(_ fit: FitState) throws {}
  /// Does nothing.
  public func onEpochEnd(_ fit: FitState) throws {}
  /// Does nothing.
  public func onFitEnd(_ fit: FitState) throws {}
}

extension [any Callback] {
  /// Calls a function of each callback, in order; throws the first error as a `TrainingError`.
  @inline(__always)
  func call(_ fit: FitState, _ hook: (any Callback) throws -> Void) throws(TrainingError) {
    for callback in self {
      do {
        try hook(callback)
      } catch {
        throw TrainingError(error, of: callback, epoch: fit.epoch)
      }
    }
  }
}

extension TrainingError {
  init(_ error: any Error, of callback: any Callback, epoch: Int) {
    self =
      (error as? CheckpointError).map { .checkpoint($0) } ?? error as? TrainingError
      ?? .callback(CallbackError(callback: "\(type(of: callback))", epoch: epoch, error))
  }
}

/// The error of a callback that ended the fit by throwing. The model keeps the steps before it.
public struct CallbackError: Error, Sendable, CustomStringConvertible {
  /// The name of the callback's type.
  public let callback: String
  /// The epoch in which it threw, counted from 1; 0 before the first.
  public let epoch: Int
  /// The error that it threw.
  public let underlying: any Error

  init(callback: String, epoch: Int, _ underlying: any Error) {
    self.callback = callback
    self.epoch = epoch
    self.underlying = underlying
  }

  public var description: String { "\(callback) ended the fit in epoch \(epoch): \(underlying)" }
}

extension CallbackError: Equatable {
  /// Whether both have the same description.
  public static func == (a: CallbackError, b: CallbackError) -> Bool { a.description == b.description }
}
