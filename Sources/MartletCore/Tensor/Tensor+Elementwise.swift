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

  /// The remainder with the dividend's sign, as C's `fmod` and Swift's `%`; integers divided by zero trap.
  public func fmod(_ divisor: Tensor) -> Tensor { combined(.fmod, divisor) }
  /// The remainder of a division by the number, with the element's sign; integers divided by zero trap.
  public func fmod(_ divisor: Scalar) -> Tensor { combined(.fmod, Tensor(divisor)) }
  /// The quotient rounded down, as Python's `//`, of which `remainder(_:)` is the rest; derivative 0, and integers divided
  /// by zero trap.
  public func floorDivide(_ divisor: Tensor) -> Tensor { combined(.floorDivide, divisor) }
  /// The quotient by the number, rounded down; derivative 0, and integers divided by zero trap.
  public func floorDivide(_ divisor: Scalar) -> Tensor { combined(.floorDivide, Tensor(divisor)) }

  /// Every element limited to a range (NumPy's `clip`); derivative 1 within it, both bounds included, and 0 outside.
  public func clamped(to range: ClosedRange<Scalar>) -> Tensor {
    combined(.clampBelow, Tensor(range.lowerBound)).combined(.clampAbove, Tensor(range.upperBound))
  }
  /// Every element limited to the range between two others, `max` where that is below `min`; the shapes broadcast.
  ///
  /// The derivative goes to the bound where the element is beyond it, else to the element, also at the bounds.
  public func clamped(min: Tensor, max: Tensor) -> Tensor {
    combined(.clampBelow, min, as: "clamped").combined(.clampAbove, max, as: "clamped")
  }
  /// The larger of every element and its bound, as `maximum(_:_:)`; the shapes broadcast.
  public func clamped(min: Tensor) -> Tensor { combined(.maximum, min, as: "clamped") }
  /// The smaller of every element and its bound, as `minimum(_:_:)`; the shapes broadcast.
  public func clamped(max: Tensor) -> Tensor { combined(.minimum, max, as: "clamped") }
  /// The larger of every element and the number; derivative 1 where both are equal.
  public func clamped(min: Scalar) -> Tensor { combined(.clampBelow, Tensor(min)) }
  /// The smaller of every element and the number; derivative 1 where both are equal.
  public func clamped(max: Scalar) -> Tensor { combined(.clampAbove, Tensor(max)) }
}

extension Tensor where Scalar: FloatingScalar {
  /// 1 / x.
  public func reciprocal() -> Tensor { mapped(.reciprocal) }
  /// The square root; NaN below 0.
  public func sqrt() -> Tensor { mapped(.sqrt) }
  /// 1 / √x.
  public func rsqrt() -> Tensor { mapped(.rsqrt) }
  /// The cube root, also of negative numbers.
  public func cbrt() -> Tensor { mapped(.cbrt) }
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
  /// The number whose error function is x; infinite at ±1 and NaN outside.
  public func erfinv() -> Tensor { mapped(.erfinv) }
  /// log |Γ(x)|; ∞ at 0, −1, −2 ….
  public func lgamma() -> Tensor { mapped(.lgamma) }
  /// The derivative of log Γ(x); infinite at 0, and NaN at −1, −2 ….
  public func digamma() -> Tensor { mapped(.digamma) }
  /// The derivative of `digamma` of an order; `digamma` itself for order 0. Traps when the order is negative.
  public func polygamma(_ order: Int) -> Tensor {
    if order < 0 { trap("polygamma", "expected an order of at least 0, got \(order)") }
    return Tensor(Scalar(order)).combined(.polygamma, self)
  }
  /// sin(πx) / (πx), which is 1 at 0, as NumPy's.
  public func sinc() -> Tensor { mapped(.sinc) }
  /// log(x / (1 − x)), the inverse of `sigmoid`; NaN outside 0 ... 1.
  public func logit() -> Tensor { mapped(.logit) }
  /// `logit` of every element limited to `epsilon` ... 1 − `epsilon`; traps unless `epsilon` is within 0 ... 0.5.
  public func logit(epsilon: Scalar) -> Tensor {
    if !(0...0.5 ~= epsilon) { trap("logit", "expected an epsilon within 0 ... 0.5, got \(epsilon)") }
    return clamped(to: epsilon...(1 - epsilon)).logit()
  }
  /// The angle in degrees of one in radians, x · 180/π.
  public func degrees() -> Tensor { self * Scalar(180 / Double.pi) }
  /// The angle in radians of one in degrees, x · π/180.
  public func radians() -> Tensor { self * Scalar(Double.pi / 180) }
  /// The greatest integer not above x.
  public func floor() -> Tensor { mapped(.floor) }
  /// The least integer not below x.
  public func ceil() -> Tensor { mapped(.ceil) }
  /// The nearest integer, halves to the even one (C's `rint`).
  public func round() -> Tensor { mapped(.round) }
  /// The nearest multiple of 10⁻ⁿ, for n decimals, which may be negative, as NumPy's `round`: `(x * 10ⁿ).round() / 10ⁿ`.
  public func round(decimals: Int) -> Tensor {
    let scale = (0..<decimals.magnitude).reduce(Scalar(1)) { power, _ in power * 10 }
    return decimals < 0 ? (self / scale).round() * scale : (self * scale).round() / scale
  }
  /// The nearest integer towards 0.
  public func trunc() -> Tensor { mapped(.trunc) }
  /// x − trunc(x), with the sign of x.
  public func frac() -> Tensor { mapped(.frac) }

  /// xʸ with `exponent` as y, element by element; the shapes broadcast.
  public func power(_ exponent: Tensor) -> Tensor { combined(.power, exponent) }
  /// xʸ with one exponent for every element.
  public func power(_ exponent: Scalar) -> Tensor { combined(.power, Tensor(exponent)) }
  /// The angle of the points (x, y), within −π ... π, with this tensor as y; the shapes broadcast.
  public func atan2(_ x: Tensor) -> Tensor { combined(.atan2, x) }
  /// √(x² + y²), without overflow; the shapes broadcast.
  public func hypot(_ y: Tensor) -> Tensor { combined(.hypot, y) }
  /// x · log(y), 0 where x is 0 unless y is NaN; the shapes broadcast.
  public func xlogy(_ y: Tensor) -> Tensor { combined(.xlogy, y) }
  /// log(eˣ + eʸ), without overflow; the shapes broadcast.
  public func logAddExp(_ y: Tensor) -> Tensor { combined(.logAddExp, y) }
  /// |x| with the sign of the other element, also that of −0; the shapes broadcast.
  public func copySign(_ sign: Tensor) -> Tensor { combined(.copySign, sign) }
  /// The next number after x in the direction of the other element; the shapes broadcast.
  public func nextAfter(_ other: Tensor) -> Tensor { combined(.nextAfter, other) }
  /// 0 below 0, 1 above, and at 0 the element of `values`, which alone has a derivative; the shapes broadcast.
  public func heaviside(_ values: Tensor) -> Tensor { combined(.heaviside, values) }
  /// x + weight · (end − x), exact at the weights 0 and 1, with a weight for every element; the shapes broadcast.
  public func lerp(to end: Tensor, weight: Tensor) -> Tensor {
    let difference = end.combined(.subtract, self, as: "lerp")
    return Tensor.where(weight .< 0.5, self + weight * difference, end - (1 - weight) * difference)
  }
  /// x + weight · (end − x), exact at the weights 0 and 1; the shapes broadcast.
  public func lerp(to end: Tensor, weight: Scalar) -> Tensor {
    let difference = end.combined(.subtract, self, as: "lerp")
    return weight < 0.5 ? self + weight * difference : end - (1 - weight) * difference
  }
  /// The smaller of two elements, and of a number and NaN the number; the shapes broadcast.
  public func fmin(_ other: Tensor) -> Tensor { combined(.fmin, other) }
  /// The larger of two elements, and of a number and NaN the number; the shapes broadcast.
  public func fmax(_ other: Tensor) -> Tensor { combined(.fmax, other) }
}
