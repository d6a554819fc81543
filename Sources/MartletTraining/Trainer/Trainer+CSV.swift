import MartletCore
import MartletData
import MartletFormats
import MartletNN
import MartletText

// Fits a model to a table in one call. Mistakes in the table are thrown as `TrainingError.table`.

extension Trainer where Model.Input == Tensor<Float>, Target == Tensor<Int32> {
  /// Fits the model to a table, to predict a column of classes from other columns.
  ///
  /// ```swift
  /// let table = try CSV.read(from: "iris.csv", labels: ["species"])
  /// try trainer.fit(table, classes: "species", epochs: 50, validationSplit: 0.2)
  /// ```
  /// The rows are shuffled first, since files are often sorted. `CSVTable.dataset(classes:features:)` says which
  /// columns are used, `fit(_:_:epochs:batchSize:…)` all else.
  @discardableResult
  public func fit(
    _ table: CSVTable, classes: String, features: [String]? = nil, epochs: Int = 1, batchSize: Int = 32,
    validationSplit: Double = 0, seed: UInt64? = nil, progress: ProgressStyle = .automatic,
    callbacks: [any Callback] = [], resumingFrom checkpoint: String? = nil,
    onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fit(
      FitOptions(
        epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, seed: seed, progress: progress),
      callbacks, checkpoint, onEpochEnd
    ) { () throws(FormatError) in try table.dataset(classes: classes, features: features) }
  }
}

extension Trainer where Model.Input == Tensor<Float>, Target == Tensor<Float> {
  /// Fits the model to a table, to predict columns of numbers from other columns.
  ///
  /// ```swift
  /// try trainer.fit(CSV.read(from: "houses.csv"), targets: ["price"], epochs: 50, validationSplit: 0.2)
  /// ```
  /// The rows are shuffled first, since files are often sorted. `CSVTable.dataset(targets:features:)` says which
  /// columns are used, `fit(_:_:epochs:batchSize:…)` all else.
  @discardableResult
  public func fit(
    _ table: CSVTable, targets: [String], features: [String]? = nil, epochs: Int = 1, batchSize: Int = 32,
    validationSplit: Double = 0, seed: UInt64? = nil, progress: ProgressStyle = .automatic,
    callbacks: [any Callback] = [], resumingFrom checkpoint: String? = nil,
    onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    try fit(
      FitOptions(
        epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, seed: seed, progress: progress),
      callbacks, checkpoint, onEpochEnd
    ) { () throws(FormatError) in try table.dataset(targets: targets, features: features) }
  }
}

extension Trainer where Model.Input == Tensor<Float> {
  /// Fits the model to the rows of a table, in random order.
  private func fit(
    _ options: FitOptions, _ callbacks: [any Callback], _ checkpoint: String?,
    _ onEpochEnd: ((EpochReport) throws -> EpochDecision)?,
    to table: () throws(FormatError) -> Dataset<Model.Input, Target>
  ) throws(TrainingError) -> History {
    let dataset: Dataset<Model.Input, Target>
    do throws(FormatError) {
      dataset = try table()
    } catch {
      throw .table(error)
    }
    // Checked before the rows are shuffled, so that they have the numbers that they have in the table.
    try check(dataset, "the table", known: dataset.x.rowShapes)
    let shuffled = options.seed.map { dataset.shuffled(seed: $0) } ?? dataset.shuffled()
    return try fit(
      shuffled, options: options, callbacks: callbacks, resumingFrom: checkpoint, onEpochEnd: onEpochEnd)
  }
}
