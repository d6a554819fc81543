import MartletCore
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
    #expect(
      model.summary() == """
        Sequential
        ───────────────────────────────────────────────
        layer             output   parameters     bytes
        ───────────────────────────────────────────────
        0 (Dense)         [?, 64]         704  2.75 KiB
        1 (Dropout)       [?, 64]           0       0 B
        2.0 (Dense)       [?, 32]       2,080  8.13 KiB
        2.1 (Activation)  [?, 32]           0       0 B
        3 (Dense)         [?, 1]           33     132 B
        ───────────────────────────────────────────────
        Parameters: 2,817 (11 KiB)
        Trainable:  2,113
        Buffers:    0 (0 B)
        """)
  }

  @Test func `of a module of one's own`() {
    #expect(
      Normalized().summary() == """
        Normalized
        ─────────────────────────────────────────────────────
        layer                    output  parameters     bytes
        ─────────────────────────────────────────────────────
        Normalized               ?                2      24 B
        encoder (Dense)          ?        1,025,024  3.91 MiB
        activation (Activation)  ?                0       0 B
        ─────────────────────────────────────────────────────
        Parameters: 1,025,026 (3.91 MiB)
        Trainable:  1,025,026
        Buffers:    2 (16 B)
        """)
  }

  @Test func `before building`() {
    #expect(
      Sequential { Dense(4) }.summary() == """
        Sequential
        ────────────────────────────────────
        layer      output  parameters  bytes
        ────────────────────────────────────
        0 (Dense)  ?                ?      ?
        ────────────────────────────────────
        Parameters: 0 (0 B), besides those that are not built yet
        Trainable:  0
        Buffers:    0 (0 B)
        """)
  }

  @Test func `of a module of one's own, by an example or an input shape`() {
    final class Two: Layer {
      let first = Dense(3, 4)
      let second = Dense(4, 2, useBias: false)
      let norm = BatchNorm(2)
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { norm(second(first(x) * 2)) }
    }
    let model = Two()
    let before = withRandomSeed(1) { Tensor<Float>.randomUniform([1]) }
    withRandomSeed(1) {
      print(model.summary(inputShape: [3], batchSize: 32))
      print(model.summary(example: Tensor<Float>.ones([32, 3])))
      #expect(Tensor<Float>.randomUniform([1]) == before)
    }
    #expect(model.norm.batchCount == 0)
  }

  @Test func `of other inputs and outputs`() {
    let model = Chain(Embedding(10, 4, paddingIndex: 0), inputShape: [6]) {
      Flatten()
      Residual { Dense(24) }
      Dropout()
      Dense(2)
    }
    print(model.summary(batchSize: 8))
    final class Both: Layer {
      let head = Dense(3, 2)
      func forward(_ x: (Tensor<Float>, Tensor<Int32>)) -> (scores: Tensor<Float>, ids: Tensor<Int32>) {
        (head(x.0), x.1)
      }
    }
    print(Both().summary(example: (.ones([5, 3]), [1, 2, 3, 4, 5])))
  }
}
