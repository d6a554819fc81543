import Martlet

extension Workload {
  /// Training steps on one batch: forward, backward, and the optimiser. The check value is the batch's loss after
  /// exactly ten steps from the initial parameters. A name that ends in `compiled` is the same step, repeated from a plan.
  public static let training: [Workload] = [
    step("10-64-1", .small, batch: 32, .adam),
    step("10-64-1", .small, batch: 32, .adam, isCompiled: true),
    step("784-512-512-10-adam", .images, batch: 128, .adam),
    step("784-512-512-10-adam", .images, batch: 128, .adam, isCompiled: true),
    step("784-512-512-10-sgd", .images, batch: 128, .sgd),
    step("1024x4-10", .square, batch: 512, .adam),
    step("12x1024", .deep, batch: 128, .adam),
    step("4096-wide", .wide, batch: 128, .adam),
  ]

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
    _ name: String, _ network: Network, batch: Int, _ choice: Choice, isCompiled: Bool = false
  ) -> Workload {
    let name = "training/\(name)\(isCompiled ? "-compiled" : "")"
    return Workload(name, network.stepWork(batch, optimizerBytes: choice.bytes)) {
      let x = network.features(batch)
      switch network.task {
      case .regression:
        return stepping(network, choice, x, network.targets(batch), isCompiled) {
          meanSquaredError(predicted: $0($1), expected: $2)
        }
      case .classification:
        return stepping(network, choice, x, network.labels(batch), isCompiled) {
          crossEntropy(logits: $0($1), labels: $2)
        }
      }
    }
  }

  /// Restarts before the network has memorised the batch: gradients and moments that have become denormal would slow
  /// down those libraries that compute with denormals.
  private static let stepsBeforeRestart = 200

  private static func stepping<Target: TensorScalar>(
    _ network: Network, _ choice: Choice, _ x: Tensor<Float>, _ y: Tensor<Target>, _ isCompiled: Bool,
    loss: @escaping (Sequential, Tensor<Float>, Tensor<Target>) -> Tensor<Float>
  ) -> Instance {
    func stepper(_ model: Sequential, _ optimizer: any Optimizer) -> (_ count: Int) -> Void {
      func step(_ x: Tensor<Float>, _ y: Tensor<Target>) -> Tensor<Float> {
        let (value, gradients) = valueWithGradient(at: model) { loss($0, x, y) }
        optimizer.update(model, along: gradients)
        return value
      }
      if !isCompiled { return { count in for _ in 0..<count { consume(step(x, y)) } } }
      let compiledStep = compiled { (x: Tensor<Float>, y: Tensor<Target>) in step(x, y) }
      return { count in for _ in 0..<count { consume(compiledStep(x, y)) } }
    }
    let model = network.model()
    let first = model.parameters().map { ($0.variable, $0.variable.value) }
    var steps = stepper(model, choice.optimizer(network))
    return Instance(
      run: { steps($0) },
      check: {
        let model = network.model()
        stepper(model, choice.optimizer(network))(10)
        return Double(loss(model, x, y).item())
      },
      callsBeforeRestart: stepsBeforeRestart,
      restart: {
        for (variable, value) in first { variable.value = value }
        steps = stepper(model, choice.optimizer(network))
        // The first steps create the optimiser's moments, and the plan.
        steps(isCompiled ? 3 : 2)
      })
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
