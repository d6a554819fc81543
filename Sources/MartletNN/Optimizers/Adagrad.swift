import MartletCore

/// Adagrad: steps divided by the root of the sum of all squared gradients (Duchi, Hazan and Singer, 2011, JMLR 12).
///
/// With gradient `g`: `g += weightDecay · p`; `s += g²`, from `initialSum` on;
/// `p -= learningRate / (1 + (t − 1) · learningRateDecay) · g / (√s + ε)`. The formulas are those of
/// `torch.optim.Adagrad`. It suits sparse gradients, whose rare elements keep large steps.
public final class Adagrad: ElementwiseOptimizer<AdagradRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range.
  public init(
    learningRate: Double = 0.01, learningRateDecay: Double = 0, initialSum: Double = 0, epsilon: Double = 1e-10,
    weightDecay: Double = 0
  ) {
    super.init(
      AdagradRule(
        learningRate: learningRate, learningRateDecay: learningRateDecay, initialSum: initialSum, epsilon: epsilon,
        weightDecay: weightDecay))
  }
}

/// The update rule of `Adagrad`.
public struct AdagradRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// How fast the step size falls with the number of steps.
  public internal(set) var learningRateDecay: Double
  /// What the sum of squares starts from.
  public internal(set) var initialSum: Double
  /// The number that is added to the root, so that nothing is divided by zero.
  public internal(set) var epsilon: Double
  /// The factor of the squared-norm penalty on the parameters.
  public var weightDecay: Double
  fileprivate var step = 1

  public var name: String { "Adagrad" }
  public var slotNames: [String] { ["squareSum"] }
  public var hyperparameters: [Hyperparameter] {
    [
      .number("learningRateDecay", learningRateDecay, .atLeastZero, default: 0),
      .number("initialSum", initialSum, .atLeastZero, default: 0),
      .number("epsilon", epsilon, .atLeastZero, default: 1e-10),
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
    ]
  }
  /// By the formulas: 2 operations for the sum, 5 for the step.
  public var flops: Int { 7 }

  public mutating func prepare(step: Int) { self.step = step }

  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, sum) = (part.parameter, part.gradient, part.slots[0])
    let (decay, epsilon, start) = (S(weightDecay), S(epsilon), S(step == 1 ? initialSum : 0))
    let rate = S(learningRate / (1 + Double(step - 1) * learningRateDecay))
    for i in part.indices {
      let gradient = g[i] + decay * p[i]
      sum[i] = (sum[i] + start) + gradient * gradient
      p[i] -= rate * gradient / (part.root(sum[i]) + epsilon)
    }
  }
}
