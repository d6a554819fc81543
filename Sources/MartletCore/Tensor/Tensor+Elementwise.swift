// Elementwise functions.

extension Tensor where Scalar: NumericScalar {
  /// The absolute value.
  public func abs() -> Tensor { mapped(.abs) }
  /// The sign: −1, 0 or 1.
  public func sign() -> Tensor { mapped(.sign) }
  /// x · x; integers wrap around.
  public func squared() -> Tensor { mapped(.square) }

  /// The remainder with the divisor's sign, as NumPy's `remainder`; integers divided by zero trap.
  public func remainder(_ divisor: Tensor) -> Tensor { combined(.remainder, divisor) }
  /// The remainder of a division by the number, with the number's sign; integers divided by zero trap.
  public func remainder(_ divisor: Scalar) -> Tensor { combined(.remainder, Tensor(divisor)) }

  /// Every element limited to a range (NumPy's `clip`); derivative 1 within it, both bounds included, and 0 outside.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    combined(.clampBelow, Tensor(range.lowerBound)).combined(.clampAbove, Tensor(range.upperBound))
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// 1 / x.
  public func reciprocal() -> Tensor { mapped(.reciprocal) }
  /// The square root; NaN below 0.
  public func sqrt() -> Tensor { mapped(.sqrt) }
  /// 1 / √x.
  public func rsqrt() -> Tensor { mapped(.rsqrt) }
  /// eˣ.
  public func exp() -> Tensor { mapped(.exp) }
  /// eˣ − 1, exact near 0.
  public func expm1() -> Tensor { mapped(.expm1) }
  /// 2ˣ.
  public func exp2() -> Tensor { mapped(.exp2) }
  /// The natural logarithm.
  public func log() -> Tensor { mapped(.log) }
  /// log(1 + x), exact near 0.
  public func log1p() -> Tensor { mapped(.log1p) }
  /// The logarithm to base 2.
  public func log2() -> Tensor { mapped(.log2) }
  /// The logarithm to base 10.
  public func log10() -> Tensor { mapped(.log10) }
  /// The sine of an angle in radians.
  public func sin() -> Tensor { mapped(.sin) }
  /// The cosine of an angle in radians.
  public func cos() -> Tensor { mapped(.cos) }
  /// The tangent of an angle in radians.
  public func tan() -> Tensor { mapped(.tan) }
  /// The angle in −π/2 ... π/2 whose sine is x; NaN outside −1 ... 1.
  public func asin() -> Tensor { mapped(.asin) }
  /// The angle in 0 ... π whose cosine is x; NaN outside −1 ... 1.
  public func acos() -> Tensor { mapped(.acos) }
  /// The angle in −π/2 ... π/2 whose tangent is x.
  public func atan() -> Tensor { mapped(.atan) }
  /// The hyperbolic sine, (eˣ − e⁻ˣ) / 2.
  public func sinh() -> Tensor { mapped(.sinh) }
  /// The hyperbolic cosine, (eˣ + e⁻ˣ) / 2.
  public func cosh() -> Tensor { mapped(.cosh) }
  /// The hyperbolic tangent, sinh(x) / cosh(x).
  public func tanh() -> Tensor { mapped(.tanh) }
  /// The number whose hyperbolic sine is x.
  public func asinh() -> Tensor { mapped(.asinh) }
  /// The number, at least 0, whose hyperbolic cosine is x; NaN below 1.
  public func acosh() -> Tensor { mapped(.acosh) }
  /// The number whose hyperbolic tangent is x; NaN outside −1 ... 1.
  public func atanh() -> Tensor { mapped(.atanh) }
  /// The error function, 2/√π times the integral of e^(−t²) from 0 to x.
  public func erf() -> Tensor { mapped(.erf) }
  /// 1 − erf(x), exact where that is small.
  public func erfc() -> Tensor { mapped(.erfc) }
  /// The greatest integer not above x.
  public func floor() -> Tensor { mapped(.floor) }
  /// The least integer not below x.
  public func ceil() -> Tensor { mapped(.ceil) }
  /// The nearest integer, halves to the even one.
  public func round() -> Tensor { mapped(.round) }
  /// The nearest integer towards 0.
  public func trunc() -> Tensor { mapped(.trunc) }

  /// xʸ with `exponent` as y, element by element; the shapes broadcast.
  public func power(_ exponent: Tensor) -> Tensor { combined(.power, exponent) }
  /// xʸ with one exponent for every element.
  public func power(_ exponent: Scalar) -> Tensor { combined(.power, Tensor(exponent)) }
  /// The angle of the points (x, y), within −π ... π, with this tensor as y; the shapes broadcast.
  public func atan2(_ x: Tensor) -> Tensor { combined(.atan2, x) }
  /// √(x² + y²), without overflow; the shapes broadcast.
  public func hypot(_ y: Tensor) -> Tensor { combined(.hypot, y) }

  // MARK: Activations

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
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { mapped(.sigmoid) }
  /// log(sigmoid(x)), stable for large negative x.
  public func logSigmoid() -> Tensor { mapped(.logSigmoid) }
  /// log(1 + eˣ), stable for large x.
  public func softplus() -> Tensor { mapped(.softplus) }

  // MARK: Tests

  /// Whether each element is NaN.
  public func isNaN() -> Tensor<Bool> { Tensor<Bool>(unchecked: apply(Test(.isNaN), erased)) }
  /// Whether each element is ∞ or −∞.
  public func isInfinite() -> Tensor<Bool> { Tensor<Bool>(unchecked: apply(Test(.isInfinite), erased)) }
  /// Whether each element is neither infinite nor NaN.
  public func isFinite() -> Tensor<Bool> { Tensor<Bool>(unchecked: apply(Test(.isFinite), erased)) }
}
