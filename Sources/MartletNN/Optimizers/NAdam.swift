import MartletCore
import MartletPlatform

/// NAdam: Adam with Nesterov's momentum (Dozat, 2016, "Incorporating Nesterov Momentum into Adam").
///
/// With gradient `g`: `m = β₁m + (1 − β₁)g`; `v = β₂v + (1 − β₂)g²`; `μₜ = β₁(1 − ½ · 0.96^(t · momentumDecay))`;
/// `p -= learningRate · ((1 − μₜ)g / (1 − Πμ₁…μₜ) + μₜ₊₁m / (1 − Πμ₁…μₜ₊₁)) / (√(v / (1 − β₂ᵗ)) + ε)`. The formulas are
/// those of `torch.optim.NAdam`.
public final class NAdam: ElementwiseOptimizer<NAdamRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range. The weight decay is AdamW's where it is
  /// decoupled, otherwise Adam's.
  public init(
    learningRate: Double = 2e-3, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, momentumDecay: Double = 0.004, decoupledWeightDecay: Bool = false
  ) {
    super.init(
      NAdamRule(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay,
        momentumDecay: momentumDecay, decoupledWeightDecay: decoupledWeightDecay))
  }
}

/// The update rule of `NAdam`.
public struct NAdamRule: UpdateRule {
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
  /// How fast the momentum grows from half of `beta1` to `beta1`.
  public internal(set) var momentumDecay: Double
  /// Whether the weight decay is applied apart from the moments, as in `AdamW`.
  public internal(set) var decoupledWeightDecay: Bool
  // What the gradient and the first moment are multiplied by, and the root of the second.
  fileprivate var ofGradient = 0.0
  fileprivate var ofMoment = 0.0
  fileprivate var ofRoot = 1.0

  public var name: String { "NAdam" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.beta1 }
  public var slotNames: [String] { ["firstMoment", "secondMoment"] }
  public var hyperparameters: [Hyperparameter] {
    Hyperparameter.moments(beta1, beta2, epsilon) + [
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
      .number("momentumDecay", momentumDecay, .atLeastZero, default: 0.004),
      .flag("decoupledWeightDecay", decoupledWeightDecay),
    ]
  }
  /// By the formulas: 3 operations for the first moment, 4 for the second, 8 for the step.
  public var flops: Int { 15 }

  public mutating func prepare(step: Int) {
    let product = momentumProduct(step)
    ofGradient = (1 - momentum(step)) / (1 - product)
    ofMoment = momentum(step + 1) / (1 - product * momentum(step + 1))
    ofRoot = 1 / (1 - integerPower(beta2, step)).squareRoot()
  }

  private func momentum(_ step: Int) -> Double { beta1 * (1 - 0.5 * pow(0.96, Double(step) * momentumDecay)) }

  /// The product of the momenta of all steps so far, without going through them.
  ///
  /// With `q = 0.96^momentumDecay` its logarithm is that of `β₁ᵗ` and `Σᵢ ln(1 − ½qⁱ)`, which is
  /// `−Σₖ (½ᵏ/k) Σᵢ qᵏⁱ`, with a geometric series inside.
  private func momentumProduct(_ step: Int) -> Double {
    let logarithm = momentumDecay * log(0.96)
    var sum = 0.0
    var half = 1.0
    for k in 1...60 {
      half /= 2
      let exponent = Double(k) * logarithm
      let series = exponent == 0 ? Double(step) : exp(exponent) * expm1(exponent * Double(step)) / expm1(exponent)
      sum += half / Double(k) * series
    }
    return integerPower(beta1, step) * exp(-sum)
  }

  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, m, v) = (part.parameter, part.gradient, part.slots[0], part.slots[1])
    let (decay, kept) = decayFactors(S.self, decoupled: decoupledWeightDecay)
    let (new1, beta2, new2) = (S(1 - beta1), S(beta2), S(1 - beta2))
    let (rateOfGradient, rateOfMoment) = (S(learningRate * ofGradient), S(learningRate * ofMoment))
    let (root, epsilon) = (S(ofRoot), S(epsilon))
    for i in part.indices {
      let gradient = g[i] + decay * p[i]
      m[i] += new1 * (gradient - m[i])
      v[i] = beta2 * v[i] + new2 * (gradient * gradient)
      let direction = rateOfGradient * gradient + rateOfMoment * m[i]
      p[i] = kept * p[i] - direction / (part.root(v[i]) * root + epsilon)
    }
  }
}
