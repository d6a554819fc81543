import MartletCore

/// What samples of an elementwise operation of two operands are drawn from and checked against.
package struct BinarySample: Sendable {
  /// The ranges that values of the operands are drawn from.
  package let ranges: (ClosedRange<Double>, ClosedRange<Double>)
  /// The operands' scalar type; nil for the floating-point type that is being tested.
  package let type: ScalarType?
  /// Whether there is a derivative by both operands.
  package let isDifferentiable: Bool
  package let reference: @Sendable (Double, Double) -> Double

  init(
    in first: ClosedRange<Double> = -2...2, _ second: ClosedRange<Double> = -2...2, type: ScalarType? = nil,
    isDifferentiable: Bool? = nil, _ reference: @escaping @Sendable (Double, Double) -> Double
  ) {
    ranges = (first, second)
    self.type = type
    self.isDifferentiable = isDifferentiable ?? (type == nil)
    self.reference = reference
  }
}

extension BinaryOperation {
  /// The error that `Float` is allowed, relative to the largest magnitude of a result and at least 0.001.
  package static let tolerance = 2e-6

  package var sample: BinarySample { BinaryOperation.samples[Int(rawValue)] }

  private static let samples: [BinarySample] = allCases.map(\.row)

  /// The table's row for an operation.
  private var row: BinarySample {
    switch self {
    case .add: BinarySample { $0 + $1 }
    case .subtract: BinarySample { $0 - $1 }
    case .multiply: BinarySample { $0 * $1 }
    case .divide: BinarySample(in: -2...2, 0.4...3) { $0 / $1 }
    case .minimum: BinarySample { min($0, $1) }
    case .maximum: BinarySample { max($0, $1) }
    case .clampBelow: BinarySample { max($0, $1) }
    case .clampAbove: BinarySample { min($0, $1) }
    case .remainder: BinarySample(in: 2.3...2.8, 1.02...1.1) { $0 - ($0 / $1).rounded(.down) * $1 }
    case .fmod: BinarySample(in: 2.3...2.8, 1.02...1.1) { CMath.fmod($0, $1) }
    case .floorDivide: BinarySample(in: 2.3...2.8, 1.02...1.1) { ($0 / $1).rounded(.down) }
    case .power: BinarySample(in: 0.3...2.5, -2...2) { CMath.pow($0, $1) }
    case .atan2: BinarySample(in: 0.3...2, 0.3...2) { CMath.atan2($0, $1) }
    case .hypot: BinarySample(in: 0.3...2, 0.3...2) { ($0 * $0 + $1 * $1).squareRoot() }
    case .fmin: BinarySample { min($0, $1) }
    case .fmax: BinarySample { max($0, $1) }
    case .copySign: BinarySample { Double(signOf: $1, magnitudeOf: $0) }
    case .nextAfter: BinarySample { $0 < $1 ? $0.nextUp : $0 > $1 ? $0.nextDown : $1 }
    case .heaviside: BinarySample { $0 < 0 ? 0 : $0 > 0 ? 1 : $1 }
    case .xlogy: BinarySample(in: -2...2, 0.3...2.5) { $0 * CMath.log($1) }
    case .logAddExp: BinarySample { CMath.log(CMath.exp($0) + CMath.exp($1)) }
    case .polygamma: BinarySample(in: 0.6...1.4, 0.4...3) { plainTrigamma($1) }
    case .sincDerivative:
      BinarySample(in: 0.6...1.4, 0.2...2) { (CMath.cos(.pi * $1) - CMath.sin(.pi * $1) / (.pi * $1)) / $1 }
    case .besselJ: BinarySample(in: 0.6...1.4, -2...2) { _, x in meanOverTurn { CMath.cos($0 - x * CMath.sin($0)) } }
    case .besselY: BinarySample(in: 0.6...1.4, 0.5...4) { CMath.y1($1) }
    case .besselI: BinarySample(in: 0.6...1.4, -2...2) { plainBesselI1($1) }
    case .besselIScaled: BinarySample(in: 0.6...1.4, 0.2...3) { plainBesselI1($1) * CMath.exp(-Swift.abs($1)) }
    case .besselK: BinarySample(in: 0.6...1.4, 0.5...4) { plainBesselK1($1) }
    case .besselKScaled: BinarySample(in: 0.6...1.4, 0.5...4) { plainBesselK1($1) * CMath.exp($1) }
    case .gammaBelow: BinarySample(in: 0.5...4, 0.2...6, isDifferentiable: false) { plainGammaBelow($0, $1) }
    case .gammaAbove: BinarySample(in: 0.5...4, 0.2...6, isDifferentiable: false) { 1 - plainGammaBelow($0, $1) }
    case .zeta: BinarySample(in: 1.5...5, 0.3...4, isDifferentiable: false) { plainZeta($0, $1) }
    case .leakyRelu: BinarySample(in: -2...2, 0.1...0.4) { $0 > 0 ? $0 : $1 * $0 }
    case .elu: BinarySample(in: -2...2, 0.5...1.5) { $0 > 0 ? $0 : $1 * CMath.expm1($0) }
    case .celu: BinarySample(in: -2...2, 0.5...1.5) { $0 > 0 ? $0 : $1 * CMath.expm1($0 / $1) }
    case .softshrink: BinarySample(in: -2...2, 0.25...0.55) { $0 > $1 ? $0 - $1 : $0 < -$1 ? $0 + $1 : 0 }
    case .hardshrink: BinarySample(in: -2...2, 0.3...0.6) { Swift.abs($0) <= $1 ? 0 : $0 }
    case .reluBackward: BinarySample { $1 <= 0 ? 0 : $0 }
    case .absBackward: BinarySample { $1 > 0 ? $0 : $1 < 0 ? -$0 : 0 * $0 }
    case .tanhBackward: BinarySample { $0 * (1 - $1 * $1) }
    case .sigmoidBackward: BinarySample { $0 * $1 * (1 - $1) }
    case .geluBackward:
      BinarySample { $0 * (0.5 * CMath.erfc(-$1 * 0.5.squareRoot()) + $1 * normalHeight * CMath.exp(-0.5 * $1 * $1)) }
    case .siluBackward:
      BinarySample {
        let gate = 1 / (1 + CMath.exp(-$1))
        return $0 * gate * (1 + $1 * (1 - gate))
      }
    case .and: BinarySample(in: 0...1, 0...1, type: .bool) { $0 != 0 && $1 != 0 ? 1 : 0 }
    case .or: BinarySample(in: 0...1, 0...1, type: .bool) { $0 != 0 || $1 != 0 ? 1 : 0 }
    case .xor: BinarySample(in: 0...1, 0...1, type: .bool) { ($0 != 0) != ($1 != 0) ? 1 : 0 }
    case .shiftLeft: BinarySample(in: -40...40, -8...8, type: .int32) { Double(Int($0) << Int($1)) }
    case .shiftRight: BinarySample(in: -40...40, -8...8, type: .int32) { Double(Int($0) >> Int($1)) }
    case .gcd: BinarySample(in: -60...60, -60...60, type: .int32) { Double(plainDivisor(Int($0), Int($1))) }
    case .lcm:
      BinarySample(in: -60...60, -60...60, type: .int32) {
        Swift.abs($0 * $1) / Double(max(1, plainDivisor(Int($0), Int($1))))
      }
    }
  }
}

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

/// The mean of a function over 0 ..< 2π, which sums of few values give exactly where it is smooth and periodic.
private func meanOverTurn(_ function: (Double) -> Double) -> Double {
  (0..<64).reduce(0) { $0 + function(Double($1) * .pi / 32) } / 64
}

/// The means and the integral over e^(−x cosh t) cosh t that are Bessel functions of order 1 (Abramowitz and Stegun,
/// 9.6.19 and 9.6.24).
private func plainBesselI1(_ x: Double) -> Double { meanOverTurn { CMath.exp(x * CMath.cos($0)) * CMath.cos($0) } }
private func plainBesselK1(_ x: Double) -> Double {
  let terms = (-200...200).map { (step: Int) -> Double in
    let y = CMath.cosh(Double(step) / 25)
    return CMath.exp(-x * y) * y
  }
  return terms.reduce(0, +) / 50
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
