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

  private let variables: [Variable]
  private var values: [AnyTensor]

  init(_ model: some Module) {
    variables = (model.parameters() + model.buffers()).map(\.variable)
    values = variables.map(\.value)
  }

  func onGradients(_ gradients: inout Gradients, _ fit: FitState) throws(TrainingError) {
    if !fit.batchLoss.isFinite {
      putBack(fit)
      throw .nonFiniteLoss(epoch: fit.epoch, step: fit.step)
    }
    if fit.stepsTaken % LastGood.interval == 0 {
      for index in variables.indices { values[index] = variables[index].value }
    }
  }

  func onEpochEnd(_ fit: FitState) throws(TrainingError) {
    if !isFiniteNow {
      putBack(fit)
      throw .nonFiniteParameters(epoch: fit.epoch)
    }
  }

  /// Puts the kept values back into the model, and clears the optimiser's state for it.
  private func putBack(_ fit: FitState) {
    for (variable, value) in zip(variables, values) { variable.value = value }
    // Moments updated with such gradients are NaN too, and would spoil the next fit.
    do throws(ModuleError) {
      try fit.optimizer.restoreState([], for: fit.model)
    } catch {
      fatalError("clearing the optimiser's state: \(error)")
    }
  }

  /// Whether all floating-point parameters and buffers are finite.
  private var isFiniteNow: Bool {
    variables.allSatisfy { variable in
      let value = variable.value
      switch value.scalarType {
      case .float32:
        return value.withUnsafeBytes { bytes in
          // An exponent of all ones is an infinity or NaN; without a branch the loop is vectorised.
          bytes.assumingMemoryBound(to: UInt32.self).reduce(0) { max($0, $1 & 0x7F80_0000) } != 0x7F80_0000
        }
      case .float64:
        return value.withUnsafeBytes { bytes in
          bytes.assumingMemoryBound(to: Double.self).allSatisfy(\.isFinite)
        }
      default:
        return true
      }
    }
  }
}
