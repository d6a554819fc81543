import MartletCore

/// RAdam: Adam whose first steps do without the second moment, until enough gradients have been seen for it
/// (Liu et al., 2020, "On the Variance of the Adaptive Learning Rate and Beyond", arXiv:1908.03265).
///
/// With Adam's moments and `ρ∞ = 2 / (1 − β₂) − 1`, `ρ = ρ∞ − 2tβ₂ᵗ / (1 − β₂ᵗ)`: where `ρ > 5`,
/// `p -= learningRate · r · (m / (1 − β₁ᵗ)) · √(1 − β₂ᵗ) / (√v + ε)` with
/// `r = √((ρ − 4)(ρ − 2)ρ∞ / ((ρ∞ − 4)(ρ∞ − 2)ρ))`, before that `p -= learningRate · m / (1 − β₁ᵗ)`. The formulas are those
/// of `torch.optim.RAdam`.
public final class RAdam: ElementwiseOptimizer<RAdamRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range. The weight decay is AdamW's where it is
  /// decoupled, otherwise Adam's.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, decoupledWeightDecay: Bool = false
  ) {
    super.init(
      RAdamRule(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
        decoupledWeightDecay: decoupledWeightDecay))
  }
}

/// The update rule of `RAdam`.
public struct RAdamRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// The share of the gradient's running mean that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta1: Double
  /// The share of the running mean of the gradient's square that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta2: Double
  /// The number that is added to the root, so that nothing is divided by zero.
  public internal(set) var epsilon: Double
  /// The factor of the weight decay.
  public var weightDecay: Double
  /// Whether the weight decay is applied apart from the moments, as in `AdamW`.
  public internal(set) var decoupledWeightDecay: Bool
  // What the first moment is multiplied by, and whether it is divided by the second's root.
  fileprivate var ofMoment = 1.0
  fileprivate var isAdaptive = false

  public var name: String { "RAdam" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.beta1 }
  public var slotNames: [String] { ["firstMoment", "secondMoment"] }
  public var hyperparameters: [Hyperparameter] {
    Hyperparameter.moments(beta1, beta2, epsilon) + [
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
      .flag("decoupledWeightDecay", decoupledWeightDecay),
    ]
  }
  /// By the formulas: 3 operations for the first moment, 4 for the second, 5 for the step.
  public var flops: Int { 12 }

  public mutating func prepare(step: Int) {
    let power = integerPower(beta2, step)
    let limit = 2 / (1 - beta2) - 1
    let length = limit - 2 * Double(step) * power / (1 - power)
    isAdaptive = length > 5
    ofMoment = 1 / (1 - integerPower(beta1, step))
    if !isAdaptive { return }
    let (above, below) = ((length - 4) * (length - 2) * limit, (limit - 4) * (limit - 2) * length)
    ofMoment *= (above / below * (1 - power)).squareRoot()
  }

  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, m, v) = (part.parameter, part.gradient, part.slots[0], part.slots[1])
    let (decay, kept) = decayFactors(S.self, decoupled: decoupledWeightDecay)
    let (new1, beta2, new2) = (S(1 - beta1), S(beta2), S(1 - beta2))
    let (rate, epsilon) = (S(learningRate * ofMoment), S(epsilon))
    // Before the second moment counts, its root is replaced by 1.
    let (root, one) = isAdaptive ? (S(1), epsilon) : (S(0), S(1))
    for i in part.indices {
      let gradient = g[i] + decay * p[i]
      m[i] += new1 * (gradient - m[i])
      v[i] = beta2 * v[i] + new2 * (gradient * gradient)
      p[i] = kept * p[i] - rate * m[i] / (root * part.root(v[i]) + one)
    }
  }
}
