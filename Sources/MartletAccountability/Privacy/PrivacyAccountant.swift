/// How the privacy of many steps is added up.
public enum PrivacyAccountant: String, Sendable, Codable, CaseIterable {
  /// Rényi differential privacy with the conversion of Balle et al.: an upper bound, fast.
  ///
  /// Sources: I. Mironov, K. Talwar and L. Zhang, Rényi differential privacy of the sampled Gaussian mechanism (2019,
  /// arXiv:1908.10530); B. Balle et al., Hypothesis testing interpretations and Rényi differential privacy (2020,
  /// arXiv:1905.09982), theorem 21.
  case rdp
  /// Rényi differential privacy with the older conversion, ε + log(1/δ) / (α − 1): a looser upper bound, by which older
  /// figures are reproduced.
  ///
  /// Source: I. Mironov, Rényi differential privacy (2017, arXiv:1702.07476).
  case rdpClassicConversion
  /// The distribution of the privacy loss, computed numerically with bounds of its error: the tightest, some tenths of a
  /// second each time.
  ///
  /// Of both directions, adding a row and removing one, the worse counts. Source: S. Gopi, Y. T. Lee and L. Wutschitz,
  /// Numerical composition of differential privacy (2021, arXiv:2106.02848).
  case prv
  /// Gaussian differential privacy by the central limit theorem. **No bound: it under-estimates ε**, by a factor of 6 and
  /// more for little noise; only for comparison.
  ///
  /// Source: Z. Bu, J. Dong, Q. Long and W. Su, Deep learning with Gaussian differential privacy (2020,
  /// arXiv:1911.11607).
  case gdpApproximation

  /// The name in reports: `RDP (Balle et al. 2020)`.
  public var title: String {
    switch self {
    case .rdp: "RDP (Balle et al. 2020)"
    case .rdpClassicConversion: "RDP (Mironov 2017)"
    case .prv: "PRV (Gopi et al. 2021)"
    case .gdpApproximation: "GDP by the central limit theorem, which under-estimates"
    }
  }

  /// Whether what it says holds; false for an approximation.
  public var isUpperBound: Bool { self != .gdpApproximation }
}

extension PrivacyLedger {
  /// The ε that all steps cost at a δ; 0 without steps, infinite where a step had no noise.
  ///
  /// Throws when `delta` is not above 0 and below 1, and for `.prv` when noise and number of steps need more memory than
  /// it takes.
  /// - Complexity: for `.prv` O(n log n) of a grid of some 2²⁰ numbers, the more the more steps there are.
  public func epsilon(delta: Double, by accountant: PrivacyAccountant = .rdp) throws(PrivacyError) -> Double {
    try checkDelta(delta)
    if steps == 0 { return 0 }
    if hasNoiselessSteps { return .infinity }
    switch accountant {
    case .rdp: return RenyiDivergence(of: self).epsilon(delta: delta, .balle).value
    case .rdpClassicConversion: return RenyiDivergence(of: self).epsilon(delta: delta, .mironov).value
    case .prv: return try epsilonBounds(delta: delta).upper
    case .gdpApproximation: return GaussianApproximation(of: self).epsilon(delta: delta)
    }
  }

  /// The δ that all steps cost at an ε, at most 1; throws when `epsilon` is negative or not a number.
  public func delta(epsilon: Double, by accountant: PrivacyAccountant = .rdp) throws(PrivacyError) -> Double {
    if !(epsilon >= 0) { throw .invalid("expected an epsilon of at least 0, got \(epsilon)") }
    if steps == 0 || epsilon == .infinity { return 0 }
    if hasNoiselessSteps { return 1 }
    switch accountant {
    case .rdp: return RenyiDivergence(of: self).delta(epsilon: epsilon, .balle)
    case .rdpClassicConversion: return RenyiDivergence(of: self).delta(epsilon: epsilon, .mironov)
    case .prv: return try deltaUpperBound(epsilon: epsilon)
    case .gdpApproximation: return GaussianApproximation(of: self).delta(epsilon: epsilon)
    }
  }

  func checkDelta(_ delta: Double) throws(PrivacyError) {
    if !(delta > 0 && delta < 1) { throw .invalid("expected a delta above 0 and below 1, got \(delta)") }
  }
}
