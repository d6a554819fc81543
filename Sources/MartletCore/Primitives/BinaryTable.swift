import CKernels

/// The elementwise operations of two operands.
package enum BinaryOperation: UInt8, CaseIterable, Sendable {
  case add, subtract, multiply, divide
  case minimum, maximum, remainder
  case clampBelow, clampAbove
  case power, atan2, hypot
  case leakyRelu, elu
  case reluBackward, absBackward, tanhBackward, sigmoidBackward
  case geluBackward, siluBackward
  case and, or, xor

  /// What is needed of the table's row whenever the operation is applied.
  @inline(__always)
  var traits: ElementwiseTraits {
    ElementwiseTraits.of(rawValue, in: MK_TABLE_BINARY, BinaryOperation.table.map(\.traits))
  }

  /// Whether it can fail for integers, by division by zero.
  @inline(__always)
  var canFail: Bool { self == .divide || self == .remainder }

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
    case .power:
      BinaryFacts(
        "power", MK_POWER, isCheap: false, saves: .operandsAndResults, in: (0.3...2.5, -2...2),
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
        "and", MK_AND, on: .logical, saves: .nothing, in: (0...1, 0...1), first: refused, second: refused,
        reference: { $0 != 0 && $1 != 0 ? 1 : 0 })
    case .or:
      BinaryFacts(
        "or", MK_OR, on: .logical, saves: .nothing, in: (0...1, 0...1), first: refused, second: refused,
        reference: { $0 != 0 || $1 != 0 ? 1 : 0 })
    case .xor:
      BinaryFacts(
        "xor", MK_XOR, on: .logical, saves: .nothing, in: (0...1, 0...1), first: refused, second: refused,
        reference: { ($0 != 0) != ($1 != 0) ? 1 : 0 })
    }
  }
}

/// 1/√(2π), the normal distribution's density at 0.
private let density = 0.398_942_280_401_432_7

/// Logical operations have no derivative; a pass traps before it calls this.
private let refused: BinaryFacts.Derivative = { _, _ in nil }

/// The gradient of one operand of a minimum or maximum: 0 where the other operand is the result, half of `g` where both
/// are equal, and all of it elsewhere, also where one is NaN.
private func share(_ g: AnyTensor, of a: AnyTensor, against b: AnyTensor, losing: Comparison) -> AnyTensor {
  let most = apply(Select(), a.compared(.equal, b), g * 0.5, g)
  return apply(Select(), a.compared(losing, b), g.scalar(0), most)
}

/// 1 / (a² + b²), and a constant 0 where both are 0.
private func reciprocalSquares(_ s: Saved) -> AnyTensor {
  let isOrigin = apply(Binary(.and), s.a.isZero, s.b.isZero)
  let squares = s.a.applying(.square) + s.b.applying(.square)
  // With the 1, a higher derivative does not multiply an infinity by 0.
  let reciprocal = apply(Select(), isOrigin, s.a.scalar(1), squares).applying(.reciprocal)
  return apply(Select(), isOrigin, s.a.scalar(0), reciprocal)
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
}
