import MartletData
import MartletText

/// The measures of a model in each fold of a cross-validation, with their mean and spread.
public struct CrossValidation: Sendable {
  /// The measures of each fold, in order.
  public let folds: [Evaluation]

  /// Takes measures of folds that were made otherwise, such as those of a `Table`. Traps when there are none.
  public init(_ folds: [Evaluation]) {
    if folds.isEmpty { fatalError("CrossValidation: expected the measures of at least one fold, got none") }
    self.folds = folds
  }

  /// The names of the measures: `loss`, its parts, the metrics.
  public var names: [String] { folds[0].values.map(\.name) }

  /// The mean of a measure over the folds; nil when there is no measure of that name.
  public func mean(_ name: String) -> Double? {
    values(name).map { $0.reduce(0, +) / Double($0.count) }
  }

  /// The standard deviation of a measure over the folds, as of a sample (with a divisor of one less than their number);
  /// nil when there is no measure of that name.
  public func standardDeviation(_ name: String) -> Double? {
    guard let values = values(name), let mean = mean(name) else { return nil }
    let sum = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (sum / Double(values.count - 1)).squareRoot()
  }

  private func values(_ name: String) -> [Double]? {
    let values = folds.compactMap { $0[name] }
    return values.count == folds.count ? values : nil
  }
}

extension CrossValidation: CustomStringConvertible {
  /// A table with a line for each fold, then the mean and the standard deviation.
  public var description: String {
    var table = TextTable(["fold"] + names, textColumns: 1)
    for (index, fold) in folds.enumerated() {
      table.append(["\(index + 1)"] + names.map { fold[$0].map(NumberFormat.metric) ?? "" })
    }
    table.append(["mean"] + names.map { mean($0).map(NumberFormat.metric) ?? "" })
    table.append(["spread"] + names.map { standardDeviation($0).map(NumberFormat.metric) ?? "" })
    return table.text
  }
}

/// Fits and measures a model once for each fold of a data set, each time with the other folds to train with.
///
/// ```swift
/// let result = try crossValidate(data, folds: 5, by: .stratified, seed: 1) { train, validation, fold in
///   let model = withRandomSeed(UInt64(fold)) { network() }
///   let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
///   try trainer.fit(train, epochs: 20, seed: UInt64(fold), progress: .none)
///   return try trainer.evaluate(validation)
/// }
/// print(result)
/// ```
/// What is learned from data beside the model, such as a scale of the features, belongs into the closure too, so that a
/// fold is measured with what the others alone have taught.
///
/// - Parameters:
///   - dataset: The rows.
///   - folds: The number of folds.
///   - rule: Which rows belong together: see `Dataset.folds(_:by:seed:)`.
///   - seed: Decides which rows go where; without it, the random numbers in scope do.
///   - evaluate: Makes a new model, fits it, and measures it with the fold's rows; is given the fold's number, from 1.
///
/// Throws as `Dataset.folds(_:by:seed:)` and `evaluate` do.
public func crossValidate<Input: Batchable, Target: Batchable>(
  _ dataset: Dataset<Input, Target>, folds: Int = 5, by rule: SplitRule = .random, seed: UInt64? = nil,
  _ evaluate: (
    _ train: Dataset<Input, Target>, _ validation: Dataset<Input, Target>, _ fold: Int
  ) throws -> Evaluation
) throws -> CrossValidation {
  let parts = try dataset.folds(folds, by: rule, seed: seed)
  return CrossValidation(
    try parts.enumerated().map { try evaluate($0.element.train, $0.element.validation, $0.offset + 1) })
}
