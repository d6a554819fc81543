import MartletNN

/// A callback of closures, for what needs no type of its own.
///
/// ```swift
/// let watch = Hook(onGradients: { gradients, fit in
///   if gradients.norm > 100 { fit.log("step \(fit.step): a gradient of norm \(gradients.norm)") }
/// })
/// ```
public final class Hook: Callback {
  private let fitBegin, epochBegin, stepEnd, epochEnd, fitEnd: ((FitState) throws -> Void)?
  private let gradients: ((inout Gradients, FitState) throws -> Void)?

  /// Makes a callback that calls each closure at its place: see the functions of `Callback`.
  public init(
    onFitBegin: ((FitState) throws -> Void)? = nil, onEpochBegin: ((FitState) throws -> Void)? = nil,
    onGradients: ((inout Gradients, FitState) throws -> Void)? = nil, onStepEnd: ((FitState) throws -> Void)? = nil,
    onEpochEnd: ((FitState) throws -> Void)? = nil, onFitEnd: ((FitState) throws -> Void)? = nil
  ) {
    (fitBegin, epochBegin, stepEnd, epochEnd, fitEnd) = (onFitBegin, onEpochBegin, onStepEnd, onEpochEnd, onFitEnd)
    gradients = onGradients
  }

  /// Calls its closure.
  public func onFitBegin(_ fit: FitState) throws { try fitBegin?(fit) }
  /// Calls its closure.
  public func onEpochBegin(_ fit: FitState) throws { try epochBegin?(fit) }
  /// Calls its closure.
  public func onGradients(_ gradients: inout Gradients, _ fit: FitState) throws { try self.gradients?(&gradients, fit) }
  /// Calls its closure.
  public func onStepEnd(_ fit: FitState) throws { try stepEnd?(fit) }
  /// Calls its closure.
  public func onEpochEnd(_ fit: FitState) throws { try epochEnd?(fit) }
  /// Calls its closure.
  public func onFitEnd(_ fit: FitState) throws { try fitEnd?(fit) }
}
