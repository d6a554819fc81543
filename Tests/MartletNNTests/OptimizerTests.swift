import MartletCore
import MartletPlatform
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

/// Two parameters of unlike sizes, the second of which spans several chunks of a parallel step.
private final class Weights: Module {
  @Parameter var small: Tensor<Float>
  @Parameter var large: Tensor<Float>
  @Parameter var double: Tensor<Double>

  init() {
    var random = SplitMix("weights")
    small = random.tensor([3])
    large = random.tensor([100, 123])
    double = Tensor(shape: [2, 2], scalars: random.numbers(4))
  }

  var state: [[Double]] { [small.erased.doubles, large.erased.doubles, double.scalars] }
}

/// PyTorch's formulas, number by number in `Double`.
private struct ScalarSGD {
  var learningRate, momentum, weightDecay: Double
  var nesterov: Bool
  var velocity = 0.0

  mutating func step(_ p: inout Double, _ gradient: Double, _ t: Int) {
    var g = gradient + weightDecay * p
    if momentum != 0 {
      velocity = t == 1 ? g : momentum * velocity + g
      g = nesterov ? g + momentum * velocity : velocity
    }
    p -= learningRate * g
  }
}

private struct ScalarAdam {
  var learningRate, beta1, beta2, epsilon, weightDecay: Double
  var amsgrad, decoupled: Bool
  var m = 0.0
  var v = 0.0
  var largest = 0.0

  mutating func step(_ p: inout Double, _ gradient: Double, _ t: Int) {
    var g = gradient
    if decoupled { p -= learningRate * weightDecay * p } else { g += weightDecay * p }
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    largest = max(largest, v)
    let corrected = ((amsgrad ? largest : v) / (1 - pow(beta2, Double(t)))).squareRoot()
    p -= learningRate * (m / (1 - pow(beta1, Double(t)))) / (corrected + epsilon)
  }
}

/// The gradients of step `t`.
private func gradients(_ model: Weights, _ t: Int) -> Gradients {
  var random = SplitMix("gradients \(t)")
  return Gradients([
    ("small", random.tensor([3]).erased), ("large", random.tensor([100, 123]).erased),
    ("double", Tensor(shape: [2, 2], scalars: random.numbers(4)).erased),
  ])
}

/// Runs an optimiser and a rule side by side for several steps.
private func expectSame(
  _ optimizer: some Optimizer, steps: Int = 6, _ rule: () -> (inout Double, Double, Int) -> Void,
  _ location: SourceLocation = #_sourceLocation
) {
  let model = Weights()
  var expected = model.state
  let rules = expected.map { $0.map { _ in rule() } }
  for t in 1...steps {
    let all = gradients(model, t)
    for (index, path) in ["small", "large", "double"].enumerated() {
      let gradient = all[path]!.doubles
      for place in gradient.indices { rules[index][place](&expected[index][place], gradient[place], t) }
    }
    optimizer.update(model, along: all)
    for (found, wanted) in zip(model.state, expected) {
      #expect(isClose(found, wanted, 3e-6), "step \(t)", sourceLocation: location)
    }
    #expect(isClose(model.state[2], expected[2], 1e-12), "step \(t)", sourceLocation: location)
  }
}

private func sgd(_ momentum: Double, _ nesterov: Bool, _ decay: Double) -> () -> (inout Double, Double, Int) -> Void {
  {
    var rule = ScalarSGD(learningRate: 0.1, momentum: momentum, weightDecay: decay, nesterov: nesterov)
    return { rule.step(&$0, $1, $2) }
  }
}

private func adam(
  _ decay: Double, _ amsgrad: Bool, _ decoupled: Bool, beta1: Double = 0.9, beta2: Double = 0.999,
  epsilon: Double = 1e-8
) -> () -> (inout Double, Double, Int) -> Void {
  {
    var rule = ScalarAdam(
      learningRate: 0.01, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: decay, amsgrad: amsgrad,
      decoupled: decoupled)
    return { rule.step(&$0, $1, $2) }
  }
}

@Suite struct OptimizerTests {
  @Test func `SGD is PyTorch's`() {
    expectSame(SGD(learningRate: 0.1), sgd(0, false, 0))
    expectSame(SGD(learningRate: 0.1, weightDecay: 0.05), sgd(0, false, 0.05))
    expectSame(SGD(learningRate: 0.1, momentum: 0.9), sgd(0.9, false, 0))
    expectSame(SGD(learningRate: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.02), sgd(0.8, true, 0.02))
  }

  @Test func `Adam is PyTorch's`() {
    expectSame(Adam(learningRate: 0.01), adam(0, false, false))
    expectSame(Adam(learningRate: 0.01, weightDecay: 0.1), adam(0.1, false, false))
    expectSame(Adam(learningRate: 0.01, amsgrad: true), steps: 12, adam(0, true, false))
    expectSame(
      Adam(learningRate: 0.01, beta1: 0.5, beta2: 0.9, epsilon: 1e-3),
      adam(0, false, false, beta1: 0.5, beta2: 0.9, epsilon: 1e-3))
  }

  @Test func `AdamW is PyTorch's`() {
    expectSame(AdamW(learningRate: 0.01), adam(0.01, false, true))
    expectSame(AdamW(learningRate: 0.01, weightDecay: 0.2, amsgrad: true), adam(0.2, true, true))
  }

  @Test func `the learning rate may change`() {
    let model = Weights()
    let optimizer = SGD(learningRate: 1)
    let before = model.state
    let first = gradients(model, 1)
    optimizer.update(model, along: first)
    optimizer.learningRate = 0.5
    optimizer.update(model, along: first)
    let expected = zip(before[0], first["small"]!.doubles).map { $0 - 1.5 * $1 }
    #expect(isClose(model.state[0], expected, 1e-6))
  }

  @Test func `what has no gradient or is frozen stays`() {
    let model = Weights()
    let before = model.state
    var some = gradients(model, 1)
    some["large"] = nil
    model.$small.isTrainable = false
    let optimizer = Adam(weightDecay: 0.5)
    optimizer.update(model, along: some)
    #expect(model.state[0] == before[0])
    #expect(model.state[1] == before[1])
    #expect(model.state[2] != before[2])
    // A parameter counts its own steps: this is the first of `large`.
    model.$small.isTrainable = true
    optimizer.update(model, along: gradients(model, 2))
    var numbers = before[1]
    let rules = numbers.map { _ in adam(0.5, false, false)() }
    let gradient = gradients(model, 2)["large"]!.doubles
    for index in numbers.indices { rules[index](&numbers[index], gradient[index], 1) }
    let scaled = zip(numbers, before[1]).map { ($0 - $1) * 0.1 + $1 }
    #expect(isClose(model.state[1], scaled, 3e-6))
  }

  @Test func `others keep the old values`() {
    let model = Weights()
    let held = model.large
    let values = held.scalars
    SGD(learningRate: 1).update(model, along: gradients(model, 1))
    #expect(held.scalars == values)
    #expect(!(model.large == held))
  }

  @Test func `threads do not matter`() {
    let one = Weights()
    let many = Weights()
    let (a, b) = (Adam(), Adam())
    for t in 1...3 {
      withThreads(1) { a.update(one, along: gradients(one, t)) }
      b.update(many, along: gradients(many, t))
    }
    #expect(one.large == many.large)
  }

  @Test func `strided gradients`() {
    final class Matrix: Module { @Parameter var weight: Tensor<Float> = [[1, 2], [3, 4]] }
    let model = Matrix()
    let gradient: Tensor<Float> = [[1, 2], [3, 4]]
    SGD(learningRate: 1).update(model, along: Gradients([("weight", gradient.transposed().erased)]))
    #expect(model.weight.scalars == [0, -1, 1, 0])
    // The gradient of a sum is a number seen from everywhere.
    let ones = MartletNN.gradient(at: model) { $0.weight.sum() }
    SGD(learningRate: 1).update(model, along: ones)
    #expect(model.weight.scalars == [-1, -2, 0, -1])
  }

  @Test func `state goes to another optimiser`() throws {
    for make in [
      { Adam(amsgrad: true) as any Optimizer }, { AdamW() }, { SGD(learningRate: 0.1, momentum: 0.9) }, { SGD() },
    ] {
      let (model, copy) = (Weights(), Weights())
      let first = make()
      for t in 1...3 { first.update(model, along: gradients(model, t)) }
      try copy.load(model.namedTensors())
      let second = make()
      try second.restoreState(first.state(for: model), for: copy)
      #expect(second.state(for: copy).map(\.name) == first.state(for: model).map(\.name))
      for t in 4...5 {
        first.update(model, along: gradients(model, t))
        second.update(copy, along: gradients(model, t))
      }
      #expect(model.state == copy.state)
    }
  }

  @Test func `state has names`() {
    let model = Weights()
    let optimizer = Adam()
    #expect(optimizer.state(for: model).isEmpty)
    optimizer.update(model, along: gradients(model, 1))
    let state = optimizer.state(for: model)
    #expect(
      state.map(\.name)
        == ["small", "large", "double"].flatMap {
          ["\($0).step", "\($0).firstMoment", "\($0).secondMoment"]
        })
    // What was handed out does not change with the next step.
    let moment = state[1].tensor.doubles
    optimizer.update(model, along: gradients(model, 2))
    #expect(state[1].tensor.doubles == moment)
    #expect(optimizer.state(for: model)[1].tensor.doubles != moment)
  }

  @Test func `state that does not fit is refused`() throws {
    let model = Weights()
    let optimizer = Adam()
    optimizer.update(model, along: gradients(model, 1))
    let good = optimizer.state(for: model)
    var bad = good
    bad[1].tensor = Tensor<Float>.zeros([4]).erased
    bad[2].tensor = Tensor<Double>.zeros([3]).erased
    bad.remove(at: 3)
    bad.append(("extra", Tensor<Float>.zeros([1]).erased))
    #expect(
      throws: ModuleError.mismatch(
        source: "the optimiser's state",
        problems: [
          .shape(name: "small.firstMoment", expected: [3], found: [4]),
          .scalarType(name: "small.secondMoment", expected: .float32, found: .float64),
          .missing(name: "large.step", shape: []),
          .unexpected(name: "extra", shape: [1]),
        ])
    ) { try optimizer.restoreState(bad, for: model) }
    #expect(optimizer.state(for: model).map(\.tensor.doubles) == good.map(\.tensor.doubles))
  }

  @Test func `state is matched by names as they are written`() throws {
    final class Named: Module {
      let parts = ["\u{E9}": Dense(1, 1, useBias: false)]
    }
    let model = Named()
    let optimizer = SGD(learningRate: 0.1, momentum: 0.9)
    optimizer.update(model, along: Gradients([("parts.\u{E9}.weight", Tensor<Float>([[1]]).erased)]))
    let state = optimizer.state(for: model)
    try optimizer.restoreState(state, for: model)
    let other = state.map { (name: $0.name.replacing("\u{E9}", with: "e\u{301}"), tensor: $0.tensor) }
    let problems = zip(state, other).map { ModuleError.Problem.spelling(name: $0.name, found: $1.name) }
    #expect(throws: ModuleError.mismatch(source: "the optimiser's state", problems: problems)) {
      try optimizer.restoreState(other, for: model)
    }
  }

  @Test func `one optimiser may serve two models`() {
    let (a, b) = (Weights(), Weights())
    let optimizer = Adam(learningRate: 0.01)
    for t in 1...3 {
      optimizer.update(a, along: gradients(a, t))
      optimizer.update(b, along: gradients(b, t))
    }
    #expect(a.state == b.state)
  }

  @Test func `wrong gradients trap`() async {
    let shape = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Dense(2, 1)
      Adam().update(model, along: Gradients([("weight", Tensor<Float>.zeros([2, 1]).erased)]))
    }
    #expect(
      errorText(shape).contains("Adam: the gradient for \"weight\" is Float [2, 1], the parameter Float [1, 2]"))
    let path = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Dense(2, 1)
      SGD().update(model, along: Gradients([("0.weight", Tensor<Float>.zeros([1, 2]).erased)]))
    }
    #expect(
      errorText(path).contains("SGD: there is a gradient for \"0.weight\""))
    let spelling = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      final class Named: Module {
        let parts = ["\u{E9}": Dense(1, 1, useBias: false)]
      }
      SGD().update(Named(), along: Gradients([("parts.e\u{301}.weight", Tensor<Float>.zeros([1, 1]).erased)]))
    }
    #expect(errorText(spelling).contains("differs only in Unicode normalisation"))
  }

  @Test func `hyperparameters are checked`() async {
    await #expect(processExitsWith: .failure) { _ = Adam(learningRate: -1) }
    await #expect(processExitsWith: .failure) { _ = Adam(beta1: 1) }
    await #expect(processExitsWith: .failure) { _ = SGD(nesterov: true) }
    let infinite = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = AdamW(epsilon: .infinity)
    }
    #expect(errorText(infinite).contains("AdamW: expected epsilon to be finite and at least 0, got inf"))
    let changed = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Dense(2, 1)
      let optimizer = SGD(momentum: 0.9)
      optimizer.learningRate = .nan
      optimizer.update(model, along: gradient(at: model) { $0.weight.sum() })
    }
    #expect(errorText(changed).contains("SGD: expected learningRate to be finite and at least 0, got nan"))
  }

  @Test func `hyperparameters that have changed are named`() {
    for optimizer in [Adam(), AdamW(), SGD()] as [any Optimizer] {
      #expect(throws: Never.self) { try optimizer.checkHyperparameters() }
      for rate in [-1e-9, .nan, .infinity, -.infinity] {
        optimizer.learningRate = rate
        let expected = HyperparameterError(
          optimizer: "\(type(of: optimizer))", name: "learningRate", value: rate, range: .atLeastZero)
        #expect(throws: expected) { try optimizer.checkHyperparameters() }
      }
      optimizer.learningRate = 0
      #expect(throws: Never.self) { try optimizer.checkHyperparameters() }
    }
    let (adam, sgd) = (Adam(), SGD())
    (adam.weightDecay, sgd.weightDecay) = (.nan, -1)
    for optimizer in [adam, sgd] as [any Optimizer] {
      let error = #expect(throws: HyperparameterError.self) { try optimizer.checkHyperparameters() }
      #expect(error?.name == "weightDecay")
    }
    // Momenta and betas can only be set when an optimiser is made.
    for value in [1, -0.1, .nan, .infinity] {
      #expect(throws: HyperparameterError.self) {
        try HyperparameterRange.belowOne.check(value, "momentum", of: "SGD")
      }
    }
  }

  @Test func `a model learns`() {
    withRandomSeed(5) {
      let model = Sequential(inputShape: [2]) {
        Dense(8, activation: .tanh)
        Dense(1)
      }
      let x: Tensor<Float> = [[0, 0], [0, 1], [1, 0], [1, 1]]
      let y: Tensor<Float> = [[0], [1], [1], [0]]
      let optimizer = Adam(learningRate: 0.05)
      var last: Float = 0
      for _ in 0..<300 {
        let (loss, gradients) = valueWithGradient(at: model) { model in
          meanSquaredError(predicted: model(x), expected: y)
        }
        optimizer.update(model, along: gradients)
        last = loss.item()
      }
      #expect(last < 1e-2)
      #expect(zip(model(x).scalars, y.scalars).allSatisfy { abs($0 - $1) < 0.3 })
    }
  }
}
