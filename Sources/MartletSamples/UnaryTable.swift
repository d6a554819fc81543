import MartletCore

/// What samples of an elementwise operation of one operand are drawn from and checked against.
package struct UnarySample: Sendable {
  /// The range that values are drawn from: within the domain, and away from kinks.
  package let range: ClosedRange<Double>
  package let reference: @Sendable (Double) -> Double

  init(in range: ClosedRange<Double> = -2...2, _ reference: @escaping @Sendable (Double) -> Double) {
    self.range = range
    self.reference = reference
  }
}

extension UnaryOperation {
  /// The error that `Float` is allowed, relative to the largest magnitude of a result and at least 0.001.
  package static let tolerance = 2e-6

  package var sample: UnarySample { UnaryOperation.samples[Int(rawValue)] }

  private static let samples: [UnarySample] = allCases.map(\.row)

  /// The table's row for an operation.
  private var row: UnarySample {
    switch self {
    case .negate: UnarySample { -$0 }
    case .abs: UnarySample { Swift.abs($0) }
    case .sign: UnarySample { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
    case .square: UnarySample { $0 * $0 }
    case .reciprocal: UnarySample(in: 0.3...3) { 1 / $0 }
    case .sqrt: UnarySample(in: 0.2...4) { $0.squareRoot() }
    case .rsqrt: UnarySample(in: 0.2...4) { 1 / $0.squareRoot() }
    case .cbrt: UnarySample(in: 0.2...4) { CMath.cbrt($0) }
    case .exp: UnarySample { CMath.exp($0) }
    case .expm1: UnarySample { CMath.expm1($0) }
    case .exp2: UnarySample { CMath.exp2($0) }
    case .log: UnarySample(in: 0.1...4) { CMath.log($0) }
    case .log1p: UnarySample(in: -0.7...4) { CMath.log1p($0) }
    case .log2: UnarySample(in: 0.1...4) { CMath.log2($0) }
    case .log10: UnarySample(in: 0.1...4) { CMath.log10($0) }
    case .sin: UnarySample { CMath.sin($0) }
    case .cos: UnarySample { CMath.cos($0) }
    case .tan: UnarySample(in: -1.2...1.2) { CMath.tan($0) }
    case .asin: UnarySample(in: -0.8...0.8) { CMath.asin($0) }
    case .acos: UnarySample(in: -0.8...0.8) { CMath.acos($0) }
    case .atan: UnarySample { CMath.atan($0) }
    case .sinh: UnarySample { CMath.sinh($0) }
    case .cosh: UnarySample { CMath.cosh($0) }
    case .tanh: UnarySample { CMath.tanh($0) }
    case .asinh: UnarySample { CMath.asinh($0) }
    case .acosh: UnarySample(in: 1.3...4) { CMath.acosh($0) }
    case .atanh: UnarySample(in: -0.8...0.8) { CMath.atanh($0) }
    case .erf: UnarySample { CMath.erf($0) }
    case .erfc: UnarySample { CMath.erfc($0) }
    case .erfinv: UnarySample(in: -0.8...0.8) { plainInverseErf($0) }
    case .lgamma: UnarySample(in: 0.3...4) { plainLogGamma($0) }
    case .digamma: UnarySample(in: 0.3...4) { plainDigamma($0) }
    case .sinc: UnarySample { $0 == 0 ? 1 : CMath.sin(.pi * $0) / (.pi * $0) }
    case .logit: UnarySample(in: 0.1...0.9) { CMath.log($0 / (1 - $0)) }
    case .erfcx: UnarySample { CMath.exp($0 * $0) * CMath.erfc($0) }
    case .ndtri: UnarySample(in: 0.1...0.9) { plainNormalQuantile($0) }
    case .logNdtr: UnarySample { CMath.log(0.5 * CMath.erfc(-$0 * inverseRootTwo)) }
    case .floor: UnarySample { $0.rounded(.down) }
    case .ceil: UnarySample { $0.rounded(.up) }
    case .round: UnarySample { $0.rounded(.toNearestOrEven) }
    case .trunc: UnarySample { $0.rounded(.towardZero) }
    case .frac: UnarySample(in: 1.1...1.9) { $0 - $0.rounded(.towardZero) }
    case .relu: UnarySample { max($0, 0) }
    case .sigmoid: UnarySample { plainSigmoid($0) }
    case .softplus: UnarySample { plainSoftplus($0) }
    case .logSigmoid: UnarySample { -plainSoftplus(-$0) }
    case .gelu: UnarySample { 0.5 * $0 * CMath.erfc(-$0 * 0.5.squareRoot()) }
    case .geluTanh: UnarySample { 0.5 * $0 * (1 + CMath.tanh(geluScale * ($0 + 0.044_715 * $0 * $0 * $0))) }
    case .silu: UnarySample { $0 * plainSigmoid($0) }
    case .mish: UnarySample { $0 * CMath.tanh(plainSoftplus($0)) }
    case .selu: UnarySample { $0 > 0 ? seluScale * $0 : seluScale * seluAlpha * CMath.expm1($0) }
    case .relu6: UnarySample(in: -2...8) { min(max($0, 0), 6) }
    case .hardSigmoid: UnarySample(in: -4...4) { min(max($0 + 3, 0), 6) / 6 }
    case .hardSwish: UnarySample(in: -4...4) { $0 * min(max($0 + 3, 0), 6) / 6 }
    case .softsign: UnarySample { $0 / (1 + Swift.abs($0)) }
    case .tanhshrink: UnarySample { $0 - CMath.tanh($0) }
    }
  }
}

/// 1 / √(2π), the normal distribution's density at 0.
let normalHeight = 0.398_942_280_401_432_7
private let inverseRootTwo = 0.5.squareRoot()
private let geluScale = 0.797_884_560_802_865_4
private let seluScale = 1.050_700_987_355_480_493_419_334_985_294_6
private let seluAlpha = 1.673_263_242_354_377_284_817_042_991_671_7

private func plainSigmoid(_ x: Double) -> Double { 1 / (1 + CMath.exp(-x)) }

private func plainSoftplus(_ x: Double) -> Double { max(x, 0) + CMath.log1p(CMath.exp(-Swift.abs(x))) }

/// Newton's method, for arguments that are not near ±1.
private func plainInverseErf(_ x: Double) -> Double {
  (0..<50).reduce(0) { y, _ in y - (CMath.erf(y) - x) / (2 / Double.pi.squareRoot() * CMath.exp(-y * y)) }
}

/// By halving an interval; the logarithm of the tail is, beyond 5, that of the density over a continued fraction
/// (Abramowitz and Stegun, 26.2.14).
private func plainNormalQuantile(_ p: Double) -> Double {
  if !(p > 0 && p < 1) { return p == 0 ? -.infinity : p == 1 ? .infinity : .nan }
  if p > 0.5 { return -plainNormalQuantile(1 - p) }
  func logTail(_ y: Double) -> Double {
    if y < 5 { return CMath.log(0.5 * CMath.erfc(y * inverseRootTwo)) }
    let fraction = (1...100).reversed().reduce(y) { y + Double($1) / $0 }
    return -0.5 * y * y + CMath.log(normalHeight / fraction)
  }
  var (low, high) = (0.0, 40.0)
  for _ in 0..<100 {
    let middle = 0.5 * (low + high)
    if logTail(middle) > CMath.log(p) { low = middle } else { high = middle }
  }
  return -low
}

/// By the recurrence from far out, where few terms of Stirling's series do.
func plainLogGamma(_ x: Double) -> Double {
  let y = x + 20
  let z = 1 / (y * y)
  let terms = (1 / 12.0 - z * (1 / 360.0 - z * (1 / 1260.0 - z / 1680))) / y
  let far = (y - 0.5) * CMath.log(y) - y + 0.5 * CMath.log(2 * .pi) + terms
  return (0..<20).reduce(far) { $0 - CMath.log(abs(x + Double($1))) }
}

/// By the recurrence from far out, where two terms of the series do.
private func plainDigamma(_ x: Double) -> Double {
  let y = x + 100
  let far = CMath.log(y) - 1 / (2 * y) - 1 / (12 * y * y) + 1 / (120 * y * y * y * y)
  return (0..<100).reversed().reduce(far) { $0 - 1 / (x + Double($1)) }
}
