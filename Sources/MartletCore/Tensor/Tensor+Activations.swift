// Activations of networks, by PyTorch's formulas and defaults.

extension Tensor where Scalar: FloatingScalar {
  /// max(x, 0); derivative 0 at 0.
  public func relu() -> Tensor { mapped(.relu) }
  /// x where positive, `slope` · x elsewhere.
  public func leakyRelu(slope: Scalar = 0.01) -> Tensor { combined(.leakyRelu, Tensor(slope)) }
  /// x where positive, `alpha` · (eˣ − 1) elsewhere (arXiv:1511.07289).
  public func elu(alpha: Scalar = 1) -> Tensor { combined(.elu, Tensor(alpha)) }
  /// The self-normalising form of `elu` (arXiv:1706.02515).
  public func selu() -> Tensor { mapped(.selu) }
  /// x Φ(x), where Φ is the distribution function of the normal distribution (arXiv:1606.08415).
  ///
  /// - Parameter approximate: Whether to compute the approximation by tanh instead.
  public func gelu(approximate: Bool = false) -> Tensor { mapped(approximate ? .geluTanh : .gelu) }
  /// x · sigmoid(x), also called swish.
  public func silu() -> Tensor { mapped(.silu) }
  /// x · tanh(softplus(x)) (arXiv:1908.08681).
  public func mish() -> Tensor { mapped(.mish) }
  /// `elu` whose derivative is continuous for every `alpha`, `alpha` · (e^(x / alpha) − 1) below 0 (arXiv:1704.07483); traps
  /// when `alpha` is 0.
  public func celu(alpha: Scalar = 1) -> Tensor {
    if alpha == 0 { trap("celu", "expected an alpha other than 0, got 0") }
    return combined(.celu, Tensor(alpha))
  }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { mapped(.sigmoid) }
  /// log(sigmoid(x)), stable for large negative x.
  public func logSigmoid() -> Tensor { mapped(.logSigmoid) }
  /// log(1 + eˣ), stable for large x.
  public func softplus() -> Tensor { mapped(.softplus) }

  /// x / (1 + |x|).
  public func softsign() -> Tensor { mapped(.softsign) }
  /// x − tanh(x), exact near 0.
  public func tanhshrink() -> Tensor { mapped(.tanhshrink) }
  /// x limited to 0 ... 6; derivative 0 at both bounds.
  public func relu6() -> Tensor { mapped(.relu6) }
  /// x limited to `min` ... `max`; derivative 0 at both bounds, where that of `clamped(to:)` is 1. Traps when `min` is
  /// above `max`.
  public func hardTanh(min: Scalar = -1, max: Scalar = 1) -> Tensor {
    if !(min <= max) { trap("hardTanh", "expected min at most max, got \(min) and \(max)") }
    let inner = Tensor.where(self .> min, self, clamped(min: min).detached())
    return Tensor.where(self .< max, inner, inner.clamped(max: max).detached())
  }
  /// x / 6 + 1 / 2 limited to 0 ... 1; derivative 0 at −3 and 3.
  public func hardSigmoid() -> Tensor { mapped(.hardSigmoid) }
  /// x · hardSigmoid(x) (arXiv:1905.02244).
  public func hardSwish() -> Tensor { mapped(.hardSwish) }
  /// x moved towards 0 by `lambda`, 0 where |x| is at most `lambda`, as its derivative is; traps when `lambda` is negative.
  public func softshrink(lambda: Scalar = 0.5) -> Tensor {
    if !(lambda >= 0) { trap("softshrink", "expected a lambda of at least 0, got \(lambda)") }
    return combined(.softshrink, Tensor(lambda))
  }
  /// x, and 0 where |x| is at most `lambda`, as its derivative is.
  public func hardshrink(lambda: Scalar = 0.5) -> Tensor { combined(.hardshrink, Tensor(lambda)) }
  /// x where it is above `threshold` or NaN, `value` elsewhere.
  public func threshold(_ threshold: Scalar, value: Scalar) -> Tensor {
    Tensor.where(self .<= threshold, Tensor(value), self)
  }
  /// x where positive, `weight` · x elsewhere, with one weight for all or one for each index of axis 1
  /// (arXiv:1502.01852).
  ///
  /// - Parameter weight: `[]`, `[1]`, or `[channels]` for `[batch, channels, …]`. Traps when it has another shape.
  public func prelu(weight: Tensor) -> Tensor {
    if weight.rank <= 1 && weight.count == 1 { return combined(.leakyRelu, weight.reshaped(to: .scalar)) }
    if weight.rank != 1 || rank < 2 || weight.count != shape[1] {
      let channels = rank < 2 ? "" : " or [\(shape[1])]"
      trap("prelu", "expected a weight of [1]\(channels) for \(shape), got \(weight.shape)")
    }
    return combined(.leakyRelu, weight.reshaped(to: [weight.count] + Array(repeating: 1, count: rank - 2)))
  }
  /// The first half along an axis times the `sigmoid` of the second (arXiv:1612.08083): half as long along the axis.
  ///
  /// Traps when the axis's length is odd.
  public func glu(axis: Int = -1) -> Tensor {
    let index = normalizedAxes([axis], "glu")[0]
    if shape[index] % 2 != 0 { trap("glu", "expected an even length along axis \(index), got \(shape)") }
    let halves = split(2, axis: index)
    return halves[0] * halves[1].sigmoid()
  }
}
