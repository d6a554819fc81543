import CKernels

/// The elementwise operations of two operands.
package enum BinaryOperation: UInt8, CaseIterable, Sendable {
  case add, subtract, multiply, divide
  case minimum, maximum, remainder, fmod, floorDivide
  case clampBelow, clampAbove
  case power, atan2, hypot
  case fmin, fmax, copySign, nextAfter, heaviside
  case xlogy, logAddExp, polygamma, sincDerivative
  case besselJ, besselY, besselI, besselIScaled, besselK, besselKScaled
  case gammaBelow, gammaAbove, zeta
  case leakyRelu, elu, celu, softshrink, hardshrink
  case reluBackward, absBackward, tanhBackward, sigmoidBackward
  case geluBackward, siluBackward
  case and, or, xor
  case shiftLeft, shiftRight, gcd, lcm

  /// What is needed of the table's row whenever the operation is applied.
  @inline(__always)
  var traits: ElementwiseTraits {
    ElementwiseTraits.of(rawValue, in: MK_TABLE_BINARY, BinaryOperation.table.map(\.traits))
  }

  /// Whether it can fail for integers, by division by zero or by a negative exponent.
  @inline(__always)
  var canFail: Bool {
    switch self {
    case .divide, .remainder, .fmod, .floorDivide, .power: true
    default: false
    }
  }

  // Yielded instead of copied: a derivative uses only one of its functions.
  var facts: BinaryFacts { _read { yield BinaryOperation.table[Int(rawValue)] } }

  private static let table: [BinaryFacts] = allCases.map(\.row)

  /// The table's row for an operation. In derivatives, `g` is the gradient of the result. The article "How the graph
  /// works" says what they are at kinks and at NaN.
  private var row: BinaryFacts {
    switch self {
    case .add:
      BinaryFacts("add", MK_ADD, on: .numeric, saves: .nothing, first: { g, _ in g }, second: { g, _ in g })
    case .subtract:
      BinaryFacts("subtract", MK_SUBTRACT, on: .numeric, saves: .nothing, first: { g, _ in g }, second: { g, _ in -g })
    case .multiply:
      BinaryFacts(
        "multiply", MK_MULTIPLY, on: .numeric, saves: .crossed, first: { g, s in g * s.b }, second: { g, s in g * s.a })
    case .divide:
      BinaryFacts(
        "divide", MK_DIVIDE, on: .numeric, first: { g, s in g / s.b }, second: { g, s in -(g * (s.a / s.b / s.b)) })
    case .minimum:
      BinaryFacts(
        "minimum", MK_MINIMUM, on: .numeric, first: { g, s in share(g, of: s.a, against: s.b, losing: .greater) },
        second: { g, s in share(g, of: s.b, against: s.a, losing: .greater) })
    case .maximum:
      BinaryFacts(
        "maximum", MK_MAXIMUM, on: .numeric, first: { g, s in share(g, of: s.a, against: s.b, losing: .less) },
        second: { g, s in share(g, of: s.b, against: s.a, losing: .less) })
    case .clampBelow:
      // A maximum whose gradient goes to the first operand where both are equal: a bound is within the range.
      BinaryFacts(
        "clampBelow", MK_MAXIMUM, on: .numeric,
        first: { g, s in apply(Select(), s.a.compared(.greaterEqual, s.b), g, g.scalar(0)) },
        second: { g, s in apply(Select(), s.a.compared(.less, s.b), g, g.scalar(0)) })
    case .clampAbove:
      BinaryFacts(
        "clampAbove", MK_MINIMUM, on: .numeric,
        first: { g, s in apply(Select(), s.a.compared(.lessEqual, s.b), g, g.scalar(0)) },
        second: { g, s in apply(Select(), s.a.compared(.greater, s.b), g, g.scalar(0)) })
    case .remainder:
      BinaryFacts(
        "remainder", MK_REMAINDER, on: .numeric, isCheap: false, first: { g, _ in g },
        second: { g, s in -(g * (s.a / s.b).applying(.floor)) })
    case .fmod:
      BinaryFacts(
        "fmod", MK_FMOD, on: .numeric, isCheap: false, first: { g, _ in g },
        second: { g, s in -(g * (s.a / s.b).applying(.trunc)) })
    case .floorDivide:
      BinaryFacts(
        "floorDivide", MK_FLOOR_DIVIDE, on: .numeric, isCheap: false, saves: .nothing, first: zero, second: zero)
    case .power:
      BinaryFacts(
        "power", MK_POWER, on: .numeric, isCheap: false, saves: .operandsAndResults,
        first: { g, s in
          // At 0⁰ the exponent counts as 1: the derivative is then 0 · 0⁰, which is 0, and higher ones are not NaN.
          let isBoth = apply(Binary(.and), s.a.isZero, s.b.isZero)
          return g * s.b * apply(Binary(.power), s.a, apply(Select(), isBoth, s.b.scalar(1), s.b) - 1)
        },
        second: { g, s in
          // At base 0 the logarithm counts as 0 where the power is finite, that is 0 or 1.
          let isFinite = s.b.detached().compared(.greaterEqual, s.b.scalar(0))
          let base = apply(Select(), apply(Binary(.and), s.a.isZero, isFinite), s.a.scalar(1), s.a)
          return g * s.result * base.applying(.log)
        })
    case .atan2:
      BinaryFacts(
        "atan2", MK_ATAN2, isCheap: false,
        first: { g, s in g * s.b * reciprocalSquares(s) }, second: { g, s in -(g * s.a * reciprocalSquares(s)) })
    case .hypot:
      BinaryFacts(
        "hypot", MK_HYPOT, isCheap: false, saves: .operandsAndResults,
        first: { g, s in g * s.a / s.result }, second: { g, s in g * s.b / s.result })
    case .fmin:
      BinaryFacts(
        "fmin", MK_FMIN, first: { g, s in firstShare(g, s, .less) }, second: { g, s in secondShare(g, s, .less) })
    case .fmax:
      BinaryFacts(
        "fmax", MK_FMAX, first: { g, s in firstShare(g, s, .greater) }, second: { g, s in secondShare(g, s, .greater) })
    case .copySign:
      BinaryFacts(
        "copySign", MK_COPY_SIGN,
        first: { g, s in g * s.a.applying(.sign) * apply(Binary(.copySign), s.b.scalar(1), s.b) }, second: zero)
    case .nextAfter:
      BinaryFacts(
        "nextAfter", MK_NEXT_AFTER,
        first: { g, s in apply(Select(), s.a.detached().compared(.equal, s.b.detached()), g.scalar(0), g) },
        second: zero)
    case .heaviside:
      BinaryFacts(
        "heaviside", MK_HEAVISIDE, saves: .firstOperand, first: zero,
        second: { g, s in apply(Select(), s.a.isZero, g, g.scalar(0)) })
    case .xlogy:
      BinaryFacts(
        "xlogy", MK_XLOGY, isCheap: false,
        first: { g, s in
          // At 0 the logarithm counts as 0 where it is no number.
          let isUndefined = s.b.detached().compared(.lessEqual, s.b.scalar(0))
          let b = apply(Select(), apply(Binary(.and), s.a.isZero, isUndefined), s.b.scalar(1), s.b)
          return g * b.applying(.log)
        }, second: { g, s in g * (s.a / s.b) })
    case .logAddExp:
      BinaryFacts(
        "logAddExp", MK_LOG_ADD_EXP, isCheap: false, first: { g, s in g * (s.a - s.b).applying(.sigmoid) },
        second: { g, s in g * (s.b - s.a).applying(.sigmoid) })
    case .polygamma:
      // The order is rounded, so that the derivative by it is 0.
      BinaryFacts(
        "polygamma", MK_POLYGAMMA, isCheap: false, first: zero,
        second: { g, s in g * apply(Binary(.polygamma), s.a + 1, s.b) })
    case .sincDerivative:
      BinaryFacts(
        "sincDerivative", MK_SINC_DERIVATIVE, isCheap: false, first: zero,
        second: { g, s in g * apply(Binary(.sincDerivative), s.a + 1, s.b) })
    case .besselJ:
      BinaryFacts(
        "besselJ", MK_BESSEL_J, isCheap: false, first: zero,
        second: { g, s in g * (s.neighbour(.besselJ, -1) - s.neighbour(.besselJ, 1)) * 0.5 })
    case .besselY:
      BinaryFacts(
        "besselY", MK_BESSEL_Y, isCheap: false, first: zero,
        second: { g, s in g * (s.neighbour(.besselY, -1) - s.neighbour(.besselY, 1)) * 0.5 })
    case .besselI:
      BinaryFacts(
        "besselI", MK_BESSEL_I, isCheap: false, first: zero,
        second: { g, s in g * (s.neighbour(.besselI, -1) + s.neighbour(.besselI, 1)) * 0.5 })
    case .besselIScaled:
      BinaryFacts(
        "besselIScaled", MK_BESSEL_I_SCALED, isCheap: false, first: zero,
        second: { g, s in
          let slope = (s.neighbour(.besselIScaled, -1) + s.neighbour(.besselIScaled, 1)) * 0.5
          return g * (slope - s.b.applying(.sign) * s.neighbour(.besselIScaled, 0))
        })
    case .besselK:
      BinaryFacts(
        "besselK", MK_BESSEL_K, isCheap: false, first: zero,
        second: { g, s in g * (s.neighbour(.besselK, -1) + s.neighbour(.besselK, 1)) * -0.5 })
    case .besselKScaled:
      BinaryFacts(
        "besselKScaled", MK_BESSEL_K_SCALED, isCheap: false, first: zero,
        second: { g, s in
          let slope = (s.neighbour(.besselKScaled, -1) + s.neighbour(.besselKScaled, 1)) * -0.5
          return g * (slope + s.neighbour(.besselKScaled, 0))
        })
    case .gammaBelow:
      BinaryFacts(
        "gammaBelow", MK_GAMMA_BELOW, isCheap: false,
        first: refused("gammaBelow"), second: { g, s in g * gammaDensity(s) })
    case .gammaAbove:
      BinaryFacts(
        "gammaAbove", MK_GAMMA_ABOVE, isCheap: false,
        first: refused("gammaAbove"), second: { g, s in -(g * gammaDensity(s)) })
    case .zeta:
      BinaryFacts(
        "zeta", MK_ZETA, isCheap: false, first: refused("zeta"),
        second: { g, s in -(g * s.a * apply(Binary(.zeta), (s.a + 1).detached(), s.b)) })
    case .leakyRelu:
      BinaryFacts(
        "leakyRelu", MK_LEAKY_RELU,
        first: { g, s in apply(Select(), s.a.isPositive, g, g * s.b) },
        second: { g, s in apply(Select(), s.a.isPositive, g.scalar(0), g * s.a) })
    case .elu:
      // Clevert et al., arXiv:1511.07289.
      BinaryFacts(
        "elu", MK_ELU, isCheap: false,
        first: { g, s in apply(Select(), s.a.isUpToZero, g * s.b * s.a.upToZero.applying(.exp), g) },
        second: { g, s in apply(Select(), s.a.isPositive, g.scalar(0), g * s.a.upToZero.applying(.expm1)) })
    case .celu:
      // Barron, arXiv:1704.07483.
      BinaryFacts(
        "celu", MK_CELU, isCheap: false,
        first: { g, s in apply(Select(), s.a.isUpToZero, g * (s.a.upToZero / s.b).applying(.exp), g) },
        second: { g, s in
          let t = s.a.upToZero / s.b
          return apply(Select(), s.a.isPositive, g.scalar(0), g * (t.applying(.expm1) - t * t.applying(.exp)))
        })
    case .softshrink:
      BinaryFacts(
        "softshrink", MK_SOFTSHRINK,
        first: { g, s in apply(Select(), s.isBeyond, g, g.scalar(0)) },
        second: { g, s in apply(Select(), s.isBeyond, -(g * s.a.applying(.sign)), g.scalar(0)) })
    case .hardshrink:
      BinaryFacts(
        "hardshrink", MK_HARDSHRINK, first: { g, s in apply(Select(), s.isBeyond, g, g.scalar(0)) }, second: zero)
    case .reluBackward:
      BinaryFacts(
        "reluBackward", MK_RELU_BACKWARD, saves: .secondOperand,
        first: { g, s in apply(Binary(.reluBackward), g, s.b) }, second: { _, _ in nil })
    case .absBackward:
      BinaryFacts(
        "absBackward", MK_ABS_BACKWARD, saves: .secondOperand,
        first: { g, s in apply(Binary(.absBackward), g, s.b) }, second: { _, _ in nil })
    case .tanhBackward:
      BinaryFacts(
        "tanhBackward", MK_TANH_BACKWARD, first: { g, s in apply(Binary(.tanhBackward), g, s.b) },
        second: { g, s in g * s.a * s.b * -2 })
    case .sigmoidBackward:
      BinaryFacts(
        "sigmoidBackward", MK_SIGMOID_BACKWARD, first: { g, s in apply(Binary(.sigmoidBackward), g, s.b) },
        second: { g, s in g * s.a * (s.b * -2 + 1) })
    case .geluBackward:
      BinaryFacts(
        "geluBackward", MK_GELU_BACKWARD, isCheap: false, first: { g, s in apply(Binary(.geluBackward), g, s.b) },
        second: { g, s in
          let square = s.b.applying(.square)
          return g * s.a * ((square * -0.5).applying(.exp) * (-square + 2) * density)
        })
    case .siluBackward:
      BinaryFacts(
        "siluBackward", MK_SILU_BACKWARD, isCheap: false, first: { g, s in apply(Binary(.siluBackward), g, s.b) },
        second: { g, s in
          let gate = s.b.applying(.sigmoid)
          return g * s.a * (gate * (-gate + 1) * (s.b * (gate * -2 + 1) + 2))
        })
    case .and:
      BinaryFacts("and", MK_AND, on: .bits, saves: .nothing, first: zero, second: zero)
    case .or:
      BinaryFacts("or", MK_OR, on: .bits, saves: .nothing, first: zero, second: zero)
    case .xor:
      BinaryFacts("xor", MK_XOR, on: .bits, saves: .nothing, first: zero, second: zero)
    case .shiftLeft:
      BinaryFacts("shiftLeft", MK_SHIFT_LEFT, on: .integer, saves: .nothing, first: zero, second: zero)
    case .shiftRight:
      BinaryFacts("shiftRight", MK_SHIFT_RIGHT, on: .integer, saves: .nothing, first: zero, second: zero)
    case .gcd:
      BinaryFacts("gcd", MK_GCD, on: .integer, isCheap: false, saves: .nothing, first: zero, second: zero)
    case .lcm:
      BinaryFacts("lcm", MK_LCM, on: .integer, isCheap: false, saves: .nothing, first: zero, second: zero)
    }
  }
}

/// 1/√(2π), the normal distribution's density at 0.
private let density = 0.398_942_280_401_432_7

/// A derivative that is 0 everywhere. Operations on `Bool` and integers have none; a pass traps before it calls this.
private let zero: BinaryFacts.Derivative = { _, _ in nil }

/// The gradient of one operand of a minimum or maximum: 0 where the other operand is the result, half of `g` where both
/// are equal, and all of it elsewhere, also where one is NaN.
private func share(_ g: AnyTensor, of a: AnyTensor, against b: AnyTensor, losing: Comparison) -> AnyTensor {
  let most = apply(Select(), a.compared(.equal, b), g * 0.5, g)
  return apply(Select(), a.compared(losing, b), g.scalar(0), most)
}

/// The gradient of the first operand of `fmin` or `fmax`: half of `g` where both are equal, all of it where the first is
/// the result, which it is beside NaN, and 0 elsewhere.
private func firstShare(_ g: AnyTensor, _ s: Saved, _ winning: Comparison) -> AnyTensor {
  apply(
    Select(), s.a.compared(.equal, s.b), g * 0.5, apply(Select(), s.firstWins(winning), g, g.scalar(0)))
}

/// The gradient of the second operand: the rest of `g`.
private func secondShare(_ g: AnyTensor, _ s: Saved, _ winning: Comparison) -> AnyTensor {
  apply(
    Select(), s.a.compared(.equal, s.b), g * 0.5, apply(Select(), s.firstWins(winning), g.scalar(0), g))
}

/// 1 / (a² + b²), and a constant 0 where both are 0.
private func reciprocalSquares(_ s: Saved) -> AnyTensor {
  let isOrigin = apply(Binary(.and), s.a.isZero, s.b.isZero)
  let squares = s.a.applying(.square) + s.b.applying(.square)
  // With the 1, a higher derivative does not multiply an infinity by 0.
  let reciprocal = apply(Select(), isOrigin, s.a.scalar(1), squares).applying(.reciprocal)
  return apply(Select(), isOrigin, s.a.scalar(0), reciprocal)
}

/// The derivative of an operand that has none here: a stop instead of zeros.
private func refused(_ operation: String) -> BinaryFacts.Derivative {
  { _, saved in
    trap(
      operation,
      "expected a first operand that is constant, got one that is differentiated, of shape \(saved.a.shape)")
  }
}

/// xᵃ⁻¹ e⁻ˣ / Γ(a), the derivative of the incomplete gamma function below x.
private func gammaDensity(_ s: Saved) -> AnyTensor {
  (apply(Binary(.xlogy), s.a - 1, s.b) - s.b - s.a.applying(.lgamma)).applying(.exp)
}

extension AnyTensor {
  /// Where elements are above zero.
  var isPositive: AnyTensor { compared(.greater, scalar(0)) }

  /// Where elements are zero or below.
  var isUpToZero: AnyTensor { compared(.lessEqual, scalar(0)) }

  /// min(x, 0), whose derivative at 0 is 1, as below.
  var upToZero: AnyTensor { apply(Binary(.clampAbove), self, scalar(0)) }

  /// Where elements are zero.
  fileprivate var isZero: AnyTensor { detached().compared(.equal, scalar(0)) }
}

extension Saved {
  /// The operands, named as in formulas.
  fileprivate var a: AnyTensor { operand(0) }
  fileprivate var b: AnyTensor { operand(1) }

  /// A function of the second operand of an order beside that which the first operand says.
  fileprivate func neighbour(_ operation: BinaryOperation, _ step: Double) -> AnyTensor {
    // The order is a constant: its own derivative is 0.
    apply(Binary(operation), a.detached() + step, b)
  }

  /// Where the first operand is further from 0 than the second.
  fileprivate var isBeyond: AnyTensor { a.detached().applying(.abs).compared(.greater, b.detached()) }

  /// Where the first operand wins against the second, or the second is NaN.
  fileprivate func firstWins(_ winning: Comparison) -> AnyTensor {
    apply(Binary(.or), a.compared(winning, b), b.compared(.notEqual, b))
  }
}
