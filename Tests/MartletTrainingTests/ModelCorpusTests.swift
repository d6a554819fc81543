import MartletCore
import MartletFormats
import MartletNN
import MartletTraining
import TestSupport
import Testing

/// The model whose files the corpus has.
private final class Small: Module {
  let net = Sequential(inputShape: [2]) {
    Dense(3, activation: .relu)
    Dense(1)
  }
  let twice: Dense
  let again: Dense
  @Buffer var steps: Tensor<Int64> = [7]

  init() {
    twice = Dense(1, 1, useBias: false)
    again = twice
  }
}

/// Files of weights that are damaged in every small way.
@Suite struct ModelCorpusTests {
  private let directory = TemporaryDirectory()

  @Test func `a damaged file is loaded whole or leaves the model as it was`() throws {
    var (loaded, refused) = (0, 0)
    for (_, bytes) in try Corpus.files("model") {
      // Two masks of five: what else can happen to the bytes happens to the format's own files.
      for variant in Array(Corpus.cuts(bytes)) + Corpus.flips(bytes, mask: 0x01) + Corpus.flips(bytes, mask: 0xFF) {
        directory.write(variant, to: "weights")
        let model = Small()
        let before = try Self.content(of: model)
        do throws(ModuleError) {
          try model.load(from: directory.file("weights"))
          loaded += 1
        } catch {
          refused += 1
          #expect(try Self.content(of: model) == before)
        }
      }
    }
    // Changed bytes of the weights are other weights.
    #expect(loaded > 100 && refused > loaded)
  }

  private static func content(of model: Small) throws -> [[UInt8]] {
    try model.namedTensors().map { $0.tensor.withUnsafeBytes { Array($0) } }
  }
}
