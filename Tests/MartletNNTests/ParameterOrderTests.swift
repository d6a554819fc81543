import MartletCore
import MartletText
import TestSupport
import Testing

@testable import MartletNN

/// The order of parameters, and that what is kept of them does not depend on it.
@Suite struct ParameterOrderTests {
  @Test func `names are ordered by their numbers`() {
    let ordered = [
      "", "1", "2", "10", "layers.1.weight", "layers.2.bias", "layers.2.weight", "layers.02.weight2", "layers.10.bias",
      "layers.10a", "layers.a", "layers2", "é",
    ]
    #expect(ordered.shuffled().sorted(by: PathOrder.precedes) == ordered)
    for (index, a) in ordered.enumerated() {
      for (other, b) in ordered.enumerated() { #expect(PathOrder.precedes(a, b) == (index < other), "\(a) \(b)") }
    }
    // The same number, written in two ways.
    #expect(PathOrder.precedes("a01", "a1") != PathOrder.precedes("a1", "a01"))
    #expect(PathOrder.precedes("9999999999999999999998", "9999999999999999999999"))
  }

  private class Base: Module {
    @Parameter var scale: Tensor<Float> = [1]
  }

  private final class Model: Base {
    let zeta = Dense(1, 1)
    let alpha = Dense(1, 1)
    let byName = Dictionary(uniqueKeysWithValues: ["10", "9", "1", "b"].map { ($0, Dense(1, 1, useBias: false)) })
    let inner = Sequential(inputShape: [1]) { for _ in 0..<11 { PReLU() } }
    @Parameter var last: Tensor<Float> = [1]
  }

  @Test func `parameters come in the order of declaration, everywhere`() throws {
    let model = Model()
    let wanted =
      ["scale", "zeta.weight", "zeta.bias", "alpha.weight", "alpha.bias"]
      + ["1", "9", "10", "b"].map { "byName.\($0).weight" } + (0..<11).map { "inner.\($0).weight" } + ["last"]
    #expect(model.parameters().map(\.path) == wanted)
    #expect(try model.namedTensors().map(\.name) == wanted)
    let optimizer = Adam()
    let gradients = gradient(at: model) { model in
      model.parameters().reduce(Tensor<Float>(0)) { $0 + Tensor<Float>(unchecked: $1.variable.current).sum() }
    }
    #expect(gradients.paths == wanted)
    optimizer.update(model, along: gradients)
    let state = optimizer.state(for: model).map(\.name)
    #expect(state == wanted.flatMap { ["\($0).step", "\($0).firstMoment", "\($0).secondMoment"] })
    var rows = wanted[...]
    for line in model.outline.split(separator: "\n") where line.hasPrefix("byName") || line.hasPrefix("inner.") {
      let path = String(line.prefix { $0 != " " })
      rows = rows.drop { $0 != "\(path).weight" }
      #expect(rows.first == "\(path).weight")
    }
  }

  private final class OneWay: Module {
    let encoder = Dense(2, 2)
    let decoder: Dense
    let head = Dense(2, 1)
    init() { decoder = encoder }
  }

  private final class OtherWay: Module {
    let head = Dense(2, 1)
    let decoder: Dense
    let encoder: Dense
    init() {
      decoder = Dense(2, 2)
      encoder = decoder
    }
  }

  @Test func `files and states do not depend on the order`() throws {
    func loss(_ encoder: Dense, _ decoder: Dense, _ head: Dense, _ step: Int) -> Tensor<Float> {
      let x = withRandomSeed(UInt64(step)) { Tensor<Float>.randomNormal([5, 2]) }
      return head(decoder(encoder(x).tanh())).squared().mean()
    }
    let (one, first) = (OneWay(), Adam(learningRate: 0.1))
    for step in 0..<3 {
      first.update(one, along: gradient(at: one) { loss($0.encoder, $0.decoder, $0.head, step) })
    }
    let (other, second) = (OtherWay(), Adam(learningRate: 0.1))
    // Shared ones count once, under their first path.
    #expect(one.parameters().map(\.path) == ["encoder.weight", "encoder.bias", "head.weight", "head.bias"])
    #expect(other.parameters().map(\.path) == ["head.weight", "head.bias", "decoder.weight", "decoder.bias"])
    #expect(one.parameterCount == 9 && other.parameterCount == 9)
    try other.load(one.namedTensors())
    try second.restoreState(first.state(for: one), for: other)
    for step in 3..<6 {
      first.update(one, along: gradient(at: one) { loss($0.encoder, $0.decoder, $0.head, step) })
      second.update(other, along: gradient(at: other) { loss($0.encoder, $0.decoder, $0.head, step) })
    }
    let (a, b) = (Dictionary(uniqueKeysWithValues: try one.namedTensors()), try other.namedTensors())
    for (name, tensor) in b { #expect(bits([tensor]) == bits([a[name]!]), "\(name)") }
    // And back; two states of one parameter are a mistake.
    try first.restoreState(second.state(for: other), for: one)
    let both = first.state(for: one) + second.state(for: other)
    #expect(throws: ModuleError.self) { try first.restoreState(both, for: one) }
  }
}
