import MartletCore
import MartletData
import MartletNN
import MartletText

/// A callback that chooses the rows of a fit's steps and makes their gradients from those of the single rows, as private
/// training does. A fit has one at most, and does its steps as they stand, without a plan: they differ in their rows.
package protocol RowStepping: Callback {
  /// Called before the first step with the number of rows to train with.
  func prepare(rows: Int, options: FitOptions, callbacks: [any Callback]) throws
  /// The number of steps of an epoch.
  var stepsPerEpoch: Int { get }
  /// What is shown while an epoch runs, beside its means.
  var runningMeasures: [(name: String, value: Double)] { get }
  /// The rows of the next step, which may be none; nil when there is not to be one.
  func drawRows(_ fit: FitState) -> Tensor<Int64>?
  /// The gradients of a step at a model's parameters, from those of its rows; nil where there are no rows.
  func gradients(of model: some Module, _ rows: RowGradients?) -> Gradients
}

extension Trainer {
  /// The callback that makes the steps; nil where the trainer does. Throws when it cannot, or when there are two.
  func rowStepping(
    _ callbacks: [any Callback], _ training: TrainingRows<Model.Input, Target>, _ options: FitOptions
  ) throws(TrainingError) -> (any RowStepping)? {
    let found = callbacks.compactMap { $0 as? any RowStepping }
    guard let stepping = found.first else { return nil }
    let name = "\(type(of: stepping))"
    if found.count > 1 { throw .invalidArgument("expected one callback that makes the steps, got \(found.count)") }
    guard case .dataset(let dataset) = training else {
      throw .invalidArgument("\(name): expected rows in memory, from which it can draw, got a stream: fit a data set")
    }
    if options.compilation == .always {
      throw .invalidArgument(
        "\(name): expected compilation .automatic or .never, got .always: its steps differ in their rows, so that there "
          + "is no plan to repeat")
    }
    if options.classWeights == .balanced {
      throw .invalidArgument(
        "\(name): expected class weights that do not come from the data, got .balanced: state a weight for each class")
    }
    try checkTellsRowsApart(dataset, name)
    do {
      try stepping.prepare(rows: dataset.count, options: options, callbacks: callbacks)
    } catch {
      throw TrainingError(error, of: stepping, epoch: 0)
    }
    return stepping
  }

  /// The batches of an epoch whose rows are drawn when they are asked for.
  func drawnBatches(
    _ training: TrainingRows<Model.Input, Target>, _ stepping: any RowStepping, _ fit: FitState
  ) throws(TrainingError) -> EpochBatches<Model.Input, Target> {
    guard case .dataset(let dataset) = training else { fatalError("a stream was refused before the first step") }
    return EpochBatches(indices: 0..<stepping.stepsPerEpoch) { _ throws(TrainingError) in
      stepping.drawRows(fit).map { dataset.batch(at: $0) }
    }
  }

  /// The loss and the gradients of one step, as the callback makes them, and the outputs where there are metrics.
  func rowStep(
    _ batch: Batch<Model.Input, Target>, _ stepping: any RowStepping
  ) throws(TrainingError) -> (LossValue, Gradients, Model.Output?) {
    if batch.count == 0 {
      return (LossValue(value: 0, denominator: 0, parts: []), stepping.gradients(of: model, nil), nil)
    }
    let (rows, loss) = try rowGradients(batch, keepingOutputs: !metrics.isEmpty)
    return (loss.value, stepping.gradients(of: model, rows), loss.outputs)
  }

  /// The gradients of each row, in factors, and the loss of the batch.
  private func rowGradients(
    _ batch: Batch<Model.Input, Target>, seed: AnyTensor? = nil, keepingOutputs: Bool = false
  ) throws(TrainingError) -> (RowGradients, BatchLoss<Model.Output>) {
    var (kept, failure): (BatchLoss<Model.Output>?, TrainingError?)
    let rows: RowGradients
    do throws(RowGradientError) {
      rows = try RowGradients(at: model, rows: batch.count, seed: seed) { model in
        do throws(TrainingError) {
          let (losses, loss) = try objective.lossesOfRows(model, batch)
          kept = loss.detached(keepingOutputs: keepingOutputs)
          return losses.erased
        } catch {
          failure = error
          return Tensor<Float>.zeros([batch.count]).erased
        }
      }
    } catch {
      throw failure
        ?? .invalidArgument(
          "\(error), so that the gradients of single rows are not known; leave the layer out, or freeze it")
    }
    if let failure { throw failure }
    return (rows, kept!)
  }

  /// The loss of each row of a data set by itself, in inference mode; throws as `evaluate(_:batchSize:)` does, and for a
  /// loss that is only known as one number for a batch.
  package func lossesOfRows<Given: Batchable>(
    _ dataset: Dataset<Model.Input, Given>, batchSize: Int = 256
  ) throws(TrainingError) -> [Double] {
    try checkBatchSize(batchSize)
    let dataset = try converted(dataset)
    try check(dataset, "the data", known: knownShapes)
    var losses: [Double] = []
    for batch in dataset.batches(of: batchSize) {
      let found = withMode(.inference) {
        withoutGradient { Result { () throws(TrainingError) in try objective.lossesOfRows(model, batch).losses } }
      }
      losses += try found.get().scalars.map(Double.init)
    }
    return losses
  }

  // MARK: Whether rows can be told apart

  /// Throws when a row's loss depends on other rows, or a parameter's gradient cannot be told apart by rows.
  private func checkTellsRowsApart(
    _ dataset: Dataset<Model.Input, Target>, _ name: String
  ) throws(TrainingError) {
    try checkLayers(name)
    let batch = dataset.batch(0..<min(3, dataset.count))
    let row = batch.count / 2
    try rehearsing(drawingFrom: RandomGenerator(seed: 0)) { () throws(TrainingError) in
      let before = model.buffers().map { ObjectIdentifier($0.variable.value.body) }
      var seed = [Float](repeating: 0, count: batch.count)
      seed[row] = 1
      let (rows, _) = try rowGradients(batch, seed: Tensor(seed).erased)
      if rows.squaredNorms.isEmpty { try checkTrains(Gradients([])) }
      if let path = rows.parameterTouched(besides: row) {
        throw .invalidArgument(
          "\(name): expected a loss of each row that depends on no other row, got one in which rows are mixed between the "
            + "parameter \"\(path)\" and the loss")
      }
      if try inputTouched(batch, besides: row) {
        throw .invalidArgument(
          "\(name): expected a loss of each row that depends on no other row, got one in which the inputs of rows are mixed"
        )
      }
      for (buffer, body) in zip(model.buffers(), before) where ObjectIdentifier(buffer.variable.value.body) != body {
        throw .invalidArgument(
          "\(name): expected a model whose buffers do not change in training, got \"\(buffer.path)\", which would keep "
            + "what it saw of the rows")
      }
    }
  }

  /// Throws for the library's layers of which it is known that they mix rows, or keep what they see.
  private func checkLayers(_ name: String) throws(TrainingError) {
    guard let structure = try? ModuleStructure.read(model) else { return }
    for (path, module) in structure.modules {
      let place = "\(name): layer \"\(path)\", \(type(of: module)),"
      if (module as? any NormalizesByBatch)?.needsSeveralRows == true {
        throw .invalidArgument(
          "\(place) normalises by the other rows of a batch: take GroupNorm or LayerNorm, or freeze the layer")
      }
      if module is EmbeddingBag {
        throw .invalidArgument(
          "\(place) joins the indices of all rows, so that they cannot be told apart: take Embedding, and its sum or mean"
        )
      }
      if let embedding = module as? Embedding, embedding.maxNorm != nil, embedding.$weight.isTrainable {
        throw .invalidArgument(
          "\(place) changes its table by the rows that it sees, without noise: leave maxNorm out, or freeze the layer")
      }
    }
  }

  /// Whether the loss of a row depends on numbers of other rows.
  private func inputTouched(
    _ batch: Batch<Model.Input, Target>, besides row: Int
  ) throws(TrainingError) -> Bool {
    let tensors = batch.x.tensors
    let variables = tensors.map { $0.scalarType.isFloatingPoint ? Variable($0) : nil }
    let watched = variables.compactMap { $0 }
    if watched.isEmpty || batch.count == 1 { return false }
    var failure: TrainingError?
    let (_, gradients, _) = withMode(.training) {
      valueWithGradients(at: watched) {
        let x = batch.x.mapTensors(CurrentValues(variables))
        do throws(TrainingError) {
          return try objective.lossesOfRows(model, batch.replacing(x: x)).losses[row].erased
        } catch {
          failure = error
          return Tensor<Float>(0).erased
        }
      }
    }
    if let failure { throw failure }
    return gradients.contains { gradient in
      guard let gradient else { return false }
      let squares = Tensor<Double>(unchecked: gradient.converted(to: .float64))
        .reshaped(to: [batch.count, gradient.count / batch.count]).sumOfSquares(axis: 1).scalars
      return squares.enumerated().contains { $0.offset != row && $0.element != 0 }
    }
  }
}

extension Objective {
  /// The loss of each row by itself, `[rows]`, and that of the batch; throws when a loss is only known as one number.
  fileprivate func lossesOfRows(
    _ model: Model, _ batch: Batch<Model.Input, Target>
  ) throws(TrainingError) -> (losses: Tensor<Float>, batch: BatchLoss<Model.Output>) {
    func rows(_ terms: LossTerms<Float>) throws(TrainingError) -> Tensor<Float> {
      let shape = terms.numerators.shape
      if shape[0] == batch.count { return terms.perRow(weights: batch.weights) }
      throw .outputs("\(title): expected terms for \(batch.count) rows along the first axis, got \(shape)")
    }
    let refusal = TrainingError.invalidArgument(
      "\(title): expected terms for the rows, so that each has a gradient of its own, got one number for a batch; return "
        + "LossTerms of the losses with reduction: .none")
    switch self {
    case .loss(let loss):
      guard let function = loss.terms else { throw refusal }
      let outputs = model(batch.x)
      let terms = function(outputs, batch.y)
      let (value, denominator) = withoutGradient { terms.ratio(weights: batch.weights) }
      return (try rows(terms), BatchLoss(loss: value, denominator: denominator, outputs: outputs))
    case .function(let function):
      var (result, losses) = (BatchLoss<Model.Output>(loss: .zeros([0]), denominator: 0), Tensor<Float>?.none)
      for (name, part) in function(model, batch).lossParts {
        guard case .terms(let terms) = part else { throw refusal }
        let (value, denominator) = withoutGradient { terms.ratio(weights: batch.weights) }
        result.parts.append((name, value, denominator))
        let own = try rows(terms)
        losses = losses.map { $0 + own } ?? own
      }
      guard let losses, let first = result.parts.first else { throw refusal }
      result.loss = result.parts.dropFirst().reduce(first.loss) { $0 + $1.loss }
      result.denominator = first.denominator
      if result.parts.count == 1 && first.name.isEmpty { result.parts = [] }
      return (losses, result)
    }
  }
}

/// Gives each tensor the value of the variable in its place, recorded while a gradient is taken there.
private final class CurrentValues: TensorTransform {
  private var variables: ArraySlice<Variable?>

  init(_ variables: [Variable?]) { self.variables = variables[...] }

  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    variables.removeFirst().map { Tensor(unchecked: $0.current) } ?? tensor
  }
}
