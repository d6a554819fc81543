import MartletCore

/// RMSProp: steps divided by the root of a running mean of the gradient's square (Tieleman and Hinton, 2012, Coursera's
/// Neural Networks for Machine Learning, lecture 6.5; centred: Graves, 2013, arXiv:1308.0850).
///
/// With gradient `g`: `g += weightDecay · p`; `v = αv + (1 − α)g²`; `d = g / (√v + ε)`; `p -= learningRate · d`. When
/// centred, the root is that of `v − m²`, with `m = αm + (1 − α)g`; with momentum `μ`, `b = μb + d` replaces `d`. The
/// formulas are those of `torch.optim.RMSprop`, except that `v − m²` counts as 0 where rounding makes it less.
public final class RMSProp: ElementwiseOptimizer<RMSPropRule> {
  /// Makes an optimiser; traps when a hyperparameter is outside its range.
  public init(
    learningRate: Double = 0.01, alpha: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0,
    momentum: Double = 0, centered: Bool = false
  ) {
    super.init(
      RMSPropRule(
        learningRate: learningRate, alpha: alpha, epsilon: epsilon, weightDecay: weightDecay, momentum: momentum,
        centered: centered))
  }
}

/// The update rule of `RMSProp`.
public struct RMSPropRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// The share of the running means that is kept at a step, in `0 ..< 1`.
  public let alpha: Double
  /// The number that is added to the root, so that nothing is divided by zero.
  public let epsilon: Double
  /// The factor of the squared-norm penalty on the parameters.
  public var weightDecay: Double
  /// The share of the velocity that is kept at a step, in `0 ..< 1`.
  public internal(set) var momentum: Double
  /// Whether the step is divided by the root of `v − m²`, the mean square about the gradient's mean.
  public let centered: Bool

  /// The rule of `RMSProp(learningRate:alpha:epsilon:weightDecay:momentum:centered:)`.
  public init(
    learningRate: Double = 0.01, alpha: Double = 0.99, epsilon: Double = 1e-8, weightDecay: Double = 0,
    momentum: Double = 0, centered: Bool = false
  ) {
    self.learningRate = learningRate
    self.alpha = alpha
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.momentum = momentum
    self.centered = centered
  }

  public var name: String { "RMSProp" }
  public static var cycledMomentum: WritableKeyPath<Self, Double>? { \.momentum }
  public var slotNames: [String] {
    ["secondMoment"] + (centered ? ["firstMoment"] : []) + (momentum == 0 ? [] : ["velocity"])
  }
  public var hyperparameters: [Hyperparameter] {
    [
      .number("alpha", alpha, .belowOne, default: 0.99), .number("epsilon", epsilon, .atLeastZero, default: 1e-8),
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
      .number("momentum", momentum, .belowOne, default: 0), .flag("centered", centered),
    ]
  }
  /// By the formulas: 4 operations for the square's mean and 5 for the step; when centred, 3 for the gradient's mean
  /// and 2 for `v − m²`; 2 for the velocity.
  public var flops: Int { 9 + (centered ? 5 : 0) + (momentum == 0 ? 0 : 2) }

  public func update(_ part: UpdatePart<Float>) { move(part) }
  public func update(_ part: UpdatePart<Double>) { move(part) }

  private func move<S: FloatingScalar>(_ part: UpdatePart<S>) {
    let (p, g, v) = (part.parameter, part.gradient, part.slots[0])
    let (decay, epsilon, alpha, new) = (S(weightDecay), S(epsilon), S(alpha), S(1 - alpha))
    if !centered {
      step(part) { gradient, i in
        v[i] = alpha * v[i] + new * (gradient * gradient)
        return gradient / (part.root(v[i]) + epsilon)
      }
      return
    }
    let m = part.slots[1]
    // A separate loop: together with the step's arrays there would be too many for the compiler to vectorise.
    for i in part.indices {
      let gradient = g[i] + decay * p[i]
      v[i] = alpha * v[i] + new * (gradient * gradient)
      m[i] += new * (gradient - m[i])
    }
    step(part) { gradient, i in gradient / (part.root(v[i] - m[i] * m[i]) + epsilon) }
  }

  /// Changes the parameter along `direction`, through the velocity where there is momentum.
  @inline(__always)
  private func step<S: FloatingScalar>(_ part: UpdatePart<S>, _ direction: (_ gradient: S, _ index: Int) -> S) {
    let (p, g) = (part.parameter, part.gradient)
    let (rate, decay) = (S(learningRate), S(weightDecay))
    if momentum == 0 {
      for i in part.indices { p[i] -= rate * direction(g[i] + decay * p[i], i) }
    } else {
      let velocity = part.slots[centered ? 2 : 1]
      let momentum = S(momentum)
      for i in part.indices {
        velocity[i] = momentum * velocity[i] + direction(g[i] + decay * p[i], i)
        p[i] -= rate * velocity[i]
      }
    }
  }
}

extension RMSProp {
  /// PyTorch's name for `learningRate`.
  @available(*, unavailable, message: "the step size is called learningRate: RMSProp(learningRate: 1e-3)")
  public convenience init(lr: Double) { fatalError() }
}
