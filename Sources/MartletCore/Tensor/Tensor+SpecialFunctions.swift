// Bessel functions, the normal distribution, and the gamma function's relatives.

extension Tensor where Scalar: FloatingScalar {
  /// The Bessel function of the first kind of an integer order, Jₙ(x) (SciPy's `jv`); traps when the order is not within
  /// −10000 ... 10000.
  public func besselJ(order: Int = 0) -> Tensor { bessel(.besselJ, order, "besselJ") }
  /// The Bessel function of the second kind of an integer order, Yₙ(x); −∞ at 0 and NaN below. Traps when the order is
  /// not within −10000 ... 10000.
  public func besselY(order: Int = 0) -> Tensor { bessel(.besselY, order, "besselY") }
  /// The modified Bessel function of the first kind of an integer order, Iₙ(x), or, scaled, e^(−|x|) Iₙ(x), which does
  /// not overflow (NumPy's `i0`; SciPy's `iv`, `ive`). Traps when the order is not within −10000 ... 10000.
  public func besselI(order: Int = 0, scaled: Bool = false) -> Tensor {
    bessel(scaled ? .besselIScaled : .besselI, order, "besselI")
  }
  /// The modified Bessel function of the second kind of an integer order, Kₙ(x), or, scaled, eˣ Kₙ(x); ∞ at 0 and NaN
  /// below. Traps when the order is not within −10000 ... 10000.
  public func besselK(order: Int = 0, scaled: Bool = false) -> Tensor {
    bessel(scaled ? .besselKScaled : .besselK, order, "besselK")
  }
  private func bessel(_ operation: BinaryOperation, _ order: Int, _ name: String) -> Tensor {
    if !(-10_000...10_000 ~= order) { trap(name, "expected an order within -10000 ... 10000, got \(order)") }
    return Tensor(Scalar(order)).combined(operation, self)
  }

  /// exp(x²) · erfc(x), which does not underflow for large x.
  public func erfcx() -> Tensor { mapped(.erfcx) }
  /// The normal distribution function: the probability that a standard normal variable is below x.
  public func ndtr() -> Tensor { (self * Scalar(-0.5.squareRoot())).erfc() * 0.5 }
  /// The logarithm of `ndtr`, exact far below 0.
  public func logNdtr() -> Tensor { mapped(.logNdtr) }
  /// The number that a standard normal variable is below with the probability x, the inverse of `ndtr`; infinite at 0 and
  /// 1, and NaN outside.
  public func ndtri() -> Tensor { mapped(.ndtri) }

  /// The regularised incomplete gamma function P(a, x) with this tensor as a, the integral of tᵃ⁻¹ e⁻ᵗ / Γ(a) from 0 to
  /// x; NaN where a or x is negative. The shapes broadcast.
  ///
  /// It has a derivative by x, and differentiated by a it traps.
  public func gammaBelow(_ x: Tensor) -> Tensor { combined(.gammaBelow, x) }
  /// 1 − P(a, x), exact where that is small; see `gammaBelow(_:)`.
  public func gammaAbove(_ x: Tensor) -> Tensor { combined(.gammaAbove, x) }
  /// The Hurwitz zeta function with this tensor as s: the sum of (q + k)⁻ˢ over k from 0 on; NaN where s is below 1. The
  /// shapes broadcast.
  ///
  /// It has a derivative by q, and differentiated by s it traps.
  public func zeta(_ q: Tensor) -> Tensor { combined(.zeta, q) }
  /// log Γₚ(x), the multivariate gamma function of a dimension p: p (p − 1) / 4 · log π + the sum of log Γ(x − j / 2) for j
  /// up to p − 1. Traps when the dimension is less than 1.
  public func lgamma(dimension: Int) -> Tensor {
    if dimension < 1 { trap("lgamma", "expected a dimension of at least 1, got \(dimension)") }
    let constant = Double(dimension * (dimension - 1)) / 4 * logPi
    return (0..<dimension).reduce(Tensor(Scalar(constant))) { $0 + (self - Scalar($1) / 2).lgamma() }
  }

  /// −x · log(x), the terms of an entropy: 0 at 0, and −∞ below.
  public func entr() -> Tensor {
    Tensor.where(self .< 0, Tensor(-Scalar.infinity), -combined(.xlogy, self))
  }
  /// x · log(1 + y), 0 where x is 0 unless y is NaN; the shapes broadcast.
  public func xlog1py(_ y: Tensor) -> Tensor {
    // Where y has no logarithm, 0 takes its place before a derivative multiplies an infinity by 0.
    let isWithout = (self .== 0) .& ((y .<= -1) .| (y .== Scalar.infinity))
    return self * Tensor.where(isWithout, Tensor(0), y).log1p()
  }
  /// log₂(2ˣ + 2ʸ), without overflow; the shapes broadcast.
  public func logAddExp2(_ y: Tensor) -> Tensor {
    let (two, one) = (Scalar(logTwo), Scalar(1 / logTwo))
    return (self * two).combined(.logAddExp, y * two, as: "logAddExp2") * one
  }
}

private let logTwo = 0.693_147_180_559_945_3
private let logPi = 1.144_729_885_849_400_2
