import CKernels

/// The elementwise operations of two operands, in the order of the kernels' table.
package enum BinaryOperation: UInt8, CaseIterable, Sendable {
  case add, subtract, multiply, divide
  case minimum, maximum, remainder
  case power, atan2, hypot
  case leakyRelu, elu
  case reluBackward, tanhBackward, sigmoidBackward
  case geluBackward, siluBackward
  case and, or, xor

  @inline(__always)
  var kernel: mk_binary_op { mk_binary_op(rawValue: rawValue) }

  @inline(__always)
  var isLogical: Bool { rawValue >= BinaryOperation.and.rawValue }

  /// Whether integers make it fail: division by zero.
  @inline(__always)
  var canFail: Bool { self == .divide || self == .remainder }

  /// Whether memory, not arithmetic, is the limit.
  @inline(__always)
  var isCheap: Bool {
    switch self {
    case .power, .atan2, .hypot, .elu, .remainder, .geluBackward, .siluBackward: false
    default: true
    }
  }

  @inline(__always)
  func takes(_ type: ScalarType) -> Bool {
    if isLogical { return type == .bool }
    return type.isDifferentiable || (rawValue <= BinaryOperation.remainder.rawValue && type.isNumeric)
  }

  @inline(__always)
  var saves: SavePolicy {
    switch self {
    case .add, .subtract, .and, .or, .xor: .nothing
    case .multiply: .crossed
    case .hypot, .power: .operandsAndResult
    case .reluBackward: .secondOperand
    default: .operands
    }
  }

  var facts: BinaryFacts { BinaryOperation.table[Int(rawValue)] }

  private static let table: [BinaryFacts] = allCases.map(\.row)

  /// Everything that is known of an operation. `g` is the gradient of the result. Where two operands of `minimum` or
  /// `maximum` are equal, each gets half of it; `power` has derivative 0 in a base of 0 where the exponent is 0, and in the
  /// exponent where the base is 0: PyTorch's conventions.
  private var row: BinaryFacts {
    switch self {
    case .add:
      BinaryFacts("add", first: { g, _ in g }, second: { g, _ in g }, reference: { $0 + $1 })
    case .subtract:
      BinaryFacts("subtract", first: { g, _ in g }, second: { g, _ in -g }, reference: { $0 - $1 })
    case .multiply:
      BinaryFacts("multiply", first: { g, s in g * s.b }, second: { g, s in g * s.a }, reference: { $0 * $1 })
    case .divide:
      BinaryFacts(
        "divide", on: (-2...2, 0.4...3), first: { g, s in g / s.b }, second: { g, s in -(g * (s.a / s.b / s.b)) },
        reference: { $0 / $1 })
    case .minimum:
      BinaryFacts(
        "minimum", first: { g, s in share(g, of: s.a, against: s.b, .less) },
        second: { g, s in share(g, of: s.b, against: s.a, .less) }, reference: { min($0, $1) })
    case .maximum:
      BinaryFacts(
        "maximum", first: { g, s in share(g, of: s.a, against: s.b, .greater) },
        second: { g, s in share(g, of: s.b, against: s.a, .greater) }, reference: { max($0, $1) })
    case .remainder:
      BinaryFacts(
        "remainder", on: (2.3...2.8, 1.02...1.1), first: { g, _ in g },
        second: { g, s in -(g * (s.a / s.b).applying(.floor)) },
        reference: { $0 - ($0 / $1).rounded(.down) * $1 })
    case .power:
      BinaryFacts(
        "power", on: (0.3...2.5, -2...2),
        first: { g, s in
          // At 0⁰ the exponent is taken for 1: the slope is 0 · 0⁰, and no NaN waits there for a higher derivative.
          let (a, b) = (s.a.detached(), s.b.detached())
          let isBoth = apply(Binary(.and), a.compared(.equal, a.scalar(0)), b.compared(.equal, b.scalar(0)))
          return g * s.b * apply(Binary(.power), s.a, apply(Select(), isBoth, b.scalar(1), s.b) - 1)
        },
        second: { g, s in
          let isZero = s.a.compared(.equal, s.a.scalar(0))
          let base = apply(Select(), isZero, s.a.scalar(1), s.a)
          return g * s.result * base.applying(.log)
        }, reference: { CMath.pow($0, $1) })
    case .atan2:
      BinaryFacts(
        "atan2", on: (0.3...2, 0.3...2), first: { g, s in g * s.b / squares(s) },
        second: { g, s in -(g * s.a / squares(s)) },
        reference: { CMath.atan2($0, $1) })
    case .hypot:
      BinaryFacts(
        "hypot", on: (0.3...2, 0.3...2), first: { g, s in g * s.a / s.result }, second: { g, s in g * s.b / s.result },
        reference: { ($0 * $0 + $1 * $1).squareRoot() })
    case .leakyRelu:
      BinaryFacts(
        "leakyRelu", on: (-2...2, 0.1...0.4),
        first: { g, s in apply(Select(), isPositive(s.a), g, g * s.b) },
        second: { g, s in apply(Select(), isPositive(s.a), g.scalar(0), g * s.a) }, reference: { $0 > 0 ? $0 : $1 * $0 }
      )
    case .elu:
      // Clevert et al., arXiv:1511.07289.
      BinaryFacts(
        "elu", on: (-2...2, 0.5...1.5),
        first: { g, s in apply(Select(), isPositive(s.a), g, g * s.b * belowZero(s.a).applying(.exp)) },
        second: { g, s in apply(Select(), isPositive(s.a), g.scalar(0), g * belowZero(s.a).applying(.expm1)) },
        reference: { $0 > 0 ? $0 : $1 * CMath.expm1($0) })
    case .reluBackward:
      BinaryFacts(
        "reluBackward", first: { g, s in apply(Binary(.reluBackward), g, s.b) }, second: { _, _ in nil },
        reference: { $1 > 0 ? $0 : 0 })
    case .tanhBackward:
      BinaryFacts(
        "tanhBackward", first: { g, s in apply(Binary(.tanhBackward), g, s.b) }, second: { g, s in g * s.a * s.b * -2 },
        reference: { $0 * (1 - $1 * $1) })
    case .sigmoidBackward:
      BinaryFacts(
        "sigmoidBackward", first: { g, s in apply(Binary(.sigmoidBackward), g, s.b) },
        second: { g, s in g * s.a * (s.b * -2 + 1) }, reference: { $0 * $1 * (1 - $1) })
    case .geluBackward:
      BinaryFacts(
        "geluBackward", first: { g, s in apply(Binary(.geluBackward), g, s.b) },
        second: { g, s in
          let square = s.b.applying(.square)
          return g * s.a * ((square * -0.5).applying(.exp) * (-square + 2) * density)
        },
        reference: { $0 * (0.5 * CMath.erfc(-$1 * 0.5.squareRoot()) + $1 * density * CMath.exp(-0.5 * $1 * $1)) })
    case .siluBackward:
      BinaryFacts(
        "siluBackward", first: { g, s in apply(Binary(.siluBackward), g, s.b) },
        second: { g, s in
          let gate = s.b.applying(.sigmoid)
          return g * s.a * (gate * (-gate + 1) * (s.b * (gate * -2 + 1) + 2))
        },
        reference: {
          let gate = 1 / (1 + CMath.exp(-$1))
          return $0 * gate * (1 + $1 * (1 - gate))
        })
    case .and:
      BinaryFacts("and", on: (0...1, 0...1), first: refused, second: refused, reference: { $0 != 0 && $1 != 0 ? 1 : 0 })
    case .or:
      BinaryFacts("or", on: (0...1, 0...1), first: refused, second: refused, reference: { $0 != 0 || $1 != 0 ? 1 : 0 })
    case .xor:
      BinaryFacts(
        "xor", on: (0...1, 0...1), first: refused, second: refused, reference: { ($0 != 0) != ($1 != 0) ? 1 : 0 })
    }
  }
}

/// 1/√(2π), the normal distribution's density at 0.
private let density = 0.398_942_280_401_432_7

/// Logical results have no derivative; the graph refuses before it asks.
private let refused: BinaryFacts.Derivative = { _, _ in nil }

/// The gradient of one operand of a minimum or maximum: all of it where it wins, half where both are equal.
private func share(_ g: AnyTensor, of a: AnyTensor, against b: AnyTensor, _ wins: Comparison) -> AnyTensor {
  let half = apply(Select(), a.compared(.equal, b), g * 0.5, g.scalar(0))
  return apply(Select(), a.compared(wins, b), g, half)
}

private func squares(_ s: Saved) -> AnyTensor { s.a.applying(.square) + s.b.applying(.square) }
private func isPositive(_ a: AnyTensor) -> AnyTensor { a.compared(.greater, a.scalar(0)) }
private func belowZero(_ a: AnyTensor) -> AnyTensor { apply(Binary(.minimum), a, a.scalar(0)) }

extension Saved {
  /// The operands as formulas name them.
  fileprivate var a: AnyTensor { operand(0) }
  fileprivate var b: AnyTensor { operand(1) }
}
