import MartletPlatform

/// Gaussian differential privacy by the central limit theorem: the steps as one Gaussian mechanism of parameter μ.
///
/// μ² = Σ q² T (e^(1/σ²) − 1). No bound: at few steps or little noise it is far too small.
struct GaussianApproximation {
  private let mean: Double

  init(of ledger: PrivacyLedger) {
    var square = 0.0
    for phase in ledger.phases {
      let rate = phase.samplingRate
      let growth = expm1(1 / (phase.noiseMultiplier * phase.noiseMultiplier))
      square += rate * rate * Double(phase.steps) * growth
    }
    mean = square.squareRoot()
  }

  /// Φ(−ε/μ + μ/2) − e^ε Φ(−ε/μ − μ/2).
  func delta(epsilon: Double) -> Double {
    if mean == .infinity { return 1 }
    let (near, far) = (epsilon / mean - mean / 2, epsilon / mean + mean / 2)
    let second = 0.5 * erfc(far / 2.0.squareRoot())
    // The exponential overflows only where the tail is 0.
    let product = second == 0 ? 0 : exp(epsilon + log(second))
    return max(0, 0.5 * erfc(near / 2.0.squareRoot()) - product)
  }

  func epsilon(delta: Double) -> Double {
    if mean == .infinity { return .infinity }
    if self.delta(epsilon: 0) <= delta { return 0 }
    var (low, high) = (0.0, 1.0)
    while self.delta(epsilon: high) > delta { (low, high) = (high, high * 2) }
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if self.delta(epsilon: middle) > delta { low = middle } else { high = middle }
    }
    return high
  }
}
