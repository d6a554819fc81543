import MartletCore
import MartletNN
import MartletTesting
import TestSupport
import Testing

private final class Block: Module {
  let dense = Dense(3, 2)
  @Parameter var scale: Tensor<Float> = [1, 2]
}

private final class Net: Module {
  let encoder = Block()
  let head = Dense(2, 1)
}

@Suite struct ParameterGroupTests {
  /// A network with the same numbers each time.
  private static func network() -> Net { withRandomSeed(4) { Net() } }

  /// One step with a gradient of ones; returns by how much each parameter's first element has changed.
  private static func steps(_ optimizer: some Optimizer, _ model: Net = network()) -> [String: Double] {
    let before = model.parameters().map { ($0.path, $0.variable.value.doubles[0]) }
    let gradients = Gradients(
      model.parameters().map { ($0.path, Tensor<Float>.ones($0.variable.value.shape).erased) })
    optimizer.update(model, along: gradients)
    let after = model.parameters().map { $0.variable.value.doubles[0] }
    return Dictionary(uniqueKeysWithValues: zip(before, after).map { ($0.0, $0.1 - $1) })
  }

  @Test func `groups have rates of their own, and the last that fits holds`() {
    let optimizer = SGD(learningRate: 0.5)
    optimizer.groups = [
      ParameterGroup("encoder", learningRateScale: 0.5), ParameterGroup("*.bias", learningRate: 0.125),
      ParameterGroup("encoder.dense.bias", learningRateScale: 2),
    ]
    let moved = Self.steps(optimizer)
    func isNear(_ path: String, _ expected: Double) -> Bool { abs(moved[path]! - expected) < 1e-6 }
    #expect(isNear("encoder.dense.weight", 0.25) && isNear("encoder.scale", 0.25))
    #expect(isNear("encoder.dense.bias", 0.25) && isNear("head.bias", 0.125) && isNear("head.weight", 0.5))
    // A fixed rate does not follow the optimiser's, a scale does.
    optimizer.learningRate = 0.25
    let later = Self.steps(optimizer)
    #expect(abs(later["head.bias"]! - 0.125) < 1e-6 && abs(later["encoder.scale"]! - 0.125) < 1e-6)
  }

  @Test func `a group's weight decay is as that of an optimiser with it`() throws {
    for make in [{ AdamW(weightDecay: $0) as any Optimizer }, { LAMB(weightDecay: $0) }, { Adam(weightDecay: $0) }] {
      let (all, none, grouped) = (make(0.3), make(0), make(0.3))
      func set<Rule>(_ optimizer: ElementwiseOptimizer<Rule>) {
        optimizer.groups = [ParameterGroup("head", weightDecay: 0)]
      }
      if let adam = grouped as? ElementwiseOptimizer<AdamRule> { set(adam) }
      if let lamb = grouped as? ElementwiseOptimizer<LAMBRule> { set(lamb) }
      let (with, without, mixed) = (Self.steps(all), Self.steps(none), Self.steps(grouped))
      #expect(mixed["encoder.dense.weight"] == with["encoder.dense.weight"])
      #expect(mixed["head.weight"] == without["head.weight"] && mixed["head.bias"] == without["head.bias"])
    }
  }

  @Test func `the decay leaves out biases and scales on request, and groups go before`() {
    let optimizer = AdamW(learningRate: 0.1, weightDecay: 0.5)
    let (all, none) = (
      Self.steps(AdamW(learningRate: 0.1, weightDecay: 0.5)), Self.steps(AdamW(learningRate: 0.1, weightDecay: 0))
    )
    optimizer.decayedParameters = .weightsOnly
    let some = Self.steps(optimizer)
    #expect(some["encoder.dense.weight"] == all["encoder.dense.weight"] && some["head.weight"] == all["head.weight"])
    #expect(some["encoder.scale"] == none["encoder.scale"] && some["encoder.dense.bias"] == none["encoder.dense.bias"])
    #expect(all["encoder.scale"] != none["encoder.scale"])
    let grouped = AdamW(learningRate: 0.1, weightDecay: 0.25)
    grouped.decayedParameters = .weightsOnly
    grouped.groups = [ParameterGroup("encoder.scale", weightDecay: 0.5)]
    #expect(Self.steps(grouped)["encoder.scale"] == all["encoder.scale"])
  }

  @Test func `many groups and steps of unlike numbers are one step`() {
    // Parameters of alternating settings and numbers of steps, against an optimiser for each.
    let (model, other) = (Self.network(), Self.network())
    let optimizer = Adam(learningRate: 0.1)
    optimizer.groups = [ParameterGroup("*.bias", learningRateScale: 0.5)]
    let (weights, biases) = (Adam(learningRate: 0.1), Adam(learningRate: 0.05))
    for step in 0..<4 {
      var all = Gradients(
        model.parameters().map { ($0.path, Tensor<Float>.full($0.variable.value.shape, Float(step) - 1.5).erased) })
      if step < 2 { all["encoder.scale"] = nil }
      optimizer.update(model, along: all)
      let paths = all.paths
      func only(_ isBias: Bool) -> Gradients {
        Gradients(paths.filter { $0.hasSuffix("bias") == isBias }.map { ($0, all[$0]!) })
      }
      weights.update(other, along: only(false))
      biases.update(other, along: only(true))
    }
    for (a, b) in zip(model.parameters(), other.parameters()) {
      #expect(a.variable.value.doubles == b.variable.value.doubles, "\(a.path)")
    }
  }

  @Test func `a pattern that fits nothing is an error`() async {
    let optimizer = SGD()
    optimizer.groups = [ParameterGroup("encoder.bias", weightDecay: 0)]
    let error = #expect(throws: ModuleError.self) { try optimizer.check(Self.network()) }
    #expect("\(error!)".contains("expected a pattern that fits a parameter's path, got \"encoder.bias\"; there are "))
    #expect("\(error!)".contains("encoder.dense.bias"))
    optimizer.groups = [ParameterGroup("encoder.*bias", weightDecay: 0)]
    #expect(throws: Never.self) { try optimizer.check(Self.network()) }
    let step = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let optimizer = SGD()
      optimizer.groups = [ParameterGroup("decoder", learningRate: 1)]
      let model = Dense(2, 1)
      optimizer.update(model, along: gradient(at: model) { $0.weight.sum() })
    }
    #expect(errorText(step).contains("SGD: ") && errorText(step).contains("got \"decoder\""))
  }

  @Test func `groups are printed, and their numbers checked`() async {
    let optimizer = AdamW()
    optimizer.groups = [ParameterGroup("*.bias", weightDecay: 0), ParameterGroup("head", learningRateScale: 2)]
    optimizer.decayedParameters = .weightsOnly
    #expect(
      "\(optimizer)"
        == "AdamW(learningRate: 0.001, decayedParameters: weightsOnly, groups: [\"*.bias\" weightDecay: 0.0, "
        + "\"head\" learningRateScale: 2.0])")
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ParameterGroup("*", learningRate: -1)
    }
    #expect(
      errorText(negative).contains("ParameterGroup(\"*\"): expected learningRate to be finite and at least 0, got -1"))
    let decay = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      struct Plain: UpdateRule {
        var learningRate = 0.1
        var name: String { "Plain" }
        func update(_ part: UpdatePart<Float>) {}
        func update(_ part: UpdatePart<Double>) {}
      }
      ElementwiseOptimizer(Plain()).groups = [ParameterGroup("*", weightDecay: 0.1)]
    }
    #expect(errorText(decay).contains("Plain: \"*\" weightDecay: 0.1: there is no weight decay to be changed"))
  }

  @Test func `a scheduled momentum is as one that was given`() throws {
    let cases: [(any MomentumOptimizer, any Optimizer)] = [
      (SGD(learningRate: 0.1, momentum: 0.9), SGD(learningRate: 0.1, momentum: 0.5)), (Adam(), Adam(beta1: 0.5)),
    ]
    for (optimizer, same) in cases {
      let (a, b) = (Self.network(), Self.network())
      optimizer.scheduledMomentum = 0.5
      for _ in 0..<3 {
        _ = Self.steps(optimizer, a)
        _ = Self.steps(same, b)
      }
      #expect(a.head.weight == b.head.weight && a.encoder.scale == b.encoder.scale)
      #expect(optimizer.hasMomentum && "\(optimizer)" != "\(same)")
      optimizer.scheduledMomentum = 1
      #expect(throws: HyperparameterError.self) { try optimizer.checkHyperparameters() }
    }
    #expect(!SGD().hasMomentum && !Adagrad().hasMomentum)
  }
}
