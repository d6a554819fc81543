import MartletCore
import MartletNN

/// Keeps a model's parameters and buffers from a step whose loss was finite, and puts them back when a loss, or a
/// parameter or buffer at the end of an epoch, is not finite.
///
/// Keeping them copies nothing. Instead, the next step of the optimiser writes to new memory, once every `interval`
/// steps, which takes well under a hundredth of the training time.
final class LastGood: Callback {
  /// The number of steps from one kept state to the next, which is also the most that can be lost.
  static let interval = 32

  private var kept: ModelValues
  /// Whether no step was taken yet: a fit that goes on from a checkpoint has other values than at its beginning.
  private var isFirst = true

  init(_ structure: ModuleStructure) { kept = ModelValues(of: structure) }

  func onGradients(_ gradients: inout Gradients, _ fit: FitState) throws(TrainingError) {
    if isFirst { kept.keep() }
    isFirst = false
    if !fit.batchLoss.isFinite {
      try putBack(fit)
      throw .nonFiniteLoss(epoch: fit.epoch, step: fit.step)
    }
    if fit.stepsTaken % LastGood.interval == 0 { kept.keep() }
  }

  func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    if !isFiniteNow {
      try putBack(fit)
      throw .nonFiniteParameters(epoch: fit.epoch)
    }
  }

  /// Puts the kept values back into the model, and clears the optimiser's state for it.
  private func putBack(_ fit: FitState) throws(TrainingError) {
    kept.putBack()
    // Moments updated with such gradients are NaN too, and would spoil the next fit.
    do throws(ModuleError) {
      try fit.optimizer.restoreState([], for: fit.model)
    } catch {
      throw .invalidArgument(
        "the model has its last good parameters again, but clearing the optimiser's state failed; an empty state has to be "
          + "taken: \(error)")
    }
  }

  /// Whether all floating-point parameters are finite, and no buffer is NaN; buffers may be infinite, as masks are.
  private var isFiniteNow: Bool {
    for (index, variable) in kept.variables.enumerated() {
      let isParameter = index < kept.parameterCount
      let value = variable.value
      let isGood =
        switch value.scalarType {
        case .float32:
          value.withUnsafeBytes { bytes in
            // Infinity is the pattern 7F80_0000, NaN is above it; without a branch the loop is vectorised.
            bytes.assumingMemoryBound(to: UInt32.self).reduce(0) { max($0, $1 & 0x7FFF_FFFF) }
              <= (isParameter ? 0x7F7F_FFFF : 0x7F80_0000)
          }
        case .float64:
          value.withUnsafeBytes { bytes in
            bytes.assumingMemoryBound(to: Double.self).allSatisfy { isParameter ? $0.isFinite : !$0.isNaN }
          }
        default:
          true
        }
      if !isGood { return false }
    }
    return true
  }
}
