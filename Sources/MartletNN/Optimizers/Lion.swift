import MartletCore

/// Lion: steps of one size, in the direction of the sign of a momentum (Chen et al., 2023, "Symbolic Discovery of
/// Optimization Algorithms", arXiv:2302.06675).
///
/// With gradient `g`: `p -= learningRate · (sign(β₁m + (1 − β₁)g) + weightDecay · p)`, then `m = β₂m + (1 − β₂)g`. The
/// paper takes a learning rate 3 to 10 times smaller than for AdamW, and a weight decay as much larger.
public final class Lion: ElementwiseOptimizer<LionRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range.
  public init(learningRate: Double = 1e-4, beta1: Double = 0.9, beta2: Double = 0.99, weightDecay: Double = 0) {
    super.init(LionRule(learningRate: learningRate, beta1: beta1, beta2: beta2, weightDecay: weightDecay))
  }
}

/// The update rule of `Lion`.
public struct LionRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// The share of the momentum in the direction, in `0 ..< 1`.
  public internal(set) var beta1: Double
  /// The share of the momentum that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta2: Double
  /// The factor of the weight decay, which is multiplied by the learning rate.
  public var weightDecay: Double

  public var name: String { "Lion" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.beta1 }
  public var slotNames: [String] { ["firstMoment"] }
  public var hyperparameters: [Hyperparameter] {
    [
      .number("beta1", beta1, .belowOne, default: 0.9), .number("beta2", beta2, .belowOne, default: 0.99),
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
    ]
  }
  /// By the formulas: 3 operations for the direction, 3 for the momentum, 3 for the step.
  public var flops: Int { 9 }

  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, m) = (part.parameter, part.gradient, part.slots[0])
    let (beta1, new1, beta2, new2) = (S(beta1), S(1 - beta1), S(beta2), S(1 - beta2))
    let (rate, kept) = (S(learningRate), S(1 - learningRate * weightDecay))
    for i in part.indices {
      let ahead = beta1 * m[i] + new1 * g[i]
      m[i] = beta2 * m[i] + new2 * g[i]
      // Zero, and what is not a number, are their own sign.
      p[i] = kept * p[i] - (ahead > 0 ? rate : ahead < 0 ? -rate : ahead)
    }
  }
}
