import MartletCore
import MartletNN
import MartletTesting
import TestSupport
import Testing

/// Lion, as somebody would write it who has this library as it is published (Chen et al., 2023, arXiv:2302.06675).
private struct OwnLionRule: UpdateRule {
  var learningRate = 1e-2
  let beta1 = 0.9
  let beta2 = 0.99
  var weightDecay = 0.0

  var name: String { "Lion" }
  var slotNames: [String] { ["firstMoment"] }
  var hyperparameters: [Hyperparameter] {
    [
      .number("beta1", beta1, .belowOne, default: 0.9), .number("beta2", beta2, .belowOne, default: 0.99),
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
    ]
  }

  func update(_ part: UpdatePart<Float>) { move(part) }
  func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, m) = (part.parameter, part.gradient, part.slots[0])
    let (rate, kept, beta1, beta2) = (S(learningRate), S(1 - learningRate * weightDecay), S(beta1), S(beta2))
    for i in part.indices {
      let ahead = m[i] + (1 - beta1) * (g[i] - m[i])
      m[i] += (1 - beta2) * (g[i] - m[i])
      p[i] = kept * p[i] - (ahead == 0 ? 0 : ahead > 0 ? rate : -rate)
    }
  }
}

private final class OwnLion: ElementwiseOptimizer<OwnLionRule> {
  init(learningRate: Double = 1e-2, weightDecay: Double = 0) {
    super.init(OwnLionRule(learningRate: learningRate, weightDecay: weightDecay))
  }
}

/// Five slots, each of which counts in its own way; and what a rule may say of itself, left out.
private struct CountingRule: UpdateRule {
  var learningRate = 1.0
  var step = 0

  var name: String { "Counting" }
  var slotNames: [String] { ["a", "b", "c", "d", "e"] }

  mutating func prepare(step: Int) { self.step = step }
  func update(_ part: UpdatePart<Float>) { move(part) }
  func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    precondition(part.slots.count == 5 && part.count == part.gradient.count)
    for slot in 0..<5 {
      for i in part.indices { part.slots[slot][i] += S(slot + 1) * part.gradient[i] }
    }
    for i in part.indices { part.parameter[i] += S(step) }
  }
}

private final class Pair<Scalar: FloatingScalar>: Module {
  @Parameter var first: Tensor<Scalar>
  @Parameter var second: Tensor<Scalar>

  init(_ first: Tensor<Scalar>, _ second: Tensor<Scalar>) {
    self.first = first
    self.second = second
  }
}

@Suite struct UpdateRuleTests {
  /// The cases of `make_optimizer_fixtures.py`.
  private static let cases: [(name: String, make: @Sendable () -> any Optimizer)] = [
    ("sgd", { SGD(learningRate: 0.01) }),
    ("sgd/nesterov", { SGD(learningRate: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0.1) }),
    ("sgd/dampening", { SGD(learningRate: 0.01, momentum: 0.9, dampening: 0.5) }),
    ("sgd/maximize", { uphill(SGD(learningRate: 0.01, momentum: 0.9, weightDecay: 0.1)) }),
    ("adam", { Adam(learningRate: 0.01) }),
    ("adam/amsgrad", { Adam(learningRate: 0.01, beta1: 0.8, beta2: 0.9, weightDecay: 0.1, amsgrad: true) }),
    ("adamw", { AdamW(learningRate: 0.01, weightDecay: 0.1) }),
    ("rmsprop", { RMSProp() }),
    ("rmsprop/momentum", { RMSProp(momentum: 0.9) }),
    ("rmsprop/centered", { RMSProp(centered: true) }),
    ("rmsprop/decay", { RMSProp(weightDecay: 0.1) }),
    ("rmsprop/all", { RMSProp(alpha: 0.9, epsilon: 1e-3, weightDecay: 0.02, momentum: 0.5, centered: true) }),
    ("nadam", { NAdam(learningRate: 0.01) }),
    ("nadam/coupled", { NAdam(learningRate: 0.01, beta1: 0.8, beta2: 0.99, weightDecay: 0.1, momentumDecay: 0.1) }),
    (
      "nadam/decoupled",
      { NAdam(learningRate: 0.01, weightDecay: 0.1, momentumDecay: 0, decoupledWeightDecay: true) }
    ),
    ("radam", { RAdam(learningRate: 0.01) }),
    ("radam/coupled", { RAdam(learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1) }),
    ("radam/decoupled", { RAdam(learningRate: 0.01, weightDecay: 0.1, decoupledWeightDecay: true) }),
    ("adagrad", { Adagrad() }),
    ("adagrad/all", { Adagrad(learningRateDecay: 0.1, initialSum: 0.1, epsilon: 1e-3, weightDecay: 0.1) }),
    ("adadelta", { Adadelta(learningRate: 0.01) }),
    ("adadelta/all", { uphill(Adadelta(learningRate: 0.01, rho: 0.5, epsilon: 1e-3, weightDecay: 0.1)) }),
    ("adamax", { Adamax(learningRate: 0.01) }),
    ("adamax/all", { Adamax(learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.1) }),
    ("lion", { Lion(learningRate: 0.01) }),
    ("lion/decay", { Lion(learningRate: 0.01, beta1: 0.8, beta2: 0.9, weightDecay: 0.1) }),
    ("lamb", { LAMB(learningRate: 0.01) }),
    ("lamb/all", { LAMB(learningRate: 0.01, beta1: 0.8, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.3) }),
  ]
  /// The steps of which the fixture has the parameters.
  private static let kept = [0, 1, 2, 3, 4, 5, 9, 19, 34, 49]

  private static func uphill<Rule>(_ optimizer: ElementwiseOptimizer<Rule>) -> ElementwiseOptimizer<Rule> {
    optimizer.maximize = true
    return optimizer
  }

  @Test func `parameters go as with PyTorch's optimisers`() throws {
    let fixture = try Fixture("optimizers")
    let expected = Set(Self.cases.flatMap { ["float32.\($0.name)", "float64.\($0.name)"] })
    let names = fixture.tensors.keys.filter { name in
      !name.hasPrefix("lbfgs.") && !name.hasSuffix(".initial") && !name.hasSuffix(".gradients")
    }
    #expect(Set(names) == expected)
    for (name, make) in Self.cases {
      try Self.expectSame(fixture, "float32.", name, make(), Float.self, 1e-5)
      try Self.expectSame(fixture, "float64.", name, make(), Double.self, 1e-12)
    }
  }

  private static func expectSame<S: FloatingScalar>(
    _ fixture: Fixture, _ type: String, _ name: String, _ optimizer: any Optimizer, _: S.Type, _ tolerance: Double
  ) throws {
    let initial: Tensor<S> = try fixture.tensor(type + "initial")
    let gradients: Tensor<S> = try fixture.tensor(type + "gradients")
    let after: Tensor<S> = try fixture.tensor(type + name)
    // Twice the same, as two parameters: the second begins where no vector does.
    let model = Pair(initial, initial)
    for step in 0..<gradients.shape[0] {
      let gradient = gradients[step].erased
      optimizer.update(model, along: Gradients([("first", gradient), ("second", gradient)]))
      guard let place = kept.firstIndex(of: step) else { continue }
      for found in [model.first, model.second] {
        #expect(
          isClose(found.erased.doubles, after[place].erased.doubles, tolerance), "\(type)\(name), step \(step)")
      }
    }
  }

  @Test func `a part is the same, however the step is cut`() {
    func trained(_ make: () -> any Optimizer, threads: Int) -> [[UInt64]] {
      var random = SplitMix("cut")
      let model = Pair<Double>(
        Tensor(shape: [123, 100], scalars: random.numbers(12300)), Tensor(shape: [7], scalars: random.numbers(7)))
      let optimizer = make()
      withThreads(threads) {
        for _ in 0..<3 {
          optimizer.update(
            model,
            along: Gradients([
              ("first", Tensor(shape: [123, 100], scalars: random.numbers(12300)).erased),
              ("second", Tensor(shape: [7], scalars: random.numbers(7)).erased),
            ]))
        }
      }
      return [model.first, model.second].map { $0.scalars.map(\.bitPattern) }
    }
    for make in [{ RMSProp(momentum: 0.9, centered: true) as any Optimizer }, { OwnLion() }, { LAMB() }] {
      let one = trained(make, threads: 1)
      #expect(trained(make, threads: 2) == one)
      #expect(trained(make, threads: 3) == one)
    }
  }

  @Test func `a rule of one's own learns, and its state is saved`() throws {
    let x: Tensor<Float> = [[0, 0], [0, 1], [1, 0], [1, 1]]
    let y: Tensor<Float> = [[1], [3], [-1], [1]]
    func train(_ model: Dense, _ optimizer: any Optimizer, steps: Int) -> Float {
      var last: Float = 0
      for _ in 0..<steps {
        let (loss, gradients) = valueWithGradient(at: model) { meanSquaredError(predicted: $0(x), expected: y) }
        optimizer.update(model, along: gradients)
        last = loss.item()
      }
      return last
    }
    let model = withRandomSeed(3) { Dense(2, 1) }
    let optimizer = OwnLion()
    #expect(train(model, optimizer, steps: 400) < 0.05)
    let state = optimizer.state(for: model)
    #expect(state.map(\.name) == ["weight.step", "weight.firstMoment", "bias.step", "bias.firstMoment"])
    #expect(try Tensor<Int64>(state[0].tensor).item() == 400)

    let copy = Dense(2, 1)
    try copy.load(model.namedTensors())
    let second = ElementwiseOptimizer(OwnLionRule())
    try second.restoreState(state, for: copy)
    #expect(train(model, optimizer, steps: 5) == train(copy, second, steps: 5))
    #expect(model.weight == copy.weight && model.bias == copy.bias)
    #expect(throws: ModuleError.self) { try second.restoreState(Array(state.dropLast()), for: copy) }
  }

  @Test func `a rule has as many slots as it names, and is told the step`() throws {
    let model = Pair<Float>([1, 2], [3])
    let optimizer = ElementwiseOptimizer(CountingRule())
    let gradient: [(path: String, gradient: AnyTensor)] = [
      ("first", Tensor<Float>([1, 10]).erased), ("second", Tensor<Float>([100]).erased),
    ]
    optimizer.update(model, along: Gradients(gradient))
    // The parameters' numbers of steps are their own.
    optimizer.update(model, along: Gradients([gradient[1]]))
    optimizer.update(model, along: Gradients(gradient))
    #expect(model.first.scalars == [4, 5])
    #expect(model.second.scalars == [9])
    let state = Dictionary(uniqueKeysWithValues: optimizer.state(for: model).map { ($0.name, $0.tensor.doubles) })
    #expect(state["first.step"] == [2] && state["second.step"] == [3])
    for (number, slot) in ["a", "b", "c", "d", "e"].enumerated() {
      let factor = Double(number) + 1
      #expect(state["first.\(slot)"] == [2 * factor, 20 * factor])
      #expect(state["second.\(slot)"] == [300 * factor])
    }
  }

  @Test func `a rule's hyperparameters are the optimiser's`() {
    let lion = OwnLion(weightDecay: 0.1)
    #expect("\(lion)" == "Lion(learningRate: 0.01, weightDecay: 0.1)")
    #expect(lion.beta1 == 0.9 && lion.weightDecay == 0.1)
    lion.weightDecay = 0
    lion.learningRate = 0.5
    #expect("\(lion)" == "Lion(learningRate: 0.5)" && lion.rule.learningRate == 0.5)
    #expect("\(ElementwiseOptimizer(CountingRule()))" == "Counting(learningRate: 1.0)")
    #expect(
      "\(RMSProp(alpha: 0.9, momentum: 0.5, centered: true))"
        == "RMSProp(learningRate: 0.01, alpha: 0.9, momentum: 0.5, centered: true)")
    #expect(SGD(momentum: 0.9).momentum == 0.9 && Adam().beta2 == 0.999 && RMSProp().epsilon == 1e-8)
  }

  @Test func `a rule's hyperparameters are checked whenever they have changed`() async {
    let lion = OwnLion()
    #expect(throws: Never.self) { try lion.checkHyperparameters() }
    lion.weightDecay = -1
    #expect(throws: HyperparameterError(optimizer: "Lion", name: "weightDecay", value: -1, range: .atLeastZero)) {
      try lion.checkHyperparameters()
    }
    lion.weightDecay = 0
    (lion as any Optimizer).learningRate = .nan
    #expect(throws: HyperparameterError(optimizer: "Lion", name: "learningRate", value: .nan, range: .atLeastZero)) {
      try lion.checkHyperparameters()
    }
    lion.learningRate = 0
    #expect(throws: Never.self) { try lion.checkHyperparameters() }
    let made = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RMSProp(alpha: 1)
    }
    #expect(errorText(made).contains("RMSProp: expected alpha to be at least 0 and less than 1, got 1"))
    let changed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Dense(2, 1)
      let optimizer = RMSProp()
      optimizer.update(model, along: gradient(at: model) { $0.weight.sum() })
      optimizer.weightDecay = .infinity
      optimizer.update(model, along: gradient(at: model) { $0.weight.sum() })
    }
    #expect(errorText(changed).contains("RMSProp: expected weightDecay to be finite and at least 0, got inf"))
  }

  @Test func `gradients that do not fit are told in the rule's name`() async {
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      OwnLion().update(Dense(2, 1), along: Gradients([("weight", Tensor<Float>.zeros([2, 1]).erased)]))
    }
    #expect(errorText(shape).contains("Lion: the gradient for \"weight\" is Float [2, 1], the parameter Float [1, 2]"))
  }

  @Test func `what is not a number stays one, centred too`() {
    let model = Pair<Float>([1, 1], [1])
    RMSProp(centered: true).update(
      model, along: Gradients([("first", Tensor<Float>([.nan, 0]).erased), ("second", Tensor<Float>([1]).erased)]))
    #expect(model.first.scalars[0].isNaN && model.first.scalars[1] == 1)
  }
}
