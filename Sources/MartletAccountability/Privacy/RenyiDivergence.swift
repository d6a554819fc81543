import MartletCore
import MartletPlatform

/// The Rényi divergences of a ledger's steps at several orders, which add up from step to step.
struct RenyiDivergence {
  /// How a divergence is turned into ε and δ.
  enum Conversion {
    case balle, mironov
  }

  /// 1.1 to 10.9 in tenths, 12 to 63, and some beyond for much noise.
  static let orders: [Double] =
    (11...109).map { Double($0) / 10 } + (12...63).map(Double.init) + [72, 80, 96, 128, 192, 256, 384, 512, 1024]

  /// The divergence at each order.
  private let divergences: [Double]

  init(of ledger: PrivacyLedger) {
    var sums = [Double](repeating: 0, count: Self.orders.count)
    for phase in ledger.phases {
      let step = Self.ofStep(phase.samplingRate, phase.noiseMultiplier)
      for index in sums.indices { sums[index] += Double(phase.steps) * step[index] }
    }
    divergences = sums
  }

  /// The least ε over all orders, and the order that gives it.
  func epsilon(delta: Double, _ conversion: Conversion) -> (value: Double, order: Double) {
    var best = (value: Double.infinity, order: Double.nan)
    for (order, divergence) in zip(Self.orders, divergences) {
      let epsilon =
        switch conversion {
        case .balle: divergence - (log(delta) + log(order)) / (order - 1) + log1p(-1 / order)
        case .mironov: divergence - log(delta) / (order - 1)
        }
      if epsilon < best.value { best = (epsilon, order) }
    }
    return (max(0, best.value), best.order)
  }

  /// The least δ over all orders.
  func delta(epsilon: Double, _ conversion: Conversion) -> Double {
    var least = 0.0
    for (order, divergence) in zip(Self.orders, divergences) {
      let logarithm =
        switch conversion {
        case .balle: (order - 1) * (divergence - epsilon + log1p(-1 / order)) - log(order)
        case .mironov: (order - 1) * (divergence - epsilon)
        }
      least = min(least, logarithm)
    }
    return exp(least)
  }

  // MARK: One step

  private static let known = ProcessTable<[PrivacyPhase: [Double]]>([:])

  /// The divergences of one step at all orders, which are kept.
  private static func ofStep(_ rate: Double, _ noise: Double) -> [Double] {
    guard let key = try? PrivacyPhase(samplingRate: rate, noiseMultiplier: noise, steps: 1) else { return [] }
    if let found = known.withLock({ $0[key] }) { return found }
    let computed = orders.map { ofStep(rate, noise, order: $0) }
    known.withLock { table in
      if table.count > 256 { table = [:] }
      table[key] = computed
    }
    return computed
  }

  /// The divergence of one step at an order above 1: log E[(M/N)^α] / (α − 1) with N = N(0, σ²) and
  /// M = (1 − q) N + q N(1, σ²).
  static func ofStep(_ rate: Double, _ noise: Double, order: Double) -> Double {
    if noise == 0 { return .infinity }
    if rate == 1 { return order / (2 * noise * noise) }
    let moment = order == order.rounded() ? ofWhole(rate, noise, Int(order)) : ofFraction(rate, noise, order)
    return max(0, moment) / (order - 1)
  }

  /// log Σᵢ C(α, i) qⁱ (1 − q)^(α − i) e^((i² − i) / 2σ²), with the sum's excess over 1 computed by itself: it is 10⁻⁶
  /// and less.
  private static func ofWhole(_ rate: Double, _ noise: Double, _ order: Int) -> Double {
    let (logRate, logRest) = (log(rate), log1p(-rate))
    var terms: [Double] = []
    for i in stride(from: 2, through: order, by: 1) {
      let exponent = Double(i * i - i) / (2 * noise * noise)
      let excess = exponent > 40 ? exponent : log(expm1(exponent))
      let binomial = lgamma(Double(order + 1)) - lgamma(Double(i + 1)) - lgamma(Double(order - i + 1))
      terms.append(binomial + Double(i) * logRate + Double(order - i) * logRest + excess)
    }
    return logOfOnePlusExp(logSumExp(terms))
  }

  /// The same by the trapezoidal rule, which for this integrand, analytic and falling as e^(−x²), is exact to rounding.
  ///
  /// The series of the originals alternate and stop early; they differ from each other by 5 · 10⁻⁵.
  private static func ofFraction(_ rate: Double, _ noise: Double, _ order: Double) -> Double {
    let width = min(noise, noise * noise) / 8
    let (first, last) = (-13 * noise, order + 13 * noise)
    let count = Int((last - first) / width) + 1
    let scale = log(width / noise) - 0.5 * log(2 * Double.pi)
    var (sum, terms) = (0.0, [Double]())
    for index in 0...count {
      let x = first + Double(index) * width
      let weight = scale - x * x / (2 * noise * noise)
      let growth = order * loss(at: x, rate, noise)
      let term = weight + growth
      if growth < 1 {
        sum += exp(weight) * expm1(growth)
      } else if term < 600 {
        sum += exp(term) - exp(weight)
      } else {
        terms.append(term)
      }
    }
    if terms.isEmpty { return log1p(sum) }
    return logSumExp(terms)
  }

  /// log(M/N) at a point: log(1 − q + q e^((2x − 1) / 2σ²)).
  static func loss(at x: Double, _ rate: Double, _ noise: Double) -> Double {
    let exponent = (2 * x - 1) / (2 * noise * noise)
    return exponent > 40
      ? log(rate) + exponent + log1p((1 - rate) / rate * exp(-exponent)) : log1p(rate * expm1(exponent))
  }

  private static func logSumExp(_ terms: [Double]) -> Double {
    guard let greatest = terms.max(), greatest > -.infinity else { return -.infinity }
    return greatest + log(terms.reduce(0) { $0 + exp($1 - greatest) })
  }

  private static func logOfOnePlusExp(_ x: Double) -> Double { x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)) }
}
