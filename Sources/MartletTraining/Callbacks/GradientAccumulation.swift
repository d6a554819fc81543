import MartletCore
import MartletNN

/// Updates the parameters once for several batches, with the gradient that they would have as one batch.
///
/// ```swift
/// try trainer.fit(train, epochs: 5, batchSize: 16, callbacks: [GradientAccumulation(4), GradientClipping(norm: 1)])
/// ```
/// The gradient of the window is the mean of its batches' by their weights, which is the large batch's also where batches
/// differ in size, rows have weights, or labels are ignored; and the last window of an epoch takes the batches that are
/// left. Layers that compute with the whole batch, as batch normalisation does, still see the small ones; so do losses of
/// several parts whose parts have unlike weights. Put it before callbacks that look at the gradients.
public final class GradientAccumulation: Callback {
  /// The number of batches for one update.
  public let steps: Int
  private var sum: Gradients?
  private var restored: [String: AnyTensor]?
  private var weight = 0.0
  private var count = 0

  /// Makes a callback that adds up so many batches; traps for fewer than 1.
  public init(_ steps: Int) {
    if steps < 1 { fatalError("GradientAccumulation: expected at least 1 step, got \(steps)") }
    self.steps = steps
  }

  /// The window so far.
  public var state: SavedState {
    if count == 0 { return SavedState() }
    var state = SavedState(numbers: ["weight": weight, "count": Double(count)])
    for (path, gradient) in sum! { state.tensors["sum.\(path)"] = gradient }
    return state
  }

  /// Takes back what `state` was.
  public func restore(_ state: SavedState, _ fit: FitState) throws(CheckpointError) {
    (weight, count) = (try state.number("weight"), try state.integer("count"))
    restored = state.under("sum").tensors
  }

  /// Forgets an earlier fit.
  public func onFitBegin(_ fit: FitState) { reset() }

  /// Adds the gradients to the window, and replaces them by its mean or leaves out the update.
  public func onGradients(_ gradients: inout Gradients, _ fit: FitState) {
    if steps == 1 { return }
    if let tensors = restored { sum = gradients.replaced(by: tensors) }
    restored = nil
    let own = gradients.scaled(by: fit.batchWeight)
    let total = sum.map { $0.adding(own) } ?? own
    (sum, weight, count) = (total, weight + fit.batchWeight, count + 1)
    if count < steps && fit.step != fit.stepsPerEpoch { return fit.skipUpdate() }
    gradients = weight > 0 ? total.scaled(by: 1 / weight) : total
    reset()
  }

  private func reset() { (sum, restored, weight, count) = (nil, nil, 0, 0) }
}

/// Limits the gradients before each update.
public final class GradientClipping: Callback {
  private let clip: (Gradients) -> Gradients

  /// Scales the gradients so that their common 2-norm is at most `limit`; traps for a limit that is not above 0.
  public init(norm limit: Double) {
    if !(limit > 0) { fatalError("GradientClipping(norm:): expected a limit above 0, got \(limit)") }
    clip = { $0.clipped(norm: limit) }
  }

  /// Clamps each element of the gradients to `-limit ... limit`; traps for a limit that is not above 0.
  public init(value limit: Double) {
    if !(limit > 0) { fatalError("GradientClipping(value:): expected a limit above 0, got \(limit)") }
    clip = { $0.clipped(value: limit) }
  }

  /// Throws when gradients are accumulated only after this.
  public func onFitBegin(_ fit: FitState) throws(TrainingError) {
    let own = fit.callbacks.firstIndex { $0 === self } ?? 0
    if fit.callbacks[own...].contains(where: { $0 is GradientAccumulation }) {
      throw .invalidArgument("expected GradientAccumulation before GradientClipping in callbacks, got it after")
    }
  }

  /// Limits the gradients, unless this step leaves out the update.
  public func onGradients(_ gradients: inout Gradients, _ fit: FitState) {
    if !fit.skipsThisUpdate { gradients = clip(gradients) }
  }
}
