import MartletCore
import MartletData
import MartletMetrics
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
/// The model is any layer whose input and output are `Batchable`. `Target` is the type that the loss compares the
/// output with: `Tensor<Float>` for numbers, and `Tensor<Int32>` for labels, to which labels of other integer types are
/// converted.
///
/// A fit does what a loop of `valueWithGradient(at:of:)` and the optimiser's `update` would do. Data never stops the
/// program, but throws a `TrainingError`, as long as the model's layers state their `outputShape(for:)`. Where one does
/// not, rows must have the shapes that the model was first fitted with, or those of the `example`. Layers that take
/// indices say which by `validate(_:)`.
public final class Trainer<Model: Layer, Target: Batchable> where Model.Input: Batchable, Model.Output: Batchable {
  /// The model that is fitted.
  public let model: Model
  /// The optimiser that changes the model's parameters.
  public let optimizer: any Optimizer
  /// The metrics that are measured beside the loss.
  public let metrics: [Metric<Model.Output, Target>]
  /// The history of the last fit, also when an error ended it; empty before a fit.
  public var history: History { lastFit?.history ?? History() }

  /// Whether Ctrl-C or another interruption ended the last fit, so that it can be gone on with: see
  /// `FitState.interrupt(_:)`.
  public var wasInterrupted: Bool { lastFit?.isInterrupted ?? false }

  let objective: Objective<Model, Target>
  var lastFit: FitState?
  /// The shapes of the rows that the model is known to take; nil while none are known.
  var knownShapes: [Shape]?
  var isBuilt = false
  /// What a fit that is running has read of the model.
  var fitStructure: ModuleStructure?
  /// The step that is repeated from a plan; nil where steps are done as they stand.
  var compiledStep: CompiledStep<Model, Target>?
  var compilation = StepCompilation.automatic
  /// What the model was made of when the compiled step was.
  var compiledStructure: ModuleStructure?

  /// Makes a trainer with a loss of the model's outputs; traps when two metrics have the same name or one is called
  /// `loss`.
  ///
  /// - Parameters:
  ///   - model: What is fitted.
  ///   - optimizer: What changes its parameters.
  ///   - loss: What is made small.
  ///   - metrics: What is measured beside the loss.
  ///   - example: An input that the model takes, with any number of rows. Needed to predict before a fit where a layer
  ///     does not state its `outputShape(for:)`.
  public convenience init(
    _ model: Model, optimizer: any Optimizer, loss: Loss<Model.Output, Target>,
    metrics: [Metric<Model.Output, Target>] = [], example: Model.Input? = nil
  ) {
    self.init(model, optimizer, .loss(loss), metrics, example)
  }

  /// Makes a trainer that minimises a function of the model and a batch: for several losses, for inputs that are also
  /// the targets, for models that are called more than once.
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
  ///   - loss: Returns a tensor of one number, or several by name: their sum is minimised, and each is measured, such
  ///     as `error` here. Without any, a fit traps.
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
  /// Throws when the data is empty, when `x` and `y` differ in their number of rows or do not fit the model, when a
  /// feature is NaN or infinite or the loss does not take a target, when `batchSize` is less than 1, and when the loss
  /// is NaN, which measures nothing. An infinite loss is returned. `sampleWeights` `[n]` are what the rows count for: see
  /// `Dataset.weighted(by:)`.
  public func evaluate(
    _ x: Model.Input, _ y: Target, sampleWeights: Tensor<Float>? = nil, batchSize: Int = 256
  ) throws(TrainingError) -> Evaluation {
    try evaluate(paired(x, y, sampleWeights), batchSize: batchSize)
  }

  /// The loss and the metrics for targets of another scalar type, such as labels of any integer type.
  public func evaluate<Scalar: NumericScalar>(
    _ x: Model.Input, _ y: Tensor<Scalar>, sampleWeights: Tensor<Float>? = nil, batchSize: Int = 256
  ) throws(TrainingError) -> Evaluation {
    try evaluate(paired(x, y, sampleWeights), batchSize: batchSize)
  }

  /// The loss and the metrics over all rows of a data set, in inference mode: see `evaluate(_:_:batchSize:)`.
  public func evaluate<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>, batchSize: Int = 256
  ) throws(TrainingError) -> Evaluation {
    let dataset = try converted(dataset)
    try checkBatchSize(batchSize)
    try check(dataset, "the data", known: knownShapes)
    let evaluation = Evaluation(values: try measure(.dataset(dataset), batchSize: batchSize).values())
    if evaluation.loss.isNaN {
      try predict(dataset.x, batchSize: batchSize).checkNumbers()
      throw .notANumber(
        "\(objective.name): expected a number, got NaN, though no output is NaN; look for infinite ones")
    }
    return evaluation
  }

  /// The model's outputs for all rows of `x` `[n, …]`, in inference mode, computed `batchSize` rows at a time.
  ///
  /// Throws when `x` is empty or does not fit the model, when it is not known what fits (a layer does not state its
  /// output shape, and there was neither a fit nor an example), when the outputs of several batches do not have rows of
  /// the same shapes, when a layer's `validate(_:)` does not take the values, and when `batchSize` is less than 1.
  public func predict(_ x: Model.Input, batchSize: Int = 256) throws(TrainingError) -> Model.Output {
    try checkBatchSize(batchSize)
    let rows = try paired(x, NoTarget()).count
    _ = try outputShape(for: x, "x", known: knownShapes)
    return try model.outputs(for: x, rows: rows, batchSize: batchSize)
  }

  func measure(
    _ rows: TrainingRows<Model.Input, Target>, batchSize: Int, seeing see: ((Model.Output) -> Void)? = nil
  ) throws(TrainingError) -> RunningMeans<Model.Output, Target> {
    var means = RunningMeans(metrics)
    let batches = try rows.epoch(batchSize: batchSize, shuffle: false)
    for index in batches.indices {
      guard let batch = try batches.batch(index) else { break }
      let loss = withMode(.inference) { withoutGradient { objective(model, batch) } }
      try checkIsNumber(loss.loss.shape)
      try checkHasTerms(loss)
      try means.add(loss.value)
      guard let outputs = loss.outputs else { continue }
      if !metrics.isEmpty { means.add(outputs, batch) }
      see?(outputs)
    }
    return means
  }
}

extension Trainer where Target == NoTarget {
  /// Makes a trainer that minimises a function of the model and a batch without targets, as for an autoencoder.
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
  /// For outputs `[n, …, classes]`, as for each word of a text, the classes are `[n, …]`. Also throws when the outputs
  /// do not have such a shape with at least two classes, and when one is NaN: there is then no largest. Of equal
  /// outputs, also infinite ones, the first counts as the largest.
  public func predictClasses(_ x: Model.Input, batchSize: Int = 256) throws(TrainingError) -> Tensor<Int32> {
    try predict(x, batchSize: batchSize).classes()
  }
}

/// The result of an evaluation: the loss and the metrics by name.
public struct Evaluation: Sendable, CustomStringConvertible {
  /// The loss, its parts if it has any, then the metrics in the trainer's order.
  public let values: [(name: String, value: Double)]

  init(values: [(name: String, value: Double)]) { self.values = values }

  /// Measures that were taken otherwise, the loss first, for ``CrossValidation`` and curves: `["loss": 0.3, "f1": 0.9]`.
  /// Traps when there are none.
  public init(_ values: KeyValuePairs<String, Double>) {
    if values.isEmpty { fatalError("Evaluation: expected at least one measure, got none") }
    self.init(values: values.map { ($0.key, $0.value) })
  }

  /// The mean loss over all rows.
  public var loss: Double { values[0].value }

  /// The value of a measure; nil when there is no measure of that name.
  public subscript(name: String) -> Double? { values.first { $0.name == name }?.value }

  /// `loss 0.1234  accuracy 0.9531`.
  public var description: String {
    values.map { "\($0.name) \(NumberFormat.metric($0.value))" }.joined(separator: "  ")
  }
}
