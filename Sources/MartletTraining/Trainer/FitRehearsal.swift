import MartletCore
import MartletData
import MartletNN

/// Steps that a fit takes before its first, for what they cost alone: the model, the optimiser and the random numbers are
/// afterwards what they were. What a layer of one's own changes beside parameters and buffers, it changes here too.
package struct FitRehearsal {
  /// The rows of an epoch.
  package let rows: Int
  /// The rows that are measured after each epoch; 0 without validation.
  package let validationRows: Int
  /// The rows of a step.
  package let batchSize: Int
  /// The costs of the operations of one step, in their order, by their formulas.
  package let stepCosts: () throws(TrainingError) -> [Cost]
  /// Takes steps, at least 4, for about so many seconds; returns how many.
  package let takeSteps: (_ seconds: Double) throws(TrainingError) -> Int
  /// Measures validation rows for about so many seconds; returns how many.
  package let measureRows: (_ seconds: Double) throws(TrainingError) -> Int

  /// The steps of an epoch.
  package var stepsPerEpoch: Int { (rows + batchSize - 1) / batchSize }
}

extension Trainer {
  /// The rehearsal of a fit with rows in memory; nil for a stream, which could be read only once.
  func rehearsal(
    of training: TrainingRows<Model.Input, Target>, _ validation: TrainingRows<Model.Input, Target>?,
    batchSize: Int, shuffle: Bool
  ) -> FitRehearsal? {
    guard case .dataset(let dataset) = training else { return nil }
    let isCompiled = compiledStep != nil
    return FitRehearsal(
      rows: dataset.count, validationRows: validation?.count ?? 0, batchSize: batchSize,
      stepCosts: { [unowned self] () throws(TrainingError) in
        let costs = CostRecorder()
        try rehearsing(drawingFrom: RandomGenerator(seed: 0)) { () throws(TrainingError) in
          guard let batch = try training.epoch(batchSize: batchSize, shuffle: false).batch(0) else { return }
          let result = Observation.with(costs) {
            Result { () throws(TrainingError) in
              let (_, gradients) = computeStep(batch)
              try checkTrains(gradients)
              optimizer.update(model, along: gradients)
            }
          }
          try result.get()
        }
        return costs.costs
      },
      takeSteps: { [unowned self] seconds throws(TrainingError) in
        var steps = 0
        try rehearsing(drawingFrom: RandomGenerator(seed: 0)) { () throws(TrainingError) in
          // A plan of its own, since the fit's must not be made of what is put back.
          let compiled = isCompiled ? CompiledStep<Model, Target> { [unowned self] in self.computeStep($0) } : nil
          func step(_ batch: Batch<Model.Input, Target>) -> (BatchLoss<Model.Output>, Gradients) {
            guard let compiled else { return computeStep(batch) }
            let (loss, gradients, _) = compiled(batch)
            return (loss, gradients)
          }
          let end = MonotonicClock.nanoseconds() + UInt64(max(0, seconds) * 1e9)
          while steps < 4 || MonotonicClock.nanoseconds() < end {
            let batches = try training.epoch(batchSize: batchSize, shuffle: shuffle)
            var means = RunningMeans(metrics)
            for index in batches.indices {
              guard let batch = try batches.batch(index) else { break }
              let (loss, gradients) = step(batch)
              optimizer.update(model, along: gradients)
              try means.add(loss.value)
              if let outputs = loss.outputs { means.add(outputs, batch) }
              steps += 1
              if steps >= 4 && MonotonicClock.nanoseconds() >= end { break }
            }
          }
        }
        return steps
      },
      measureRows: { [unowned self] seconds throws(TrainingError) in
        guard let validation else { return 0 }
        var rows = 0
        let end = MonotonicClock.nanoseconds() + UInt64(max(0, seconds) * 1e9)
        try rehearsing(drawingFrom: RandomGenerator(seed: 0)) { () throws(TrainingError) in
          repeat {
            _ = try measure(validation, batchSize: max(256, batchSize))
            rows += validation.count ?? 0
          } while MonotonicClock.nanoseconds() < end && rows > 0
        }
        return rows
      })
  }

  /// The rehearsal of a fit with a data set; throws when the data does not fit the model.
  package func rehearsal<Given: Batchable>(
    of dataset: Dataset<Model.Input, Given>, validation: Dataset<Model.Input, Given>? = nil, batchSize: Int
  ) throws(TrainingError) -> FitRehearsal {
    try checkBatchSize(batchSize)
    let training = try checkedForSteps(dataset)
    let given = try validation.map { validation throws(TrainingError) in try converted(validation) }
    if let given { try check(given, "the validation data", known: knownShapes ?? training.storedX.rowShapes) }
    prepareCompilation(compilation)
    return rehearsal(of: .dataset(training), given.map { .dataset($0) }, batchSize: batchSize, shuffle: true)!
  }

  /// Runs steps that draw from a generator of their own, and puts back what they change: parameters, buffers, and the
  /// optimiser's state and learning rate.
  func rehearsing<R>(
    drawingFrom generator: RandomGenerator, _ body: () throws(TrainingError) -> R
  ) throws(TrainingError) -> R {
    let (values, state, rate) = (ModelValues(of: model), optimizer.state(for: model), optimizer.learningRate)
    var generator = generator
    let result = withRandomGenerator(&generator) { Result { () throws(TrainingError) in try body() } }
    values.putBack()
    optimizer.learningRate = rate
    do throws(ModuleError) {
      try optimizer.restoreState(state, for: model)
    } catch {
      throw .invalidArgument("the optimiser did not take its state back: \(error)")
    }
    return try result.get()
  }
}

/// Notes what each operation costs.
private final class CostRecorder: Observer {
  var costs: [Cost] = []

  func observe(_ event: DoorEvent) {
    if !event.isAlias { costs.append(event.cost) }
  }
}
