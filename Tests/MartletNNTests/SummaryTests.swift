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
}
