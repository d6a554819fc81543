import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletPlatform

extension Trainer {
  /// Fits the model to the features `x` `[n, …]` and the targets `y` `[n, …]`, and returns the measures of each epoch.
  ///
  /// ```swift
  /// let history = try trainer.fit(x, y, epochs: 100, batchSize: 32, validationSplit: 0.2, seed: 7) { report in
  ///   report["val_loss"]! < 0.05 ? .stop : .proceed
  /// }
  /// ```
  /// - Parameters:
  ///   - x: The features, row by row.
  ///   - y: The targets, row by row.
  ///   - sampleWeights: What each row counts for, `[n]`: a row of weight k like k rows. See `Dataset.weighted(by:)`.
  ///   - classWeights: What the rows of each class count for, in training and validation alike.
  ///   - epochs: How often the model is trained with every row.
  ///   - batchSize: The number of rows in a step; the last step of an epoch takes those that are left.
  ///   - validationData: Data to measure the model with after every epoch.
  ///   - validationSplit: Instead of validation data, the share of the rows, from the end, that the model is not
  ///     trained with but measured with.
  ///   - shuffle: Whether the rows are in a new random order in every epoch.
  ///   - seed: Decides the orders and all random numbers that layers draw: the same seed with the same data gives the
  ///     same bits. Without it, the random numbers in scope do (`withRandomSeed`).
  ///   - progress: How the progress is shown.
  ///   - callbacks: Called around epochs and steps, such as `EarlyStopping`.
  ///   - checkpoint: A file of `Checkpointing`, or a directory of such, to go on from with the same bits as if the fit
  ///     had never stopped; nil to begin anew.
  ///   - onEpochEnd: Called after every epoch, outside training mode; may end the fit.
  ///
  /// Throws before the first step when the data is empty, when `x` and `y` differ in their number of rows or do not fit
  /// the model, when a feature is NaN or infinite or the loss does not take a target (with row and column), and when an
  /// option is out of its range. A checkpoint that cannot be read, or is of other data, another model or other options,
  /// is refused before the first step too; only `epochs` and `progress` may differ. It throws at the first step when no
  /// parameter gets a gradient, and says why, and at a step whose loss is not one number. It throws before a step at
  /// which a hyperparameter of the optimiser is outside its range, as when `onEpochEnd` has set a learning rate of NaN:
  /// the model keeps the steps before, and `history` the epochs that ended. An error that a callback or `onEpochEnd`
  /// throws ends the fit too.
  ///
  /// Ctrl-C ends the fit after the step it is in, and the fit returns what it has measured; `wasInterrupted` then says
  /// so. `FitOptions.answersSignals` says more.
  ///
  /// A model, its parameters and buffers, and an optimiser are in one fit at a time, whichever trainers and threads the
  /// fits belong to: a second fit throws at once, also when called in `onEpochEnd`. Evaluate and predict after a fit or
  /// in its `onEpochEnd`, not on another thread during the fit.
  ///
  /// A training loss that is NaN or infinite ends the fit with an error. Parameters and buffers are put back to one of
  /// the states that are kept at the first step and every 32 steps after it while the loss is finite, so at most 32
  /// steps are lost. The optimiser's state for the model is cleared, and the epochs that ended are in `history`. The
  /// same happens when a parameter is not finite or a buffer is NaN at the end of an epoch; buffers may be infinite.
  @discardableResult
  public func fit(
    _ x: Model.Input, _ y: Target, sampleWeights: Tensor<Float>? = nil, classWeights: ClassWeights? = nil,
    epochs: Int = 1, batchSize: Int = 32,
    validationData: (x: Model.Input, y: Target)? = nil, validationSplit: Double = 0, shuffle: Bool = true,
    seed: UInt64? = nil, progress: ProgressStyle = .automatic, callbacks: [any Callback] = [],
    resumingFrom checkpoint: String? = nil, onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fit(
      x, y, sampleWeights, validationData,
      FitOptions(
        epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, shuffle: shuffle, seed: seed,
        progress: progress, classWeights: classWeights),
      callbacks, checkpoint, onEpochEnd)
  }

  /// Fits the model to features and to targets of another scalar type, such as labels of any integer type.
  @discardableResult
  public func fit<Scalar: NumericScalar>(
    _ x: Model.Input, _ y: Tensor<Scalar>, sampleWeights: Tensor<Float>? = nil, classWeights: ClassWeights? = nil,
    epochs: Int = 1, batchSize: Int = 32,
    validationData: (x: Model.Input, y: Tensor<Scalar>)? = nil, validationSplit: Double = 0, shuffle: Bool = true,
    seed: UInt64? = nil, progress: ProgressStyle = .automatic, callbacks: [any Callback] = [],
    resumingFrom checkpoint: String? = nil, onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fit(
      x, y, sampleWeights, validationData,
      FitOptions(
        epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, shuffle: shuffle, seed: seed,
        progress: progress, classWeights: classWeights),
      callbacks, checkpoint, onEpochEnd)
  }

  private func fit<Given: Batchable>(
    _ x: Model.Input, _ y: Given, _ weights: Tensor<Float>?, _ validationData: (x: Model.Input, y: Given)?,
    _ options: FitOptions,
    _ callbacks: [any Callback], _ checkpoint: String?, _ onEpochEnd: ((EpochReport) throws -> EpochDecision)?
  ) throws(TrainingError) -> History {
    let dataset = try paired(x, y, weights)
    let validation = try validationData.map { data throws(TrainingError) in try paired(data.x, data.y) }
    return try fit(
      dataset, validation: validation, options: options, callbacks: callbacks, resumingFrom: checkpoint,
      onEpochEnd: onEpochEnd)
  }

  /// Fits the model to a data set: see `fit(_:_:epochs:batchSize:…)`.
  @discardableResult
  public func fit<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>, validation: Dataset<Model.Input, Given>? = nil,
    classWeights: ClassWeights? = nil, epochs: Int = 1, batchSize: Int = 32, validationSplit: Double = 0,
    shuffle: Bool = true, seed: UInt64? = nil, progress: ProgressStyle = .automatic, callbacks: [any Callback] = [],
    resumingFrom checkpoint: String? = nil, onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fit(
      dataset, validation: validation,
      options: FitOptions(
        epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, shuffle: shuffle, seed: seed,
        progress: progress, classWeights: classWeights),
      callbacks: callbacks, resumingFrom: checkpoint, onEpochEnd: onEpochEnd)
  }

  /// Fits the model to a data set, with options that are a value: see `fit(_:_:epochs:batchSize:…)`.
  @discardableResult
  public func fit<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>, validation: Dataset<Model.Input, Given>? = nil, options: FitOptions,
    callbacks: [any Callback] = [], resumingFrom checkpoint: String? = nil,
    onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fitting(options) { () throws(TrainingError) in
      let dataset = try converted(dataset)
      let given = try validation.map { validation throws(TrainingError) in try converted(validation) }
      var (training, validation) = try parts(dataset, given, split: options.validationSplit)
      if let weights = options.classWeights {
        (training, validation) = try weighting { () throws(DatasetError) in try weights.weighting(training, validation)
        }
      }
      // Checked before a part is split off, so that rows have the numbers that the caller knows.
      let known = knownShapes ?? dataset.storedX.rowShapes
      try check(dataset, "the training data", known: known)
      if let given { try check(given, "the validation data", known: known) }
      if training.weights != nil || validation?.weights != nil { try checkTakesWeights() }
      if given == nil, let validation { try checkClasses(training, validation, split: options.validationSplit) }
      knownShapes = known
      return try fit(
        .dataset(training), validation: validation.map { .dataset($0) }, options, callbacks, checkpoint, onEpochEnd)
    }
  }

  /// Does a fit with options that are checked, while its model and optimiser are marked as being fitted.
  func fitting(
    _ options: FitOptions, _ body: () throws(TrainingError) -> History
  ) throws(TrainingError) -> History {
    let mark = try FitMark.take(model, optimizer)
    fitStructure = mark.structure
    defer {
      mark.giveBack()
      fitStructure = nil
    }
    lastFit = nil
    try check(options)
    return try body()
  }

  /// Fits the model to rows that are checked, or are when they come.
  func fit(
    _ training: TrainingRows<Model.Input, Target>, validation: TrainingRows<Model.Input, Target>?,
    _ options: FitOptions, _ callbacks: [any Callback], _ checkpoint: String?,
    _ onEpochEnd: ((EpochReport) throws -> EpochDecision)?
  ) throws(TrainingError) -> History {
    try checkActivation()
    let stepping = try rowStepping(callbacks, training, options)
    if stepping == nil, case .dataset(let rows) = training,
      rows.count % options.batchSize == 1 || options.batchSize == 1
    {
      try checkSingleRow(rows.storedX)
    }
    try checkHyperparameters(epoch: 1)
    do throws(ModuleError) { try optimizer.check(model) } catch { throw .invalidArgument("\(optimizer): \(error)") }
    prepareCompilation(stepping == nil ? options.compilation : .never)
    let source = try checkpoint.map { path throws(TrainingError) in try readCheckpoint(path) }
    let state = FitState(
      model, optimizer, options,
      stepsPerEpoch: stepping?.stepsPerEpoch ?? training.batchCount(of: options.batchSize) ?? 0, goals: goals,
      hasValidation: validation != nil, isResumed: source != nil, run: runRecord(training, validation, options))
    if let source { try check(source.checkpoint, of: source.path, fits: state, callbacks) }
    lastFit = state
    state.stepping = stepping
    // Steps that are made otherwise cost otherwise.
    if stepping == nil {
      state.rehearsal = rehearsal(of: training, validation, batchSize: options.batchSize, shuffle: options.shuffle)
    }
    state.subject = FitSubject(trainer: self, training: training.dataset, validation: validation?.dataset)
    // Files are written when all others are done, checkpoints at the very last.
    let recording = callbacks.filter { $0 is any RecordingCallback }
    let saving = recording.compactMap { $0 as? Checkpointing }
    let others = callbacks.filter { !($0 is any RecordingCallback) }
    var callbacks = [LastGood(structure)] + others + [HistoryRecorder(), ProgressDisplay()]
    if let validation {
      let size = max(256, options.batchSize)
      callbacks.insert(
        Validation { [unowned self, unowned state] () throws(TrainingError) in
          state.validationOutputs = []
          let keep: ((Model.Output) -> Void)? =
            state.keepsValidationOutputs ? { [unowned state] in state.validationOutputs.append($0) } : nil
          return try measure(validation, batchSize: size, seeing: keep).values(prefix: "val_")
        }, at: 1)
    }
    if let onEpochEnd { callbacks.append(OnEpochEnd(onEpochEnd)) }
    callbacks += recording.filter { !($0 is Checkpointing) } + saving
    state.callbacks = callbacks
    if options.answersSignals {
      state.signals = SignalWatch(terminationDeadline: saving.map(\.terminationDeadline).max())
    }
    defer {
      state.reporter.finish()
      state.callbacks = []
      state.rehearsal = nil
      state.subject = nil
      state.validationOutputs = []
      state.stepping = nil
      // The process may end here, by a SIGTERM that was caught.
      state.signals = nil
    }
    var generator = options.seed.map { RandomGenerator(seed: $0) } ?? RandomScope.withCurrent { $0.split() }
    try withRandomGenerator(&generator) {
      Result { () throws(TrainingError) in try run(training, state, callbacks, from: source) }
    }.get()
    return state.history
  }

  // MARK: The loop

  /// Runs the epochs, with the callbacks at the beginning and at the end.
  private func run(
    _ training: TrainingRows<Model.Input, Target>, _ fit: FitState, _ callbacks: [any Callback],
    from source: (checkpoint: Checkpoint, path: String)?
  ) throws(TrainingError) {
    do throws(TrainingError) {
      try callbacks.call(fit) { try $0.onFitBegin(fit) }
      if let source { try fit.resume(source.checkpoint, source: source.path) }
      while fit.epoch < fit.options.epochs && !fit.isStopping { try runEpoch(training, fit, callbacks) }
    } catch {
      fit.error = error
    }
    for callback in callbacks {
      do {
        try callback.onFitEnd(fit)
      } catch {
        // The first error is the cause of the others.
        fit.error = fit.error ?? TrainingError(error, of: callback, epoch: fit.epoch)
      }
    }
    if let interruption = fit.interruption { fit.log(interruptedLine(fit, interruption)) }
    if let error = fit.error { throw error }
  }

  /// Runs one epoch.
  ///
  /// Specialised for the most common models: the general version looks up each generic type at run time, which takes
  /// some 3,000 instructions in each step.
  @_specialize(where Model == Sequential, Target == Tensor<Float>)
  @_specialize(where Model == Sequential, Target == Tensor<Int32>)
  private func runEpoch(
    _ training: TrainingRows<Model.Input, Target>, _ fit: FitState, _ callbacks: [any Callback]
  ) throws(TrainingError) {
    let options = fit.options
    fit.prepareEpoch()
    let stepping = fit.stepping
    let batches: EpochBatches<Model.Input, Target>
    if let stepping {
      batches = try drawnBatches(training, stepping, fit)
    } else {
      batches = try training.epoch(batchSize: options.batchSize, shuffle: options.shuffle)
    }
    var means = RunningMeans(metrics)
    let sums = try fit.beginEpoch(running: { means.values() }, sums: { means.state })
    if let sums {
      do throws(CheckpointError) { try means.restore(sums) } catch { throw .checkpoint(error) }
    } else {
      try callbacks.call(fit) { try $0.onEpochBegin(fit) }
      // Without a step there is nothing to measure.
      if fit.isStopping { return }
    }
    for index in batches.indices[fit.step...] {
      if fit.isStopping { break }
      guard let batch = try batches.batch(index) else {
        fit.stepsPerEpoch = index
        break
      }
      var (loss, gradients, outputs) =
        if let stepping { try rowStep(batch, stepping) } else { try valueGradientsAndOutputs(batch) }
      fit.beginStep(index + 1, loss)
      if fit.stepsTaken == 0 { try checkTrains(gradients) }
      try callbacks.call(fit) { try $0.onGradients(&gradients, fit) }
      fit.stepsTaken += 1
      // At every step rather than once in an epoch: layers, losses and callbacks, which users write, may hold the
      // optimiser.
      try checkHyperparameters(epoch: fit.epoch)
      if !fit.skipsThisUpdate {
        optimizer.update(model, along: gradients)
        fit.updatesTaken += 1
      }
      // Rows that are drawn by chance may be none.
      if batch.count > 0 { try means.add(loss) }
      if let outputs { means.add(outputs, batch) }
      fit.answerSignals()
      try callbacks.call(fit) { try $0.onStepEnd(fit) }
    }
    fit.endTraining()
    // A fit that goes on from here will measure and record the whole epoch.
    if fit.isInterrupted && fit.isWithinEpoch { return }
    try callbacks.call(fit) { try $0.onEpochEnd(fit) }
  }

  /// The loss and gradients of one step, and the outputs where there are metrics.
  func valueGradientsAndOutputs(
    _ batch: Batch<Model.Input, Target>
  ) throws(TrainingError) -> (LossValue, Gradients, Model.Output?) {
    if batch.count == 1 { try checkSingleRow(batch.x) }
    let (loss, gradients) = try lossAndGradients(batch)
    try checkIsNumber(loss.loss.shape)
    try checkHasTerms(loss)
    return (loss.value, gradients, loss.outputs)
  }

  /// The loss and gradients, from a plan where the step can be repeated.
  private func lossAndGradients(
    _ batch: Batch<Model.Input, Target>
  ) throws(TrainingError) -> (BatchLoss<Model.Output>, Gradients) {
    guard let compiledStep else { return computeStep(batch) }
    let (loss, gradients, failure) = compiledStep(batch)
    if let failure {
      if compilation == .always {
        throw .invalidArgument(
          "compilation is .always: expected a step that can be repeated, got one that cannot: \(failure)")
      }
      self.compiledStep = nil
    }
    return (loss, gradients)
  }

  func computeStep(_ batch: Batch<Model.Input, Target>) -> (BatchLoss<Model.Output>, Gradients) {
    var kept: BatchLoss<Model.Output>?
    let (_, gradients) = withMode(.training) {
      valueWithGradient(at: model) { model in
        let loss = objective(model, batch)
        kept = loss.detached(keepingOutputs: !metrics.isEmpty)
        return loss.loss.count == 1 ? loss.loss : loss.loss.sum()
      }
    }
    return (kept!, gradients)
  }

  /// Decides whether steps are repeated from a plan. One that was made of other modules or parameters is dropped.
  func prepareCompilation(_ compilation: StepCompilation) {
    self.compilation = compilation
    let structure = compilation == .never ? nil : self.structure
    let isWanted = compilation.wantsPlans(ifRepeatable: objective.isRepeatable && structure?.isRepeatable == true)
    if !isWanted || structure?.holdsSame(as: compiledStructure) != true { compiledStep = nil }
    compiledStructure = structure
    if isWanted && compiledStep == nil { compiledStep = CompiledStep { [unowned self] in self.computeStep($0) } }
  }

  // MARK: Checks

  func check(_ options: FitOptions) throws(TrainingError) {
    try checkBatchSize(options.batchSize)
    if options.epochs < 0 { throw .invalidArgument("epochs is \(options.epochs); it cannot be negative") }
    if !(options.validationSplit >= 0 && options.validationSplit < 1) {
      throw .invalidArgument(
        "validationSplit is \(options.validationSplit); it is a share from 0 up to, but not including, 1")
    }
  }

  /// Which values are better, by the name of each measure.
  private var goals: [String: MetricGoal?] {
    var goals: [String: MetricGoal?] = ["loss": .minimum]
    for metric in metrics { goals[metric.name] = .some(metric.goal) }
    return goals
  }

  private func parts(
    _ dataset: Dataset<Model.Input, Target>, _ validation: Dataset<Model.Input, Target>?, split: Double
  ) throws(TrainingError) -> (training: Dataset<Model.Input, Target>, validation: Dataset<Model.Input, Target>?) {
    if split == 0 { return (dataset, validation) }
    if validation != nil {
      throw .invalidArgument("validation data and validationSplit are both given; leave one out")
    }
    // A little is added so that rounding in binary does not take a row away: 0.8 of 10 rows is 8.
    let count = Int(Double(dataset.count) * (1 - split) + 1e-9)
    if count < 1 || count >= dataset.count {
      throw .emptyData(
        "validationSplit \(split) of \(dataset.count) rows leaves \(count) to train with and "
          + "\(dataset.count - count) to validate with; both need at least one")
    }
    return (dataset[0..<count], dataset[count..<dataset.count])
  }

  /// Throws when the rows that are split off have a class that the others lack, as when rows are sorted by label: the
  /// measures would then say nothing about the model.
  private func checkClasses(
    _ training: Dataset<Model.Input, Target>, _ validation: Dataset<Model.Input, Target>, split: Double
  ) throws(TrainingError) {
    guard objective.targets.areLabels else { return }
    func classes(_ dataset: Dataset<Model.Input, Target>) -> Set<Int64> {
      Set(dataset.y.tensors.flatMap { Tensor<Int64>(unchecked: $0.converted(to: .int64)).scalars })
    }
    if let label = classes(validation).subtracting(classes(training)).min() {
      throw .invalidArgument(
        "validationSplit takes the last \(validation.count) rows: expected classes that the rows before them hold too, got "
          + "label \(label) only among the last. Where rows are sorted, fit data.shuffled(seed: 1), or take "
          + "data.split(testFraction: \(split), stratified: true) and fit with validation:")
    }
  }

  /// Throws when the model ends in an activation that the loss applies itself: it would train badly, without any error.
  func checkActivation() throws(TrainingError) {
    guard let last = (model as? any EndsInActivation)?.lastActivation, objective.refusedActivations.contains(last)
    else { return }
    throw .invalidArgument(
      "\(objective.name) expects logits, got a model that ends in \(last): leave the last layer's activation out, and apply "
        + "\(last)() to what predict gives where probabilities are wanted; or take the loss "
        + ".\(objective.name)(from: .probabilities)")
  }

  func checkHyperparameters(epoch: Int) throws(TrainingError) {
    do throws(HyperparameterError) {
      try optimizer.checkHyperparameters()
    } catch {
      throw .hyperparameter(error, epoch: epoch)
    }
  }

  /// Throws when no parameter has a gradient.
  func checkTrains(_ gradients: Gradients) throws(TrainingError) {
    if gradients.count > 0 { return }
    let parameters = model.parameters()
    let trainable = parameters.count { $0.variable.isTrainable }
    let reason =
      if parameters.isEmpty {
        "the model has no parameters; declare them as @Parameter"
      } else if trainable == 0 {
        "all \(parameters.count) are frozen; model.unfreeze() undoes it"
      } else {
        "\(objective.title) depends on none of the \(trainable) that are not frozen; look for detached(), "
          + "withoutGradient, and tensors made of scalars or item()"
      }
    throw .nothingToTrain("expected a parameter with a gradient, got none: \(reason)")
  }
}

extension Trainer where Target == NoTarget {
  /// Fits the model to `x` `[n, …]` without targets: see `fit(_:_:epochs:batchSize:…)`.
  @discardableResult
  public func fit(
    _ x: Model.Input, validation: Model.Input? = nil, epochs: Int = 1, batchSize: Int = 32, validationSplit: Double = 0,
    shuffle: Bool = true, seed: UInt64? = nil, progress: ProgressStyle = .automatic, callbacks: [any Callback] = [],
    resumingFrom checkpoint: String? = nil, onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    let data = try paired(x, NoTarget())
    let held = try validation.map { x throws(TrainingError) in try paired(x, NoTarget()) }
    return try fit(
      data, validation: held, epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, shuffle: shuffle,
      seed: seed, progress: progress, callbacks: callbacks, resumingFrom: checkpoint, onEpochEnd: onEpochEnd)
  }
}
