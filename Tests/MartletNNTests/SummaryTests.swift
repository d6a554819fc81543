import MartletCore
import MartletPlatform
import Testing

@testable import MartletNN

private final class Normalized: Module {
  let encoder = Dense(1000, 1024)
  @Parameter var gain: Tensor<Float> = [1, 1]
  @Buffer var mean: Tensor<Double> = [0, 0]
  let activation = Activation(.relu)
}

@Suite struct SummaryTests {
  @Test func `of a Sequential`() {
    let model = Sequential(inputShape: [10]) {
      Dense(64, activation: .relu)
      Dropout(0.5)
      Sequential {
        Dense(32)
        Activation(.tanh)
      }
      Dense(1)
    }
    model[0].freeze()
    // A product takes 2 operations for each weight, and 2 for bias and activation; `tanh` counts as 16.
    let lines = model.summary().split(separator: "\n")
    #expect(
      lines.dropLast().joined(separator: "\n") == """
        Sequential
        ──────────────────────────────────────────────────────
        layer             output   parameters     bytes  FLOPs
        ──────────────────────────────────────────────────────
        0 (Dense)         [?, 64]         704  2.75 KiB  1,408
        1 (Dropout)       [?, 64]           0       0 B      0
        2.0 (Dense)       [?, 32]       2,080  8.13 KiB  4,160
        2.1 (Activation)  [?, 32]           0       0 B    512
        3 (Dense)         [?, 1]           33     132 B     66
        ──────────────────────────────────────────────────────
        Parameters: 2,817 (11 KiB)
        Trainable:  2,113
        Buffers:    0 (0 B)
        FLOPs:      6,146 for an example
        """)
    #expect(lines.last?.hasPrefix("Training:   ") == true)
    #expect(lines.last?.hasSuffix(" in a step of 32, without the optimiser's") == true)
  }

  @Test func `of a module of one's own`() {
    #expect(
      Normalized().summary() == """
        Normalized
        ────────────────────────────────────────────────────────────
        layer                    output  parameters     bytes  FLOPs
        ────────────────────────────────────────────────────────────
        Normalized               ?                2      24 B      ?
        encoder (Dense)          ?        1,025,024  3.91 MiB      ?
        activation (Activation)  ?                0       0 B      ?
        ────────────────────────────────────────────────────────────
        Parameters: 1,025,026 (3.91 MiB)
        Trainable:  1,025,026
        Buffers:    2 (16 B)
        """)
  }

  @Test func `before building`() {
    #expect(
      Sequential { Dense(4) }.summary() == """
        Sequential
        ───────────────────────────────────────────
        layer      output  parameters  bytes  FLOPs
        ───────────────────────────────────────────
        0 (Dense)  ?                ?      ?      ?
        ───────────────────────────────────────────
        Parameters: 0 (0 B), besides those that are not built yet
        Trainable:  0
        Buffers:    0 (0 B)
        """)
  }

  /// The cells of the table's rows.
  private func rows(_ summary: String) -> [[String]] {
    let parts = summary.split(separator: "\n").split { $0.hasPrefix("─") }
    return parts[2].map { line in line.split(separator: "  ").map { String($0.drop { $0 == " " }) } }
  }

  @Test func `of a module of one's own, by an input shape or an example`() {
    final class Two: Layer {
      let first = Dense(3, 4)
      let second = Dense(4, 2, useBias: false)
      let norm = BatchNorm(2)
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { norm(second(first(x) * 2)) }
    }
    let model = Two()
    let before = withRandomSeed(1) { Tensor<Float>.randomUniform([1]) }
    withRandomSeed(1) {
      let byShape = model.summary(inputShape: [3], batchSize: 32)
      let byExample = model.summary(example: Tensor<Float>.ones([32, 3]))
      #expect(rows(byShape).map(\.first) == ["Two", "first (Dense)", "second (Dense)", "norm (BatchNorm)"])
      #expect(rows(byShape).map { $0[1] } == ["[?, 2]", "[?, 4]", "[?, 2]", "[?, 2]"])
      #expect(rows(byShape)[0..<3].map(\.last) == ["4", "32", "20"])
      // Work and memory of a step, found from steps of two and of three, are those of a step of 32.
      #expect(byShape.split(separator: "\n").last == byExample.split(separator: "\n").last)
      // What runs draws no numbers of the caller's, and leaves buffers alone.
      #expect(Tensor<Float>.randomUniform([1]) == before)
    }
    #expect(model.norm.batchCount == 0)
  }

  @Test func `memory is what a step has in use at once`() {
    // Without parameters only the result is kept, of 32 rows of 100 floats, and its sum.
    let model = Sequential(inputShape: [100]) { Activation(.relu) }
    #expect(model.summary().contains("FLOPs and a peak of 12.5"))
    #expect(model.summary(batchSize: 64).contains("FLOPs and a peak of 25"))
  }

  @Test func `of other inputs and outputs`() {
    let model = Chain(Embedding(10, 4), inputShape: [6]) {
      Flatten()
      Residual { Dense(24) }
      Dropout()
      Dense(2)
    }
    #expect(
      rows(model.summary(batchSize: 8)) == [
        ["0 (Embedding)", "[?, 6, 4]", "40", "160 B", "0"], ["1 (Flatten)", "[?, 24]", "0", "0 B", "0"],
        ["2 (Residual)", "[?, 24]", "0", "0 B", "24"], ["2.0 (Dense)", "[?, 24]", "600", "2.34 KiB", "1,200"],
        ["3 (Dropout)", "[?, 24]", "0", "0 B", "0"], ["4 (Dense)", "[?, 2]", "50", "200 B", "100"],
      ])
    final class Both: Layer {
      let head = Dense(3, 2)
      func forward(_ x: (Tensor<Float>, Tensor<Int32>)) -> (scores: Tensor<Float>, ids: Tensor<Int32>) {
        (head(x.0) * 2, x.1)
      }
    }
    #expect(
      rows(Both().summary(example: (.ones([5, 3]), [1, 2, 3, 4, 5]))) == [
        ["Both", "[?, 2], [?]", "0", "0 B", "2"], ["head (Dense)", "[?, 2]", "8", "32 B", "16"],
      ])
    #expect(Both().summary(example: (.ones([5, 3]), [1, 2, 3, 4, 5])).contains("FLOPs:      18 for an example"))
  }

  /// Every kind of state that a layer has: a table that is limited, random numbers, running statistics.
  private func stateful() -> Chain<Embedding> {
    withRandomSeed(3) {
      Chain(Embedding(10, 4, maxNorm: 0.1), inputShape: [6]) {
        Flatten()
        BatchNorm()
        Dropout(0.5)
        Residual(shortcut: Dense(3)) { Dense(3, activation: .relu) }
        Parallel {
          Dense(2)
          Sequential { Dense(4) }
        }
      }
    }
  }

  @Test func `a summary changes no state`() throws {
    let model = stateful()
    let before = bits(try model.namedTensors().map(\.tensor))
    var random = RandomGenerator(seed: 5)
    let wanted = Tensor<Float>.randomUniform([3], using: &random)
    let gradients = gradient(at: model) { model in
      _ = model.summary()
      return withMode(.inference) { model([[1, 2, 3, 4, 5, 6]]).sum() }
    }
    #expect(
      bits(gradients.map(\.gradient))
        == bits(gradient(at: model) { m in withMode(.inference) { m([[1, 2, 3, 4, 5, 6]]).sum() } }.map(\.gradient)))
    random = RandomGenerator(seed: 5)
    withRandomGenerator(&random) {
      _ = model.summary()
      _ = model.summary(example: [[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]])
    }
    #expect(Tensor<Float>.randomUniform([3], using: &random) == wanted)
    #expect(bits(try model.namedTensors().map(\.tensor)) == before)
    // What is run would change all of it.
    _ = withMode(.training) { model([[1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 6]]) }
    #expect(bits(try model.namedTensors().map(\.tensor)) != before)
  }

  private final class Counter: Observer {
    private(set) var events = 0
    func observe(_ event: DoorEvent) { events += 1 }
  }

  @Test func `printing a model shows its structure and computes nothing`() {
    let model = stateful()
    let counter = Counter()
    let text = Observation.with(counter) { "\(model)" }
    #expect(counter.events == 0)
    #expect(
      text == """
        Chain<Embedding>
        ────────────────────────────────────────────────
        layer               output     parameters  bytes
        ────────────────────────────────────────────────
        0 (Embedding)       [?, 6, 4]          40  160 B
        1 (Flatten)         [?, 24]             0    0 B
        2 (BatchNorm)       [?, 24]            48  392 B
        3 (Dropout)         [?, 24]             0    0 B
        4 (Residual)        [?, 3]              0    0 B
        4.0 (Dense)         [?, 3]             75  300 B
        4.shortcut (Dense)  [?, 3]             75  300 B
        5 (Parallel)        [?, 6]              0    0 B
        5.0 (Dense)         [?, 2]              8   32 B
        5.1 (Sequential)    [?, 4]              0    0 B
        5.1.0 (Dense)       [?, 4]             16   64 B
        ────────────────────────────────────────────────
        Parameters: 262 (1.02 KiB)
        Trainable:  262
        Buffers:    49 (200 B)
        """)
    let calls = Locked(0)
    let custom = Sequential(inputShape: [3]) {
      Parallel(
        .custom { outputs in
          calls.withLock { $0 += 1 }
          return outputs[0] * outputs[1]
        }
      ) {
        Dense(2)
        Dense(2)
      }
      Lambda { x in
        calls.withLock { $0 += 1 }
        return x + 1
      }
    }
    let built = calls.withLock { $0 }
    #expect("\(custom)".contains("0 (Parallel)  [?, 2]") && "\(custom)".contains("1 (Lambda)    [?, 2]"))
    #expect(calls.withLock { $0 } == built)
    #expect("\(Sequential { Dense(2) })".contains("0 (Dense)  ?                ?      ?"))
  }
}
