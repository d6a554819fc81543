import MartletData
import MartletMetrics
import MartletPlots
import MartletText

/// The measures of a model on its training rows and in validation, over the number of training rows or over a
/// hyperparameter: see ``learningCurve(_:shares:folds:by:seed:_:)`` and ``validationCurve(_:over:_:folds:by:seed:_:)``.
///
/// ```swift
/// print(curve)
/// try curve.saveSVG(of: "accuracy", to: "learning-curve.svg")
/// ```
/// Where both are poor and close, the model is too small or held back too much; where the training rows' measure is much
/// better, it learns them by heart: more rows, a smaller model or more regularisation help.
public struct ScoreCurve: Sendable {
  /// One place on the curve.
  public struct Point: Sendable {
    /// The mean number of training rows, or the hyperparameter's value.
    public let value: Double
    /// The measures on the rows that the model was trained with, by fold.
    public let train: CrossValidation
    /// The measures on the fold's own rows, by fold.
    public let validation: CrossValidation
  }

  /// What the values are: `training rows`, or the hyperparameter's name.
  public let name: String
  /// The places, in the order in which they were asked for.
  public let points: [Point]

  /// The names of the measures: `loss`, its parts, the metrics.
  public var names: [String] { points[0].validation.names }

  /// The value with the best mean of a measure in validation; of several, the first. Nil when there is no measure of that
  /// name, or none of its means is a number.
  ///
  /// - Parameters:
  ///   - name: The measure.
  ///   - goal: Whether a large or a small measure is wanted.
  public func best(_ name: String, _ goal: MetricGoal) -> Double? {
    let means = points.compactMap { point in
      point.validation.mean(name).flatMap { $0.isNaN ? nil : (value: point.value, mean: $0) }
    }
    let sign: Double = goal == .maximum ? -1 : 1
    return means.min { sign * $0.mean < sign * $1.mean }?.value
  }

  /// A measure over the values: the means over the folds, with a standard deviation to each side. Traps when there is no
  /// measure of that name.
  public func chart(of name: String = "loss") -> Chart {
    if !names.contains(name) { fatalError("ScoreCurve: expected one of \(names), got \(shown(name))") }
    let ordered = points.sorted { $0.value < $1.value }
    let values = ordered.map(\.value)
    var chart = Chart("", x: ChartAxis(self.name, scale: .automatic), y: ChartAxis(name))
    for (index, (label, side)) in [("training", \Point.train), ("validation", \Point.validation)].enumerated() {
      let means = ordered.map { $0[keyPath: side].mean(name) ?? .nan }
      let spreads = ordered.map { $0[keyPath: side].standardDeviation(name) ?? .nan }
      chart.band(values, from: zip(means, spreads).map(-), to: zip(means, spreads).map(+), color: index)
      chart.line(values, means, label: label, color: index, hasDots: true)
    }
    return chart
  }

  /// Writes the chart of a measure as an SVG picture; throws when the file cannot be written, and traps as `chart(of:)`.
  public func saveSVG(of name: String = "loss", to path: String) throws(FormatError) {
    try chart(of: name).saveSVG(to: path)
  }
}

extension ScoreCurve: CustomStringConvertible {
  /// A table with a line for each value: of each measure the mean and the standard deviation over the folds, on training
  /// rows and in validation.
  public var description: String {
    func text(_ folds: CrossValidation, _ name: String) -> String {
      guard let mean = folds.mean(name), let spread = folds.standardDeviation(name) else { return "" }
      return "\(NumberFormat.metric(mean)) ± \(NumberFormat.metric(spread))"
    }
    var table = TextTable([name] + names.flatMap { [$0, "val_\($0)"] }, textColumns: 0)
    for point in points {
      table.append(
        [Int(exactly: point.value).map { "\($0)" } ?? NumberFormat.metric(point.value)]
          + names.flatMap { [text(point.train, $0), text(point.validation, $0)] })
    }
    return table.text
  }
}

/// Fits and measures a model on more and more rows, with cross-validation, to see whether more data would help: as
/// scikit-learn's `learning_curve`.
///
/// ```swift
/// let curve = try learningCurve(data, folds: 5, by: .stratified, seed: 1) { train, validation, fold in
///   let trainer = Trainer(network(), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
///   try trainer.fit(train, epochs: 20, seed: UInt64(fold), progress: .none)
///   return (try trainer.evaluate(train), try trainer.evaluate(validation))
/// }
/// ```
/// A smaller part is within each larger one. A fold's own rows are the same for every size.
///
/// - Parameters:
///   - dataset: The rows.
///   - shares: What parts of the training rows of each fold are used, above 0 and up to 1.
///   - folds: The number of folds.
///   - rule: Which rows belong together: see `Dataset.folds(_:by:seed:)`. Where it keeps rows in order, the parts are the
///     first rows, otherwise rows at random.
///   - seed: Decides which rows go where; without it, the random numbers in scope do.
///   - evaluate: Makes a new model, fits it to the first rows, and measures it with both; is given the fold's number,
///     from 1.
///
/// Throws when there are no shares, when a share is not in that range or leaves a fold without a row, and as
/// `Dataset.folds(_:by:seed:)` and `evaluate` do.
public func learningCurve<Input: Batchable, Target: Batchable>(
  _ dataset: Dataset<Input, Target>, shares: [Double] = [0.1, 0.325, 0.55, 0.775, 1], folds: Int = 5,
  by rule: SplitRule = .random, seed: UInt64? = nil,
  _ evaluate: (
    _ train: Dataset<Input, Target>, _ validation: Dataset<Input, Target>, _ fold: Int
  ) throws -> (train: Evaluation, validation: Evaluation)
) throws -> ScoreCurve {
  if shares.isEmpty { throw TrainingError.invalidArgument("shares: expected at least one, got none") }
  for share in shares where !(share > 0 && share <= 1) {
    throw TrainingError.invalidArgument("shares: expected shares above 0 and up to 1, got \(share)")
  }
  let parts = try dataset.folds(folds, by: rule, seed: seed).map { part in
    if rule.keepsOrder { return part }
    return (train: seed.map { part.train.shuffled(seed: $0) } ?? part.train.shuffled(), validation: part.validation)
  }
  return ScoreCurve(
    name: "training rows",
    points: try shares.map { share in
      let counts = parts.map { Int((share * Double($0.train.count)).rounded()) }
      if let fold = counts.firstIndex(of: 0) {
        throw TrainingError.invalidArgument(
          "shares: expected a row in each fold, got none for \(share) of the \(parts[fold].train.count) training rows of "
            + "fold \(fold + 1)")
      }
      let mean = Double(counts.reduce(0, +)) / Double(counts.count)
      return try point(mean, parts.indices.map { (parts[$0].train.prefix(counts[$0]), parts[$0].validation) }, evaluate)
    })
}

/// Fits and measures a model with one hyperparameter after another, with cross-validation on the same folds, to see
/// which fits best and what it does: as scikit-learn's `validation_curve`.
///
/// ```swift
/// let curve = try validationCurve(data, over: [0, 1e-4, 1e-3, 1e-2], "weight decay", seed: 1) { decay, train, validation, fold in
///   let optimizer = AdamW(weightDecay: decay)
///   let trainer = Trainer(network(), optimizer: optimizer, loss: .crossEntropy, metrics: [.accuracy])
///   try trainer.fit(train, epochs: 20, seed: UInt64(fold), progress: .none)
///   return (try trainer.evaluate(train), try trainer.evaluate(validation))
/// }
/// print(curve.best("accuracy", .maximum)!)
/// ```
/// To choose several hyperparameters together, see `HyperparameterSearch`.
///
/// - Parameters:
///   - dataset: The rows.
///   - values: The hyperparameter's values.
///   - name: Its name, for the table and the picture.
///   - folds: The number of folds.
///   - rule: Which rows belong together: see `Dataset.folds(_:by:seed:)`.
///   - seed: Decides which rows go where; without it, the random numbers in scope do.
///   - evaluate: Makes a new model with a value, fits it, and measures it with its training rows and with the fold's; is
///     given the fold's number, from 1.
///
/// Throws when there are no values, and as `Dataset.folds(_:by:seed:)` and `evaluate` do.
public func validationCurve<Input: Batchable, Target: Batchable>(
  _ dataset: Dataset<Input, Target>, over values: [Double], _ name: String, folds: Int = 5,
  by rule: SplitRule = .random, seed: UInt64? = nil,
  _ evaluate: (
    _ value: Double, _ train: Dataset<Input, Target>, _ validation: Dataset<Input, Target>, _ fold: Int
  ) throws -> (train: Evaluation, validation: Evaluation)
) throws -> ScoreCurve {
  if values.isEmpty { throw TrainingError.invalidArgument("values: expected at least one, got none") }
  let parts = try dataset.folds(folds, by: rule, seed: seed)
  return ScoreCurve(
    name: name,
    points: try values.map { value in try point(value, parts) { try evaluate(value, $0, $1, $2) } })
}

/// A place on a curve: all folds with one value.
private func point<Input: Batchable, Target: Batchable>(
  _ value: Double, _ parts: [(train: Dataset<Input, Target>, validation: Dataset<Input, Target>)],
  _ evaluate: (Dataset<Input, Target>, Dataset<Input, Target>, Int) throws -> (
    train: Evaluation, validation: Evaluation
  )
) throws -> ScoreCurve.Point {
  let measures = try parts.enumerated().map { try evaluate($0.element.train, $0.element.validation, $0.offset + 1) }
  return ScoreCurve.Point(
    value: value, train: CrossValidation(measures.map(\.train)), validation: CrossValidation(measures.map(\.validation))
  )
}
