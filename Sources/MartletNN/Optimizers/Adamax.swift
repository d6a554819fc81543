import MartletCore

/// Adamax: Adam with the largest gradient, which fades, in place of the mean square (Kingma and Ba, 2015, section 7).
///
/// With gradient `g`: `g += weightDecay · p`; `m = β₁m + (1 − β₁)g`; `u = max(β₂u, |g| + ε)`;
/// `p -= learningRate / (1 − β₁ᵗ) · m / u`. The formulas are those of `torch.optim.Adamax`.
public final class Adamax: ElementwiseOptimizer<AdamaxRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range.
  public init(
    learningRate: Double = 2e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0
  ) {
    super.init(
      AdamaxRule(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay))
  }
}

/// The update rule of `Adamax`.
public struct AdamaxRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// The share of the gradient's running mean that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta1: Double
  /// The share of the largest gradient that is kept at a step, in `0 ..< 1`.
  public internal(set) var beta2: Double
  /// The number that is added to the gradient's magnitude, so that nothing is divided by zero.
  public internal(set) var epsilon: Double
  /// The factor of the squared-norm penalty on the parameters.
  public var weightDecay: Double
  fileprivate var correction = 1.0

  public var name: String { "Adamax" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.beta1 }
  public var slotNames: [String] { ["firstMoment", "largestGradient"] }
  public var hyperparameters: [Hyperparameter] {
    Hyperparameter.moments(beta1, beta2, epsilon) + [.number("weightDecay", weightDecay, .atLeastZero, default: 0)]
  }
  /// By the formulas: 3 operations for the moment, 4 for the largest gradient, 3 for the step.
  public var flops: Int { 10 }

  public mutating func prepare(step: Int) { correction = 1 - integerPower(beta1, step) }

  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, m, u) = (part.parameter, part.gradient, part.slots[0], part.slots[1])
    let (rate, decay, epsilon) = (S(learningRate / correction), S(weightDecay), S(epsilon))
    let (new1, beta2) = (S(1 - beta1), S(beta2))
    for i in part.indices {
      let gradient = g[i] + decay * p[i]
      m[i] += new1 * (gradient - m[i])
      let (kept, size) = (beta2 * u[i], abs(gradient) + epsilon)
      // What is not a number stays one, whichever of the two it is.
      u[i] = kept > size || kept != kept ? kept : size
      p[i] -= rate * m[i] / u[i]
    }
  }
}
