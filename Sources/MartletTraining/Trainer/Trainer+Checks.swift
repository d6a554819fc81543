import MartletCore
import MartletData
import MartletNN

// What a trainer checks before it gives data to the model.

extension Trainer {
  /// Features and targets as a data set.
  func paired<Given: Batchable>(
    _ x: Model.Input, _ y: Given
  ) throws(TrainingError) -> Dataset<Model.Input, Given> {
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

  /// The data set with targets of the type that the loss takes.
  func converted<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>
  ) throws(TrainingError) -> Dataset<Model.Input, Target> {
    if let same = dataset as? Dataset<Model.Input, Target> { return same }
    do throws(TrainingError) {
      return dataset.replacingTargets(try dataset.storedY.converted(to: Target.self, for: objective.name))
    } catch {
      // The bad target may be in a stored row that is not in use. Converting only the rows in use then succeeds, or
      // gives the error the row number that the caller knows.
      let targets = try dataset.y.converted(to: Target.self, for: objective.name)
      return Dataset(paired: dataset.x, targets, count: dataset.count)
    }
  }

  func checkBatchSize(_ size: Int) throws(TrainingError) {
    if size < 1 { throw .invalidArgument("batchSize is \(size); a batch has at least one row") }
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
      try checkValues(dataset.storedX, "x of \(name)")
    } catch {
      // The bad value may be in a stored row that is not in use. Checking only the rows in use then succeeds, or gives
      // the error the row number that the caller knows.
      try checkValues(dataset.x, "x of \(name)")
    }
    if output == nil && ([objective.targets] + metrics.map(\.targets)).contains(where: \.needsOutputShape) {
      // A layer does not state its output shape: the model computes one row to find it.
      let outputs = withMode(.inference) { withoutGradient { model(first).rowShapes } }
      output = outputs.count == 1 ? outputs[0] : nil
    }
    let targets = dataset.y.tensors.map { ($0, Extremes($0)) }
    try objective.targets.check(targets, outputShape: output, of: objective.name)
    for metric in metrics { try metric.targets.check(targets, outputShape: output, of: metric.name) }
    if let bad = dataset.firstNonFiniteFeature("x of \(name)") { throw .number(bad) }
  }

  /// Throws when a layer does not take the features' values: see `Layer.validate(_:)`.
  func checkValues(_ x: Model.Input, _ name: String) throws(TrainingError) {
    do {
      try running(model) { try model.validate(x) }
    } catch {
      throw .features("\(name): \(error)")
    }
  }

  /// Throws when an output is NaN.
  func checkNumbers(_ outputs: Model.Output) throws(TrainingError) {
    for tensor in outputs.tensors where Extremes(tensor)?.hasNaN == true {
      if let bad = BadNumber(in: tensor, "outputs", where: \.isNaN) {
        throw .notANumber(
          "expected numbers as the model's outputs, got NaN in row \(bad.row); look at that row's features and the model's "
            + "parameters, or let findingNonFinite find the operation that made it")
      }
    }
  }

  /// Throws when a loss is not one number.
  func checkIsNumber(_ loss: Shape) throws(TrainingError) {
    if loss.elementCount == 1 { return }
    throw .outputs("\(objective.name): expected a loss of one number, got shape \(loss); take its mean() or sum()")
  }

  /// The shape of the model's output for a row of `x`; nil when a layer does not state it. Builds the model if
  /// necessary.
  ///
  /// Throws when `x` does not fit the model. Where a layer does not state its output shape, this is when the rows do
  /// not have the `known` shapes or none are known: computing rows that do not fit would stop the program.
  func outputShape(for x: Model.Input, _ name: String, known: [Shape]?) throws(TrainingError) -> Shape? {
    let hint = "; x[.newAxis] makes a single example a row"
    let rows = x.rowShapes
    let row = rows.count == 1 ? rows[0] : nil
    do throws(ModuleError) {
      if !isBuilt {
        if model.parameters().contains(where: { !$0.variable.isInitialized }) { try model.build(for: row) }
        isBuilt = true
      }
      if let output = try model.outputShape(for: row) { return output }
    } catch {
      var message = "\(name) has rows of shape \(text(rows)), which the model does not take: \(error)"
      if let example = x.tensors.first?.shape, rows.count == 1, (try? model.outputShape(for: example)) != nil {
        message += hint
      }
      throw .features(message)
    }
    guard let known else {
      throw .features(
        "expected a model that tells which rows it takes, got \(type(of: model)), of which a layer does not: write its "
          + "outputShape(for:), fit the model first, or state an input that it takes, Trainer(…, example: x)")
    }
    if rows != known {
      let message = "\(name) has rows of shape \(text(rows)); the model takes rows of shape \(text(known))"
      throw .features(x.tensors.map(\.shape) == known ? message + hint : message)
    }
    return nil
  }

  private func text(_ shapes: [Shape]) -> String { shapes.map { "\($0)" }.joined(separator: ", ") }
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
