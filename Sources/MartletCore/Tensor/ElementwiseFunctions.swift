// Elementwise functions as free functions, named as those of numbers in Foundation and the C library. Each calls the
// method of the same name; `pow` calls `power`, `copysign` calls `copySign` and `nextafter` calls `nextAfter`.
//
// Each is written once for each scalar type, as the operators in Tensor+ConcreteOperators.swift are: with generic
// functions beside those of the C library, the compiler gives up on an ordinary sum of ten terms, even of numbers
// alone. Code that is generic over the scalar type has to call the methods.

// MARK: Float

/// eˣ.
public func exp(_ x: Tensor<Float>) -> Tensor<Float> { x.exp() }
/// eˣ − 1, exact near 0.
public func expm1(_ x: Tensor<Float>) -> Tensor<Float> { x.expm1() }
/// 2ˣ.
public func exp2(_ x: Tensor<Float>) -> Tensor<Float> { x.exp2() }
/// The natural logarithm.
public func log(_ x: Tensor<Float>) -> Tensor<Float> { x.log() }
/// log(1 + x), exact near 0.
public func log1p(_ x: Tensor<Float>) -> Tensor<Float> { x.log1p() }
/// The logarithm to base 2.
public func log2(_ x: Tensor<Float>) -> Tensor<Float> { x.log2() }
/// The logarithm to base 10.
public func log10(_ x: Tensor<Float>) -> Tensor<Float> { x.log10() }

/// The sine of an angle in radians.
public func sin(_ x: Tensor<Float>) -> Tensor<Float> { x.sin() }
/// The cosine of an angle in radians.
public func cos(_ x: Tensor<Float>) -> Tensor<Float> { x.cos() }
/// The tangent of an angle in radians.
public func tan(_ x: Tensor<Float>) -> Tensor<Float> { x.tan() }
/// The inverse sine, within −π/2 ... π/2.
public func asin(_ x: Tensor<Float>) -> Tensor<Float> { x.asin() }
/// The inverse cosine, within 0 ... π.
public func acos(_ x: Tensor<Float>) -> Tensor<Float> { x.acos() }
/// The inverse tangent, within −π/2 ... π/2.
public func atan(_ x: Tensor<Float>) -> Tensor<Float> { x.atan() }
/// The angle of the points (x, y), within −π ... π; the shapes broadcast.
public func atan2(_ y: Tensor<Float>, _ x: Tensor<Float>) -> Tensor<Float> { y.atan2(x) }
/// √(x² + y²), without overflow; the shapes broadcast.
public func hypot(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.hypot(y) }

/// The hyperbolic sine.
public func sinh(_ x: Tensor<Float>) -> Tensor<Float> { x.sinh() }
/// The hyperbolic cosine.
public func cosh(_ x: Tensor<Float>) -> Tensor<Float> { x.cosh() }
/// The hyperbolic tangent.
public func tanh(_ x: Tensor<Float>) -> Tensor<Float> { x.tanh() }
/// The inverse hyperbolic sine.
public func asinh(_ x: Tensor<Float>) -> Tensor<Float> { x.asinh() }
/// The inverse hyperbolic cosine.
public func acosh(_ x: Tensor<Float>) -> Tensor<Float> { x.acosh() }
/// The inverse hyperbolic tangent.
public func atanh(_ x: Tensor<Float>) -> Tensor<Float> { x.atanh() }

/// √x, NaN where x is negative.
public func sqrt(_ x: Tensor<Float>) -> Tensor<Float> { x.sqrt() }
/// The cube root, also of negative numbers.
public func cbrt(_ x: Tensor<Float>) -> Tensor<Float> { x.cbrt() }
/// xʸ, element by element; the shapes broadcast.
public func pow(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.power(y) }
/// xʸ of every element.
public func pow(_ x: Tensor<Float>, _ y: Float) -> Tensor<Float> { x.power(y) }
/// A number to the power of every element.
public func pow(_ x: Float, _ y: Tensor<Float>) -> Tensor<Float> { Tensor(x).power(y) }

/// The greatest integer not above x.
public func floor(_ x: Tensor<Float>) -> Tensor<Float> { x.floor() }
/// The least integer not below x.
public func ceil(_ x: Tensor<Float>) -> Tensor<Float> { x.ceil() }
/// The nearest integer; halves go to the even one, as in NumPy (Foundation's function rounds them away from 0).
public func round(_ x: Tensor<Float>) -> Tensor<Float> { x.round() }
/// The nearest integer towards 0.
public func trunc(_ x: Tensor<Float>) -> Tensor<Float> { x.trunc() }
/// The remainder with the dividend's sign; the shapes broadcast.
public func fmod(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.fmod(y) }
/// The smaller of two elements, and of a number and NaN the number; the shapes broadcast.
public func fmin(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.fmin(y) }
/// The larger of two elements, and of a number and NaN the number; the shapes broadcast.
public func fmax(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.fmax(y) }
/// |x| with the sign of y; the shapes broadcast.
public func copysign(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.copySign(y) }
/// The next number after x in the direction of y; the shapes broadcast.
public func nextafter(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.nextAfter(y) }

/// The error function.
public func erf(_ x: Tensor<Float>) -> Tensor<Float> { x.erf() }
/// 1 − erf(x), exact where that is small.
public func erfc(_ x: Tensor<Float>) -> Tensor<Float> { x.erfc() }
/// The number whose error function is x.
public func erfinv(_ x: Tensor<Float>) -> Tensor<Float> { x.erfinv() }
/// log |Γ(x)|.
public func lgamma(_ x: Tensor<Float>) -> Tensor<Float> { x.lgamma() }
/// The derivative of log Γ(x).
public func digamma(_ x: Tensor<Float>) -> Tensor<Float> { x.digamma() }
/// sin(πx) / (πx), which is 1 at 0.
public func sinc(_ x: Tensor<Float>) -> Tensor<Float> { x.sinc() }
/// log(x / (1 − x)), the inverse of `sigmoid`.
public func logit(_ x: Tensor<Float>) -> Tensor<Float> { x.logit() }
/// x · log(y), 0 where x is 0 unless y is NaN; the shapes broadcast.
public func xlogy(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.xlogy(y) }
/// log(eˣ + eʸ), without overflow; the shapes broadcast.
public func logAddExp(_ x: Tensor<Float>, _ y: Tensor<Float>) -> Tensor<Float> { x.logAddExp(y) }
/// max(x, 0); derivative 0 at 0.
public func relu(_ x: Tensor<Float>) -> Tensor<Float> { x.relu() }
/// 1 / (1 + e⁻ˣ).
public func sigmoid(_ x: Tensor<Float>) -> Tensor<Float> { x.sigmoid() }
/// log(1 + eˣ), stable for large x.
public func softplus(_ x: Tensor<Float>) -> Tensor<Float> { x.softplus() }

// MARK: Double

/// eˣ.
public func exp(_ x: Tensor<Double>) -> Tensor<Double> { x.exp() }
/// eˣ − 1, exact near 0.
public func expm1(_ x: Tensor<Double>) -> Tensor<Double> { x.expm1() }
/// 2ˣ.
public func exp2(_ x: Tensor<Double>) -> Tensor<Double> { x.exp2() }
/// The natural logarithm.
public func log(_ x: Tensor<Double>) -> Tensor<Double> { x.log() }
/// log(1 + x), exact near 0.
public func log1p(_ x: Tensor<Double>) -> Tensor<Double> { x.log1p() }
/// The logarithm to base 2.
public func log2(_ x: Tensor<Double>) -> Tensor<Double> { x.log2() }
/// The logarithm to base 10.
public func log10(_ x: Tensor<Double>) -> Tensor<Double> { x.log10() }

/// The sine of an angle in radians.
public func sin(_ x: Tensor<Double>) -> Tensor<Double> { x.sin() }
/// The cosine of an angle in radians.
public func cos(_ x: Tensor<Double>) -> Tensor<Double> { x.cos() }
/// The tangent of an angle in radians.
public func tan(_ x: Tensor<Double>) -> Tensor<Double> { x.tan() }
/// The inverse sine, within −π/2 ... π/2.
public func asin(_ x: Tensor<Double>) -> Tensor<Double> { x.asin() }
/// The inverse cosine, within 0 ... π.
public func acos(_ x: Tensor<Double>) -> Tensor<Double> { x.acos() }
/// The inverse tangent, within −π/2 ... π/2.
public func atan(_ x: Tensor<Double>) -> Tensor<Double> { x.atan() }
/// The angle of the points (x, y), within −π ... π; the shapes broadcast.
public func atan2(_ y: Tensor<Double>, _ x: Tensor<Double>) -> Tensor<Double> { y.atan2(x) }
/// √(x² + y²), without overflow; the shapes broadcast.
public func hypot(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.hypot(y) }

/// The hyperbolic sine.
public func sinh(_ x: Tensor<Double>) -> Tensor<Double> { x.sinh() }
/// The hyperbolic cosine.
public func cosh(_ x: Tensor<Double>) -> Tensor<Double> { x.cosh() }
/// The hyperbolic tangent.
public func tanh(_ x: Tensor<Double>) -> Tensor<Double> { x.tanh() }
/// The inverse hyperbolic sine.
public func asinh(_ x: Tensor<Double>) -> Tensor<Double> { x.asinh() }
/// The inverse hyperbolic cosine.
public func acosh(_ x: Tensor<Double>) -> Tensor<Double> { x.acosh() }
/// The inverse hyperbolic tangent.
public func atanh(_ x: Tensor<Double>) -> Tensor<Double> { x.atanh() }

/// √x, NaN where x is negative.
public func sqrt(_ x: Tensor<Double>) -> Tensor<Double> { x.sqrt() }
/// The cube root, also of negative numbers.
public func cbrt(_ x: Tensor<Double>) -> Tensor<Double> { x.cbrt() }
/// xʸ, element by element; the shapes broadcast.
public func pow(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.power(y) }
/// xʸ of every element.
public func pow(_ x: Tensor<Double>, _ y: Double) -> Tensor<Double> { x.power(y) }
/// A number to the power of every element.
public func pow(_ x: Double, _ y: Tensor<Double>) -> Tensor<Double> { Tensor(x).power(y) }

/// The greatest integer not above x.
public func floor(_ x: Tensor<Double>) -> Tensor<Double> { x.floor() }
/// The least integer not below x.
public func ceil(_ x: Tensor<Double>) -> Tensor<Double> { x.ceil() }
/// The nearest integer; halves go to the even one, as in NumPy (Foundation's function rounds them away from 0).
public func round(_ x: Tensor<Double>) -> Tensor<Double> { x.round() }
/// The nearest integer towards 0.
public func trunc(_ x: Tensor<Double>) -> Tensor<Double> { x.trunc() }
/// The remainder with the dividend's sign; the shapes broadcast.
public func fmod(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.fmod(y) }
/// The smaller of two elements, and of a number and NaN the number; the shapes broadcast.
public func fmin(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.fmin(y) }
/// The larger of two elements, and of a number and NaN the number; the shapes broadcast.
public func fmax(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.fmax(y) }
/// |x| with the sign of y; the shapes broadcast.
public func copysign(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.copySign(y) }
/// The next number after x in the direction of y; the shapes broadcast.
public func nextafter(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.nextAfter(y) }

/// The error function.
public func erf(_ x: Tensor<Double>) -> Tensor<Double> { x.erf() }
/// 1 − erf(x), exact where that is small.
public func erfc(_ x: Tensor<Double>) -> Tensor<Double> { x.erfc() }
/// The number whose error function is x.
public func erfinv(_ x: Tensor<Double>) -> Tensor<Double> { x.erfinv() }
/// log |Γ(x)|.
public func lgamma(_ x: Tensor<Double>) -> Tensor<Double> { x.lgamma() }
/// The derivative of log Γ(x).
public func digamma(_ x: Tensor<Double>) -> Tensor<Double> { x.digamma() }
/// sin(πx) / (πx), which is 1 at 0.
public func sinc(_ x: Tensor<Double>) -> Tensor<Double> { x.sinc() }
/// log(x / (1 − x)), the inverse of `sigmoid`.
public func logit(_ x: Tensor<Double>) -> Tensor<Double> { x.logit() }
/// x · log(y), 0 where x is 0 unless y is NaN; the shapes broadcast.
public func xlogy(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.xlogy(y) }
/// log(eˣ + eʸ), without overflow; the shapes broadcast.
public func logAddExp(_ x: Tensor<Double>, _ y: Tensor<Double>) -> Tensor<Double> { x.logAddExp(y) }
/// max(x, 0); derivative 0 at 0.
public func relu(_ x: Tensor<Double>) -> Tensor<Double> { x.relu() }
/// 1 / (1 + e⁻ˣ).
public func sigmoid(_ x: Tensor<Double>) -> Tensor<Double> { x.sigmoid() }
/// log(1 + eˣ), stable for large x.
public func softplus(_ x: Tensor<Double>) -> Tensor<Double> { x.softplus() }

// MARK: All numbers

/// The absolute value of every element.
public func abs(_ x: Tensor<Float>) -> Tensor<Float> { x.abs() }
/// The absolute value of every element.
public func abs(_ x: Tensor<Double>) -> Tensor<Double> { x.abs() }
/// The absolute value of every element; that of the least integer is itself.
public func abs(_ x: Tensor<Int32>) -> Tensor<Int32> { x.abs() }
/// The absolute value of every element; that of the least integer is itself.
public func abs(_ x: Tensor<Int64>) -> Tensor<Int64> { x.abs() }
/// The absolute value of every element, which for an unsigned type is the element.
public func abs(_ x: Tensor<UInt8>) -> Tensor<UInt8> { x.abs() }

/// The smaller of two elements, NaN where one is NaN; the shapes broadcast.
public func minimum<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  a.combined(.minimum, b)
}
/// The smaller of every element and a number.
public func minimum<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Scalar) -> Tensor<Scalar> { minimum(a, Tensor(b)) }
/// The larger of two elements, NaN where one is NaN; the shapes broadcast.
public func maximum<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  a.combined(.maximum, b)
}
/// The larger of every element and a number.
public func maximum<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Scalar) -> Tensor<Scalar> { maximum(a, Tensor(b)) }
