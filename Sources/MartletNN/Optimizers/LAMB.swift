import MartletCore

/// LAMB: Adam's direction with a step in proportion to each parameter's norm, for large batches (You et al., 2020,
/// "Large Batch Optimization for Deep Learning", arXiv:1904.00962).
///
/// With Adam's moments: `u = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε) + weightDecay · p`;
/// `p -= learningRate · (‖p‖ / ‖u‖) · u`, where the ratio of the norms over the whole parameter counts as 1 if one of
/// them is 0.
public final class LAMB: ElementwiseOptimizer<LAMBRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range.
  public init(
    learningRate: Double = 1e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-6,
    weightDecay: Double = 0.01
  ) {
    super.init(
      LAMBRule(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay))
  }
}

/// The update rule of `LAMB`.
public struct LAMBRule: UpdateRule {
  /// The step size, relative to the parameter's norm.
  public var learningRate: Double
  /// The share of the gradient's running mean that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta1: Double
  /// The share of the running mean of the gradient's square that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta2: Double
  /// The number that is added to the root, so that nothing is divided by zero.
  public internal(set) var epsilon: Double
  /// The factor of the weight decay, which is a part of the direction.
  public var weightDecay: Double
  fileprivate var correction1 = 1.0
  fileprivate var correction2 = 1.0

  public var name: String { "LAMB" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.beta1 }
  public var slotNames: [String] { ["firstMoment", "secondMoment"] }
  public var hyperparameters: [Hyperparameter] {
    Hyperparameter.moments(beta1, beta2, epsilon, epsilonDefault: 1e-6) + [
      .number("weightDecay", weightDecay, .atLeastZero, default: 0.01)
    ]
  }
  /// By the formulas: 3 operations for the first moment, 4 for the second, 6 for the direction, twice, 4 for the norms
  /// and 2 for the step.
  public var flops: Int { 25 }
  /// The norms are needed before the step.
  public var measures: Bool { true }

  public mutating func prepare(step: Int) {
    correction1 = 1 - integerPower(beta1, step)
    correction2 = 1 - integerPower(beta2, step)
  }

  public func measure(_ part: UpdatePart<Float>) -> SIMD2<Double> { moments(part) }
  public func measure(_ part: UpdatePart<Double>) -> SIMD2<Double> { moments(part) }
  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  /// Advances the moments; returns the parameter's and the direction's sums of squares.
  private func moments<S: FloatingScalar>(_ part: UpdatePart<S>) -> SIMD2<Double> {
    let (g, m, v) = (part.gradient, part.slots[0], part.slots[1])
    let (new1, beta2, new2) = (S(1 - beta1), S(beta2), S(1 - beta2))
    for i in part.indices {
      m[i] += new1 * (g[i] - m[i])
      v[i] = beta2 * v[i] + new2 * (g[i] * g[i])
    }
    let (p, direction) = (part.parameter, direction(part))
    var sums = SIMD2<Double>.zero
    for i in part.indices {
      let pair = SIMD2(Double(p[i]), Double(direction(i)))
      sums += pair * pair
    }
    return sums
  }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let ratio = part.sums[0] > 0 && part.sums[1] > 0 ? (part.sums[0] / part.sums[1]).squareRoot() : 1
    let (p, rate, direction) = (part.parameter, S(learningRate * ratio), direction(part))
    for i in part.indices { p[i] -= rate * direction(i) }
  }

  @inline(__always)
  private func direction<S: FloatingScalar>(_ part: UpdatePart<S>) -> (_ index: Int) -> S {
    let (p, m, v) = (part.parameter, part.slots[0], part.slots[1])
    let (moment, root) = (S(1 / correction1), S(1 / correction2.squareRoot()))
    let (epsilon, decay) = (S(epsilon), S(weightDecay))
    return { i in moment * m[i] / (part.root(v[i]) * root + epsilon) + decay * p[i] }
  }
}
