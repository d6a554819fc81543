import MartletCore
import MartletData
import MartletNN

// Fits and measures of streams, whose rows are not all in memory: see `fit(_:_:epochs:batchSize:…)` for what they share
// with those of data sets.
extension Trainer {
  /// Fits the model to a stream, which is read anew in each epoch.
  ///
  /// ```swift
  /// let stream = DataStream(csv: "clicks.csv.gz") { try $0.dataset(targets: ["price"]) }
  /// try trainer.fit(stream.shuffled(window: 100_000).prefetched(), epochs: 3, batchSize: 256, seed: 1)
  /// ```
  /// Rows are checked batch by batch as they come, and not all before the first step; an error in one ends the fit with
  /// what was trained so far. The stream says whether it is shuffled (`DataStream.shuffled(window:)`). Where it does not
  /// know its length, `FitState.stepsPerEpoch` is 0 in the first epoch.
  ///
  /// Throws as other fits do, what reading the stream throws (`TrainingError.table` for files, `.columns` for tables,
  /// `.stream` for errors of your own), and when the stream has no rows.
  @discardableResult
  public func fit<Given: Batchable>(
    _ stream: DataStream<Model.Input, Given>, validation: Dataset<Model.Input, Given>? = nil, epochs: Int = 1,
    batchSize: Int = 32, seed: UInt64? = nil, progress: ProgressStyle = .automatic, callbacks: [any Callback] = [],
    resumingFrom checkpoint: String? = nil, onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fit(
      stream, validation: validation,
      options: FitOptions(epochs: epochs, batchSize: batchSize, seed: seed, progress: progress), callbacks: callbacks,
      resumingFrom: checkpoint, onEpochEnd: onEpochEnd)
  }

  /// Fits the model to a stream, with options that are a value: see `fit(_:validation:epochs:batchSize:…)`.
  ///
  /// `shuffle` does not count here. Also throws where `validationSplit` or `classWeights` are given, for which all rows
  /// would have to be known.
  @discardableResult
  public func fit<Given: Batchable>(
    _ stream: DataStream<Model.Input, Given>, validation: Dataset<Model.Input, Given>? = nil, options: FitOptions,
    callbacks: [any Callback] = [], resumingFrom checkpoint: String? = nil,
    onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fitStream(stream, options, callbacks, checkpoint, onEpochEnd) { () throws(TrainingError) in
      guard let validation else { return nil }
      let held = try converted(validation)
      let known = knownShapes ?? held.storedX.rowShapes
      try check(held, "the validation data", known: known)
      knownShapes = known
      return .dataset(held)
    }
  }

  /// Fits the model to a stream, with another stream as validation data, which is read anew after each epoch: see
  /// `fit(_:validation:epochs:batchSize:…)`.
  ///
  /// What is random in the validation stream is the same after every epoch, and takes nothing from the fit's own random
  /// numbers.
  @discardableResult
  public func fit<Given: Batchable>(
    _ stream: DataStream<Model.Input, Given>, validation: DataStream<Model.Input, Given>, epochs: Int = 1,
    batchSize: Int = 32, seed: UInt64? = nil, progress: ProgressStyle = .automatic, callbacks: [any Callback] = [],
    resumingFrom checkpoint: String? = nil, onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fit(
      stream, validation: validation,
      options: FitOptions(epochs: epochs, batchSize: batchSize, seed: seed, progress: progress), callbacks: callbacks,
      resumingFrom: checkpoint, onEpochEnd: onEpochEnd)
  }

  /// Fits the model to a stream, with another stream as validation data and with options that are a value: see
  /// `fit(_:validation:options:callbacks:…)`.
  @discardableResult
  public func fit<Given: Batchable>(
    _ stream: DataStream<Model.Input, Given>, validation: DataStream<Model.Input, Given>, options: FitOptions,
    callbacks: [any Callback] = [], resumingFrom checkpoint: String? = nil,
    onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fitStream(stream, options, callbacks, checkpoint, onEpochEnd) {
      rows(of: validation, named: "validation stream", seed: 0)
    }
  }

  private func fitStream<Given: Batchable>(
    _ stream: DataStream<Model.Input, Given>, _ options: FitOptions, _ callbacks: [any Callback],
    _ checkpoint: String?, _ onEpochEnd: ((EpochReport) throws -> EpochDecision)?,
    validation: () throws(TrainingError) -> TrainingRows<Model.Input, Target>?
  ) throws(TrainingError) -> History {
    try fitting(options) { () throws(TrainingError) in
      if options.validationSplit != 0 {
        throw .invalidArgument(
          "validationSplit of a stream: expected 0, since its end is not known; give validation data")
      }
      if options.classWeights != nil {
        throw .invalidArgument(
          "classWeights of a stream: expected none, since its classes are not known; weight its blocks")
      }
      return try fit(
        rows(of: stream, named: "stream"), validation: validation(), options, callbacks, checkpoint, onEpochEnd)
    }
  }

  /// The loss and the metrics over all rows of a stream, in inference mode: see `evaluate(_:_:batchSize:)`.
  ///
  /// Throws as that does, and what reading the stream throws.
  public func evaluate<Given: Batchable>(
    _ stream: DataStream<Model.Input, Given>, batchSize: Int = 256
  ) throws(TrainingError) -> Evaluation {
    try checkBatchSize(batchSize)
    let evaluation = Evaluation(values: try measure(rows(of: stream, named: "stream"), batchSize: batchSize).values())
    if evaluation.loss.isNaN {
      throw .notANumber("\(objective.name): expected a number, got NaN; evaluate a part of the stream to find its row")
    }
    return evaluation
  }

  /// A stream whose batches have targets of the type that the loss takes, and are checked as they come.
  private func rows<Given: Batchable>(
    of stream: DataStream<Model.Input, Given>, named name: String, seed: UInt64? = nil
  ) -> TrainingRows<Model.Input, Target> {
    .stream(count: stream.count) { (size) throws(TrainingError) in
      var batches: StreamBatches<Model.Input, Given>
      do { batches = try stream.batches(of: size, seed: seed) } catch { throw TrainingError(reading: error) }
      var number = 0
      return { () throws(TrainingError) in
        let next: Batch<Model.Input, Given>?
        do { next = try batches.next() } catch { throw TrainingError(reading: error) }
        guard let next else {
          if number == 0 { throw .emptyData("the \(name) has no rows") }
          return nil
        }
        number += 1
        let dataset = try self.converted(next.dataset)
        let known = self.knownShapes ?? dataset.storedX.rowShapes
        try self.check(dataset, "batch \(number) of the \(name)", known: known)
        self.knownShapes = known
        return dataset.batch(0..<dataset.count)
      }
    }
  }
}
