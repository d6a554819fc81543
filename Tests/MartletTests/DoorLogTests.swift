import Martlet
import MartletCore
import MartletNN
import Testing

/// The log of what passes the door tells the whole of a training step: done again from it alone, the bits are the same.
@Suite struct DoorLogTests {
  private static func network(_ sizes: [Int], dropout: Bool = false) -> Sequential {
    withRandomSeed(7) {
      Sequential(inputShape: [sizes[0]]) {
        for size in sizes.dropFirst().dropLast() {
          Dense(size, activation: .relu)
          if dropout { Dropout(0.3) }
        }
        Dense(sizes.last!)
      }
    }
  }

  private static func bytes(_ tensor: AnyTensor) -> [UInt8] { tensor.withUnsafeBytes { Array($0) } }

  /// One step of a classifier; the loss.
  private static func step(
    _ model: Sequential, _ optimizer: some Optimizer, _ x: Tensor<Float>, _ labels: Tensor<Int32>
  ) -> Tensor<Float> {
    withMode(.training) {
      let (loss, gradients) = valueWithGradient(at: model) { model in
        softmaxCrossEntropy(logits: model(x), labels: labels).mean()
      }
      optimizer.update(model, along: gradients)
      return loss
    }
  }

  private static func batch(_ rows: Int, _ width: Int) -> (Tensor<Float>, Tensor<Int32>) {
    withRandomSeed(3) { (.randomNormal([rows, width]), .randomInteger([rows], in: 0..<10)) }
  }

  @Test(arguments: [1, 2]) func `a step of 784-512-512-10 replays to the same bits`(steps: Int) throws {
    let (x, labels) = DoorLogTests.batch(128, 784)
    let model = DoorLogTests.network([784, 512, 512, 10])
    let optimizer = Adam(learningRate: 1e-3)
    for _ in 1..<steps { _ = DoorLogTests.step(model, optimizer, x, labels) }
    let (loss, log) = DoorLog.recording { DoorLogTests.step(model, optimizer, x, labels) }

    // The step is there: three layers forward, the loss, their derivatives, and one step over all parameters.
    let names = log.entries.map(\.name)
    #expect(names.filter { $0 == "linear" }.count == 3)
    #expect(names.filter { $0 == "softmaxCrossEntropy" }.count == 1)
    #expect(names.filter { $0 == "matmul" }.count == 5)
    #expect(names.last == "Adam")
    let last = try #require(log.entries.last)
    #expect(last.reads.count == 6 && last.writes.count == 18)
    for (number, value) in log.values.enumerated() where value.input == nil {
      #expect(log.entries.contains { $0.writes.contains(number) }, "v\(number) is neither an input nor made")
    }

    // By hand, from the log alone.
    let memory = log.replay()
    let parameters = model.parameters().map { $0.variable.value }
    #expect(parameters.count == 6)
    for (index, parameter) in parameters.enumerated() {
      let replayed = memory[last.writes[index * 3]]
      #expect(replayed.shape == parameter.shape)
      #expect(DoorLogTests.bytes(replayed) == DoorLogTests.bytes(parameter), "parameter \(index)")
    }
    #expect(memory.contains { $0.shape == [] && DoorLogTests.bytes($0) == DoorLogTests.bytes(loss.erased) })
  }

  @Test func `another batch goes through the same log`() throws {
    let (x, labels) = DoorLogTests.batch(16, 20)
    let model = DoorLogTests.network([20, 12, 10])
    let (_, log) = DoorLog.recording { softmaxCrossEntropy(logits: model(x), labels: labels).mean() }
    let input = try #require(log.values.indices.first { log.values[$0].spec.shape == [16, 20] })
    let other = withRandomSeed(9) { Tensor<Float>.randomNormal([16, 20]) }
    let expected = softmaxCrossEntropy(logits: model(other), labels: labels).mean()
    let memory = log.replay([input: other.erased])
    let result = try #require(log.entries.last?.writes.first)
    #expect(DoorLogTests.bytes(memory[result]) == DoorLogTests.bytes(expected.erased))
  }

  @Test func `random draws, slices and writes in place are in the log`() throws {
    var generator = RandomGenerator(seed: 5)
    let (result, log) = DoorLog.recording {
      var t = Tensor<Float>.randomUniform([6, 4], using: &generator)
      t[1] = t[0, 0...] * 2
      t[rows: Tensor<Int64>([4, 5])] = t[2..<4]
      let parts = t.split(2, axis: 1)
      return parts[0] - parts[1]
    }
    #expect(
      log.entries.map(\.name) == [
        "random", "slice", "multiply", "assign", "slice", "contiguous", "assignAt", "split", "subtract",
      ], "the rows to write are a view of what is written, which is therefore copied first")
    #expect(log.entries[7].writes.count == 2)
    let memory = log.replay()
    #expect(DoorLogTests.bytes(memory[log.entries[8].writes[0]]) == DoorLogTests.bytes(result.erased))
    #expect("\(log)".contains("random") && "\(log)".contains("<~ assign"))
  }

  @Test func `dropout replays the numbers that were drawn`() throws {
    let (x, labels) = DoorLogTests.batch(32, 20)
    let model = DoorLogTests.network([20, 16, 10], dropout: true)
    let optimizer = SGD(learningRate: 0.1, momentum: 0.9)
    let (_, log) = withRandomSeed(11) { DoorLog.recording { DoorLogTests.step(model, optimizer, x, labels) } }
    #expect(log.entries.contains { $0.name == "random" })
    let memory = log.replay()
    let last = try #require(log.entries.last)
    #expect(last.name == "SGD")
    for (index, parameter) in model.parameters().map({ $0.variable.value }).enumerated() {
      #expect(DoorLogTests.bytes(memory[last.writes[index * 2]]) == DoorLogTests.bytes(parameter))
    }
  }

  @Test func `looking does not change what is done`() {
    let (x, labels) = DoorLogTests.batch(8, 6)
    func trained(_ isLogged: Bool) -> [[UInt8]] {
      let model = DoorLogTests.network([6, 5, 10])
      let optimizer = AdamW(learningRate: 0.01)
      for _ in 0..<3 {
        if isLogged {
          _ = DoorLog.recording { DoorLogTests.step(model, optimizer, x, labels) }
        } else {
          _ = DoorLogTests.step(model, optimizer, x, labels)
        }
      }
      return model.parameters().map { DoorLogTests.bytes($0.variable.value) }
    }
    #expect(trained(true) == trained(false))
    // A parameter that was only looked at is still changed in place, not copied.
    let model = DoorLogTests.network([6, 5, 10])
    let optimizer = SGD(learningRate: 0.1)
    _ = DoorLogTests.step(model, optimizer, x, labels)
    let (_, log) = DoorLog.recording { DoorLogTests.step(model, optimizer, x, labels) }
    #expect(!log.entries.contains { $0.name == "contiguous" })
  }
}
