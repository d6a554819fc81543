import CKernels
import MartletCore

/// Stochastic gradient descent, with momentum if wanted.
///
/// With gradient `g`, momentum `μ` and weight decay `λ`: `g += λ·p`; `v = μ·v + g` (at a parameter's first step `v = g`);
/// `p -= learningRate · v`, or with Nesterov's momentum `p -= learningRate · (g + μ·v)`. The formulas are those of
/// `torch.optim.SGD`.
public final class SGD: ElementwiseOptimizer<SGDRule> {
  /// Traps when a factor is out of its range, or for Nesterov's momentum without momentum.
  public init(learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) {
    super.init(
      SGDRule(learningRate: learningRate, momentum: momentum, nesterov: nesterov, weightDecay: weightDecay))
  }
}

/// How `SGD` changes elements.
public struct SGDRule: UpdateRule {
  /// The step size.
  public var learningRate: Double
  /// How much of the last velocity is kept, in `0 ..< 1`.
  public let momentum: Double
  /// Whether the gradient is taken as if the momentum's step had been made already.
  public let nesterov: Bool
  /// The factor of the squared-norm penalty on the parameters.
  public var weightDecay: Double
  private var isFirst = true

  /// The rule of `SGD(learningRate:momentum:nesterov:weightDecay:)`. Traps for Nesterov's momentum without momentum.
  public init(learningRate: Double = 0.01, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0) {
    if nesterov && momentum == 0 { fatalError("SGD: Nesterov's momentum needs a momentum above 0") }
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
  }

  public var name: String { "SGD" }
  public var slotNames: [String] { momentum == 0 ? [] : ["velocity"] }
  public var hyperparameters: [Hyperparameter] {
    [
      .number("momentum", momentum, .belowOne, default: 0), .flag("nesterov", nesterov),
      .number("weightDecay", weightDecay, .atLeastZero, default: 0),
    ]
  }

  public mutating func prepare(step: Int) { isFirst = step == 1 }

  public func update(_ part: UpdatePart<Float>) { run(part) }
  public func update(_ part: UpdatePart<Double>) { run(part) }

  private func run<S>(_ part: UpdatePart<S>) {
    var numbers = mk_sgd(
      learning_rate: learningRate, momentum: momentum, weight_decay: weightDecay, nesterov: nesterov,
      first_step: isFirst)
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
