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
      UnaryFacts("negate", MK_NEGATE, on: .numeric, isCheap: true, derivative: { g, _ in -g })
    case .abs:
      UnaryFacts(
        "abs", MK_ABS, on: .numeric, isCheap: true, saves: .firstOperand,
        derivative: { g, s in apply(Binary(.absBackward), g, s.x) })
    case .sign:
      UnaryFacts("sign", MK_SIGN, on: .numeric, isCheap: true, derivative: { _, _ in nil })
    case .square:
      UnaryFacts(
        "square", MK_SQUARE, on: .numeric, isCheap: true, saves: .firstOperand, derivative: { g, s in g * s.x * 2 })
    case .reciprocal:
      UnaryFacts(
        "reciprocal", MK_RECIPROCAL, isCheap: true, saves: .results,
        derivative: { g, s in -(g * s.y.applying(.square)) })
    case .sqrt:
      UnaryFacts("sqrt", MK_SQRT, isCheap: true, saves: .results, derivative: { g, s in g / (s.y * 2) })
    case .rsqrt:
      UnaryFacts("rsqrt", MK_RSQRT, saves: .results, derivative: { g, s in g * s.y * s.y * s.y * -0.5 })
    case .cbrt:
      UnaryFacts("cbrt", MK_CBRT, saves: .results, derivative: { g, s in g / (s.y.applying(.square) * 3) })
    case .exp:
      UnaryFacts("exp", MK_EXP, saves: .results, derivative: { g, s in g * s.y })
    case .expm1:
      UnaryFacts("expm1", MK_EXPM1, saves: .results, derivative: { g, s in g * (s.y + 1) })
    case .exp2:
      UnaryFacts("exp2", MK_EXP2, saves: .results, derivative: { g, s in g * s.y * M_LN2 })
    case .log:
      UnaryFacts("log", MK_LOG, saves: .firstOperand, derivative: { g, s in g / s.x })
    case .log1p:
      UnaryFacts("log1p", MK_LOG1P, saves: .firstOperand, derivative: { g, s in g / (s.x + 1) })
    case .log2:
      UnaryFacts("log2", MK_LOG2, saves: .firstOperand, derivative: { g, s in g / (s.x * M_LN2) })
    case .log10:
      UnaryFacts("log10", MK_LOG10, saves: .firstOperand, derivative: { g, s in g / (s.x * M_LN10) })
    case .sin:
      UnaryFacts("sin", MK_SIN, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.cos) })
    case .cos:
      UnaryFacts("cos", MK_COS, saves: .firstOperand, derivative: { g, s in -(g * s.x.applying(.sin)) })
    case .tan:
      UnaryFacts("tan", MK_TAN, saves: .results, derivative: { g, s in g * (s.y.applying(.square) + 1) })
    case .asin:
      UnaryFacts(
        "asin", MK_ASIN, saves: .firstOperand,
        derivative: { g, s in g * (-s.x.applying(.square) + 1).applying(.rsqrt) })
    case .acos:
      UnaryFacts(
        "acos", MK_ACOS, saves: .firstOperand,
        derivative: { g, s in -(g * (-s.x.applying(.square) + 1).applying(.rsqrt)) })
    case .atan:
      UnaryFacts("atan", MK_ATAN, saves: .firstOperand, derivative: { g, s in g / (s.x.applying(.square) + 1) })
    case .sinh:
      UnaryFacts("sinh", MK_SINH, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.cosh) })
    case .cosh:
      UnaryFacts("cosh", MK_COSH, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.sinh) })
    case .tanh:
      UnaryFacts("tanh", MK_TANH, saves: .results, derivative: { g, s in apply(Binary(.tanhBackward), g, s.y) })
    case .asinh:
      UnaryFacts(
        "asinh", MK_ASINH, saves: .firstOperand,
        derivative: { g, s in g * (s.x.applying(.square) + 1).applying(.rsqrt) })
    case .acosh:
      UnaryFacts(
        "acosh", MK_ACOSH, saves: .firstOperand,
        derivative: { g, s in g * (s.x.applying(.square) - 1).applying(.rsqrt) })
    case .atanh:
      UnaryFacts("atanh", MK_ATANH, saves: .firstOperand, derivative: { g, s in g / (-s.x.applying(.square) + 1) })
    case .erf:
      UnaryFacts("erf", MK_ERF, saves: .firstOperand, derivative: { g, s in g * bell(s.x) })
    case .erfc:
      UnaryFacts("erfc", MK_ERFC, saves: .firstOperand, derivative: { g, s in -(g * bell(s.x)) })
    case .erfinv:
      UnaryFacts(
        "erfinv", MK_ERFINV, saves: .results,
        derivative: { g, s in g * (s.y.applying(.square).applying(.exp) * (1 / bellHeight)) })
    case .lgamma:
      UnaryFacts("lgamma", MK_LGAMMA, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.digamma) })
    case .digamma:
      UnaryFacts(
        "digamma", MK_DIGAMMA, saves: .firstOperand,
        derivative: { g, s in g * apply(Binary(.polygamma), s.x.scalar(1), s.x) })
    case .sinc:
      UnaryFacts(
        "sinc", MK_SINC, saves: .firstOperand,
        derivative: { g, s in g * apply(Binary(.sincDerivative), s.x.scalar(1), s.x) })
    case .logit:
      UnaryFacts(
        "logit", MK_LOGIT, saves: .firstOperand,
        derivative: { g, s in
          // Where there is no value, the derivative is NaN too.
          let isOutside = s.x.isOutside(0...1)
          let x = apply(Select(), isOutside, s.x.scalar(.nan), s.x)
          return g / (x * (-x + 1))
        })
    case .erfcx:
      UnaryFacts(
        "erfcx", MK_ERFCX, saves: .operandsAndResults, derivative: { g, s in g * (s.x * s.y * 2 - bellHeight) })
    case .ndtri:
      UnaryFacts(
        "ndtri", MK_NDTRI, saves: .results,
        derivative: { g, s in g * ((s.y.applying(.square) * 0.5).applying(.exp) * (1 / normalHeight)) })
    case .logNdtr:
      // The density over the distribution function, in a form without cancellation.
      UnaryFacts(
        "logNdtr", MK_LOG_NDTR, saves: .firstOperand,
        derivative: { g, s in g * (2 * normalHeight) / (s.x * -inverseRootTwo).applying(.erfcx) })
    case .floor:
      UnaryFacts("floor", MK_FLOOR, isCheap: true, derivative: { _, _ in nil })
    case .ceil:
      UnaryFacts("ceil", MK_CEIL, isCheap: true, derivative: { _, _ in nil })
    case .round:
      UnaryFacts("round", MK_ROUND, isCheap: true, derivative: { _, _ in nil })
    case .trunc:
      UnaryFacts("trunc", MK_TRUNC, isCheap: true, derivative: { _, _ in nil })
    case .frac:
      UnaryFacts("frac", MK_FRAC, isCheap: true, derivative: { g, _ in g })
    case .relu:
      UnaryFacts(
        "relu", MK_RELU, isCheap: true, saves: .results, derivative: { g, s in apply(Binary(.reluBackward), g, s.y) })
    case .sigmoid:
      UnaryFacts(
        "sigmoid", MK_SIGMOID, saves: .results, derivative: { g, s in apply(Binary(.sigmoidBackward), g, s.y) })
    case .softplus:
      UnaryFacts("softplus", MK_SOFTPLUS, saves: .firstOperand, derivative: { g, s in g * s.x.applying(.sigmoid) })
    case .logSigmoid:
      UnaryFacts(
        "logSigmoid", MK_LOG_SIGMOID, saves: .firstOperand, derivative: { g, s in g * (-s.x).applying(.sigmoid) })
    case .gelu:
      // x Φ(x), where Φ is the distribution function of the normal distribution: Hendrycks and Gimpel,
      // arXiv:1606.08415.
      UnaryFacts("gelu", MK_GELU, saves: .firstOperand, derivative: { g, s in apply(Binary(.geluBackward), g, s.x) })
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
        })
    case .silu:
      UnaryFacts("silu", MK_SILU, saves: .firstOperand, derivative: { g, s in apply(Binary(.siluBackward), g, s.x) })
    case .mish:
      UnaryFacts(
        "mish", MK_MISH, saves: .firstOperand,
        derivative: { g, s in
          let t = s.x.applying(.softplus).applying(.tanh)
          return g * (t + s.x * (-t.applying(.square) + 1) * s.x.applying(.sigmoid))
        })
    case .selu:
      // Klambauer et al., arXiv:1706.02515.
      UnaryFacts(
        "selu", MK_SELU, saves: .firstOperand,
        derivative: { g, s in
          let negative = s.x.upToZero.applying(.exp) * (seluScale * seluAlpha)
          return apply(Select(), s.x.isUpToZero, g * negative, g * seluScale)
        })
    case .relu6:
      UnaryFacts(
        "relu6", MK_RELU6, isCheap: true, saves: .firstOperand,
        derivative: { g, s in apply(Select(), s.x.isInside(0, 6), g, g.scalar(0)) })
    case .hardSigmoid:
      UnaryFacts(
        "hardSigmoid", MK_HARD_SIGMOID, isCheap: true, saves: .firstOperand,
        derivative: { g, s in apply(Select(), s.x.isInside(-3, 3), g / 6, g.scalar(0)) })
    case .hardSwish:
      // Howard et al., arXiv:1905.02244.
      UnaryFacts(
        "hardSwish", MK_HARD_SWISH, isCheap: true, saves: .firstOperand,
        derivative: { g, s in
          let (x, three) = (s.x.detached(), s.x.scalar(3))
          let inner = apply(Select(), x.compared(.greaterEqual, three), g, g * (s.x / 3 + 0.5))
          return apply(Select(), x.compared(.lessEqual, s.x.scalar(-3)), g.scalar(0), inner)
        })
    case .softsign:
      UnaryFacts(
        "softsign", MK_SOFTSIGN, isCheap: true, saves: .firstOperand,
        derivative: { g, s in g / (s.x.applying(.abs) + 1).applying(.square) })
    case .tanhshrink:
      UnaryFacts(
        "tanhshrink", MK_TANHSHRINK, saves: .firstOperand,
        derivative: { g, s in g * s.x.applying(.tanh).applying(.square) })
    }
  }
}

private let geluScale = 0.797_884_560_802_865_4
private let seluScale = 1.050_700_987_355_480_493_419_334_985_294_6
private let seluAlpha = 1.673_263_242_354_377_284_817_042_991_671_7

private let bellHeight = 1.128_379_167_095_512_6
/// 1 / √(2π).
private let normalHeight = 0.398_942_280_401_432_7
private let inverseRootTwo = 0.707_106_781_186_547_5

/// 2/√π exp(−x²).
private func bell(_ x: AnyTensor) -> AnyTensor { (-x.applying(.square)).applying(.exp) * bellHeight }

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
