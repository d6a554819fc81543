import MartletCore
import MartletData
import MartletMetrics
import MartletNN

// What a trainer checks before it gives data to the model.

extension Trainer {
  /// Features and targets as a data set, with weights of its rows if there are any.
  func paired<Given: Batchable>(
    _ x: Model.Input, _ y: Given, _ weights: Tensor<Float>? = nil
  ) throws(TrainingError) -> Dataset<Model.Input, Given> {
    let dataset: Dataset<Model.Input, Given>
    do throws(DatasetError) {
      dataset = try Dataset(x, y)
    } catch {
      throw TrainingError(error)
    }
    guard let weights else { return dataset }
    return try weighting { () throws(DatasetError) in try dataset.weighted(by: weights) }
  }

  /// Gives rows weights, with errors as the trainer's.
  func weighting<Result>(_ body: () throws(DatasetError) -> Result) throws(TrainingError) -> Result {
    do throws(DatasetError) { return try body() } catch { throw .invalidArgument("\(error)") }
  }

  /// The data set with targets of the type that the loss takes.
  package func converted<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>
  ) throws(TrainingError) -> Dataset<Model.Input, Target> {
    if let same = dataset as? Dataset<Model.Input, Target> { return same }
    do throws(TrainingError) {
      return dataset.replacingTargets(try dataset.storedY.converted(to: Target.self, for: objective.name))
    } catch {
      // The bad target may be in a stored row that is not in use. Converting only the rows in use then succeeds, or
      // gives the error the row number that the caller knows.
      let targets = try dataset.y.converted(to: Target.self, for: objective.name)
      return Dataset(paired: dataset.x, targets, count: dataset.count).replacingWeights(dataset.weights)
    }
  }

  /// Throws unless the data fits the model, the loss and the metrics.
  ///
  /// Where a layer does not state its output shape, the rows must have the `known` shapes.
  func check(
    _ dataset: Dataset<Model.Input, Target>, _ name: String, known: [Shape]?
  ) throws(TrainingError) {
    let first = dataset[0..<1].x
    var output = try outputShape(for: first, name, known: known)
    do throws(TrainingError) {
      try model.checkValues(dataset.storedX, "x of \(name)")
    } catch {
      // The bad value may be in a stored row that is not in use. Checking only the rows in use then succeeds, or gives
      // the error the row number that the caller knows.
      try model.checkValues(dataset.x, "x of \(name)")
    }
    if output == nil && ([objective.targets] + metrics.map(\.targets)).contains(where: \.needsOutputShape) {
      // A layer does not state its output shape: the model computes one row to find it.
      let outputs = withMode(.inference) { withoutGradient { model(first).rowShapes } }
      output = outputs.count == 1 ? outputs[0] : nil
    }
    let targets = dataset.y.tensors.map { ($0, Extremes($0)) }
    try objective.targets.check(targets, outputShape: output, of: objective.name)
    for metric in metrics { try metric.targets.check(targets, outputShape: output, of: metric.name) }
    if dataset.weights != nil { try checkTakesWeights() }
    if let bad = dataset.firstNonFiniteFeature("x of \(name)") { throw .number(bad) }
  }

  /// Throws when a batch of one row would stop a layer that normalises each feature by the batch's rows.
  func checkSingleRow(_ x: Model.Input) throws(TrainingError) {
    // Where rows have more axes, a feature may have several values in a row.
    guard x.rowShapes.allSatisfy({ $0.rank <= 1 }), let structure = try? ModuleStructure.read(model),
      let layer = structure.modules.first(where: { ($0.module as? any NormalizesByBatch)?.needsSeveralRows == true })
    else { return }
    throw .invalidArgument(
      "layer \(layer.path): expected batches of at least two rows, by which it normalises, got a last one of one row: "
        + "choose a batchSize that leaves no single row over")
  }

  /// Throws when a loss is not one number.
  func checkIsNumber(_ loss: Shape) throws(TrainingError) {
    if loss.elementCount == 1 { return }
    throw .outputs("\(objective.name): expected a loss of one number, got shape \(loss); take its mean() or sum()")
  }

  /// Throws when the loss or a metric cannot take weights of rows.
  func checkTakesWeights() throws(TrainingError) {
    if let loss = objective.refusesWeights { throw .weightless("the loss \(loss)") }
    for metric in metrics where !metric.takesWeights { throw .weightless("the metric \(metric.name)") }
  }

  /// Throws when rows have weights that a loss, as one number, cannot take.
  func checkHasTerms(_ loss: BatchLoss<Model.Output>) throws(TrainingError) {
    if loss.lacksTerms { throw .weightless(objective.name) }
  }

  /// The model's structure. A fit reads it once, as long as no parameter or buffer is made or destroyed meanwhile.
  var structure: ModuleStructure {
    if let fitStructure, fitStructure.isCurrent { return fitStructure }
    return model.structure
  }

  /// The shape of the model's output for a row of `x`, as `outputShape(forRowsOf:_:known:)` says. Builds the model if
  /// necessary.
  func outputShape(for x: Model.Input, _ name: String, known: [Shape]?) throws(TrainingError) -> Shape? {
    if !isBuilt {
      if structure.variables(.parameter).contains(where: { !$0.variable.isInitialized }) {
        let rows = x.rowShapes
        do throws(ModuleError) {
          try model.build(for: rows.count == 1 ? rows[0] : nil)
        } catch {
          throw model.refusal(of: x, name, error)
        }
      }
      isBuilt = true
    }
    return try model.outputShape(forRowsOf: x, name, known: known)
  }
}

extension Dataset {
  /// The first feature that is NaN or infinite; nil when there is none. The error calls the features `name`.
  func firstNonFiniteFeature(_ name: String) -> BadNumber? {
    let stored = storedX.tensors
    for (index, tensor) in stored.enumerated() where tensor.scalarType.isFloatingPoint {
      // A finite sum shows that all numbers are finite, in one pass over the stored rows and without a copy of those in
      // use. A sum that is not finite may also come from large numbers or from rows that are not in use: then the bad
      // number is searched for.
      let sum = apply(Reduction(.sum, allOf: tensor.rank), tensor).converted(to: .float64)
      if Tensor<Double>(unchecked: sum).item().isFinite { continue }
      let tensorName = stored.count == 1 ? name : "tensor \(index) of \(name)"
      if let bad = BadNumber(
        in: x.tensors[index], outside: TargetRule.finite, "\(tensorName): expected finite numbers")
      {
        return bad
      }
    }
    return nil
  }
}
