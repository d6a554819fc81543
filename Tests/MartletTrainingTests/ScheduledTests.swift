import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTesting
import MartletTraining
import TestSupport
import Testing

@Suite struct ScheduledTests {
  private let data = blobs()

  /// The learning rates at the updates of a fit of 90 rows in batches of 25.
  private func rates(
    _ optimizer: any Optimizer, _ callbacks: [any Callback], epochs: Int = 3
  ) throws -> (rates: [Double], history: History) {
    var rates: [Double] = []
    let trainer = Trainer(classifier(), optimizer: optimizer, loss: .crossEntropy)
    let record = Hooks(stepEnd: { rates.append($0.optimizer.learningRate) })
    let history = try trainer.fit(
      data.x, data.y, epochs: epochs, batchSize: 25, seed: 1, progress: .none, callbacks: callbacks + [record])
    return (rates, history)
  }

  @Test func `a fit follows a schedule of steps or of epochs`() throws {
    let schedule = Schedule.linear(from: 0.1, to: 0.01, steps: 12)
    let steps = try rates(SGD(), [Scheduled(schedule)])
    #expect(steps.rates == (0..<12).map { schedule.learningRate(atStep: $0) })
    #expect(steps.history["learningRate"] == [3, 7, 11].map { schedule.learningRate(atStep: $0) })
    let epochs = try rates(SGD(), [Scheduled(.exponential(from: 0.5, factor: 0.5), per: .epoch)])
    #expect(epochs.rates == [0.5, 0.25, 0.125].flatMap { [Double](repeating: $0, count: 4) })
  }

  @Test func `a schedule counts updates, not steps that are accumulated`() throws {
    let schedule = Schedule.linear(from: 1, to: 0, steps: 10)
    let found = try rates(SGD(), [GradientAccumulation(3), Scheduled(schedule)], epochs: 2)
    // Windows of three batches and of one in each epoch.
    #expect(found.rates == [0, 0, 0, 1, 2, 2, 2, 3].map { schedule.learningRate(atStep: $0) })
  }

  @Test func `a one-cycle schedule moves the momentum, and gives it back`() throws {
    let optimizer = SGD(momentum: 0.9)
    var momenta: [Double?] = []
    let schedule = Schedule.oneCycle(peak: 0.1, steps: 12)
    let record = Hooks(stepEnd: { _ in momenta.append(optimizer.scheduledMomentum) })
    _ = try rates(optimizer, [Scheduled(schedule), record])
    #expect(momenta == (0..<12).map { schedule.momentum(atStep: $0) })
    #expect(optimizer.scheduledMomentum == nil && optimizer.momentum == 0.9)
    let error = trainingError { _ = try rates(SGD(), [Scheduled(schedule)]) }
    #expect("\(error!)".contains("expected an optimiser with a momentum above 0, got SGD(learningRate: 0.01)"))
    #expect(throws: Never.self) { try rates(SGD(), [Scheduled(.oneCycle(peak: 0.1, steps: 12, momentum: nil))]) }
  }

  @Test func `a plateau lowers the rate as PyTorch's ReduceLROnPlateau does`() throws {
    let fixture = try Fixture("schedules")
    let measures: Tensor<Double> = try fixture.tensor("plateau/measures")
    let expected: Tensor<Double> = try fixture.tensor("plateau")
    let optimizer = SGD(learningRate: 0.1)
    let plateau = ReduceOnPlateau(
      monitoring: "given", factor: 0.5, patience: 4, minimumImprovement: 0.01, cooldown: 2,
      minimumLearningRate: 0.002, goal: .minimum)
    var after: [Double] = []
    let give = Hooks(epochEnd: { $0.record("given", measures.scalars[$0.epoch - 1]) })
    let record = Hooks(epochEnd: { after.append($0.optimizer.learningRate) })
    let history = try rates(optimizer, [give, plateau, record], epochs: 60).history
    #expect(isClose(after, expected.scalars, 1e-12) && Set(after).count > 4)
    #expect(history["learningRate"] == [0.1] + after.dropLast())
  }

  @Test func `accumulated batches are the large one, also where rows are left or have weights`() throws {
    func trained(_ callbacks: [any Callback], batchSize: Int, weighted: Bool) throws -> [[Double]] {
      let model = withRandomSeed(2) { classifier() }
      let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1, momentum: 0.9), loss: .crossEntropy)
      let weights = Tensor<Float>((0..<90).map { Float($0 % 4) })
      try trainer.fit(
        data.x, data.y, sampleWeights: weighted ? weights : nil, epochs: 3, batchSize: batchSize, shuffle: false,
        progress: .none, callbacks: callbacks)
      return state(of: model).map(\.doubles)
    }
    for weighted in [false, true] {
      // 90 rows: windows of 40, 40 and 10, the last of one batch of 8 and one of 2.
      let whole = try trained([], batchSize: 40, weighted: weighted)
      let parts = try trained([GradientAccumulation(5)], batchSize: 8, weighted: weighted)
      for (a, b) in zip(whole, parts) { #expect(zip(a, b).allSatisfy { abs($0 - $1) < 2e-6 }) }
      #expect(try trained([GradientAccumulation(1)], batchSize: 40, weighted: weighted) == whole)
      #expect(try trained([GradientAccumulation(4)], batchSize: 8, weighted: weighted) != parts)
    }
  }

  @Test func `a window takes as many terms as its rows have`() throws {
    // Labels that are ignored count for nothing, so batches of the same size count for unlike numbers.
    let labels = Tensor<Int32>(data.y.scalars.enumerated().map { $0 % 7 < $0 / 20 ? -1 : $1 })
    func trained(_ callbacks: [any Callback], batchSize: Int) throws -> [[Double]] {
      let model = withRandomSeed(2) { classifier() }
      let trainer = Trainer(
        model, optimizer: SGD(learningRate: 0.1), loss: .crossEntropy(from: .logits, ignoredLabel: -1))
      try trainer.fit(
        data.x, labels, epochs: 2, batchSize: batchSize, shuffle: false, progress: .none, callbacks: callbacks)
      return state(of: model).map(\.doubles)
    }
    let (whole, parts) = (
      try trained([], batchSize: 90), try trained([GradientAccumulation(9)], batchSize: 10)
    )
    for (a, b) in zip(whole, parts) { #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-6 }) }
  }

  @Test func `gradients are clipped before the update`() throws {
    var norms: [Double] = []
    var largest = 0.0
    let record = Hooks(gradients: { gradients, _ in norms.append(gradients.norm) })
    _ = try rates(SGD(), [GradientClipping(norm: 0.01), record])
    #expect(norms.allSatisfy { $0 <= 0.01 && $0 > 0.009 })
    let values = Hooks(gradients: { gradients, _ in
      for (_, gradient) in gradients { largest = max(largest, gradient.doubles.map(abs).max()!) }
    })
    _ = try rates(SGD(), [GradientClipping(value: 0.002), values])
    #expect(abs(largest - 0.002) < 1e-9)
    let error = trainingError { _ = try rates(SGD(), [GradientClipping(norm: 1), GradientAccumulation(2)]) }
    #expect("\(error!)".contains("expected GradientAccumulation before GradientClipping"))
  }

  @Test func `a fit averages the weights of steps or of epochs`() throws {
    var seen: [[Double]] = []
    let (steps, epochs) = (WeightAverage(decay: 0.5, warmsUp: false), WeightAverage())
    let record = Hooks(epochEnd: { seen.append(Array($0.model.parameters()[0].variable.value.doubles)) })
    let model = classifier()
    let trainer = Trainer(model, optimizer: SGD(learningRate: 0.1), loss: .crossEntropy)
    try trainer.fit(
      data.x, data.y, epochs: 4, batchSize: 25, seed: 1, progress: .none,
      callbacks: [
        GradientAccumulation(2), Averaging(steps), Averaging(epochs, per: .epoch, from: 3, appliesAtEnd: true), record,
      ])
    #expect(steps.updates == 8 && epochs.updates == 2)
    let mean = zip(seen[2], seen[3]).map { ($0 + $1) / 2 }
    let found = model.parameters()[0].variable.value.doubles
    #expect(zip(found, mean).allSatisfy { abs($0 - $1) < 1e-6 } && found != seen[3])
    #expect(try steps.withAveraged(model) { try trainer.evaluate(data.x, data.y).loss } > 0)
  }

  @Test func `a group without parameters is refused before the first step`() throws {
    let optimizer = AdamW()
    optimizer.groups = [ParameterGroup("*.scale", weightDecay: 0)]
    let error = trainingError { _ = try rates(optimizer, []) }
    #expect("\(error!)".contains("expected a pattern that fits a parameter's path, got \"*.scale\""))
  }

  @Test func `fits with schedules, windows and averages go on to the same bits`() throws {
    let path = TemporaryDirectory().file("run")
    func callbacks() -> (all: [any Callback], average: WeightAverage) {
      let average = WeightAverage(decay: 0.9)
      return (
        [
          GradientAccumulation(3), GradientClipping(norm: 0.5),
          Scheduled(Schedule.oneCycle(peak: 0.05, steps: 16).warmedUp(over: 2)), Averaging(average),
          ReduceOnPlateau(monitoring: "loss", patience: 1, minimumImprovement: 10),
        ], average
      )
    }
    let (whole, own) = (ResumableFit(), callbacks())
    let history = try whole.run(own.all + [Checkpointing(in: path, everySteps: 1, keep: nil)]).history
    for step in 1...15 {
      let (rest, again) = (ResumableFit(), callbacks())
      let file = "\(path)/step-\(String("0000000000\(step)".suffix(10))).safetensors"
      let resumed = try rest.run(again.all, from: file)
      #expect(rest.bits == whole.bits && resumed.history == history, "after step \(step)")
      #expect(again.average.named["0.weight"]!.doubles == own.average.named["0.weight"]!.doubles, "after step \(step)")
    }
  }
}
