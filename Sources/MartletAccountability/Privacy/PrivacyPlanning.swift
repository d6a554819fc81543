import MartletPlatform

/// What a model's training may cost in privacy.
public struct PrivacyBudget: Sendable, Equatable, Codable {
  /// The greatest ε.
  public let epsilon: Double
  /// The δ that it is stated at: well below one over the number of rows.
  public let delta: Double

  /// Makes a budget; throws unless `epsilon` is above 0 and finite and `delta` between 0 and 1.
  public init(epsilon: Double, delta: Double) throws(PrivacyError) {
    if !(epsilon > 0 && epsilon.isFinite) { throw .invalid("expected an epsilon above 0, got \(epsilon)") }
    if !(delta > 0 && delta < 1) { throw .invalid("expected a delta above 0 and below 1, got \(delta)") }
    (self.epsilon, self.delta) = (epsilon, delta)
  }

  private enum CodingKeys: String, CodingKey {
    case epsilon, delta
  }

  /// Reads a budget; throws when a number is outside its range.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      epsilon: values.decode(Double.self, forKey: .epsilon), delta: values.decode(Double.self, forKey: .delta))
  }
}

/// The least noise multiplier with which so many steps keep within an ε: the result costs at most `epsilon`, and a
/// thousandth less noise would cost more.
///
/// ```swift
/// let noise = try noiseMultiplier(forEpsilon: 2, delta: 1e-5, samplingRate: 256.0 / 60_000, steps: 14_063)
/// ```
/// Throws for numbers outside their ranges, and when no noise multiplier up to 10⁴ is enough.
/// - Complexity: some 20 times what the accountant takes.
/// - Parameters:
///   - epsilon: The greatest ε.
///   - delta: The δ that it is stated at.
///   - samplingRate: The probability that a row takes part in a step.
///   - steps: The number of steps.
///   - accountant: How steps are added up.
///   - spent: Steps that the data have taken part in before.
public func noiseMultiplier(
  forEpsilon epsilon: Double, delta: Double, samplingRate: Double, steps: Int, by accountant: PrivacyAccountant = .rdp,
  after spent: PrivacyLedger = PrivacyLedger()
) throws(PrivacyError) -> Double {
  let budget = try PrivacyBudget(epsilon: epsilon, delta: delta)
  if steps < 1 { throw .invalid("expected at least 1 step, got \(steps)") }
  func fits(_ noise: Double) throws(PrivacyError) -> Bool {
    let phase = try PrivacyPhase(samplingRate: samplingRate, noiseMultiplier: noise, steps: steps)
    let ledger = spent.adding(phase)
    // What the fast accountant allows, the tight one allows too, and what is far too much for it is not worth a grid.
    if accountant == .prv {
      let bound = try ledger.epsilon(delta: delta, by: .rdp)
      if bound <= budget.epsilon { return true }
      if bound > 4 * budget.epsilon + 4 { return false }
    }
    return try ledger.epsilon(delta: delta, by: accountant) <= budget.epsilon
  }
  var high = 1.0
  while try !fits(high) {
    high *= 2
    if high > 1e4 {
      throw .unreachable(
        "expected an epsilon that some noise multiplier up to 10⁴ reaches by \(accountant.title), got \(epsilon) at delta "
          + "\(delta): take fewer steps, a smaller sampling rate or a greater delta")
    }
  }
  var low = high / 2
  while low > 1e-3, try fits(low) { (low, high) = (low / 2, low) }
  while high - low > 5e-4 * high {
    let middle = (low * high).squareRoot()
    if try fits(middle) { high = middle } else { low = middle }
  }
  return high
}

extension PrivacyLedger {
  /// The number of further steps, at most `limit`, that keep the whole within a budget.
  ///
  /// Throws for numbers outside their ranges.
  public func steps(
    within budget: PrivacyBudget, samplingRate: Double, noiseMultiplier: Double,
    by accountant: PrivacyAccountant = .rdp, atMost limit: Int = 1 << 30
  ) throws(PrivacyError) -> Int {
    let step = try PrivacyPhase(samplingRate: samplingRate, noiseMultiplier: noiseMultiplier, steps: 1)
    func fits(_ count: Int) throws(PrivacyError) -> Bool {
      let ledger = adding(step.with(steps: count))
      if accountant == .prv {
        let bound = try ledger.epsilon(delta: budget.delta, by: .rdp)
        if bound <= budget.epsilon { return true }
        if bound > 4 * budget.epsilon + 4 { return false }
      }
      return try ledger.epsilon(delta: budget.delta, by: accountant) <= budget.epsilon
    }
    if limit < 1 { return 0 }
    if try fits(limit) { return limit }
    // `low` fits, unless it is 0 and nothing more does; `high` does not.
    var (low, high) = (0, 1)
    while high < limit, try fits(high) { (low, high) = (high, min(limit, high * 2)) }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if try fits(middle) { low = middle } else { high = middle }
    }
    return low
  }
}
