import MartletNN

/// Updates a `WeightAverage` in a fit, after each update of the parameters or after each epoch.
///
/// ```swift
/// let average = WeightAverage(decay: 0.999)
/// try trainer.fit(train, epochs: 20, callbacks: [Averaging(average)])
/// print(try average.withAveraged(model) { try trainer.evaluate(test) })
/// ```
/// Checkpoints keep the averages.
public final class Averaging: Callback {
  /// The averages.
  public let average: WeightAverage
  /// How often they are updated.
  public let unit: Scheduled.Unit
  /// The first epoch, counted from 1, whose parameters count.
  public let firstEpoch: Int
  /// Whether the model has the averaged parameters after a fit that ends without an error.
  public let appliesAtEnd: Bool

  /// Makes a callback that updates averages; the mean of epochs, `Averaging(WeightAverage(), per: .epoch, from: 15)`, is
  /// stochastic weight averaging.
  public init(
    _ average: WeightAverage, per unit: Scheduled.Unit = .step, from firstEpoch: Int = 1, appliesAtEnd: Bool = false
  ) {
    self.average = average
    self.unit = unit
    self.firstEpoch = firstEpoch
    self.appliesAtEnd = appliesAtEnd
  }

  /// The averages.
  public var state: SavedState {
    average.updates == 0
      ? SavedState() : SavedState(tensors: average.named, numbers: ["updates": Double(average.updates)])
  }

  /// Takes back what `state` was; throws when it is not of this model.
  public func restore(_ state: SavedState, _ fit: FitState) throws(CheckpointError) {
    for (path, variable) in fit.model.parameters() {
      let (tensor, value) = (try state.tensor(path), variable.value)
      if tensor.shape != value.shape || tensor.scalarType != value.scalarType {
        throw .state(
          "expected the average of \(path) as \(value.scalarType) \(value.shape), got \(tensor.scalarType) \(tensor.shape)"
        )
      }
    }
    average.restore(state.tensors, updates: try state.integer("updates"))
  }

  /// Forgets the updates of an earlier fit.
  public func onFitBegin(_ fit: FitState) { average.reset() }

  /// Takes the parameters into the averages, where it does so after each update.
  public func onStepEnd(_ fit: FitState) {
    if unit == .step && fit.epoch >= firstEpoch && !fit.skipsThisUpdate { average.update(fit.model) }
  }

  /// Takes the parameters into the averages, where it does so after each epoch.
  public func onEpochEnd(_ fit: FitState) {
    if unit == .epoch && fit.epoch >= firstEpoch { average.update(fit.model) }
  }

  /// Gives the model the averaged parameters, if that is wanted.
  public func onFitEnd(_ fit: FitState) {
    if appliesAtEnd && fit.error == nil && average.updates > 0 { average.apply(to: fit.model) }
  }
}
