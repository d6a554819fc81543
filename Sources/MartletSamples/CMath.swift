import MartletPlatform

// Other names for the C library's functions: inside a type that has members of the same names, those are hidden.
private func cExp(_ x: Double) -> Double { exp(x) }
private func cExpm1(_ x: Double) -> Double { expm1(x) }
private func cExp2(_ x: Double) -> Double { exp2(x) }
private func cLog(_ x: Double) -> Double { log(x) }
private func cLog1p(_ x: Double) -> Double { log1p(x) }
private func cLog2(_ x: Double) -> Double { log2(x) }
private func cLog10(_ x: Double) -> Double { log10(x) }
private func cSin(_ x: Double) -> Double { sin(x) }
private func cCos(_ x: Double) -> Double { cos(x) }
private func cTan(_ x: Double) -> Double { tan(x) }
private func cAsin(_ x: Double) -> Double { asin(x) }
private func cAcos(_ x: Double) -> Double { acos(x) }
private func cAtan(_ x: Double) -> Double { atan(x) }
private func cSinh(_ x: Double) -> Double { sinh(x) }
private func cCosh(_ x: Double) -> Double { cosh(x) }
private func cTanh(_ x: Double) -> Double { tanh(x) }
private func cAsinh(_ x: Double) -> Double { asinh(x) }
private func cAcosh(_ x: Double) -> Double { acosh(x) }
private func cAtanh(_ x: Double) -> Double { atanh(x) }
private func cErf(_ x: Double) -> Double { erf(x) }
private func cErfc(_ x: Double) -> Double { erfc(x) }
private func cCbrt(_ x: Double) -> Double { cbrt(x) }
private func cY1(_ x: Double) -> Double { y1(x) }
private func cFmod(_ x: Double, _ y: Double) -> Double { fmod(x, y) }
private func cPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
private func cAtan2(_ y: Double, _ x: Double) -> Double { atan2(y, x) }

/// The C library's functions, for the references that samples are checked against.
package enum CMath {
  package static func exp(_ x: Double) -> Double { cExp(x) }
  package static func expm1(_ x: Double) -> Double { cExpm1(x) }
  package static func exp2(_ x: Double) -> Double { cExp2(x) }
  package static func log(_ x: Double) -> Double { cLog(x) }
  package static func log1p(_ x: Double) -> Double { cLog1p(x) }
  package static func log2(_ x: Double) -> Double { cLog2(x) }
  package static func log10(_ x: Double) -> Double { cLog10(x) }
  package static func sin(_ x: Double) -> Double { cSin(x) }
  package static func cos(_ x: Double) -> Double { cCos(x) }
  package static func tan(_ x: Double) -> Double { cTan(x) }
  package static func asin(_ x: Double) -> Double { cAsin(x) }
  package static func acos(_ x: Double) -> Double { cAcos(x) }
  package static func atan(_ x: Double) -> Double { cAtan(x) }
  package static func sinh(_ x: Double) -> Double { cSinh(x) }
  package static func cosh(_ x: Double) -> Double { cCosh(x) }
  package static func tanh(_ x: Double) -> Double { cTanh(x) }
  package static func asinh(_ x: Double) -> Double { cAsinh(x) }
  package static func acosh(_ x: Double) -> Double { cAcosh(x) }
  package static func atanh(_ x: Double) -> Double { cAtanh(x) }
  package static func erf(_ x: Double) -> Double { cErf(x) }
  package static func erfc(_ x: Double) -> Double { cErfc(x) }
  package static func cbrt(_ x: Double) -> Double { cCbrt(x) }
  package static func y1(_ x: Double) -> Double { cY1(x) }
  package static func fmod(_ x: Double, _ y: Double) -> Double { cFmod(x, y) }
  package static func pow(_ x: Double, _ y: Double) -> Double { cPow(x, y) }
  package static func atan2(_ y: Double, _ x: Double) -> Double { cAtan2(y, x) }
}
