import MartletCore
import MartletNN

/// An epoch that has just ended, as `onEpochEnd` sees it.
public struct EpochReport: Sendable {
  /// Which epoch, counted from 1.
  public let epoch: Int
  /// How many there shall be.
  public let epochs: Int
  /// How long it took, its validation included.
  public let seconds: Double
  /// `loss`, the metrics, then each again as `val_…` where there is validation data.
  public let values: [(name: String, value: Double)]

  /// A measure by name; nil when nothing of that name was measured.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }
}

/// What `fit` does after an epoch.
public enum EpochDecision: Sendable {
  /// Goes on with the next epoch, if there is one.
  case proceed
  /// Ends the fit, with what it has measured so far.
  case stop
}

extension Trainer {
  /// Fits the model to `x` `[n, …]` and `y` `[n, …]`, and returns what was measured, epoch by epoch.
  ///
  /// ```swift
  /// let history = try trainer.fit(x, y, epochs: 100, batchSize: 32, validationSplit: 0.2, seed: 7) { report in
  ///   report["val_loss"]! < 0.05 ? .stop : .proceed
  /// }
  /// ```
  /// - Parameters:
  ///   - x: The features, row by row.
  ///   - y: The targets, row by row.
  ///   - epochs: How often every row is seen.
  ///   - batchSize: Rows a step; an epoch's last step takes those that are left.
  ///   - validationData: Data to measure the model with after every epoch.
  ///   - validationSplit: Instead, the share of rows, from the end, that is not trained with but measured.
  ///   - shuffle: Whether every epoch has the rows in another order.
  ///   - seed: Decides the orders and whatever the layers draw: the same seed on the same data gives the same bits.
  ///     Without it they come from the random numbers in scope (`withRandomSeed`).
  ///   - progress: How the progress is shown.
  ///   - onEpochEnd: Called after every epoch, outside training mode; may end the fit.
  ///
  /// Throws before the first step when the data does not fit itself or the model, is empty, when a feature is NaN or infinite
  /// or a target is not what the loss takes (with row and column), or a number makes no sense, and before any step that the optimiser's hyperparameters are outside their ranges at, as where `onEpochEnd` has set
  /// a learning rate of NaN: the steps before it hold, and the epochs that ended are in `history`.
  /// A model is in one fit at a time, and so are its parameters and buffers and the optimiser, whichever trainers and threads
  /// the fits are of: a second one throws at once, also in `onEpochEnd`. Evaluate and predict after a fit or in its
  /// `onEpochEnd`, not on another thread meanwhile.
  ///
  /// It throws at the first step when no parameter gets a gradient, and says why.
  ///
  /// When the training loss becomes NaN or infinite it stops: parameters and buffers are put back to what they were when
  /// the loss was last seen to be finite, which is looked at every 32 steps and at the first, so at most 32 steps are
  /// lost; the optimiser's state for the model is cleared, and the epochs that ended are in `history`. The same happens
  /// when a parameter itself is not finite at the end of an epoch.
  @discardableResult
  public func fit(
    _ x: Tensor<Float>, _ y: Tensor<Target>, epochs: Int = 1, batchSize: Int = 32,
    validationData: (x: Tensor<Float>, y: Tensor<Target>)? = nil, validationSplit: Double = 0, shuffle: Bool = true,
    seed: UInt64? = nil, progress: ProgressStyle = .automatic, onEpochEnd: ((EpochReport) -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    let dataset = try paired(x, y)
    var validation: Dataset<Target>?
    if let data = validationData { validation = try paired(data.x, data.y) }
    return try fit(
      dataset, validation: validation, epochs: epochs, batchSize: batchSize, validationSplit: validationSplit,
      shuffle: shuffle, seed: seed, progress: progress, onEpochEnd: onEpochEnd)
  }

  /// Fits the model to a data set: see `fit(_:_:epochs:batchSize:…)`.
  @discardableResult
  public func fit(
    _ dataset: Dataset<Target>, validation: Dataset<Target>? = nil, epochs: Int = 1, batchSize: Int = 32,
    validationSplit: Double = 0, shuffle: Bool = true, seed: UInt64? = nil, progress: ProgressStyle = .automatic,
    onEpochEnd: ((EpochReport) -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    let mark = try FitMark.take(model, optimizer)
    defer { mark.giveBack() }
    history = History()
    try checkBatchSize(batchSize)
    if epochs < 0 { throw .invalidArgument("epochs is \(epochs); it cannot be negative") }
    let (training, validation) = try parts(dataset, validation, split: validationSplit)
    // All of it where a part is split off, so that rows have the numbers that the caller knows.
    try check(dataset, "the training data")
    if validationSplit == 0, let validation { try check(validation, "the validation data") }
    try checkActivation()
    try checkHyperparameters(epoch: 1)
    rememberShape(of: training)

    let plan = FitPlan(
      training: training, validation: validation, epochs: epochs, batchSize: batchSize, shuffle: shuffle,
      onEpochEnd: onEpochEnd)
    let reporter = ProgressReporter(progress)
    defer { reporter.finish() }
    var generator = seed.map { RandomGenerator(seed: $0) } ?? RandomScope.withCurrent { $0.split() }
    let result = withRandomGenerator(&generator) {
      Result { () throws(TrainingError) in try run(plan, reporter) }
    }
    try result.get()
    return history
  }

  /// Throws where the model ends in what the loss does itself: it would train badly, and nothing would say so.
  private func checkActivation() throws(TrainingError) {
    guard let last = (model as? any EndsInActivation)?.lastActivation, loss.refusedActivations.contains(last) else {
      return
    }
    throw .invalidArgument(
      "\(loss.name) expects logits, got a model that ends in \(last): leave the last layer's activation out, and apply "
        + "\(last)() to what predict gives where probabilities are wanted")
  }

  private func checkHyperparameters(epoch: Int) throws(TrainingError) {
    do throws(HyperparameterError) {
      try optimizer.checkHyperparameters()
    } catch {
      throw .hyperparameter(error, epoch: epoch)
    }
  }

  private func parts(
    _ dataset: Dataset<Target>, _ validation: Dataset<Target>?, split: Double
  ) throws(TrainingError) -> (training: Dataset<Target>, validation: Dataset<Target>?) {
    if !(split >= 0 && split < 1) {
      throw .invalidArgument("validationSplit is \(split); it is a share from 0 up to, but not including, 1")
    }
    if split == 0 { return (dataset, validation) }
    if validation != nil {
      throw .invalidArgument("validation data and validationSplit are both given; leave one out")
    }
    // A little more, so that 0.8 of 10 rows is 8 in binary fractions too.
    let count = Int(Double(dataset.count) * (1 - split) + 1e-9)
    if count < 1 || count >= dataset.count {
      throw .emptyData(
        "validationSplit \(split) of \(dataset.count) rows leaves \(count) to train with and "
          + "\(dataset.count - count) to validate with; both need at least one")
    }
    return (dataset[0..<count], dataset[count..<dataset.count])
  }

  /// The loop itself.
  private func run(_ plan: FitPlan<Target>, _ reporter: ProgressReporter) throws(TrainingError) {
    let clock = ContinuousClock()
    var lastGood = LastGood(model)
    var stepsTaken = 0
    for epoch in 0..<plan.epochs {
      let start = clock.now
      let batches = (plan.shuffle ? plan.training.shuffled() : plan.training).batches(of: plan.batchSize)
      var means = RunningMeans(metrics)
      func progress(_ step: Int, _ trainingSeconds: Double?, _ values: [(name: String, value: Double)]) -> ProgressBar {
        let seconds = (clock.now - start).inSeconds
        return ProgressBar(
          epoch: epoch + 1, epochs: plan.epochs, step: step, steps: batches.count,
          trainingSeconds: trainingSeconds ?? seconds, seconds: seconds, values: values)
      }
      for step in batches.indices {
        let batch = batches[step]
        let (value, gradients, outputs) = valueGradientsAndOutputs(batch)
        let batchLoss = Double(value)
        if !batchLoss.isFinite { throw putBack(lastGood, .nonFiniteLoss(epoch: epoch + 1, step: step + 1)) }
        if stepsTaken == 0 { try checkTrains(gradients) }
        if stepsTaken % LastGood.interval == 0 { lastGood.take() }
        stepsTaken += 1
        // Here rather than once an epoch: layers, losses and metrics are the user's, who may hold the optimiser.
        try checkHyperparameters(epoch: epoch + 1)
        optimizer.update(model, along: gradients)
        means.add(loss: batchLoss, rows: batch.count, outputs: outputs, targets: batch.y)
        if reporter.isDue() { reporter.draw(progress(step + 1, nil, means.values())) }
      }
      let trainingSeconds = (clock.now - start).inSeconds
      if !lastGood.isFiniteNow { throw putBack(lastGood, .nonFiniteParameters(epoch: epoch + 1)) }

      var values = means.values()
      if let validation = plan.validation {
        values += measure(validation, batchSize: max(256, plan.batchSize)).values(prefix: "val_")
      }
      let seconds = (clock.now - start).inSeconds
      history.append(values, seconds: seconds)
      reporter.endEpoch(progress(batches.count, trainingSeconds, values))
      let report = EpochReport(epoch: epoch + 1, epochs: plan.epochs, seconds: seconds, values: values)
      if plan.onEpochEnd?(report) == .stop { return }
    }
  }

  /// Throws when no parameter has a gradient.
  private func checkTrains(_ gradients: Gradients) throws(TrainingError) {
    if gradients.count > 0 { return }
    let parameters = model.parameters()
    let trainable = parameters.count { $0.variable.isTrainable }
    let reason =
      if parameters.isEmpty {
        "the model has no parameters; declare them as @Parameter"
      } else if trainable == 0 {
        "all \(parameters.count) are frozen; model.unfreeze() undoes it"
      } else {
        "the loss \(loss.name) depends on none of the \(trainable) that are not frozen; look for detached(), "
          + "withoutGradient, and tensors made of scalars or item()"
      }
    throw .nothingToTrain("expected a parameter with a gradient, got none: \(reason)")
  }

  /// One step's loss and gradients, and the outputs where metrics want them.
  private func valueGradientsAndOutputs(_ batch: Batch<Target>) -> (Float, Gradients, Tensor<Float>?) {
    var outputs: Tensor<Float>?
    let (value, gradients) = withMode(.training) {
      valueWithGradient(at: model) { model in
        let predicted = model(batch.x)
        if !metrics.isEmpty { outputs = predicted.detached() }
        return loss(predicted, batch.y)
      }
    }
    return (value.item(), gradients, outputs)
  }

  /// Undoes what a training that went wrong has done to the model.
  private func putBack(_ lastGood: LastGood, _ error: TrainingError) -> TrainingError {
    lastGood.restore()
    // Moments that have seen such gradients are NaN too, and would spoil the next fit.
    do throws(ModuleError) {
      try optimizer.restoreState([], for: model)
    } catch {
      fatalError("clearing the optimiser's state: \(error)")
    }
    return error
  }
}

/// What a fit has been asked to do.
private struct FitPlan<Target: TensorScalar> {
  let training: Dataset<Target>
  let validation: Dataset<Target>?
  let epochs: Int
  let batchSize: Int
  let shuffle: Bool
  let onEpochEnd: ((EpochReport) -> EpochDecision)?
}

extension Duration {
  fileprivate var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
