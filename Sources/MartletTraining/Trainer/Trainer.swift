import MartletCore
import MartletNN
import MartletText

/// Fits a model to data, measures it and predicts with it.
///
/// ```swift
/// let model = Sequential(inputShape: [64]) {
///   Dense(32, activation: .relu)
///   Dense(10)
/// }
/// let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
/// let history = try trainer.fit(train, epochs: 20, batchSize: 32, validationSplit: 0.1, seed: 1)
/// print(try trainer.evaluate(test), try trainer.predictClasses(test.x))
/// ```
/// The model is any layer whose input and output are `Batchable`, and `Target` is what the loss compares the output with:
/// `Tensor<Int32>` for labels, of which data may be of any integer type, `Tensor<Float>` for numbers.
///
/// It does nothing that `valueWithGradient(at:of:)` and an optimiser's `update` do not do in a loop. Whatever data it is
/// given, it throws a `TrainingError` rather than stop the program, as long as the model's layers tell their
/// `outputShape(for:)`; where they do not, rows have to have the shapes that the model was first fitted with, or those of
/// the `example`.
public final class Trainer<Model: Layer, Target: Batchable> where Model.Input: Batchable, Model.Output: Batchable {
  /// The model that is fitted.
  public let model: Model
  /// What changes its parameters.
  public let optimizer: any Optimizer
  /// What is measured besides the loss.
  public let metrics: [Metric<Model.Output, Target>]
  /// What the last fit measured, also when it was stopped by an error.
  public var history: History { lastFit?.history ?? History() }

  let objective: Objective<Model, Target>
  var lastFit: FitState?
  /// The shapes of the rows that the model is known to take.
  var knownShapes: [Shape]?
  var isBuilt = false

  /// A trainer for a model; traps when two metrics have one name or one is called `loss`.
  ///
  /// - Parameters:
  ///   - model: What is fitted.
  ///   - optimizer: What changes its parameters.
  ///   - loss: What is made small.
  ///   - metrics: What is measured besides.
  ///   - example: An input that the model takes, of any number of rows: to predict before a fit where layers do not tell their
  ///     `outputShape(for:)`.
  public convenience init(
    _ model: Model, optimizer: any Optimizer, loss: Loss<Model.Output, Target>,
    metrics: [Metric<Model.Output, Target>] = [], example: Model.Input? = nil
  ) {
    self.init(model, optimizer, .loss(loss), metrics, example)
  }

  /// A trainer that makes a function of the model and a batch small: for several losses, for inputs that are targets as well, for
  /// models that are called more than once.
  ///
  /// ```swift
  /// let trainer = Trainer(model, optimizer: Adam(), targets: Tensor<Float>.self) { model, batch in
  ///   let predicted = model(batch.x)
  ///   return [
  ///     "error": meanSquaredError(predicted: predicted, expected: batch.y),
  ///     "size": 1e-3 * predicted.squared().mean(),
  ///   ]
  /// }
  /// ```
  /// - Parameters:
  ///   - model: What is fitted.
  ///   - optimizer: What changes its parameters.
  ///   - targets: The type of a data set's `y`.
  ///   - example: An input that the model takes, as for a loss.
  ///   - loss: A tensor of one number, or several by name: their sum is made small, and each is measured, as `error` is here.
  public convenience init(
    _ model: Model, optimizer: any Optimizer, targets: Target.Type, example: Model.Input? = nil,
    loss: @escaping (_ model: Model, _ batch: Batch<Model.Input, Target>) -> some LossParts
  ) {
    self.init(model, optimizer, .function { loss($0, $1) }, [], example)
  }

  private init(
    _ model: Model, _ optimizer: any Optimizer, _ objective: Objective<Model, Target>,
    _ metrics: [Metric<Model.Output, Target>], _ example: Model.Input?
  ) {
    let names = ["loss"] + metrics.map(\.name)
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      fatalError("Trainer: two measures are called \(name)")
    }
    self.model = model
    self.optimizer = optimizer
    self.objective = objective
    self.metrics = metrics
    knownShapes = example?.rowShapes
  }

  // MARK: Measuring and predicting

  /// The loss and the metrics over all rows of `x` `[n, …]` and `y` `[n, …]`, in inference mode.
  ///
  /// Throws when the data is empty or fits neither itself nor the model, when a feature is NaN or infinite or a target is not
  /// what the loss takes, when `batchSize` is less than 1, and when the loss is NaN, which measures nothing. An infinite loss
  /// is returned.
  public func evaluate(_ x: Model.Input, _ y: Target, batchSize: Int = 256) throws(TrainingError) -> Evaluation {
    try evaluate(paired(x, y), batchSize: batchSize)
  }

  /// The same with targets of another scalar type, such as labels of any integer type.
  public func evaluate<Scalar: NumericScalar>(
    _ x: Model.Input, _ y: Tensor<Scalar>, batchSize: Int = 256
  ) throws(TrainingError) -> Evaluation {
    try evaluate(paired(x, y), batchSize: batchSize)
  }

  /// The loss and the metrics over all rows of a data set, in inference mode: see `evaluate(_:_:batchSize:)`.
  public func evaluate<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>, batchSize: Int = 256
  ) throws(TrainingError) -> Evaluation {
    let dataset = try converted(dataset)
    try checkBatchSize(batchSize)
    try check(dataset, "the data", known: knownShapes)
    let evaluation = Evaluation(values: try measure(dataset, batchSize: batchSize).values())
    if evaluation.loss.isNaN {
      try checkNumbers(predict(dataset.x, batchSize: batchSize))
      throw .notANumber(
        "\(objective.name): expected a number, got NaN, though no output is NaN; look for infinite ones")
    }
    return evaluation
  }

  /// The model's outputs for all rows of `x` `[n, …]`, in inference mode, computed `batchSize` rows at a time.
  ///
  /// Throws when `x` is empty or does not fit the model, when it is not known what does (no layer tells, and nothing was
  /// fitted), and when `batchSize` is less than 1.
  public func predict(_ x: Model.Input, batchSize: Int = 256) throws(TrainingError) -> Model.Output {
    try checkBatchSize(batchSize)
    let rows = try paired(x, NoTarget()).count
    _ = try outputShape(for: x, "x", known: knownShapes)
    let x = x.detached()
    let parts = withMode(.inference) {
      withoutGradient {
        rows <= batchSize
          ? [model(x)]
          : stride(from: 0, to: rows, by: batchSize).map { model(x.rows($0..<min(rows, $0 + batchSize))) }
      }
    }
    if parts.count == 1 { return parts[0] }
    guard let outputs = Model.Output.concatenated(parts) else {
      throw .outputs(
        "expected outputs with rows of the same shapes from every batch, got others; predict with a batchSize of at least "
          + "\(rows), or let the model give a row for each of its input")
    }
    return outputs
  }

  func measure(
    _ dataset: Dataset<Model.Input, Target>, batchSize: Int
  ) throws(TrainingError) -> RunningMeans<Model.Output, Target> {
    var means = RunningMeans(metrics)
    let batches = dataset.batches(of: batchSize)
    for index in batches.indices {
      let batch = batches[index]
      let (loss, parts, outputs) = withMode(.inference) { withoutGradient { objective(model, batch) } }
      try checkIsNumber(loss.shape)
      try means.add(LossValue(loss, parts), rows: batch.count)
      if let outputs, !metrics.isEmpty { means.add(outputs, batch.y, rows: batch.count) }
    }
    return means
  }
}

extension Trainer where Target == NoTarget {
  /// A trainer that makes a function of the model and a batch without targets small, as for an autoencoder.
  ///
  /// ```swift
  /// let trainer = Trainer(autoencoder, optimizer: Adam()) { model, batch in
  ///   meanSquaredError(predicted: model(batch.x), expected: batch.x)
  /// }
  /// try trainer.fit(x, epochs: 20)
  /// ```
  public convenience init(
    _ model: Model, optimizer: any Optimizer, example: Model.Input? = nil,
    loss: @escaping (_ model: Model, _ batch: Batch<Model.Input, NoTarget>) -> some LossParts
  ) {
    self.init(model, optimizer: optimizer, targets: NoTarget.self, example: example, loss: loss)
  }

  /// The loss over all rows of `x` `[n, …]`, in inference mode: see `evaluate(_:_:batchSize:)`.
  public func evaluate(_ x: Model.Input, batchSize: Int = 256) throws(TrainingError) -> Evaluation {
    try evaluate(paired(x, NoTarget()), batchSize: batchSize)
  }
}

extension Trainer where Model.Output == Tensor<Float> {
  /// The class with the largest output for every row of `x`, `[n]`: see `predict(_:batchSize:)`.
  ///
  /// Of outputs `[n, …, classes]`, as for each word of a text, the classes are `[n, …]`. Throws also when the outputs are not
  /// of such a shape with at least two classes, and when one is NaN: there is no largest
  /// among them. Of infinite and of equal outputs the first is the largest.
  public func predictClasses(_ x: Model.Input, batchSize: Int = 256) throws(TrainingError) -> Tensor<Int32> {
    let outputs = try predict(x, batchSize: batchSize)
    if outputs.rank < 2 || outputs.shape.last! < 2 {
      var message =
        "classes are predicted from an output for each of them, shape [rows, classes]; the model gives \(outputs.shape)"
      if outputs.count == outputs.shape[0] { message += "; a single logit says yes where predict(x) .> 0" }
      throw .targets(message)
    }
    try checkNumbers(outputs)
    return outputs.argMax(axis: -1).cast(to: Int32.self)
  }
}

extension LossValue {
  init(_ loss: Tensor<Float>, _ parts: [(name: String, loss: Tensor<Float>)]) {
    self.init(value: Double(loss.item()), parts: parts.map { ($0.name, Double($0.loss.item())) })
  }
}

/// What a model was measured to be: its loss and metrics by name.
public struct Evaluation: Sendable, CustomStringConvertible {
  /// The loss, then the metrics in the trainer's order.
  public let values: [(name: String, value: Double)]

  /// The mean loss over all rows.
  public var loss: Double { values[0].value }

  /// A measure by name; nil when nothing of that name was measured.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }

  /// `loss 0.1234  accuracy 0.9531`.
  public var description: String {
    values.map { "\($0.name) \(NumberFormat.metric($0.value))" }.joined(separator: "  ")
  }
}
