import CKernels
import MartletCore

/// Stochastic gradient descent, optionally with momentum.
///
/// With gradient `g`, momentum `μ` and weight decay `λ`: `g += λ·p`; `v = μ·v + (1 − dampening)·g` (at a parameter's
/// first step `v = g`); `p -= learningRate · v`, or with Nesterov's momentum `p -= learningRate · (g + μ·v)`. The formulas are
/// those of `torch.optim.SGD`.
public final class SGD: ElementwiseOptimizer<SGDRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range, and for Nesterov's momentum without
  /// momentum or with dampening.
  public init(
    learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0,
    dampening: Double = 0
  ) {
    super.init(
      SGDRule(
        learningRate: learningRate, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay,
        dampening: dampening))
  }
}

/// The update rule of `SGD`.
public struct SGDRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// The share of the velocity that is kept at a step, in `0 ..< 1`.
  public internal(set) var momentum: Double
  /// Whether the momentum is Nesterov's: the gradient counts as if taken after the momentum's step.
  public let nesterov: Bool
  /// The factor of the squared-norm penalty on the parameters.
  public var weightDecay: Double
  /// The share of the gradient that does not enter the velocity, in `0 ..< 1`.
  public let dampening: Double
  private var isFirst = true

  /// Makes the rule of `SGD(learningRate:momentum:nesterov:weightDecay:dampening:)`; traps for Nesterov's momentum
  /// without momentum or with dampening.
  public init(
    learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0,
    dampening: Double = 0
  ) {
    if nesterov && momentum == 0 { fatalError("SGD: Nesterov's momentum needs a momentum above 0") }
    if nesterov && dampening != 0 { fatalError("SGD: Nesterov's momentum needs a dampening of 0, got \(dampening)") }
    self.dampening = dampening
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  public var name: String { "SGD" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.momentum }
  public var slotNames: [String] { momentum == 0 ? [] : ["velocity"] }
  public var hyperparameters: [Hyperparameter] {
    [
      .number("momentum", momentum, .belowOne, default: 0), .flag("nesterov", nesterov),
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
      .number("dampening", dampening, .belowOne, default: 0),
    ]
  }

  public mutating func prepare(step: Int) { isFirst = step == 1 }

  public func update(_ part: UpdatePart<Float>) { run(part) }
  public func update(_ part: UpdatePart<Double>) { run(part) }

  private func run<S>(_ part: UpdatePart<S>) {
    var numbers = mk_sgd(
      learning_rate: learningRate, momentum: momentum, weight_decay: weightDecay, dampening: dampening,
      nesterov: nesterov, first_step: isFirst)
    mk_sgd_step(
      S.scalarType.kernelType, &numbers, part.parameter.baseAddress!, part.gradient.baseAddress!,
      momentum == 0 ? nil : part.slots[0].baseAddress!, part.count)
  }
}

extension SGD {
  /// PyTorch's name for `learningRate`.
  @available(*, unavailable, message: "the step size is called learningRate: SGD(learningRate: 1e-3)")
  public convenience init(lr: Double) { fatalError() }
}
