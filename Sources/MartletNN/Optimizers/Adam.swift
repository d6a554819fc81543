import CKernels
import MartletCore

/// Adam: steps scaled by running means of the gradient and of its square (Kingma and Ba, 2015, arXiv:1412.6980).
///
/// With gradient `g`: `g += weightDecay · p`; `m = β₁m + (1 − β₁)g`; `v = β₂v + (1 − β₂)g²`;
/// `p -= learningRate · (m / (1 − β₁ᵗ)) / (√v / √(1 − β₂ᵗ) + ε)`. The formulas are those of `torch.optim.Adam`; `t` counts a
/// parameter's own steps. With `amsgrad` the largest `v` so far takes `v`'s place (Reddi et al., 2018).
public final class Adam: Optimizer {
  /// The step size; may be changed between steps.
  public var learningRate: Double
  /// The factor of the squared-norm penalty on the parameters, which passes through the moments: see `AdamW`.
  public var weightDecay: Double
  private let rule: AdamRule

  /// Traps when a factor is out of its range.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    rule = AdamRule(
      name: "Adam", beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad, isDecoupled: false)
    requireHyperparameters()
  }

  /// Throws when the learning rate, a beta, epsilon or the weight decay is outside its range: see `Optimizer`.
  public func checkHyperparameters() throws(HyperparameterError) {
    try rule.check(learningRate: learningRate, weightDecay: weightDecay)
  }

  /// Changes the model's parameters by one step: see `Optimizer`.
  public func update(_ model: some Module, along gradients: Gradients) {
    requireHyperparameters()
    rule.update(model, along: gradients, learningRate: learningRate, weightDecay: weightDecay)
  }

  /// The steps and moments of the model's parameters, as named tensors: see `Optimizer`.
  public func state(for model: some Module) -> [(name: String, tensor: AnyTensor)] { rule.state(for: model) }

  /// Takes back what `state(for:)` gave: see `Optimizer`.
  public func restoreState(
    _ state: [(name: String, tensor: AnyTensor)], for model: some Module
  ) throws(ModuleError) {
    try rule.restoreState(state, for: model)
  }
}

/// Adam with decoupled weight decay: `p -= learningRate · weightDecay · p` before Adam's step, apart from the moments
/// (Loshchilov and Hutter, 2019, arXiv:1711.05101).
public final class AdamW: Optimizer {
  /// The step size; may be changed between steps.
  public var learningRate: Double
  /// The decay, which is multiplied by the learning rate.
  public var weightDecay: Double
  private let rule: AdamRule

  /// Traps when a factor is out of its range.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, amsgrad: Bool = false
  ) {
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    rule = AdamRule(
      name: "AdamW", beta1: beta1, beta2: beta2, epsilon: epsilon, amsgrad: amsgrad, isDecoupled: true)
    requireHyperparameters()
  }

  /// Throws when the learning rate, a beta, epsilon or the weight decay is outside its range: see `Optimizer`.
  public func checkHyperparameters() throws(HyperparameterError) {
    try rule.check(learningRate: learningRate, weightDecay: weightDecay)
  }

  /// Changes the model's parameters by one step: see `Optimizer`.
  public func update(_ model: some Module, along gradients: Gradients) {
    requireHyperparameters()
    rule.update(model, along: gradients, learningRate: learningRate, weightDecay: weightDecay)
  }

  /// The steps and moments of the model's parameters, as named tensors: see `Optimizer`.
  public func state(for model: some Module) -> [(name: String, tensor: AnyTensor)] { rule.state(for: model) }

  /// Takes back what `state(for:)` gave: see `Optimizer`.
  public func restoreState(
    _ state: [(name: String, tensor: AnyTensor)], for model: some Module
  ) throws(ModuleError) {
    try rule.restoreState(state, for: model)
  }
}

/// What Adam and AdamW have in common.
private final class AdamRule {
  private let name: StaticString
  private let beta1, beta2, epsilon: Double
  private let amsgrad, isDecoupled: Bool
  private var slots: OptimizerSlots
  private var step = FusedStep<Corrections>()

  init(
    name: StaticString, beta1: Double, beta2: Double, epsilon: Double, amsgrad: Bool, isDecoupled: Bool
  ) {
    self.name = name
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.amsgrad = amsgrad
    self.isDecoupled = isDecoupled
    slots = OptimizerSlots(
      tensorNames: ["firstMoment", "secondMoment"] + (amsgrad ? ["largestSecondMoment"] : []))
  }

  /// The arguments that are not as by default, for a description.
  var unusual: String {
    (beta1 == 0.9 ? "" : ", beta1: \(beta1)") + (beta2 == 0.999 ? "" : ", beta2: \(beta2)")
      + (epsilon == 1e-8 ? "" : ", epsilon: \(epsilon)") + (amsgrad ? ", amsgrad: true" : "")
  }

  func check(learningRate: Double, weightDecay: Double) throws(HyperparameterError) {
    try HyperparameterRange.atLeastZero.check(learningRate, "learningRate", of: "\(name)")
    try HyperparameterRange.belowOne.check(beta1, "beta1", of: "\(name)")
    try HyperparameterRange.belowOne.check(beta2, "beta2", of: "\(name)")
    try HyperparameterRange.atLeastZero.check(epsilon, "epsilon", of: "\(name)")
    try HyperparameterRange.atLeastZero.check(weightDecay, "weightDecay", of: "\(name)")
  }

  func update(_ model: some Module, along gradients: Gradients, learningRate: Double, weightDecay: Double) {
    let list = ParameterList.of(model)
    let gradients = aligned(gradients, with: list, for: name)
    let slots = slots.aligned(with: list)
    // Taken out of the object while it changes.
    var step = FusedStep<Corrections>()
    swap(&step, &self.step)
    defer { swap(&step, &self.step) }
    // Parameters mostly share their number of steps, so the powers are computed once.
    var correctedStep = 0
    var corrections = Corrections(first: 1, second: 1)
    for index in 0..<list.count {
      let variable = list[index]
      guard variable.isTrainable, let gradient = gradients[index] else { continue }
      checkFits(gradient, variable, index, list, name)
      let slot = slots[index]
      slot.prepare(amsgrad ? 3 : 2, like: gradient)
      slot.step += 1
      if slot.step != correctedStep {
        correctedStep = slot.step
        corrections = Corrections(
          first: 1 - integerPower(beta1, correctedStep), second: 1 - integerPower(beta2, correctedStep))
      }
      step.add(variable, along: gradient, keeping: slot, rule: corrections)
    }
    let (beta1, beta2, epsilon, isDecoupled) = (beta1, beta2, epsilon, isDecoupled)
    // By the formulas: 3 operations for the first moment, 4 for the second, 6 for the step.
    step.run(name, flops: 13, accesses: amsgrad ? 9 : 7) { item, corrections, from, count in
      var hyperparameters = mk_adam(
        learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay,
        correction1: corrections.first, correction2: corrections.second, decoupled: isDecoupled)
      let offset = from * item.size
      mk_adam_step(
        item.type, &hyperparameters, item.parameter + offset, item.gradient + offset, item.slot.0! + offset,
        item.slot.1! + offset, item.slot.2.map { $0 + offset }, count)
    }
  }

  func state(for model: some Module) -> [(name: String, tensor: AnyTensor)] {
    slots.state(for: model.structure.parameterList)
  }

  func restoreState(
    _ state: [(name: String, tensor: AnyTensor)], for model: some Module
  ) throws(ModuleError) {
    let list = try ModuleStructure.read(model).parameterList
    try slots.restore(state, for: list)
  }

  /// What the moments are divided by, since they start at zero.
  private struct Corrections: Sendable {
    let first, second: Double
  }
}

/// `base` to a positive whole power, by squaring.
private func integerPower(_ base: Double, _ exponent: Int) -> Double {
  var result = 1.0
  var square = base
  var rest = exponent
  while rest > 0 {
    if rest & 1 == 1 { result *= square }
    square *= square
    rest >>= 1
  }
  return result
}

extension Adam: CustomStringConvertible {
  /// `Adam(learningRate: 0.001)`: the learning rate, and what is not as by default.
  public var description: String {
    "Adam(learningRate: \(learningRate)" + rule.unusual
      + (weightDecay == 0 ? "" : ", weightDecay: \(weightDecay)") + ")"
  }
}

extension AdamW: CustomStringConvertible {
  /// `AdamW(learningRate: 0.001)`: the learning rate, and what is not as by default.
  public var description: String {
    "AdamW(learningRate: \(learningRate)" + rule.unusual
      + (weightDecay == 0.01 ? "" : ", weightDecay: \(weightDecay)") + ")"
  }
}
