import MartletCore
import MartletPlatform
import MartletTesting
import TestSupport
import Testing

@testable import MartletNN

@Suite struct LayerTests {
  @Test(arguments: [ActivationFunction.identity, .relu, .tanh, .sigmoid, .gelu, .softmax])
  func `Dense is the affine map then the activation`(_ activation: ActivationFunction) {
    var random = SplitMix("dense")
    let layer = Dense(3, 2, activation: activation)
    let weight = random.tensor([2, 3])
    let bias = random.tensor([2])
    layer.weight = weight
    layer.bias = bias
    let x = random.tensor([4, 3])
    var expected: [Float] = []
    for row in 0..<4 {
      for column in 0..<2 {
        expected.append(
          (0..<3).reduce(bias.scalars[column]) { $0 + x.scalars[row * 3 + $1] * weight.scalars[column * 3 + $1] })
      }
    }
    let result = activation(Tensor(shape: [4, 2], scalars: expected))
    #expect(layer(x).shape == [4, 2])
    #expect(isClose(layer(x).erased.doubles, result.erased.doubles, 1e-5))
  }

  @Test func `Dense without bias`() throws {
    let layer = Dense(2, 1, useBias: false)
    layer.weight = [[2, 3]]
    #expect(layer.bias == nil)
    #expect(layer([[1, 1]]).scalars == [5])
    #expect(layer.parameters().map(\.path) == ["weight"])
  }

  static let activations: [(ActivationFunction, @Sendable (Double) -> Double)] = [
    (.identity, { $0 }),
    (.relu, { max($0, 0) }),
    (.leakyReLU(), { $0 > 0 ? $0 : 0.01 * $0 }),
    (.leakyReLU(slope: 0.3), { $0 > 0 ? $0 : 0.3 * $0 }),
    (.elu(), { $0 > 0 ? $0 : exp($0) - 1 }),
    (.elu(alpha: 2), { $0 > 0 ? $0 : 2 * (exp($0) - 1) }),
    (.selu, { 1.0507009873554805 * ($0 > 0 ? $0 : 1.6732632423543772 * (exp($0) - 1)) }),
    (.gelu, { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }),
    (.geluTanh, { 0.5 * $0 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }),
    (.silu, { $0 / (1 + exp(-$0)) }),
    (.mish, { $0 * tanh(log(1 + exp($0))) }),
    (.sigmoid, { 1 / (1 + exp(-$0)) }),
    (.tanh, { tanh($0) }),
    (.softplus, { log(1 + exp($0)) }),
    (.logSigmoid, { -log1p(exp(-$0)) }), (.celu(alpha: 1.5), { $0 > 0 ? $0 : 1.5 * (exp($0 / 1.5) - 1) }),
    (.relu6, { min(max($0, 0), 6) }), (.hardTanh(), { min(max($0, -1), 1) }),
    (.hardTanh(min: -0.5, max: 0.25), { min(max($0, -0.5), 0.25) }), (.hardSigmoid, { min(max($0 / 6 + 0.5, 0), 1) }),
    (.hardSwish, { $0 * min(max($0 / 6 + 0.5, 0), 1) }), (.softsign, { $0 / (1 + abs($0)) }),
    (.tanhshrink, { $0 - tanh($0) }), (.softshrink(), { abs($0) <= 0.5 ? 0 : $0 - ($0 > 0 ? 0.5 : -0.5) }),
    (.hardshrink(lambda: 1), { abs($0) <= 1 ? 0 : $0 }), (.threshold(0.5, value: -2), { $0 > 0.5 ? $0 : -2 }),
  ]

  @Test(arguments: activations.indices)
  func `activation functions`(_ index: Int) {
    let (function, reference) = Self.activations[index]
    var random = SplitMix("activations")
    let x = random.numbers(20)
    let (value, slope) = valueWithGradient(at: Tensor<Double>(x)) { function($0).sum() }
    #expect(isClose(function(Tensor<Double>(x)).scalars, x.map(reference), 1e-7), "\(function)")
    #expect(isClose([value.item()], [x.map(reference).reduce(0, +)], 1e-7))
    let differences = x.map { (reference($0 + 1e-5) - reference($0 - 1e-5)) / 2e-5 }
    #expect(isClose(slope.scalars, differences, 1e-6), "\(function)")
  }

  @Test func softmaxes() {
    let x: Tensor<Float> = [[1, 2, 3], [1000, 0, 1000]]
    let p = ActivationFunction.softmax(x)
    #expect(isClose(p.sum(axis: 1).erased.doubles, [1, 1], 1e-6))
    #expect(p.scalars[3...] == [0.5, 0, 0.5])
    #expect(isClose(ActivationFunction.logSoftmax(x)[0].exp().erased.doubles, p[0].erased.doubles, 1e-6))
  }

  @Test func `dropout drops while training only`() {
    let layer = Dropout(0.25)
    let x = Tensor<Float>.full([100, 100], 3)
    #expect(layer(x) == x)
    withRandomSeed(3) {
      let y = withMode(.training) { layer(x) }.scalars
      #expect(y.allSatisfy { $0 == 0 || $0 == 4 })
      let dropped = Double(y.count { $0 == 0 }) / 10_000
      // Five standard errors of a mean of 10,000.
      #expect(abs(dropped - 0.25) < 0.022)
    }
    let first = withRandomSeed(3) { withMode(.training) { layer(x) } }
    let second = withRandomSeed(3) { withMode(.training) { layer(x) } }
    let third = withRandomSeed(4) { withMode(.training) { layer(x) } }
    #expect(first == second)
    #expect(!(first == third))
    #expect(withMode(.training) { Dropout(0)(x) } == x)
  }

  @Test func `dropout passes the gradient of what it kept`() {
    let layer = Dropout(0.5)
    let x = Tensor<Float>.ones([50])
    let (value, slope) = withRandomSeed(9) {
      withMode(.training) { valueWithGradient(at: x) { layer($0).sum() } }
    }
    #expect(slope.scalars.allSatisfy { $0 == 0 || $0 == 2 })
    #expect(slope.sum().item() == value.item())
  }

  @Test func `a gradient at a model trains unless told otherwise`() {
    final class Probe: Layer {
      @Parameter var weight: Tensor<Float> = [1]
      var seen: [Mode] = []
      func forward(_ x: Tensor<Float>) -> Tensor<Float> {
        seen.append(Mode.current)
        return x * weight
      }
    }
    let probe = Probe()
    _ = probe([1])
    _ = gradient(at: probe) { $0([1]).sum() }
    _ = withMode(.inference) { gradient(at: probe) { $0([1]).sum() } }
    _ = probe([1])
    #expect(probe.seen == [.inference, .training, .inference, .inference])
  }

  @Test func `dropout refuses other probabilities`() async {
    await #expect(processExitsWith: .failure) { _ = Dropout(1) }
    await #expect(processExitsWith: .failure) { _ = Dropout(-0.1) }
    await #expect(processExitsWith: .failure) { _ = Dropout(.nan) }
  }

  @Test func flatten() throws {
    let x = Tensor<Float>.arange(24).reshaped(to: [2, 3, 4])
    #expect(Flatten()(x).shape == [2, 12])
    #expect(Flatten()(x).scalars == x.scalars)
    #expect(Flatten()(Tensor<Float>.zeros([0, 3, 4])).shape == [0, 12])
    #expect(Flatten()(Tensor<Float>.zeros([5])).shape == [5, 1])
    #expect(try Flatten().outputShape(for: [3, 4]) == [12])
  }
}

@Suite struct SequentialTests {
  @Test func `builds from the input shape`() throws {
    let isDeep = true
    let model = Sequential(inputShape: [2, 3]) {
      Flatten()
      for size in [5, 4] { Dense(size, activation: .relu) }
      if isDeep { Dense(3) }
      if !isDeep { Dropout(0.1) } else { Activation(.tanh) }
    }
    #expect(model.count == 5)
    #expect(model.inputShape == [2, 3])
    #expect(model.parameters().map { $0.variable.value.shape } == [[5, 6], [5], [4, 5], [4], [3, 4], [3]])
    #expect(model(Tensor<Float>.ones([7, 2, 3])).shape == [7, 3])
    #expect(try model.outputShape(for: [6]) == [3])
    #expect(model[3] is Dense)
  }

  @Test func `mistakes are thrown by build`() throws {
    final class Unknown: Layer {
      func forward(_ x: Tensor<Float>) -> Tensor<Float> { x }
    }
    func message(_ model: Sequential, _ shape: Shape) -> String {
      do {
        try model.build(for: shape)
        return ""
      } catch {
        return error.description
      }
    }
    #expect(
      message(
        Sequential {
          Dense(4)
          Sequential { Dense(5, 2) }
        }, [3])
        == "layer 1.0: Dense(5, 2) takes 5 features, not an input of shape [4]")
    #expect(
      message(
        Sequential {
          Unknown()
          Dense(4)
        }, [3])
        == "layer 1: Dense(4) cannot be built, because the layer before it does not say its output's shape: implement "
        + "outputShape(for:) there, or state the size with Dense(inputSize, 4)")
    #expect(message(Sequential { Dense(4) }, []).hasPrefix("layer 0: Dense(4) needs an input of at least one feature"))
    #expect(
      message(
        Sequential {
          Unknown()
          Dense(3, 4)
        }, [3]) == "")
    let built = Sequential(inputShape: [10]) { Dense(1) }
    #expect(throws: ModuleError.layer(path: "0", reason: "Dense(10, 1) takes 10 features, not an input of shape [9]")) {
      try built.outputShape(for: [9])
    }
  }

  @Test func `mistakes in the initialiser trap with the layer`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Sequential(inputShape: [10]) {
        Dense(4)
        Dense(5, 1)
      }
    }
    let text = errorText(result)
    #expect(
      text.contains(
        "Sequential(inputShape: [10]): layer 1: Dense(5, 1) takes 5 features, not an input of shape [4]"))
  }

  @Test func `a wrong input traps with the layer's path`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let model = Sequential(inputShape: [10]) {
        Activation(.relu)
        Sequential { Dense(4) }
      }
      _ = model(Tensor<Float>.zeros([2, 9]))
    }
    let text = errorText(result)
    #expect(text.contains("linear: "))
    #expect(text.contains("[2, 9]"))
    #expect(text.contains("[4, 10]"))
    #expect(text.contains("(in layer 1.0)"))
  }

  @Test func `no such layer`() async {
    await #expect(processExitsWith: .failure) { _ = Sequential { Dense(1) }[1] }
  }
}
