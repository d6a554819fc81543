import CKernels
import MartletCore

/// Stochastic gradient descent, with momentum if wanted.
///
/// With gradient `g`, momentum `μ` and weight decay `λ`: `g += λ·p`; `v = μ·v + g` (at a parameter's first step `v = g`);
/// `p -= learningRate · v`, or with Nesterov's momentum `p -= learningRate · (g + μ·v)`. The formulas are those of
/// `torch.optim.SGD`.
public final class SGD: Optimizer {
  /// The step size; may be changed between steps.
  public var learningRate: Double
  /// How much of the last velocity is kept, in `0 ..< 1`.
  public let momentum: Double
  /// Whether the gradient is taken as if the momentum's step had been made already.
  public let nesterov: Bool
  /// The factor of the squared-norm penalty on the parameters.
  public var weightDecay: Double

  private var slots: OptimizerSlots
  private var step = FusedStep<Rule>()

  /// Traps when a factor is out of its range, or for Nesterov's momentum without momentum.
  public init(learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) {
    if nesterov && momentum == 0 { fatalError("SGD: Nesterov's momentum needs a momentum above 0") }
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    slots = OptimizerSlots(tensorNames: momentum == 0 ? [] : ["velocity"])
    requireHyperparameters()
  }

  /// Throws when the learning rate, the momentum or the weight decay is outside its range: see `Optimizer`.
  public func checkHyperparameters() throws(HyperparameterError) {
    try HyperparameterRange.atLeastZero.check(learningRate, "learningRate", of: "SGD")
    try HyperparameterRange.belowOne.check(momentum, "momentum", of: "SGD")
    try HyperparameterRange.atLeastZero.check(weightDecay, "weightDecay", of: "SGD")
  }

  /// Changes the model's parameters by one step: see `Optimizer`.
  public func update(_ model: some Module, along gradients: Gradients) {
    requireHyperparameters()
    let list = ParameterList.of(model)
    let gradients = aligned(gradients, with: list, for: "SGD")
    let slots = slots.aligned(with: list)
    // Taken out of the object while it changes.
    var step = FusedStep<Rule>()
    swap(&step, &self.step)
    defer { swap(&step, &self.step) }
    for index in 0..<list.count {
      let variable = list[index]
      guard variable.isTrainable, let gradient = gradients[index] else { continue }
      checkFits(gradient, variable, index, list, "SGD")
      let slot = slots[index]
      slot.prepare(momentum == 0 ? 0 : 1, like: gradient)
      step.add(variable, along: gradient, keeping: slot, rule: Rule(isFirst: slot.step == 0))
      slot.step += 1
    }
    let (learningRate, momentum, nesterov, weightDecay) = (learningRate, momentum, nesterov, weightDecay)
    step.run("SGD", flops: momentum == 0 ? 2 : 4, accesses: momentum == 0 ? 3 : 5) { item, rule, from, count in
      var hyperparameters = mk_sgd(
        learning_rate: learningRate, momentum: momentum, weight_decay: weightDecay, nesterov: nesterov,
        first_step: rule.isFirst)
      let offset = from * item.size
      mk_sgd_step(
        item.type, &hyperparameters, item.parameter + offset, item.gradient + offset, item.slot.0.map { $0 + offset },
        count)
    }
  }

  /// The steps and velocities of the model's parameters, as named tensors: see `Optimizer`.
  public func state(for model: some Module) -> [(name: String, tensor: AnyTensor)] {
    slots.state(for: model.structure.parameterList)
  }

  /// Takes back what `state(for:)` gave: see `Optimizer`.
  public func restoreState(
    _ state: [(name: String, tensor: AnyTensor)], for model: some Module
  ) throws(ModuleError) {
    let list = try ModuleStructure.read(model).parameterList
    try slots.restore(state, for: list)
  }

  private struct Rule: Sendable {
    let isFirst: Bool
  }
}

extension SGD: CustomStringConvertible {
  /// `SGD(learningRate: 0.1, momentum: 0.9)`: the learning rate, and what is not as by default.
  public var description: String {
    "SGD(learningRate: \(learningRate)" + (momentum == 0 ? "" : ", momentum: \(momentum)")
      + (nesterov ? ", nesterov: true" : "")
      + (weightDecay == 0 ? "" : ", weightDecay: \(weightDecay)") + ")"
  }
}
