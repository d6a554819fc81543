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
/// It does nothing that `valueWithGradient(at:of:)` and an optimiser's `update` do not do in a loop. Whatever data it is
/// given, it throws a `TrainingError` rather than stop the program, as long as the model's layers tell their
/// `outputShape(for:)`; where they do not, rows have to have the shape that the model was first fitted with.
public final class Trainer<Model: FloatLayer, Target: TensorScalar> {
  /// The model that is fitted.
  public let model: Model
  /// What changes its parameters.
  public let optimizer: any Optimizer
  /// What is made small.
  public let loss: Loss<Target>
  /// What is measured besides.
  public let metrics: [Metric<Target>]
  /// What the last fit measured, also when it was stopped by an error.
  public internal(set) var history = History()

  private var fittedShape: Shape?
  private var isBuilt = false

  /// A trainer for a model; traps when two metrics have one name or one is called `loss`.
  public init(
    _ model: Model, optimizer: any Optimizer, loss: Loss<Target>, metrics: [Metric<Target>] = []
  ) {
    let names = ["loss"] + metrics.map(\.name)
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      fatalError("Trainer: two measures are called \(name)")
    }
    self.model = model
    self.optimizer = optimizer
    self.loss = loss
    self.metrics = metrics
  }

  // MARK: Measuring and predicting

  /// The loss and the metrics over all rows of `x` `[n, …]` and `y` `[n, …]`, in inference mode.
  ///
  /// Throws when the data is empty or fits neither itself nor the model, when a feature is NaN or infinite or a target is not
  /// what the loss takes, when `batchSize` is less than 1, and when the loss is NaN, which measures nothing. An infinite loss
  /// is returned.
  public func evaluate(
    _ x: Tensor<Float>, _ y: Tensor<Target>, batchSize: Int = 256
  ) throws(TrainingError) -> Evaluation {
    try evaluate(paired(x, y), batchSize: batchSize)
  }

  /// The loss and the metrics over all rows of a data set, in inference mode: see `evaluate(_:_:batchSize:)`.
  public func evaluate(_ dataset: Dataset<Target>, batchSize: Int = 256) throws(TrainingError) -> Evaluation {
    try checkBatchSize(batchSize)
    try check(dataset, "the data")
    let evaluation = Evaluation(values: measure(dataset, batchSize: batchSize).values())
    if evaluation.loss.isNaN {
      try checkNumbers(predict(dataset.x, batchSize: batchSize))
      throw .notANumber("\(loss.name): expected a number, got NaN, though no output is NaN; look for infinite ones")
    }
    return evaluation
  }

  /// The model's outputs for all rows of `x` `[n, …]`, in inference mode, computed `batchSize` rows at a time.
  ///
  /// Throws when `x` is empty or does not fit the model, and when `batchSize` is less than 1.
  public func predict(_ x: Tensor<Float>, batchSize: Int = 256) throws(TrainingError) -> Tensor<Float> {
    try checkBatchSize(batchSize)
    guard let rows = x.shape.first, rows > 0 else {
      throw .emptyData("there is nothing to predict: x has shape \(x.shape), and its first axis is that of the rows")
    }
    _ = try outputShape(for: x, "x")
    let x = x.detached()
    return withMode(.inference) {
      withoutGradient {
        if rows <= batchSize { return model(x) }
        return Tensor.concatenate(
          stride(from: 0, to: rows, by: batchSize).map { model(x[$0..<min(rows, $0 + batchSize)]) })
      }
    }
  }

  /// The class with the largest output for every row of `x`, `[n]`: see `predict(_:batchSize:)`.
  ///
  /// Throws also when the outputs are not `[n, classes]` with at least two classes, and when one is NaN: there is no largest
  /// among them. Of infinite and of equal outputs the first is the largest.
  public func predictClasses(_ x: Tensor<Float>, batchSize: Int = 256) throws(TrainingError) -> Tensor<Int32> {
    let outputs = try predict(x, batchSize: batchSize)
    if outputs.rank != 2 || outputs.shape[1] < 2 {
      throw .targets(
        "classes are predicted from an output for each of them, shape [rows, classes]; the model gives \(outputs.shape)"
      )
    }
    try checkNumbers(outputs)
    return outputs.argMax(axis: 1).cast(to: Int32.self)
  }

  func measure(_ dataset: Dataset<Target>, batchSize: Int) -> RunningMeans<Target> {
    var means = RunningMeans(metrics)
    withMode(.inference) {
      withoutGradient {
        for batch in dataset.batches(of: batchSize) {
          let outputs = model(batch.x)
          let value = loss(outputs, batch.y)
          means.add(
            loss: Double(value.item()), rows: batch.count, outputs: metrics.isEmpty ? nil : outputs, targets: batch.y)
        }
      }
    }
    return means
  }

  // MARK: Checking

  /// Features and targets as a data set.
  func paired(_ x: Tensor<Float>, _ y: Tensor<Target>) throws(TrainingError) -> Dataset<Target> {
    do throws(DatasetError) {
      return try Dataset(x, y)
    } catch {
      switch error {
      case .rowCounts(let x, let y): throw .rowCounts(x: x, y: y)
      case .empty(let reason): throw .emptyData(reason)
      case .invalid(let reason): throw .features(reason)
      }
    }
  }

  func checkBatchSize(_ size: Int) throws(TrainingError) {
    if size < 1 { throw .invalidArgument("batchSize is \(size); a batch has at least one row") }
  }

  /// Throws unless the data fits the model, the loss and the metrics.
  func check(_ dataset: Dataset<Target>, _ name: String) throws(TrainingError) {
    let first = dataset[0..<1].x
    var output = try outputShape(for: first, name)
    if output == nil && ([loss.targets] + metrics.map(\.targets)).contains(where: \.needsOutputShape) {
      // A layer does not tell: then it has to show.
      output = withMode(.inference) { withoutGradient { Shape(model(first).shape.dropFirst()) } }
    }
    let targets = dataset.y
    let extremes = Extremes(targets.erased)
    try loss.targets.check(targets, extremes, outputShape: output, of: loss.name)
    for metric in metrics { try metric.targets.check(targets, extremes, outputShape: output, of: metric.name) }
    let expectation = "x of \(name): expected finite numbers"
    if let bad = dataset.firstNonFiniteFeature(expectation) { throw .number(bad) }
  }

  /// Throws when an output is NaN.
  private func checkNumbers(_ outputs: Tensor<Float>) throws(TrainingError) {
    if outputs.count == 0 || !outputs.max().item().isNaN { return }
    if let bad = BadNumber(in: outputs.erased, outside: -.infinity ... .infinity, "outputs") {
      throw .notANumber(
        "expected numbers as the model's outputs, got NaN in row \(bad.row); look at that row's features and the model's "
          + "parameters, or let findingNonFinite find the operation that made it")
    }
  }

  /// Remembers the shape of the rows that are fitted, for models that do not tell theirs.
  func rememberShape(of dataset: Dataset<Target>) {
    fittedShape = fittedShape ?? dataset.featureShape
  }

  /// The shape of the model's output for a row of `x`, nil when a layer does not tell; throws when `x` does not fit.
  private func outputShape(for x: Tensor<Float>, _ name: String) throws(TrainingError) -> Shape? {
    let row = Shape(x.shape.dropFirst())
    do throws(ModuleError) {
      if !isBuilt {
        if model.parameters().contains(where: { !$0.variable.isInitialized }) { try model.build(for: row) }
        isBuilt = true
      }
      if let output = try model.outputShape(for: row) { return output }
    } catch {
      throw .features("\(name) has rows of shape \(row), which the model does not take: \(error)")
    }
    if let fittedShape, row != fittedShape {
      throw .features("\(name) has rows of shape \(row); the model was fitted with rows of shape \(fittedShape)")
    }
    return nil
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
