import MartletNN

/// Something that is done in the course of a fit: at its beginning and end, and around its epochs and steps.
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
/// Every function does nothing by default. What one throws ends the fit, which throws it as `TrainingError.callback`. Callbacks
/// are called in their order, behind what keeps the last good parameters and measures the validation data, and before what
/// writes the history and shows the progress.
public protocol Callback: AnyObject {
  /// Before the first epoch.
  func onFitBegin(_ fit: FitState) throws
  /// Before an epoch's first step.
  func onEpochBegin(_ fit: FitState) throws
  /// Between a step's gradients, which may be changed, and the parameters' update.
  func onGradients(_ gradients: inout Gradients, _ fit: FitState) throws
  /// After a step.
  func onStepEnd(_ fit: FitState) throws
  /// After an epoch and its validation.
  func onEpochEnd(_ fit: FitState) throws
  /// After the last epoch, whatever has ended the fit; `fit.error` says what went wrong, if something did.
  func onFitEnd(_ fit: FitState) throws
}

extension Callback {
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
  /// Calls one function of each, in order; what is thrown is told as a `TrainingError`.
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
    self = error as? TrainingError ?? .callback(CallbackError(callback: "\(type(of: callback))", epoch: epoch, error))
  }
}

/// What a callback threw, which ended the fit. The steps before it hold.
public struct CallbackError: Error, Sendable, CustomStringConvertible {
  /// The callback's type.
  public let callback: String
  /// The epoch in which it threw, counted from 1; 0 before the first.
  public let epoch: Int
  /// What it threw.
  public let underlying: any Error

  init(callback: String, epoch: Int, _ underlying: any Error) {
    self.callback = callback
    self.epoch = epoch
    self.underlying = underlying
  }

  public var description: String { "\(callback) ended the fit in epoch \(epoch): \(underlying)" }
}

extension CallbackError: Equatable {
  /// Whether two say the same.
  public static func == (a: CallbackError, b: CallbackError) -> Bool { a.description == b.description }
}
