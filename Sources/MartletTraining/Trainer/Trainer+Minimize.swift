import MartletCore
import MartletData
import MartletNN

extension Trainer {
  /// Minimises the loss over all rows at once by L-BFGS, without the trainer's optimiser: for small data, where this takes
  /// far fewer passes than a fit.
  ///
  /// ```swift
  /// let minimum = try trainer.minimize(train, with: LBFGS(maximumIterations: 100))
  /// ```
  /// Layers are in training mode and draw the same random numbers at every evaluation. Throws where a fit would throw
  /// before its first step, and, with the model as it was, when the loss at the beginning is not finite.
  @discardableResult
  public func minimize<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>, with method: LBFGS = LBFGS()
  ) throws(TrainingError) -> LBFGS.Minimum {
    let mark = try FitMark.take(model, optimizer)
    defer { mark.giveBack() }
    let training = try checkedForSteps(dataset)
    let batch = training.batches(of: training.count)[0]
    let generator = RandomScope.withCurrent { $0.split() }
    func repeatable<R>(_ body: () -> R) -> R {
      var generator = generator
      return withMode(.training) { withRandomGenerator(&generator, body) }
    }
    let values = ModelValues(of: model)
    let first = repeatable { withoutGradient { objective(model, batch) } }
    try checkIsNumber(first.loss.shape)
    try checkHasTerms(first)
    values.putBack()
    let minimum = method.minimize(model) { model in
      repeatable {
        let loss = objective(model, batch).loss
        return loss.count == 1 ? loss : loss.sum()
      }
    }
    if minimum.reason == .notFinite {
      values.putBack()
      throw .notANumber(
        "\(objective.name): expected a finite loss and gradient to begin with, got a loss of \(minimum.loss); look for "
          + "NaN and large numbers in the data, or scale its columns")
    }
    return minimum
  }

  /// The same for features `x` `[n, …]` and targets `y` `[n, …]`.
  @discardableResult
  public func minimize<Given: Batchable>(
    _ x: Model.Input, _ y: Given, with method: LBFGS = LBFGS()
  ) throws(TrainingError) -> LBFGS.Minimum {
    try minimize(paired(x, y), with: method)
  }

  /// The data set as the loss takes it; throws where it, or the optimiser, is not fit for a step.
  func checkedForSteps<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>
  ) throws(TrainingError) -> Dataset<Model.Input, Target> {
    let training = try converted(dataset)
    try check(training, "the training data", known: knownShapes ?? training.storedX.rowShapes)
    try checkActivation()
    try checkHyperparameters(epoch: 1)
    return training
  }
}
