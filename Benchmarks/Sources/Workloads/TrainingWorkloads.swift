import Martlet

extension Workload {
  /// Training steps on one batch: forward, backward, and the optimiser. The check value is the batch's loss after
  /// exactly ten steps from the initial parameters. A name that ends in `compiled` is the same step, repeated from a plan.
  public static let training: [Workload] = [
    ("10-64-1", Network.small, 32, Choice.adam), ("10-46-46-10", .middling, 32, .adam),
    ("784-512-512-10-adam", .images, 128, .adam), ("784-512-512-10-sgd", .images, 128, .sgd),
    ("1024x4-10", .square, 512, .adam), ("12x1024", .deep, 128, .adam), ("4096-wide", .wide, 128, .adam),
  ].flatMap { name, network, batch, choice in
    [false, true].map { step(name, network, batch: batch, choice, isCompiled: $0) }
  }

  /// The optimiser of a workload.
  private enum Choice: Sendable {
    /// Adam with the network's learning rate, β 0.9 and 0.999, ε 1e-8.
    case adam
    /// Plain gradient descent with a learning rate of 0.01.
    case sgd

    func optimizer(_ network: Network) -> any Optimizer {
      switch self {
      case .adam: Adam(learningRate: network.learningRate)
      case .sgd: SGD(learningRate: 0.01)
      }
    }

    /// The bytes read and written for each parameter: itself, its gradient, and with Adam both moments.
    var bytes: Int { self == .adam ? 28 : 12 }
  }

  private static func step(
    _ name: String, _ network: Network, batch: Int, _ choice: Choice, isCompiled: Bool
  ) -> Workload {
    let name = "training/\(name)\(isCompiled ? "-compiled" : "")"
    let work = network.stepWork(batch, optimizerBytes: choice.bytes)
    switch network.task {
    case .regression:
      let training = TrainingStep<Float>(network: network, batch: batch, choice: choice, isCompiled: isCompiled) {
        network.targets(batch)
      } loss: {
        meanSquaredError(predicted: $0($1), expected: $2)
      }
      return Workload(name, work, firstStep: { training.first() }) { training.instance() }
    case .classification:
      let training = TrainingStep<Int32>(network: network, batch: batch, choice: choice, isCompiled: isCompiled) {
        network.labels(batch)
      } loss: {
        crossEntropy(logits: $0($1), labels: $2)
      }
      return Workload(name, work, firstStep: { training.first() }) { training.instance() }
    }
  }

  /// A network's training step on one batch.
  private struct TrainingStep<Target: TensorScalar>: Sendable {
    let network: Network
    let batch: Int
    let choice: Choice
    let isCompiled: Bool
    let targets: @Sendable () -> Tensor<Target>
    let loss: @Sendable (Sequential, Tensor<Float>, Tensor<Target>) -> Tensor<Float>

    typealias Data = (x: Tensor<Float>, y: Tensor<Target>)

    /// Restarts before the network has memorised the batch: gradients and moments that have become denormal would slow
    /// down those libraries that compute with denormals.
    private static var stepsBeforeRestart: Int { 200 }

    /// A function that does so many steps of a model.
    private func stepper(
      _ model: Sequential, _ optimizer: any Optimizer, _ data: Data, isCompiled: Bool
    ) -> (_ count: Int) -> Void {
      func step(_ x: Tensor<Float>, _ y: Tensor<Target>) -> Tensor<Float> {
        let (value, gradients) = valueWithGradient(at: model) { loss($0, x, y) }
        optimizer.update(model, along: gradients)
        return value
      }
      if !isCompiled { return { count in for _ in 0..<count { consume(step(data.x, data.y)) } } }
      let compiledStep = compiled { (x: Tensor<Float>, y: Tensor<Target>) in step(x, y) }
      return { count in for _ in 0..<count { consume(compiledStep(data.x, data.y)) } }
    }

    func first() -> () -> () -> Void {
      let (parameters, data) = (network.parameters(), (network.features(batch), targets()))
      return {
        let steps = stepper(network.model(parameters), choice.optimizer(network), data, isCompiled: isCompiled)
        return { steps(1) }
      }
    }

    func instance() -> Instance {
      let data = (x: network.features(batch), y: targets())
      let model = network.model()
      let first = model.parameters().map { ($0.variable, $0.variable.value) }
      func fresh() -> (_ count: Int) -> Void {
        stepper(model, choice.optimizer(network), data, isCompiled: isCompiled)
      }
      var steps = fresh()
      return Instance(
        run: { steps($0) },
        check: {
          let model = network.model()
          stepper(model, choice.optimizer(network), data, isCompiled: isCompiled)(10)
          return Double(loss(model, data.x, data.y).item())
        },
        callsBeforeRestart: Self.stepsBeforeRestart,
        restart: {
          for (variable, value) in first { variable.value = value }
          steps = fresh()
          // The first steps create the optimiser's moments, and the plan.
          steps(isCompiled ? 3 : 2)
        },
        peakBytes: { peakBytes(data) })
    }

    /// The bytes of a step beside the model, the optimiser's moments and the data: what a plan keeps between its calls,
    /// and the most that one more call holds.
    private func peakBytes(_ data: Data) -> Int {
      let (model, optimizer) = (network.model(), choice.optimizer(network))
      // This makes the moments.
      stepper(model, optimizer, data, isCompiled: false)(1)
      let (steps, kept) = measuringMemory {
        let steps = stepper(model, optimizer, data, isCompiled: isCompiled)
        steps(3)
        return steps
      }
      return kept.remainingBytes + measuringMemory { steps(1) }.memory.peakBytes
    }
  }

  /// The whole of `Examples/quickstart`, from the model's creation to the end of `fit`: 100 rows of 10 features, 100
  /// epochs in shuffled batches of 32, Adam. The check value is the mean squared error over all rows after a fit in the
  /// rows' own order from the initial parameters of `Network.small`.
  public static let quickstartFit = Workload("quickstart-fit", quickstartWork) {
    let x = WorkloadData.tensor([100, 10], seed: 1, offset: 0.5, scale: 0.5)
    let y = WorkloadData.tensor([100, 1], seed: 2, offset: 0.5, scale: 0.5)
    return Instance(
      run: { count in
        for _ in 0..<count {
          let model = Sequential(inputShape: [10]) {
            Dense(64, activation: .relu)
            Dense(1)
          }
          let trainer = Trainer(model, optimizer: Adam(), loss: .meanSquaredError)
          do {
            consume(try trainer.fit(x, y, epochs: 100, batchSize: 32, progress: .none))
          } catch {
            fatalError("quickstart-fit: \(error)")
          }
        }
      },
      check: {
        let trainer = Trainer(Network.small.model(), optimizer: Adam(), loss: .meanSquaredError)
        try trainer.fit(x, y, epochs: 100, batchSize: 32, shuffle: false, progress: .none)
        return try trainer.evaluate(x, y).loss
      })
  }

  /// The work of three steps of 32 rows and one of 4 in each of 100 epochs.
  private static var quickstartWork: Work {
    let steps = [(count: 300, rows: 32), (count: 100, rows: 4)].map { count, rows in
      let work = Network.small.stepWork(rows, optimizerBytes: Choice.adam.bytes)
      return (flop: Double(count) * work.flop, bytes: Double(count) * work.bytes)
    }
    return Work(flop: steps.reduce(0) { $0 + $1.flop }, bytes: steps.reduce(0) { $0 + $1.bytes })
  }
}
