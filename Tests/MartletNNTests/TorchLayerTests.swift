import MartletCore
import MartletNN
import TestSupport
import Testing

/// Layers against PyTorch's: see `Tests/Fixtures/make_layer_fixtures.py`.
@Suite struct TorchLayerTests {
  /// A layer, and how it is applied to a case's inputs.
  struct Case {
    let model: any Module
    let run: ([AnyTensor]) throws -> Tensor<Float>

    init<L: Layer>(_ layer: L) where L.Input == Tensor<Float>, L.Output == Tensor<Float> {
      model = layer
      run = { layer(try Tensor($0[0])) }
    }

    init<L: Layer>(indices layer: L) where L.Input == Tensor<Int64>, L.Output == Tensor<Float> {
      model = layer
      run = { layer(try Tensor($0[0])) }
    }

    init(bag: EmbeddingBag) {
      model = bag
      run = { bag(try Tensor($0[0]), offsets: try Tensor($0[1]), weights: $0.count > 2 ? try Tensor($0[2]) : nil) }
    }

    init(_ bilinear: Bilinear) {
      model = bilinear
      run = { bilinear(try Tensor($0[0]), try Tensor($0[1])) }
    }
  }

  static let names = [
    "batchnorm", "batchnorm/positions", "batchnorm/images", "batchnorm/cumulative", "batchnorm/plain",
    "batchnorm/trackless", "layernorm", "layernorm/shape", "layernorm/scale", "layernorm/plain", "rmsnorm",
    "rmsnorm/shape", "groupnorm", "groupnorm/positions", "groupnorm/plain", "embedding", "embedding/padding",
    "embedding/norm", "bag/sum", "bag/mean", "bag/max", "bag/sum/offsets", "bag/mean/offsets", "bag/max/offsets",
    "bag/sum/padding", "bag/mean/padding", "bag/weights", "bilinear", "bilinear/axes", "prelu", "prelu/channels",
  ]

  private static func make(_ name: String, _ inputs: [AnyTensor]) throws -> Case {
    func bag(_ reduction: EmbeddingBag.Reduction, padding: Int? = nil) -> EmbeddingBag {
      EmbeddingBag(9, 4, reduction: reduction, paddingIndex: padding)
    }
    switch name {
    case "batchnorm": return Case(BatchNorm(5))
    case "batchnorm/positions": return Case(BatchNorm(3, epsilon: 1e-3, momentum: 0.3))
    case "batchnorm/images": return Case(BatchNorm(3))
    case "batchnorm/cumulative": return Case(BatchNorm(5, momentum: nil))
    case "batchnorm/plain": return Case(BatchNorm(5, affine: false))
    case "batchnorm/trackless": return Case(BatchNorm(5, tracksStatistics: false))
    case "layernorm": return Case(LayerNorm(7))
    case "layernorm/shape": return Case(LayerNorm([3, 4], epsilon: 1e-3))
    case "layernorm/scale": return Case(LayerNorm(7, useBias: false))
    case "layernorm/plain": return Case(LayerNorm(7, affine: false))
    case "rmsnorm": return Case(RMSNorm(7))
    case "rmsnorm/shape": return Case(RMSNorm([3, 4], epsilon: 1e-2))
    case "groupnorm": return Case(GroupNorm(2, 6))
    case "groupnorm/positions": return Case(GroupNorm(3, 6, epsilon: 1e-3))
    case "groupnorm/plain": return Case(GroupNorm(2, 6, affine: false))
    case "embedding": return Case(indices: Embedding(9, 4))
    case "embedding/padding": return Case(indices: Embedding(9, 4, paddingIndex: 2))
    case "embedding/norm": return Case(indices: Embedding(9, 4, maxNorm: 1.5))
    case "bag/sum": return Case(indices: bag(.sum))
    case "bag/mean": return Case(indices: bag(.mean))
    case "bag/max": return Case(indices: bag(.max))
    case "bag/sum/offsets", "bag/weights": return Case(bag: bag(.sum))
    case "bag/mean/offsets": return Case(bag: bag(.mean))
    case "bag/max/offsets": return Case(bag: bag(.max))
    case "bag/sum/padding", "bag/mean/padding":
      let padding = Int(try Tensor<Int64>(inputs[0]).scalars[3])
      return Case(bag: bag(name == "bag/sum/padding" ? .sum : .mean, padding: padding))
    case "bilinear": return Case(Bilinear(3, 5, 2))
    case "bilinear/axes": return Case(Bilinear(3, 5, 2, useBias: false))
    case "prelu": return Case(PReLU())
    default: return Case(PReLU(3))
    }
  }

  /// Relative to the greatest element.
  private func expectClose(_ got: AnyTensor?, _ wanted: AnyTensor, _ tolerance: Double, _ what: String) {
    let scale = max(1e-3, wanted.doubles.reduce(0) { max($0, abs($1)) })
    let isClose =
      got?.shape == wanted.shape
      && zip(got?.doubles ?? [], wanted.doubles).allSatisfy { abs($0 - $1) <= tolerance * scale }
    #expect(isClose, "\(what): \(got?.doubles ?? []) instead of \(wanted.doubles)")
  }

  private func expectState(_ model: any Module, _ wanted: [(name: String, tensor: AnyTensor)], _ what: String) throws {
    let named = Dictionary(uniqueKeysWithValues: try model.namedTensors())
    #expect(named.keys.sorted() == wanted.map(\.name))
    for (name, tensor) in wanted { expectClose(named[name], tensor, 1e-5, "\(what) \(name)") }
  }

  @Test(arguments: names) func `answers, gradients, state and training are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("layers")
    let inputs = fixture.entries(under: "\(name).input").map(\.tensor)
    let cotangent: Tensor<Float> = try fixture.tensor("\(name).cotangent")
    let state = fixture.entries(under: "\(name).state.")
    let model = try Self.make(name, inputs)
    try model.model.load(state)
    for mode in [Mode.training, .inference] {
      let prefix = "\(name).\(mode == .training ? "train" : "eval")"
      let leaves = inputs.indices.filter { inputs[$0].scalarType == .float32 }
      func output(_ floats: [Tensor<Float>]) throws -> Tensor<Float> {
        var operands = inputs
        for (index, float) in zip(leaves, floats) { operands[index] = float.erased }
        return try withMode(mode) { try model.run(operands) }
      }
      let floats = try leaves.map { try Tensor<Float>(inputs[$0]) }
      // The state is changed by what runs, so that each is run from the same.
      let before = try model.model.namedTensors()
      let gradients = try withMode(mode) { try gradient(of: model) { (try output(floats) * cotangent).sum() } }
      let after = try model.model.namedTensors()
      for (path, wanted) in fixture.entries(under: "\(prefix).gradient.") where !path.hasPrefix("input") {
        expectClose(gradients[path], wanted, 1e-5, "\(mode) gradient at \(path)")
      }
      for (place, index) in leaves.enumerated() {
        guard let wanted = fixture.tensors["\(prefix).gradient.input\(index)"] else { continue }
        try model.model.load(before)
        let slope = try MartletCore.gradient(at: floats[place]) { x in
          var changed = floats
          changed[place] = x
          return (try output(changed) * cotangent).sum()
        }
        expectClose(slope.erased, wanted, 1e-5, "\(mode) gradient at input \(index)")
      }
      try model.model.load(before)
      expectClose(try output(floats).erased, try #require(fixture.tensors["\(prefix).output"]), 1e-5, "\(mode) output")
      try model.model.load(after)
      try expectState(model.model, fixture.entries(under: "\(prefix).state."), "\(mode) state")
    }
    try model.model.load(state)
    try train(model, inputs, cotangent)
    try expectState(model.model, fixture.entries(under: "\(name).steps."), "after 50 steps")
  }

  private func gradient(of model: Case, _ loss: () throws -> Tensor<Float>) throws -> Gradients {
    func open<M: Module>(_ module: M) throws -> Gradients { try MartletNN.gradient(at: module) { _ in try loss() } }
    return try open(model.model)
  }

  private func train(_ model: Case, _ inputs: [AnyTensor], _ target: Tensor<Float>) throws {
    func open<M: Module>(_ module: M) throws {
      let optimizer = SGD(learningRate: 0.01, momentum: 0.9)
      for step in 0..<50 {
        let batch = try inputs.map { input in
          if input.scalarType != .float32 { return input }
          return (try Tensor<Float>(input) * Float(1 + 0.1 * Double(step % 5))).erased
        }
        let gradients = try MartletNN.gradient(at: module) { _ in
          meanSquaredError(predicted: try model.run(batch), expected: target)
        }
        optimizer.update(module, along: gradients)
      }
    }
    try open(model.model)
  }
}
