import MartletCore
import MartletFormats
import MartletNN
import MartletText

// From a table to a trained model in one call. What is wrong with the table is thrown as `TrainingError.table`.

extension Trainer where Model.Input == Tensor<Float>, Target == Tensor<Int32> {
  /// Fits the model to a table: a column of classes, predicted from the others.
  ///
  /// ```swift
  /// let table = try CSV.read(from: "iris.csv", labels: ["species"])
  /// try trainer.fit(table, classes: "species", epochs: 50, validationSplit: 0.2)
  /// ```
  /// The rows are shuffled first, since files are often sorted. Columns are as in `CSVTable.dataset(classes:features:)`, and all else
  /// is as in `fit(_:_:epochs:batchSize:…)`.
  @discardableResult
  public func fit(
    _ table: CSVTable, classes: String, features: [String]? = nil, epochs: Int = 1, batchSize: Int = 32,
    validationSplit: Double = 0, seed: UInt64? = nil, progress: ProgressStyle = .automatic,
    callbacks: [any Callback] = [], onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    let dataset = try ofTable { () throws(FormatError) in try table.dataset(classes: classes, features: features) }
    // Before they are shuffled, so that rows have the numbers that they have in the table.
    try check(dataset, "the table", known: dataset.x.rowShapes)
    return try fit(
      shuffled(dataset, seed), epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, seed: seed,
      progress: progress, callbacks: callbacks, onEpochEnd: onEpochEnd)
  }
}

extension Trainer where Model.Input == Tensor<Float>, Target == Tensor<Float> {
  /// Fits the model to a table: columns of numbers, predicted from the others.
  ///
  /// ```swift
  /// try trainer.fit(CSV.read(from: "houses.csv"), targets: ["price"], epochs: 50, validationSplit: 0.2)
  /// ```
  /// The rows are shuffled first, since files are often sorted. Columns are as in `CSVTable.dataset(targets:features:)`, and all else
  /// is as in `fit(_:_:epochs:batchSize:…)`.
  @discardableResult
  public func fit(
    _ table: CSVTable, targets: [String], features: [String]? = nil, epochs: Int = 1, batchSize: Int = 32,
    validationSplit: Double = 0, seed: UInt64? = nil, progress: ProgressStyle = .automatic,
    callbacks: [any Callback] = [], onEpochEnd: ((EpochReport) throws -> EpochDecision)? = nil
  ) throws(TrainingError) -> History {
    let dataset = try ofTable { () throws(FormatError) in try table.dataset(targets: targets, features: features) }
    try check(dataset, "the table", known: dataset.x.rowShapes)
    return try fit(
      shuffled(dataset, seed), epochs: epochs, batchSize: batchSize, validationSplit: validationSplit, seed: seed,
      progress: progress, callbacks: callbacks, onEpochEnd: onEpochEnd)
  }
}

private func ofTable<Result>(_ read: () throws(FormatError) -> Result) throws(TrainingError) -> Result {
  do throws(FormatError) {
    return try read()
  } catch {
    throw .table(error)
  }
}

private func shuffled<Input, Target>(_ dataset: Dataset<Input, Target>, _ seed: UInt64?) -> Dataset<Input, Target> {
  seed.map { dataset.shuffled(seed: $0) } ?? dataset.shuffled()
}
