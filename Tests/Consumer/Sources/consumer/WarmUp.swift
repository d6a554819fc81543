import Martlet

/// A callback that raises the learning rate from 0 over the first steps, and records it in the history.
final class WarmUp: Callback {
  private let steps: Int
  private var full = 0.0

  init(over steps: Int) { self.steps = steps }

  func onFitBegin(_ fit: FitState) { full = fit.optimizer.learningRate }

  func onGradients(_ gradients: inout Gradients, _ fit: FitState) {
    fit.optimizer.learningRate = full * min(1, Double(fit.stepsTaken + 1) / Double(steps))
  }

  func onEpochEnd(_ fit: FitState) { fit.record("learning_rate", fit.optimizer.learningRate) }

  func onFitEnd(_ fit: FitState) { fit.optimizer.learningRate = full }
}
