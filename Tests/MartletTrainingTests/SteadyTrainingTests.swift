import Foundation
import MartletCore
import MartletData
import MartletMetrics
import MartletNN
import MartletTraining
import Testing

/// Whole training runs: no memory from the system once they are under way, and the same bits on any number of threads.
/// The pools of memory and of threads are the process's, hence processes of their own.
@Suite struct SteadyTrainingTests {
  /// 64–160–96–10 with dropout: large enough that products, elementwise operations and the optimiser's step are split.
  static func network() -> Sequential {
    withRandomSeed(3) {
      Sequential(inputShape: [64]) {
        Dense(160, activation: .relu)
        Dropout(0.2)
        Dense(96, activation: .gelu)
        Dense(10)
      }
    }
  }

  /// 600 rows: with batches of 128 an epoch's last step is smaller than the others.
  static func data() throws -> Dataset<Tensor<Float>, Tensor<Int32>> {
    var generator = RandomGenerator(seed: 9)
    let x = Tensor<Float>.randomNormal([600, 64], using: &generator)
    return try Dataset(x, x[.all, 0..<10].argMax(axis: 1).cast(to: Int32.self))
  }

  /// One epoch by hand, and its last loss.
  @discardableResult
  static func epoch(
    _ model: Sequential, _ optimizer: some Optimizer, _ data: Dataset<Tensor<Float>, Tensor<Int32>>, _ seed: UInt64
  ) -> Float {
    var last: Float = 0
    withRandomSeed(seed) {
      for batch in data.shuffled().batches(of: 128) {
        let (loss, gradients) = withMode(.training) {
          valueWithGradient(at: model) { crossEntropy(logits: $0(batch.x), labels: batch.y) }
        }
        optimizer.update(model, along: gradients)
        last = loss.item()
      }
    }
    return last
  }

  static func expectNoAllocations(_ label: String, _ run: () throws -> Void) rethrows {
    let before = BufferPool.statistics
    try run()
    let after = BufferPool.statistics
    #expect(after.systemAllocations == before.systemAllocations, "\(label)")
    #expect(after.reuses > before.reuses, "\(label)")
    #expect(after.bytesInUse == before.bytesInUse, "\(label)")
  }

  /// The bits of the losses and parameters of three epochs.
  static func byHand(_ optimizer: some Optimizer, _ data: Dataset<Tensor<Float>, Tensor<Int32>>, threads: Int)
    -> [UInt32]
  {
    let model = network()
    return withThreads(threads) {
      let losses = (0..<3).map { epoch(model, optimizer, data, $0) }
      return (losses + parameters(of: model)).map(\.bitPattern)
    }
  }

  static func fitted(_ data: Dataset<Tensor<Float>, Tensor<Int32>>, threads: Int) throws -> [UInt32] {
    let model = network()
    let history = try withThreads(threads) {
      try Trainer(model, optimizer: AdamW(), loss: .crossEntropy, metrics: [.accuracy])
        .fit(data, epochs: 3, batchSize: 128, validationSplit: 0.2, seed: 4, progress: .none)
    }
    let measures = history.names.flatMap { history[$0].map { UInt32(truncatingIfNeeded: $0.bitPattern) } }
    return measures + parameters(of: model).map(\.bitPattern)
  }

  @Test func `a steady step by hand takes nothing from the system`() async {
    await #expect(processExitsWith: .success) {
      let data = try SteadyTrainingTests.data()
      for optimizer in [Adam(), AdamW(amsgrad: true), SGD(momentum: 0.9)] as [any Optimizer] {
        let model = SteadyTrainingTests.network()
        SteadyTrainingTests.epoch(model, optimizer, data, 0)
        SteadyTrainingTests.expectNoAllocations("\(type(of: optimizer))") {
          for seed in 1...4 { SteadyTrainingTests.epoch(model, optimizer, data, UInt64(seed)) }
        }
      }
    }
  }

  @Test func `a steady fit takes nothing from the system`() async {
    await #expect(processExitsWith: .success) {
      let (training, validation) = try SteadyTrainingTests.data().split(testFraction: 0.2, seed: 1)
      let trainer = Trainer(
        SteadyTrainingTests.network(), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
      var counts: [BufferPool.Statistics] = []
      // 12 epochs of 4 steps: past the 32 after which the last good parameters are taken again.
      try trainer.fit(training, validation: validation, epochs: 12, batchSize: 128, seed: 2, progress: .none) { _ in
        counts.append(BufferPool.statistics)
        return .proceed
      }
      #expect(counts.count == 12)
      // The step over the last, smaller batch, too, is repeated from a plan from the third epoch on.
      #expect(counts.dropFirst(3).allSatisfy { $0.systemAllocations == counts[3].systemAllocations }, "\(counts)")
      #expect(counts.dropFirst(3).allSatisfy { $0.bytesInUse == counts[3].bytesInUse }, "\(counts)")
      #expect(counts[11].reuses > counts[3].reuses)
    }
  }

  #if os(Linux)
    @Test func `a thousand fits take no more memory than a hundred`() async {
      await #expect(processExitsWith: .success) {
        func resident() throws -> Double {
          let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
          return Double(text.split(separator: " ")[1])!
        }
        let data = blobs()
        var atFirst = 0.0
        for count in 1...1000 {
          let trainer = Trainer(classifier(dropout: 0.1), optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy])
          try trainer.fit(
            data.x, data.y, epochs: 2, validationSplit: 0.1, progress: .none,
            callbacks: [EarlyStopping(), Hook(onEpochEnd: { _ = try $0.checkpoint() })])
          if count == 100 { atFirst = try resident() }
        }
        let most = try resident()
        if most > 1.05 * atFirst { fatalError("\(atFirst) pages after 100 fits, \(most) after 1000") }
      }
    }
  #endif

  @Test func `a whole training gives the same bits on any number of threads`() async {
    await #expect(processExitsWith: .success) {
      let data = try SteadyTrainingTests.data()
      let adam = SteadyTrainingTests.byHand(Adam(), data, threads: 1)
      let sgd = SteadyTrainingTests.byHand(SGD(momentum: 0.9), data, threads: 1)
      let fit = try SteadyTrainingTests.fitted(data, threads: 1)
      for threads in [2, 3] {
        #expect(SteadyTrainingTests.byHand(Adam(), data, threads: threads) == adam, "Adam, \(threads) threads")
        #expect(
          SteadyTrainingTests.byHand(SGD(momentum: 0.9), data, threads: threads) == sgd, "SGD, \(threads) threads")
        #expect(try SteadyTrainingTests.fitted(data, threads: threads) == fit, "fit, \(threads) threads")
      }
      #expect(adam != sgd)
    }
  }
}
