import MartletCore

/// A nonlinear function between layers, by name. Formulas and defaults are PyTorch's.
public enum ActivationFunction: Sendable, Equatable {
  /// `x`.
  case identity
  /// `max(x, 0)`.
  case relu
  /// `x` above 0, `slope · x` below.
  case leakyReLU(slope: Float = 0.01)
  /// `x` above 0, `alpha · (eˣ − 1)` below (Clevert et al., 2016, arXiv:1511.07289).
  case elu(alpha: Float = 1)
  /// `elu`, scaled so that activations keep mean 0 and variance 1 (Klambauer et al., 2017, arXiv:1706.02515).
  case selu
  /// `x · Φ(x)` with the normal distribution's `Φ` (Hendrycks and Gimpel, 2016, arXiv:1606.08415).
  case gelu
  /// The approximation of `gelu` by `tanh`.
  case geluTanh
  /// `x · sigmoid(x)`, also called swish.
  case silu
  /// `x · tanh(softplus(x))` (Misra, 2019, arXiv:1908.08681).
  case mish
  /// `1 / (1 + e⁻ˣ)`.
  case sigmoid
  /// The hyperbolic tangent.
  case tanh
  /// `log(1 + eˣ)`.
  case softplus
  /// `log(sigmoid(x))`.
  case logSigmoid
  /// `x` above 0, `alpha · (e^(x / alpha) − 1)` below (Barron, 2017, arXiv:1704.07483).
  case celu(alpha: Float = 1)
  /// `x` within 0 ... 6.
  case relu6
  /// `x` within `min` ... `max`.
  case hardTanh(min: Float = -1, max: Float = 1)
  /// `x / 6 + 1 / 2` within 0 ... 1.
  case hardSigmoid
  /// `x · hardSigmoid(x)` (Howard et al., 2019, arXiv:1905.02244).
  case hardSwish
  /// `x / (1 + |x|)`.
  case softsign
  /// `x − tanh(x)`.
  case tanhshrink
  /// `x` moved towards 0 by `lambda`, 0 where it is nearer than that.
  case softshrink(lambda: Float = 0.5)
  /// `x`, 0 where it is within `lambda` of 0.
  case hardshrink(lambda: Float = 0.5)
  /// `x` above `threshold`, `value` elsewhere.
  case threshold(_ threshold: Float, value: Float)
  /// `eˣ` divided by its sum over the last axis.
  case softmax
  /// The logarithm of `softmax`.
  case logSoftmax

  /// The function's value, of the argument's shape.
  public func callAsFunction<S: FloatingScalar>(_ x: Tensor<S>) -> Tensor<S> {
    switch self {
    case .identity: x
    case .relu: applying(.relu, x)
    case .leakyReLU(let slope): applying(.leakyRelu, x, slope)
    case .elu(let alpha): applying(.elu, x, alpha)
    case .selu: applying(.selu, x)
    case .gelu: applying(.gelu, x)
    case .geluTanh: applying(.geluTanh, x)
    case .silu: applying(.silu, x)
    case .mish: applying(.mish, x)
    case .sigmoid: applying(.sigmoid, x)
    case .tanh: applying(.tanh, x)
    case .softplus: applying(.softplus, x)
    case .logSigmoid: applying(.logSigmoid, x)
    case .celu(let alpha): x.celu(alpha: S(alpha))
    case .relu6: applying(.relu6, x)
    case .hardTanh(let min, let max): x.hardTanh(min: S(min), max: S(max))
    case .hardSigmoid: applying(.hardSigmoid, x)
    case .hardSwish: applying(.hardSwish, x)
    case .softsign: applying(.softsign, x)
    case .tanhshrink: applying(.tanhshrink, x)
    case .softshrink(let lambda): x.softshrink(lambda: S(lambda))
    case .hardshrink(let lambda): x.hardshrink(lambda: S(lambda))
    case .threshold(let threshold, let value): x.threshold(S(threshold), value: S(value))
    case .softmax: x.softmax(axis: -1)
    case .logSoftmax: x.logSoftmax(axis: -1)
    }
  }

  /// The activation as `linear` applies it; nil if `linear` does not know it.
  var fused: FusedActivation? {
    switch self {
    case .identity: .identity
    case .relu: .relu
    case .tanh: .tanh
    case .sigmoid: .sigmoid
    default: nil
    }
  }

  private func applying<S: FloatingScalar>(_ operation: UnaryOperation, _ x: Tensor<S>) -> Tensor<S> {
    Tensor(unchecked: x.erased.applying(operation))
  }

  private func applying<S: FloatingScalar>(
    _ operation: BinaryOperation, _ x: Tensor<S>, _ parameter: Float
  ) -> Tensor<S> {
    Tensor(unchecked: apply(Binary(operation), x.erased, x.erased.scalar(Double(parameter))))
  }
}
