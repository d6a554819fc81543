import CKernels
import MartletPlatform

/// The elementwise operations of one operand.
package enum UnaryOperation: UInt8, CaseIterable, Sendable {
  case negate, abs, sign, square
  case reciprocal, sqrt, rsqrt, cbrt
  case exp, expm1, exp2, log, log1p, log2, log10
  case sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh, asinh, acosh, atanh
  case erf, erfc, erfinv, lgamma, digamma, sinc, logit
  case erfcx, ndtri, logNdtr
  case floor, ceil, round, trunc, frac
  case relu, sigmoid, softplus, logSigmoid, gelu, geluTanh, silu, mish, selu
  case relu6, hardSigmoid, hardSwish, softsign, tanhshrink

  /// What is needed of the table's row whenever the operation is applied.
  @inline(__always)
  var traits: ElementwiseTraits {
    ElementwiseTraits.of(rawValue, in: MK_TABLE_UNARY, UnaryOperation.table.map(\.traits))
  }

  // Yielded instead of copied: a derivative uses only one of its functions.
  package var facts: UnaryFacts { _read { yield UnaryOperation.table[Int(rawValue)] } }

  private static let table: [UnaryFacts] = allCases.map(\.row)

  /// The table's row for an operation. In derivatives, `g` is the gradient of the result. The article "How the graph
  /// works" says what they are at kinks and at NaN.
  private var row: UnaryFacts {
    switch self {
    case .negate:
      UnaryFacts("negate", MK_NEGATE, on: .numeric, isCheap: true, derivative: { g, _ in -g }, reference: { -$0 })
    case .abs:
      UnaryFacts(
        "abs", MK_ABS, on: .numeric, isCheap: true, saves: .firstOperand,
        derivative: { g, s in apply(Binary(.absBackward), g, s.x) }, reference: { Swift.abs($0) })
    case .sign:
      UnaryFacts(
        "sign", MK_SIGN, on: .numeric, isCheap: true, derivative: { _, _ in nil },
        reference: { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 })
    case .square:
      UnaryFacts(
        "square", MK_SQUARE, on: .numeric, isCheap: true, saves: .firstOperand, derivative: { g, s in g * s.x * 2 },
        reference: { $0 * $0 })
    case .reciprocal:
      UnaryFacts(
        "reciprocal", MK_RECIPROCAL, isCheap: true, saves: .results, in: 0.3...3,
        derivative: { g, s in -(g * s.y.applying(.square)) },
        reference: { 1 / $0 })
    case .sqrt:
      UnaryFacts(
        "sqrt", MK_SQRT, isCheap: true, saves: .results, in: 0.2...4, derivative: { g, s in g / (s.y * 2) },
        reference: { $0.squareRoot() })
    case .rsqrt:
      UnaryFacts(
        "rsqrt", MK_RSQRT, saves: .results, in: 0.2...4, derivative: { g, s in g * s.y * s.y * s.y * -0.5 },
        reference: { 1 / $0.squareRoot() })
    case .cbrt:
      UnaryFacts(
        "cbrt", MK_CBRT, saves: .results, in: 0.2...4, derivative: { g, s in g / (s.y.applying(.square) * 3) },
        reference: { CMath.cbrt($0) })
    case .exp:
      UnaryFacts("exp", MK_EXP, saves: .results, derivative: { g, s in g * s.y }, reference: { CMath.exp($0) })
    case .expm1:
      UnaryFacts(
        "expm1", MK_EXPM1, saves: .results, derivative: { g, s in g * (s.y + 1) }, reference: { CMath.expm1($0) })
    case .exp2:
      UnaryFacts(
        "exp2", MK_EXP2, saves: .results, derivative: { g, s in g * s.y * M_LN2 }, reference: { CMath.exp2($0) })
    case .log:
      UnaryFacts(
        "log", MK_LOG, saves: .firstOperand, in: 0.1...4, derivative: { g, s in g / s.x }, reference: { CMath.log($0) })
    case .log1p:
      UnaryFacts(
        "log1p", MK_LOG1P, saves: .firstOperand, in: -0.7...4, derivative: { g, s in g / (s.x + 1) },
        reference: { CMath.log1p($0) })
    case .log2:
      UnaryFacts(
        "log2", MK_LOG2, saves: .firstOperand, in: 0.1...4, derivative: { g, s in g / (s.x * M_LN2) },
        reference: { CMath.log2($0) })
    case .log10:
      UnaryFacts(
        "log10", MK_LOG10, saves: .firstOperand, in: 0.1...4, derivative: { g, s in g / (s.x * M_LN10) },
        reference: { CMath.log10($0) })
    case .sin:
      UnaryFacts(
        "sin", MK_SIN, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.cos) },
        reference: { CMath.sin($0) })
    case .cos:
      UnaryFacts(
        "cos", MK_COS, saves: .firstOperand, derivative: { g, s in -(g * s.x.applying(.sin)) },
        reference: { CMath.cos($0) })
    case .tan:
      UnaryFacts(
        "tan", MK_TAN, saves: .results, in: -1.2...1.2, derivative: { g, s in g * (s.y.applying(.square) + 1) },
        reference: { CMath.tan($0) })
    case .asin:
      UnaryFacts(
        "asin", MK_ASIN, saves: .firstOperand, in: -0.8...0.8,
        derivative: { g, s in g * (-s.x.applying(.square) + 1).applying(.rsqrt) }, reference: { CMath.asin($0) })
    case .acos:
      UnaryFacts(
        "acos", MK_ACOS, saves: .firstOperand, in: -0.8...0.8,
        derivative: { g, s in -(g * (-s.x.applying(.square) + 1).applying(.rsqrt)) }, reference: { CMath.acos($0) })
    case .atan:
      UnaryFacts(
        "atan", MK_ATAN, saves: .firstOperand, derivative: { g, s in g / (s.x.applying(.square) + 1) },
        reference: { CMath.atan($0) })
    case .sinh:
      UnaryFacts(
        "sinh", MK_SINH, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.cosh) },
        reference: { CMath.sinh($0) })
    case .cosh:
      UnaryFacts(
        "cosh", MK_COSH, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.sinh) },
        reference: { CMath.cosh($0) })
    case .tanh:
      UnaryFacts(
        "tanh", MK_TANH, saves: .results, derivative: { g, s in apply(Binary(.tanhBackward), g, s.y) },
        reference: { CMath.tanh($0) })
    case .asinh:
      UnaryFacts(
        "asinh", MK_ASINH, saves: .firstOperand,
        derivative: { g, s in g * (s.x.applying(.square) + 1).applying(.rsqrt) },
        reference: { CMath.asinh($0) })
    case .acosh:
      UnaryFacts(
        "acosh", MK_ACOSH, saves: .firstOperand, in: 1.3...4,
        derivative: { g, s in g * (s.x.applying(.square) - 1).applying(.rsqrt) }, reference: { CMath.acosh($0) })
    case .atanh:
      UnaryFacts(
        "atanh", MK_ATANH, saves: .firstOperand, in: -0.8...0.8,
        derivative: { g, s in g / (-s.x.applying(.square) + 1) },
        reference: { CMath.atanh($0) })
    case .erf:
      UnaryFacts(
        "erf", MK_ERF, saves: .firstOperand, derivative: { g, s in g * bell(s.x) }, reference: { CMath.erf($0) })
    case .erfc:
      UnaryFacts(
        "erfc", MK_ERFC, saves: .firstOperand, derivative: { g, s in -(g * bell(s.x)) }, reference: { CMath.erfc($0) })
    case .erfinv:
      UnaryFacts(
        "erfinv", MK_ERFINV, saves: .results, in: -0.8...0.8,
        derivative: { g, s in g * (s.y.applying(.square).applying(.exp) * (1 / bellHeight)) },
        reference: { plainInverseErf($0) })
    case .lgamma:
      UnaryFacts(
        "lgamma", MK_LGAMMA, saves: .firstOperand, in: 0.3...4, derivative: { g, s in g * s.x.applying(.digamma) },
        reference: { plainLogGamma($0) })
    case .digamma:
      UnaryFacts(
        "digamma", MK_DIGAMMA, saves: .firstOperand, in: 0.3...4,
        derivative: { g, s in g * apply(Binary(.polygamma), s.x.scalar(1), s.x) }, reference: { plainDigamma($0) })
    case .sinc:
      UnaryFacts(
        "sinc", MK_SINC, saves: .firstOperand,
        derivative: { g, s in g * apply(Binary(.sincDerivative), s.x.scalar(1), s.x) },
        reference: { $0 == 0 ? 1 : CMath.sin(.pi * $0) / (.pi * $0) })
    case .logit:
      UnaryFacts(
        "logit", MK_LOGIT, saves: .firstOperand, in: 0.1...0.9,
        derivative: { g, s in
          // Where there is no value, the derivative is NaN too.
          let isOutside = s.x.isOutside(0...1)
          let x = apply(Select(), isOutside, s.x.scalar(.nan), s.x)
          return g / (x * (-x + 1))
        }, reference: { CMath.log($0 / (1 - $0)) })
    case .erfcx:
      UnaryFacts(
        "erfcx", MK_ERFCX, saves: .operandsAndResults, derivative: { g, s in g * (s.x * s.y * 2 - bellHeight) },
        reference: { CMath.exp($0 * $0) * CMath.erfc($0) })
    case .ndtri:
      UnaryFacts(
        "ndtri", MK_NDTRI, saves: .results, in: 0.1...0.9,
        derivative: { g, s in g * ((s.y.applying(.square) * 0.5).applying(.exp) * (1 / normalHeight)) },
        reference: { plainNormalQuantile($0) })
    case .logNdtr:
      // The density over the distribution function, in a form without cancellation.
      UnaryFacts(
        "logNdtr", MK_LOG_NDTR, saves: .firstOperand,
        derivative: { g, s in g * (2 * normalHeight) / (s.x * -inverseRootTwo).applying(.erfcx) },
        reference: { CMath.log(0.5 * CMath.erfc(-$0 * inverseRootTwo)) })
    case .floor:
      UnaryFacts("floor", MK_FLOOR, isCheap: true, derivative: { _, _ in nil }, reference: { $0.rounded(.down) })
    case .ceil:
      UnaryFacts("ceil", MK_CEIL, isCheap: true, derivative: { _, _ in nil }, reference: { $0.rounded(.up) })
    case .round:
      UnaryFacts(
        "round", MK_ROUND, isCheap: true, derivative: { _, _ in nil }, reference: { $0.rounded(.toNearestOrEven) })
    case .trunc:
      UnaryFacts("trunc", MK_TRUNC, isCheap: true, derivative: { _, _ in nil }, reference: { $0.rounded(.towardZero) })
    case .frac:
      UnaryFacts(
        "frac", MK_FRAC, isCheap: true, in: 1.1...1.9, derivative: { g, _ in g },
        reference: { $0 - $0.rounded(.towardZero) })
    case .relu:
      UnaryFacts(
        "relu", MK_RELU, isCheap: true, saves: .results, derivative: { g, s in apply(Binary(.reluBackward), g, s.y) },
        reference: { max($0, 0) })
    case .sigmoid:
      UnaryFacts(
        "sigmoid", MK_SIGMOID, saves: .results, derivative: { g, s in apply(Binary(.sigmoidBackward), g, s.y) },
        reference: { plainSigmoid($0) })
    case .softplus:
      UnaryFacts(
        "softplus", MK_SOFTPLUS, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.sigmoid) },
        reference: { plainSoftplus($0) })
    case .logSigmoid:
      UnaryFacts(
        "logSigmoid", MK_LOG_SIGMOID, saves: .firstOperand, derivative: { g, s in g * (-s.x).applying(.sigmoid) },
        reference: { -plainSoftplus(-$0) })
    case .gelu:
      // x Φ(x), where Φ is the distribution function of the normal distribution: Hendrycks and Gimpel,
      // arXiv:1606.08415.
      UnaryFacts(
        "gelu", MK_GELU, saves: .firstOperand, derivative: { g, s in apply(Binary(.geluBackward), g, s.x) },
        reference: { 0.5 * $0 * CMath.erfc(-$0 * inverseRootTwo) })
    case .geluTanh:
      // 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))).
      UnaryFacts(
        "geluTanh", MK_GELU_TANH, saves: .firstOperand,
        derivative: { g, s in
          let x = s.x
          let square = x.applying(.square)
          let t = (x * (square * 0.044_715 + 1) * geluScale).applying(.tanh)
          let slope = (-t.applying(.square) + 1) * (square * (3 * 0.044_715) + 1) * geluScale
          return g * ((t + 1) * 0.5 + x * slope * 0.5)
        }, reference: { 0.5 * $0 * (1 + CMath.tanh(geluScale * ($0 + 0.044_715 * $0 * $0 * $0))) })
    case .silu:
      UnaryFacts(
        "silu", MK_SILU, saves: .firstOperand, derivative: { g, s in apply(Binary(.siluBackward), g, s.x) },
        reference: { $0 * plainSigmoid($0) })
    case .mish:
      UnaryFacts(
        "mish", MK_MISH, saves: .firstOperand,
        derivative: { g, s in
          let t = s.x.applying(.softplus).applying(.tanh)
          return g * (t + s.x * (-t.applying(.square) + 1) * s.x.applying(.sigmoid))
        }, reference: { $0 * CMath.tanh(plainSoftplus($0)) })
    case .selu:
      // Klambauer et al., arXiv:1706.02515.
      UnaryFacts(
        "selu", MK_SELU, saves: .firstOperand,
        derivative: { g, s in
          let negative = s.x.upToZero.applying(.exp) * (seluScale * seluAlpha)
          return apply(Select(), s.x.isUpToZero, g * negative, g * seluScale)
        }, reference: { $0 > 0 ? seluScale * $0 : seluScale * seluAlpha * CMath.expm1($0) })
    case .relu6:
      UnaryFacts(
        "relu6", MK_RELU6, isCheap: true, saves: .firstOperand, in: -2...8,
        derivative: { g, s in apply(Select(), s.x.isInside(0, 6), g, g.scalar(0)) }, reference: { min(max($0, 0), 6) })
    case .hardSigmoid:
      UnaryFacts(
        "hardSigmoid", MK_HARD_SIGMOID, isCheap: true, saves: .firstOperand, in: -4...4,
        derivative: { g, s in apply(Select(), s.x.isInside(-3, 3), g / 6, g.scalar(0)) },
        reference: { min(max($0 + 3, 0), 6) / 6 })
    case .hardSwish:
      // Howard et al., arXiv:1905.02244.
      UnaryFacts(
        "hardSwish", MK_HARD_SWISH, isCheap: true, saves: .firstOperand, in: -4...4,
        derivative: { g, s in
          let (x, three) = (s.x.detached(), s.x.scalar(3))
          let inner = apply(Select(), x.compared(.greaterEqual, three), g, g * (s.x / 3 + 0.5))
          return apply(Select(), x.compared(.lessEqual, s.x.scalar(-3)), g.scalar(0), inner)
        }, reference: { $0 * min(max($0 + 3, 0), 6) / 6 })
    case .softsign:
      UnaryFacts(
        "softsign", MK_SOFTSIGN, isCheap: true, saves: .firstOperand,
        derivative: { g, s in g / (s.x.applying(.abs) + 1).applying(.square) }, reference: { $0 / (1 + Swift.abs($0)) })
    case .tanhshrink:
      UnaryFacts(
        "tanhshrink", MK_TANHSHRINK, saves: .firstOperand,
        derivative: { g, s in g * s.x.applying(.tanh).applying(.square) }, reference: { $0 - CMath.tanh($0) })
    }
  }
}

private let inverseRootTwo = 0.707_106_781_186_547_5
private let geluScale = 0.797_884_560_802_865_4
private let seluScale = 1.050_700_987_355_480_493_419_334_985_294_6
private let seluAlpha = 1.673_263_242_354_377_284_817_042_991_671_7

private let bellHeight = 1.128_379_167_095_512_6
/// 1 / √(2π).
private let normalHeight = 0.398_942_280_401_432_7

/// 2/√π exp(−x²).
private func bell(_ x: AnyTensor) -> AnyTensor { (-x.applying(.square)).applying(.exp) * bellHeight }

private func plainSigmoid(_ x: Double) -> Double { 1 / (1 + CMath.exp(-x)) }
/// Newton's method, for arguments that are not near ±1.
private func plainInverseErf(_ x: Double) -> Double {
  (0..<50).reduce(0) { y, _ in y - (CMath.erf(y) - x) / (bellHeight * CMath.exp(-y * y)) }
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

private func plainSoftplus(_ x: Double) -> Double { max(x, 0) + CMath.log1p(CMath.exp(-Swift.abs(x))) }

extension Saved {
  /// The operand and the result, named as in formulas.
  fileprivate var x: AnyTensor { operand(0) }
  fileprivate var y: AnyTensor { result }
}

extension AnyTensor {
  /// Where elements are strictly between two numbers.
  fileprivate func isInside(_ low: Double, _ high: Double) -> AnyTensor {
    let x = detached()
    return apply(Binary(.and), x.compared(.greater, scalar(low)), x.compared(.less, scalar(high)))
  }

  /// Where elements are outside a range.
  fileprivate func isOutside(_ range: ClosedRange<Double>) -> AnyTensor {
    let x = detached()
    return apply(
      Binary(.or), x.compared(.less, scalar(range.lowerBound)), x.compared(.greater, scalar(range.upperBound)))
  }
}
