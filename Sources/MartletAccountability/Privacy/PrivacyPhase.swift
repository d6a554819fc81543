/// Steps that are sampled alike and get the same noise.
///
/// A step takes every row with the probability `samplingRate`, independently (Poisson sampling), and adds to the sum of
/// their clipped gradients a normal variable whose standard deviation is `noiseMultiplier` times the clipping norm.
public struct PrivacyPhase: Sendable, Hashable {
  /// The probability that a row takes part in a step, above 0 and at most 1.
  public let samplingRate: Double
  /// The noise's standard deviation over the clipping norm; 0 is no privacy at all.
  public let noiseMultiplier: Double
  /// The number of steps.
  public let steps: Int

  /// Makes a phase; throws when a number is outside its range.
  public init(samplingRate: Double, noiseMultiplier: Double, steps: Int) throws(PrivacyError) {
    if !(samplingRate > 0 && samplingRate <= 1) {
      throw .invalid("expected a sampling rate above 0 and at most 1, got \(samplingRate)")
    }
    if !(noiseMultiplier >= 0 && noiseMultiplier.isFinite) {
      throw .invalid("expected a finite noise multiplier of at least 0, got \(noiseMultiplier)")
    }
    if steps < 0 { throw .invalid("expected at least 0 steps, got \(steps)") }
    (self.samplingRate, self.noiseMultiplier, self.steps) = (samplingRate, noiseMultiplier, steps)
  }

  /// The same with another number of steps, which is not negative.
  func with(steps: Int) -> PrivacyPhase { PrivacyPhase(self, steps) }

  private init(_ phase: PrivacyPhase, _ steps: Int) {
    (samplingRate, noiseMultiplier, self.steps) = (phase.samplingRate, phase.noiseMultiplier, steps)
  }
}

extension PrivacyPhase: Codable {
  private enum CodingKeys: String, CodingKey {
    case samplingRate, noiseMultiplier, steps
  }

  /// Reads a phase; throws when a number is outside its range.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      samplingRate: values.decode(Double.self, forKey: .samplingRate),
      noiseMultiplier: values.decode(Double.self, forKey: .noiseMultiplier),
      steps: values.decode(Int.self, forKey: .steps))
  }
}

/// The steps that were taken with private data, and what they cost together.
///
/// ```swift
/// var ledger = PrivacyLedger()
/// try ledger.add(steps: 1000, samplingRate: 0.01, noiseMultiplier: 1)
/// print(try ledger.epsilon(delta: 1e-5), try ledger.epsilon(delta: 1e-5, by: .prv))
/// ```
/// Two data sets are neighbours when one has a row more (adding or removing a row). The trained model is then (ε, δ)
/// differentially private: no event is more than e^ε times as probable, plus δ, with one of them than with the other.
public struct PrivacyLedger: Sendable, Equatable, Codable {
  /// The phases in their order; neighbouring ones differ in sampling or noise.
  public private(set) var phases: [PrivacyPhase]

  /// Makes a ledger, by default of no steps.
  public init(_ phases: [PrivacyPhase] = []) {
    self.phases = []
    for phase in phases { add(phase) }
  }

  /// Adds steps; throws when a number is outside its range.
  public mutating func add(steps: Int, samplingRate: Double, noiseMultiplier: Double) throws(PrivacyError) {
    add(try PrivacyPhase(samplingRate: samplingRate, noiseMultiplier: noiseMultiplier, steps: steps))
  }

  /// Adds a phase.
  public mutating func add(_ phase: PrivacyPhase) {
    if phase.steps == 0 { return }
    if let last = phases.last, last.with(steps: 0) == phase.with(steps: 0) {
      phases[phases.count - 1] = last.with(steps: last.steps + phase.steps)
    } else {
      phases.append(phase)
    }
  }

  /// The same with so many further steps.
  func adding(_ phase: PrivacyPhase) -> PrivacyLedger {
    var ledger = self
    ledger.add(phase)
    return ledger
  }

  /// The number of steps of all phases.
  public var steps: Int { phases.reduce(0) { $0 + $1.steps } }

  /// Whether a step was taken without noise: nothing is then private.
  var hasNoiselessSteps: Bool { phases.contains { $0.noiseMultiplier == 0 } }
}
