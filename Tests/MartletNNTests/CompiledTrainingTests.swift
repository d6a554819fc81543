import MartletCore
import MartletNN
import MartletTesting
import Testing

/// Whole training steps from a plan: the same bits as step by step, in parameters, buffers and losses.
@Suite struct CompiledTrainingTests {
  private struct Data {
    let x: [Tensor<Float>]
    let labels: [Tensor<Int32>]

    init(_ steps: Int, rows: Int = 16, features: Int = 6, classes: Int = 3) {
      var generator = RandomGenerator(seed: 11)
      x = (0..<steps).map { _ in .randomNormal([rows, features], using: &generator) }
      labels = (0..<steps).map { _ in .randomInteger([rows], in: 0..<Int32(classes), using: &generator) }
    }
  }

  private func network() -> Sequential {
    withRandomSeed(3) {
      let model = Sequential(inputShape: [6]) {
        Dense(8, activation: .gelu)
        BatchNorm(8)
        Dropout(0.25)
        Residual { Dense(8, activation: .tanh) }
        LayerNorm(8)
        Dense(3)
      }
      _ = model(.zeros([2, 6]))
      return model
    }
  }

  /// The losses of some steps, then every parameter and buffer.
  private func train(
    _ make: () -> any Optimizer, isCompiled: Bool, steps: Int = 8,
    between: (Int, Sequential, any Optimizer) -> Void = { _, _, _ in }
  ) -> [AnyTensor] {
    let data = Data(steps)
    let (model, optimizer) = (network(), make())
    func step(_ x: Tensor<Float>, _ labels: Tensor<Int32>) -> Tensor<Float> {
      let (loss, gradients) = valueWithGradient(at: model) { model in
        crossEntropy(logits: model(x), labels: labels, labelSmoothing: 0.1)
      }
      optimizer.update(model, along: gradients.clipped(norm: 0.5))
      return loss
    }
    let compiledStep = compiled { (x: Tensor<Float>, labels: Tensor<Int32>) in step(x, labels) }
    return withRandomSeed(9) {
      var results: [AnyTensor] = []
      for index in 0..<steps {
        let (x, labels) = (data.x[index], data.labels[index])
        results.append((isCompiled ? compiledStep(x, labels) : step(x, labels)).erased)
        between(index, model, optimizer)
      }
      if isCompiled { #expect(compiledStep.plans.count == 1) }
      return results + model.parameters().map { $0.variable.value } + model.buffers().map { $0.variable.value }
    }
  }

  private func expectSameBits(
    _ make: () -> any Optimizer, _ comment: Comment? = nil,
    between: (Int, Sequential, any Optimizer) -> Void = { _, _, _ in }
  ) {
    let eager = train(make, isCompiled: false, between: between)
    let compiled = train(make, isCompiled: true, between: between)
    #expect(eager.count == compiled.count)
    for (index, pair) in zip(eager, compiled).enumerated() {
      #expect(PrimitiveCheck.firstDifference(pair.0, pair.1) == nil, comment ?? "tensor \(index)")
    }
  }

  @Test func `every optimiser`() {
    let optimizers: [() -> any Optimizer] = [
      { SGD(learningRate: 0.1) }, { SGD(learningRate: 0.1, momentum: 0.9, nesterov: true) }, { Adam() }, { AdamW() },
      { NAdam() }, { RAdam() }, { RMSProp() }, { Adagrad() }, { Adadelta() }, { Adamax() }, { Lion() }, { LAMB() },
    ]
    for make in optimizers { expectSameBits(make, "\(make())") }
  }

  @Test func `learning rates, frozen parameters and replaced values are seen`() {
    var held: [AnyTensor] = []
    expectSameBits({ Adam(learningRate: 0.01) }) { step, model, optimizer in
      optimizer.learningRate *= 0.5
      let parameters = model.parameters()
      if step == 3 { parameters[0].variable.value = parameters[0].variable.value * 2 }
      if step == 4 { parameters[1].variable.isTrainable = false }
      // A copy that someone holds: the step has to leave it as it is.
      if step == 6 { held.append(parameters[2].variable.value) }
    }
    #expect(held.count == 2)
  }

  /// Eight layers whose parameters are large enough to be changed one by one.
  private func deepNetwork() -> Sequential {
    withRandomSeed(5) {
      let model = Sequential(inputShape: [128]) { for _ in 0..<8 { Dense(128, activation: .tanh) } }
      _ = model(.zeros([1, 128]))
      return model
    }
  }

  /// The plan's most bytes, and the results of some steps with what they leave, of a loss that reads the parameters too.
  /// `value` is computed between the gradients and the update, or after it.
  private func trainDeep(
    _ optimizer: any Optimizer, isCompiled: Bool, clips: Bool = false, isAfter: Bool = false
  ) -> (peakBytes: Int, results: [AnyTensor]) {
    let model = deepNetwork()
    func total() -> Tensor<Float> {
      model.parameters().reduce(Tensor(0)) { sum, parameter in
        let values = Tensor<Float>(unchecked: parameter.variable.value)
        return sum + (values * values).sum()
      }
    }
    func step(_ x: Tensor<Float>, _ y: Tensor<Float>) -> (Tensor<Float>, Tensor<Float>) {
      let (loss, gradients) = valueWithGradient(at: model) { model in
        meanSquaredError(predicted: model(x), expected: y) + total() * 0.001
      }
      let before = total()
      optimizer.update(model, along: clips ? gradients.clipped(norm: 0.1) : gradients)
      return (loss, isAfter ? total() : before)
    }
    let compiledStep = compiled { (x: Tensor<Float>, y: Tensor<Float>) in step(x, y) }
    var generator = RandomGenerator(seed: 8)
    var results: [AnyTensor] = []
    for _ in 0..<6 {
      let x = Tensor<Float>.randomNormal([4, 128], using: &generator)
      let y = Tensor<Float>.randomNormal([4, 128], using: &generator)
      let (loss, value) = isCompiled ? compiledStep(x, y) : step(x, y)
      results += [loss.erased, value.erased]
    }
    return (compiledStep.plans.first?.peakBytes ?? 0, results + model.parameters().map { $0.variable.value })
  }

  @Test(arguments: [false, true], [false, true])
  func `parameters are changed as soon as nothing needs them as they were`(clips: Bool, isAfter: Bool) {
    for make in [{ Adam() }, { SGD(learningRate: 0.1, momentum: 0.9) }, { LAMB() }] as [() -> any Optimizer] {
      let (peak, results) = trainDeep(make(), isCompiled: true, clips: clips, isAfter: isAfter)
      let (_, wanted) = trainDeep(make(), isCompiled: false, clips: clips, isAfter: isAfter)
      for (number, (got, wanted)) in zip(results, wanted).enumerated() {
        #expect(PrimitiveCheck.firstDifference(got, wanted) == nil, "result \(number)")
      }
      // All gradients have eight times 64 KiB.
      if isAfter && !clips { #expect(peak < 3 * 65_536) }
    }
  }
}
