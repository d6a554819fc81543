import MartletText

/// What a model's training cost in privacy, with all that the figure depends on: for reports and model cards.
///
/// ```swift
/// try trainer.fit(train, epochs: 20, batchSize: 256, callbacks: [privacy])
/// print(try privacy.spending())
/// ```
public struct PrivacySpending: Sendable, Equatable, Codable {
  /// The ε: infinite where there was no noise.
  public let epsilon: Double
  /// The δ that it is stated at.
  public let delta: Double
  /// How steps were added up.
  public let accountant: PrivacyAccountant
  /// Which data sets are neighbours: `add or remove one row`.
  public let adjacency: String
  /// How the rows of a step were chosen: `Poisson`.
  public let sampling: String
  /// The steps, with sampling rates and noise multipliers.
  public let ledger: PrivacyLedger
  /// The greatest 2-norm of a row's gradients.
  public let clippingNorm: Double
  /// Whether all gradients of a row were clipped together, `flat`, or those of each layer by themselves, `per layer`.
  public let clipping: String
  /// Whether sampling and noise came from a seed: then the figure holds only against who does not know it.
  public let isSeeded: Bool

  /// Whether ε is an upper bound.
  public var isUpperBound: Bool { accountant.isUpperBound }
}

extension PrivacySpending: CustomStringConvertible {
  /// `ε = 2.52 at δ = 1e-05 (add or remove one row; Poisson sampling at a rate of 0.00427, …)`.
  public var description: String {
    let steps = ledger.phases.map { phase in
      "\(phase.steps) steps with noise \(significant(phase.noiseMultiplier)) at a rate of "
        + significant(phase.samplingRate)
    }
    return "ε = \(significant(epsilon)) at δ = \(significant(delta)) (\(adjacency); \(sampling) sampling, "
      + "\(steps.isEmpty ? "no steps" : steps.joined(separator: ", then ")); \(clipping) clipping to "
      + "\(significant(clippingNorm)); \(accountant.title)" + (isSeeded ? "; seeded, for tests alone" : "") + ")"
  }
}
