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
      BinaryFacts(
        "add", MK_ADD, on: .numeric, saves: .nothing, first: { g, _ in g }, second: { g, _ in g },
        reference: { $0 + $1 })
    case .subtract:
      BinaryFacts(
        "subtract", MK_SUBTRACT, on: .numeric, saves: .nothing, first: { g, _ in g }, second: { g, _ in -g },
        reference: { $0 - $1 })
    case .multiply:
      BinaryFacts(
        "multiply", MK_MULTIPLY, on: .numeric, saves: .crossed, first: { g, s in g * s.b }, second: { g, s in g * s.a },
        reference: { $0 * $1 })
    case .divide:
      BinaryFacts(
        "divide", MK_DIVIDE, on: .numeric, in: (-2...2, 0.4...3), first: { g, s in g / s.b },
        second: { g, s in -(g * (s.a / s.b / s.b)) },
        reference: { $0 / $1 })
    case .minimum:
      BinaryFacts(
        "minimum", MK_MINIMUM, on: .numeric, first: { g, s in share(g, of: s.a, against: s.b, losing: .greater) },
        second: { g, s in share(g, of: s.b, against: s.a, losing: .greater) }, reference: { min($0, $1) })
    case .maximum:
      BinaryFacts(
        "maximum", MK_MAXIMUM, on: .numeric, first: { g, s in share(g, of: s.a, against: s.b, losing: .less) },
        second: { g, s in share(g, of: s.b, against: s.a, losing: .less) }, reference: { max($0, $1) })
    case .clampBelow:
      // A maximum whose gradient goes to the first operand where both are equal: a bound is within the range.
      BinaryFacts(
        "clampBelow", MK_MAXIMUM, on: .numeric,
        first: { g, s in apply(Select(), s.a.compared(.greaterEqual, s.b), g, g.scalar(0)) },
        second: { g, s in apply(Select(), s.a.compared(.less, s.b), g, g.scalar(0)) }, reference: { max($0, $1) })
    case .clampAbove:
      BinaryFacts(
        "clampAbove", MK_MINIMUM, on: .numeric,
        first: { g, s in apply(Select(), s.a.compared(.lessEqual, s.b), g, g.scalar(0)) },
        second: { g, s in apply(Select(), s.a.compared(.greater, s.b), g, g.scalar(0)) }, reference: { min($0, $1) })
    case .remainder:
      BinaryFacts(
        "remainder", MK_REMAINDER, on: .numeric, isCheap: false, in: (2.3...2.8, 1.02...1.1), first: { g, _ in g },
        second: { g, s in -(g * (s.a / s.b).applying(.floor)) },
        reference: { $0 - ($0 / $1).rounded(.down) * $1 })
    case .fmod:
      BinaryFacts(
        "fmod", MK_FMOD, on: .numeric, isCheap: false, in: (2.3...2.8, 1.02...1.1), first: { g, _ in g },
        second: { g, s in -(g * (s.a / s.b).applying(.trunc)) }, reference: { CMath.fmod($0, $1) })
    case .floorDivide:
      BinaryFacts(
        "floorDivide", MK_FLOOR_DIVIDE, on: .numeric, isCheap: false, saves: .nothing, in: (2.3...2.8, 1.02...1.1),
        first: zero, second: zero, reference: { ($0 / $1).rounded(.down) })
    case .power:
      BinaryFacts(
        "power", MK_POWER, on: .numeric, isCheap: false, saves: .operandsAndResults, in: (0.3...2.5, -2...2),
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
        }, reference: { CMath.pow($0, $1) })
    case .atan2:
      BinaryFacts(
        "atan2", MK_ATAN2, isCheap: false, in: (0.3...2, 0.3...2),
        first: { g, s in g * s.b * reciprocalSquares(s) }, second: { g, s in -(g * s.a * reciprocalSquares(s)) },
        reference: { CMath.atan2($0, $1) })
    case .hypot:
      BinaryFacts(
        "hypot", MK_HYPOT, isCheap: false, saves: .operandsAndResults, in: (0.3...2, 0.3...2),
        first: { g, s in g * s.a / s.result }, second: { g, s in g * s.b / s.result },
        reference: { ($0 * $0 + $1 * $1).squareRoot() })
    case .fmin:
      BinaryFacts(
        "fmin", MK_FMIN, first: { g, s in firstShare(g, s, .less) }, second: { g, s in secondShare(g, s, .less) },
        reference: { min($0, $1) })
    case .fmax:
      BinaryFacts(
        "fmax", MK_FMAX, first: { g, s in firstShare(g, s, .greater) }, second: { g, s in secondShare(g, s, .greater) },
        reference: { max($0, $1) })
    case .copySign:
      BinaryFacts(
        "copySign", MK_COPY_SIGN,
        first: { g, s in g * s.a.applying(.sign) * apply(Binary(.copySign), s.b.scalar(1), s.b) }, second: zero,
        reference: { Double(signOf: $1, magnitudeOf: $0) })
    case .nextAfter:
      BinaryFacts(
        "nextAfter", MK_NEXT_AFTER,
        first: { g, s in apply(Select(), s.a.detached().compared(.equal, s.b.detached()), g.scalar(0), g) },
        second: zero, reference: { $0 < $1 ? $0.nextUp : $0 > $1 ? $0.nextDown : $1 })
    case .heaviside:
      BinaryFacts(
        "heaviside", MK_HEAVISIDE, saves: .firstOperand, first: zero,
        second: { g, s in apply(Select(), s.a.isZero, g, g.scalar(0)) }, reference: { $0 < 0 ? 0 : $0 > 0 ? 1 : $1 })
    case .xlogy:
      BinaryFacts(
        "xlogy", MK_XLOGY, isCheap: false, in: (-2...2, 0.3...2.5),
        first: { g, s in
          // At 0 the logarithm counts as 0 where it is no number.
          let isUndefined = s.b.detached().compared(.lessEqual, s.b.scalar(0))
          let b = apply(Select(), apply(Binary(.and), s.a.isZero, isUndefined), s.b.scalar(1), s.b)
          return g * b.applying(.log)
        }, second: { g, s in g * (s.a / s.b) }, reference: { $0 * CMath.log($1) })
    case .logAddExp:
      BinaryFacts(
        "logAddExp", MK_LOG_ADD_EXP, isCheap: false, first: { g, s in g * (s.a - s.b).applying(.sigmoid) },
        second: { g, s in g * (s.b - s.a).applying(.sigmoid) },
        reference: { CMath.log(CMath.exp($0) + CMath.exp($1)) })
    case .polygamma:
      // The order is rounded, so that the derivative by it is 0.
      BinaryFacts(
        "polygamma", MK_POLYGAMMA, isCheap: false, in: (0.6...1.4, 0.4...3), first: zero,
        second: { g, s in g * apply(Binary(.polygamma), s.a + 1, s.b) }, reference: { plainTrigamma($1) })
    case .sincDerivative:
      BinaryFacts(
        "sincDerivative", MK_SINC_DERIVATIVE, isCheap: false, in: (0.6...1.4, 0.2...2), first: zero,
        second: { g, s in g * apply(Binary(.sincDerivative), s.a + 1, s.b) },
        reference: { (CMath.cos(.pi * $1) - CMath.sin(.pi * $1) / (.pi * $1)) / $1 })
    case .besselJ:
      BinaryFacts(
        "besselJ", MK_BESSEL_J, isCheap: false, in: (0.6...1.4, -2...2), first: zero,
        second: { g, s in g * (s.neighbour(.besselJ, -1) - s.neighbour(.besselJ, 1)) * 0.5 },
        reference: { _, x in meanOverTurn { CMath.cos($0 - x * CMath.sin($0)) } })
    case .besselY:
      BinaryFacts(
        "besselY", MK_BESSEL_Y, isCheap: false, in: (0.6...1.4, 0.5...4), first: zero,
        second: { g, s in g * (s.neighbour(.besselY, -1) - s.neighbour(.besselY, 1)) * 0.5 },
        reference: { CMath.y1($1) })
    case .besselI:
      BinaryFacts(
        "besselI", MK_BESSEL_I, isCheap: false, in: (0.6...1.4, -2...2), first: zero,
        second: { g, s in g * (s.neighbour(.besselI, -1) + s.neighbour(.besselI, 1)) * 0.5 },
        reference: { _, x in plainBesselI1(x) })
    case .besselIScaled:
      BinaryFacts(
        "besselIScaled", MK_BESSEL_I_SCALED, isCheap: false, in: (0.6...1.4, 0.2...3), first: zero,
        second: { g, s in
          let slope = (s.neighbour(.besselIScaled, -1) + s.neighbour(.besselIScaled, 1)) * 0.5
          return g * (slope - s.b.applying(.sign) * s.neighbour(.besselIScaled, 0))
        }, reference: { _, x in plainBesselI1(x) * CMath.exp(-abs(x)) })
    case .besselK:
      BinaryFacts(
        "besselK", MK_BESSEL_K, isCheap: false, in: (0.6...1.4, 0.5...4), first: zero,
        second: { g, s in g * (s.neighbour(.besselK, -1) + s.neighbour(.besselK, 1)) * -0.5 },
        reference: { _, x in plainBesselK1(x) })
    case .besselKScaled:
      BinaryFacts(
        "besselKScaled", MK_BESSEL_K_SCALED, isCheap: false, in: (0.6...1.4, 0.5...4), first: zero,
        second: { g, s in
          let slope = (s.neighbour(.besselKScaled, -1) + s.neighbour(.besselKScaled, 1)) * -0.5
          return g * (slope + s.neighbour(.besselKScaled, 0))
        }, reference: { _, x in plainBesselK1(x) * CMath.exp(x) })
    case .gammaBelow:
      BinaryFacts(
        "gammaBelow", MK_GAMMA_BELOW, isCheap: false, in: (0.5...4, 0.2...6), isDifferentiable: false,
        first: refused("gammaBelow"), second: { g, s in g * gammaDensity(s) },
        reference: { plainGammaBelow($0, $1) })
    case .gammaAbove:
      BinaryFacts(
        "gammaAbove", MK_GAMMA_ABOVE, isCheap: false, in: (0.5...4, 0.2...6), isDifferentiable: false,
        first: refused("gammaAbove"), second: { g, s in -(g * gammaDensity(s)) },
        reference: { 1 - plainGammaBelow($0, $1) })
    case .zeta:
      BinaryFacts(
        "zeta", MK_ZETA, isCheap: false, in: (1.5...5, 0.3...4), isDifferentiable: false, first: refused("zeta"),
        second: { g, s in -(g * s.a * apply(Binary(.zeta), (s.a + 1).detached(), s.b)) },
        reference: { plainZeta($0, $1) })
    case .leakyRelu:
      BinaryFacts(
        "leakyRelu", MK_LEAKY_RELU, in: (-2...2, 0.1...0.4),
        first: { g, s in apply(Select(), s.a.isPositive, g, g * s.b) },
        second: { g, s in apply(Select(), s.a.isPositive, g.scalar(0), g * s.a) }, reference: { $0 > 0 ? $0 : $1 * $0 }
      )
    case .elu:
      // Clevert et al., arXiv:1511.07289.
      BinaryFacts(
        "elu", MK_ELU, isCheap: false, in: (-2...2, 0.5...1.5),
        first: { g, s in apply(Select(), s.a.isUpToZero, g * s.b * s.a.upToZero.applying(.exp), g) },
        second: { g, s in apply(Select(), s.a.isPositive, g.scalar(0), g * s.a.upToZero.applying(.expm1)) },
        reference: { $0 > 0 ? $0 : $1 * CMath.expm1($0) })
    case .celu:
      // Barron, arXiv:1704.07483.
      BinaryFacts(
        "celu", MK_CELU, isCheap: false, in: (-2...2, 0.5...1.5),
        first: { g, s in apply(Select(), s.a.isUpToZero, g * (s.a.upToZero / s.b).applying(.exp), g) },
        second: { g, s in
          let t = s.a.upToZero / s.b
          return apply(Select(), s.a.isPositive, g.scalar(0), g * (t.applying(.expm1) - t * t.applying(.exp)))
        }, reference: { $0 > 0 ? $0 : $1 * CMath.expm1($0 / $1) })
    case .softshrink:
      BinaryFacts(
        "softshrink", MK_SOFTSHRINK, in: (-2...2, 0.25...0.55),
        first: { g, s in apply(Select(), s.isBeyond, g, g.scalar(0)) },
        second: { g, s in apply(Select(), s.isBeyond, -(g * s.a.applying(.sign)), g.scalar(0)) },
        reference: { $0 > $1 ? $0 - $1 : $0 < -$1 ? $0 + $1 : 0 })
    case .hardshrink:
      BinaryFacts(
        "hardshrink", MK_HARDSHRINK, in: (-2...2, 0.3...0.6),
        first: { g, s in apply(Select(), s.isBeyond, g, g.scalar(0)) }, second: zero,
        reference: { Swift.abs($0) <= $1 ? 0 : $0 })
    case .reluBackward:
      BinaryFacts(
        "reluBackward", MK_RELU_BACKWARD, saves: .secondOperand,
        first: { g, s in apply(Binary(.reluBackward), g, s.b) }, second: { _, _ in nil },
        reference: { $1 <= 0 ? 0 : $0 })
    case .absBackward:
      BinaryFacts(
        "absBackward", MK_ABS_BACKWARD, saves: .secondOperand,
        first: { g, s in apply(Binary(.absBackward), g, s.b) }, second: { _, _ in nil },
        reference: { $1 > 0 ? $0 : $1 < 0 ? -$0 : 0 * $0 })
    case .tanhBackward:
      BinaryFacts(
        "tanhBackward", MK_TANH_BACKWARD, first: { g, s in apply(Binary(.tanhBackward), g, s.b) },
        second: { g, s in g * s.a * s.b * -2 },
        reference: { $0 * (1 - $1 * $1) })
    case .sigmoidBackward:
      BinaryFacts(
        "sigmoidBackward", MK_SIGMOID_BACKWARD, first: { g, s in apply(Binary(.sigmoidBackward), g, s.b) },
        second: { g, s in g * s.a * (s.b * -2 + 1) }, reference: { $0 * $1 * (1 - $1) })
    case .geluBackward:
      BinaryFacts(
        "geluBackward", MK_GELU_BACKWARD, isCheap: false, first: { g, s in apply(Binary(.geluBackward), g, s.b) },
        second: { g, s in
          let square = s.b.applying(.square)
          return g * s.a * ((square * -0.5).applying(.exp) * (-square + 2) * density)
        },
        reference: { $0 * (0.5 * CMath.erfc(-$1 * 0.5.squareRoot()) + $1 * density * CMath.exp(-0.5 * $1 * $1)) })
    case .siluBackward:
      BinaryFacts(
        "siluBackward", MK_SILU_BACKWARD, isCheap: false, first: { g, s in apply(Binary(.siluBackward), g, s.b) },
        second: { g, s in
          let gate = s.b.applying(.sigmoid)
          return g * s.a * (gate * (-gate + 1) * (s.b * (gate * -2 + 1) + 2))
        },
        reference: {
          let gate = 1 / (1 + CMath.exp(-$1))
          return $0 * gate * (1 + $1 * (1 - gate))
        })
    case .and:
      BinaryFacts(
        "and", MK_AND, on: .bits, saves: .nothing, in: (0...1, 0...1), first: zero, second: zero,
        reference: { $0 != 0 && $1 != 0 ? 1 : 0 })
    case .or:
      BinaryFacts(
        "or", MK_OR, on: .bits, saves: .nothing, in: (0...1, 0...1), first: zero, second: zero,
        reference: { $0 != 0 || $1 != 0 ? 1 : 0 })
    case .xor:
      BinaryFacts(
        "xor", MK_XOR, on: .bits, saves: .nothing, in: (0...1, 0...1), first: zero, second: zero,
        reference: { ($0 != 0) != ($1 != 0) ? 1 : 0 })
    case .shiftLeft:
      BinaryFacts(
        "shiftLeft", MK_SHIFT_LEFT, on: .integer, saves: .nothing, in: (-40...40, -8...8), first: zero, second: zero,
        reference: { Double(Int($0) << Int($1)) })
    case .shiftRight:
      BinaryFacts(
        "shiftRight", MK_SHIFT_RIGHT, on: .integer, saves: .nothing, in: (-40...40, -8...8), first: zero, second: zero,
        reference: { Double(Int($0) >> Int($1)) })
    case .gcd:
      BinaryFacts(
        "gcd", MK_GCD, on: .integer, isCheap: false, saves: .nothing, in: (-60...60, -60...60), first: zero,
        second: zero, reference: { Double(plainDivisor(Int($0), Int($1))) })
    case .lcm:
      BinaryFacts(
        "lcm", MK_LCM, on: .integer, isCheap: false, saves: .nothing, in: (-60...60, -60...60), first: zero,
        second: zero,
        reference: { Swift.abs($0 * $1) / Double(max(1, plainDivisor(Int($0), Int($1)))) })
    }
  }
}

/// 1/√(2π), the normal distribution's density at 0.
private let density = 0.398_942_280_401_432_7

/// A derivative that is 0 everywhere. Operations on `Bool` and integers have none; a pass traps before it calls this.
private let zero: BinaryFacts.Derivative = { _, _ in nil }

/// The greatest common divisor by trial.
private func plainDivisor(_ a: Int, _ b: Int) -> Int {
  let most = max(Swift.abs(a), Swift.abs(b))
  return most == 0 ? 0 : (1...most).last { a % $0 == 0 && b % $0 == 0 }!
}

/// The sum of (x + k)⁻² over k from 0 on; the end of it by an integral.
private func plainTrigamma(_ x: Double) -> Double {
  let y = x + 100
  let far = 1 / y + 1 / (2 * y * y) + 1 / (6 * y * y * y) - 1 / (30 * y * y * y * y * y)
  return (0..<100).reversed().reduce(far) { $0 + 1 / ((x + Double($1)) * (x + Double($1))) }
}

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

/// The mean of a function over 0 ..< 2π, which sums of few values give exactly where it is smooth and periodic.
private func meanOverTurn(_ function: (Double) -> Double) -> Double {
  (0..<64).reduce(0) { $0 + function(Double($1) * .pi / 32) } / 64
}

/// The means and the integral over e^(−x cosh t) cosh t that are Bessel functions of order 1 (Abramowitz and Stegun,
/// 9.6.19 and 9.6.24).
private func plainBesselI1(_ x: Double) -> Double { meanOverTurn { CMath.exp(x * CMath.cos($0)) * CMath.cos($0) } }
private func plainBesselK1(_ x: Double) -> Double {
  (-200...200).reduce(0) { $0 + CMath.exp(-x * CMath.cosh(Double($1) / 25)) * CMath.cosh(Double($1) / 25) } / 50
}

/// xᵃ e⁻ˣ times the sum of xᵏ / Γ(a + k + 1).
private func plainGammaBelow(_ a: Double, _ x: Double) -> Double {
  (0..<80).reduce(0) { sum, k in
    let order = a + Double(k)
    return sum + CMath.exp(order * CMath.log(x) - x - plainLogGamma(order + 1))
  }
}

/// The first terms, and those behind them by the formula of Euler and Maclaurin.
private func plainZeta(_ s: Double, _ q: Double) -> Double {
  let far = q + 100
  let rest =
    CMath.pow(far, -s) * (far / (s - 1) + 0.5 + s / (12 * far) - s * (s + 1) * (s + 2) / (720 * far * far * far))
  return (0..<100).reversed().reduce(rest) { $0 + CMath.pow(q + Double($1), -s) }
}
