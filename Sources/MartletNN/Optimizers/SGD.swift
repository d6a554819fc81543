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

  private var slots = SlotTable<Slot>()
  private var step = FusedStep<Rule>()

  /// Traps when a factor is out of its range, or for Nesterov's momentum without momentum.
  public init(learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) {
    checkHyperparameter("SGD", "learningRate", learningRate, learningRate >= 0)
    checkHyperparameter("SGD", "momentum", momentum, (0..<1).contains(momentum))
    checkHyperparameter("SGD", "weightDecay", weightDecay, weightDecay >= 0)
    if nesterov && momentum == 0 { fatalError("SGD: Nesterov's momentum needs a momentum above 0") }
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  /// Changes the model's parameters by one step: see `Optimizer`.
  public func update(_ model: some Module, along gradients: Gradients) {
    let list = ParameterList.of(model)
    slots.align(with: list)
    step.begin()
    forEachGradient(gradients, list, of: "SGD") { index, variable, gradient in
      var rule = Rule(isFirst: false, velocity: nil)
      if momentum != 0 {
        let slot = slots.slot(index, of: variable)
        rule.isFirst = slot.step == 0
        rule.velocity = slot.velocityPointer(like: gradient)
        slot.step += 1
      }
      step.add(variable, along: gradient, rule: rule)
    }
    step.run { item, from, count in
      var hyperparameters = mk_sgd(
        learning_rate: learningRate, momentum: momentum, dampening: 0, weight_decay: weightDecay, gradient_scale: 1,
        nesterov: nesterov, first_step: item.rule.isFirst, maximize: false)
      let offset = from * item.size
      mk_sgd_step(
        item.type, &hyperparameters, item.parameter + offset, item.gradient + offset,
        item.rule.velocity.map { $0 + offset }, count)
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
    try slots.restore(state, for: list, tensorNames: momentum == 0 ? [] : ["velocity"])
  }

  private struct Rule {
    var isFirst: Bool
    var velocity: UnsafeMutableRawPointer?
  }

  private final class Slot: OptimizerSlot {
    var step = 0
    private var velocity: AnyTensor?

    var tensors: [(name: String, tensor: AnyTensor)] { velocity.map { [("velocity", $0)] } ?? [] }

    func set(_ name: String, _ tensor: AnyTensor) { velocity = tensor }

    func velocityPointer(like gradient: AnyTensor) -> UnsafeMutableRawPointer {
      uniquePointer(&velocity, like: gradient)
    }
  }
}

/// The memory of a slot's tensor, which is made of zeros when there is none yet.
func uniquePointer(_ tensor: inout AnyTensor?, like gradient: AnyTensor) -> UnsafeMutableRawPointer {
  if tensor == nil || tensor!.shape != gradient.shape {
    tensor = AnyTensor(zeros: gradient.shape, scalarType: gradient.scalarType)
  }
  return tensor!.withUniqueMutablePointer { $0 }
}

func checkHyperparameter(_ optimizer: String, _ name: String, _ value: Double, _ isValid: Bool) {
  if !isValid { fatalError("\(optimizer): \(name) cannot be \(value)") }
}
