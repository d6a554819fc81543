import MartletCore

/// Adadelta: steps in the unit of the parameters, by the ratio of two running roots (Zeiler, 2012, arXiv:1212.5701).
///
/// With gradient `g`: `g += weightDecay · p`; `v = ρv + (1 − ρ)g²`; `d = √(u + ε) / √(v + ε) · g`;
/// `u = ρu + (1 − ρ)d²`; `p -= learningRate · d`. The formulas are those of `torch.optim.Adadelta`.
public final class Adadelta: ElementwiseOptimizer<AdadeltaRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range.
  public init(learningRate: Double = 1, rho: Double = 0.9, epsilon: Double = 1e-6, weightDecay: Double = 0) {
    super.init(AdadeltaRule(learningRate: learningRate, rho: rho, epsilon: epsilon, weightDecay: weightDecay))
  }
}

/// The update rule of `Adadelta`.
public struct AdadeltaRule: UpdateRule {
  /// The factor of the step.
  public var learningRate: Double
  /// The share of the running means that is kept at a step, in `0 ..< 1`.
  public internal(set) var rho: Double
  /// The number that is added under the roots, so that nothing is divided by zero and the first steps are not 0.
  public internal(set) var epsilon: Double
  /// The factor of the squared-norm penalty on the parameters.
  public var weightDecay: Double

  public var name: String { "Adadelta" }
  public var slotNames: [String] { ["secondMoment", "secondMomentOfSteps"] }
  public var hyperparameters: [Hyperparameter] {
    [
      .number("rho", rho, .belowOne, default: 0.9), .number("epsilon", epsilon, .atLeastZero, default: 1e-6),
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
    ]
  }
  /// By the formulas: 4 operations for each mean, 6 for the direction, 2 for the step.
  public var flops: Int { 16 }

  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, v, u) = (part.parameter, part.gradient, part.slots[0], part.slots[1])
    let (rate, decay, rho, new, epsilon) = (S(learningRate), S(weightDecay), S(rho), S(1 - rho), S(epsilon))
    for i in part.indices {
      let gradient = g[i] + decay * p[i]
      v[i] = rho * v[i] + new * (gradient * gradient)
      let direction = part.root(u[i] + epsilon) / part.root(v[i] + epsilon) * gradient
      u[i] = rho * u[i] + new * (direction * direction)
      p[i] -= rate * direction
    }
  }
}
