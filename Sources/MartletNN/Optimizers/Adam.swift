import CKernels
import MartletCore

/// Adam: steps scaled by running means of the gradient and of its square (Kingma and Ba, 2015, arXiv:1412.6980).
///
/// With gradient `g`: `g += weightDecay · p`; `m = β₁m + (1 − β₁)g`; `v = β₂v + (1 − β₂)g²`;
/// `p -= learningRate · (m / (1 − β₁ᵗ)) / (√v / √(1 − β₂ᵗ) + ε)`. The formulas are those of `torch.optim.Adam`; `t` is
/// the number of steps that the parameter has taken. With `amsgrad` the largest `v` so far replaces `v` (Reddi et al.,
/// 2018). The weight decay is the factor of the squared-norm penalty on the parameters, whose gradient goes through the
/// moments; in `AdamW` it does not.
public final class Adam: ElementwiseOptimizer<AdamRule> {
  /// Traps when a factor is out of its range.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false
  ) {
    super.init(
      AdamRule(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
        amsgrad: amsgrad, isDecoupled: false))
  }
}

/// Adam with decoupled weight decay: `p -= learningRate · weightDecay · p` before Adam's step, apart from the moments
/// (Loshchilov and Hutter, 2019, arXiv:1711.05101).
public final class AdamW: ElementwiseOptimizer<AdamRule> {
  /// Traps when a factor is out of its range.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, amsgrad: Bool = false
  ) {
    super.init(
      AdamRule(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
        amsgrad: amsgrad, isDecoupled: true))
  }
}

/// The update rule of `Adam` and `AdamW`.
public struct AdamRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// The share of the gradient's running mean that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta1: Double
  /// The share of the running mean of the gradient's square that is kept at a step, in `0 ..< 1`.
  public let beta2: Double
  /// The number that is added to the root, so that nothing is divided by zero.
  public let epsilon: Double
  /// The factor of the weight decay, which is multiplied by the learning rate.
  public var weightDecay: Double
  /// Whether steps are scaled by the largest mean of the gradient's square so far.
  public let amsgrad: Bool
  /// Whether the weight decay is applied apart from the moments, as in `AdamW`.
  public let isDecoupled: Bool
  // The moments are divided by these, since they start at zero.
  private var correction1 = 1.0
  private var correction2 = 1.0

  /// Makes the rule of `AdamW` where `isDecoupled`, otherwise that of `Adam`.
  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, amsgrad: Bool,
    isDecoupled: Bool
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.amsgrad = amsgrad
    self.isDecoupled = isDecoupled
  }

  public var name: String { isDecoupled ? "AdamW" : "Adam" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.beta1 }
  public var slotNames: [String] { ["firstMoment", "secondMoment"] + (amsgrad ? ["largestSecondMoment"] : []) }
  public var hyperparameters: [Hyperparameter] {
    Hyperparameter.moments(beta1, beta2, epsilon) + [
      .number("weightDecay", weightDecay, .atLeastZero, default: isDecoupled ? 0.01 : 0), .flag("amsgrad", amsgrad),
    ]
  }
  /// By the formulas: 3 operations for the first moment, 4 for the second, 6 for the step.
  public var flops: Int { 13 }

  public mutating func prepare(step: Int) {
    correction1 = 1 - integerPower(beta1, step)
    correction2 = 1 - integerPower(beta2, step)
  }

  public func update(_ part: UpdatePart<Float>) { run(part) }
  public func update(_ part: UpdatePart<Double>) { run(part) }

  private func run<S>(_ part: UpdatePart<S>) {
    var numbers = mk_adam(
      learning_rate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weight_decay: weightDecay,
      correction1: correction1, correction2: correction2, decoupled: isDecoupled)
    mk_adam_step(
      S.scalarType.kernelType, &numbers, part.parameter.baseAddress!, part.gradient.baseAddress!,
      part.slots[0].baseAddress!, part.slots[1].baseAddress!, amsgrad ? part.slots[2].baseAddress! : nil, part.count)
  }
}

extension Adam {
  /// PyTorch's name for `learningRate`.
  @available(*, unavailable, message: "the step size is called learningRate: Adam(learningRate: 1e-3)")
  public convenience init(lr: Double) { fatalError() }
}

extension AdamW {
  /// PyTorch's name for `learningRate`.
  @available(*, unavailable, message: "the step size is called learningRate: AdamW(learningRate: 1e-3)")
  public convenience init(lr: Double) { fatalError() }
}
