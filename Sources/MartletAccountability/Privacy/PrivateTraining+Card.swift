import MartletTraining

extension PrivateTraining: ModelCardSource {
  /// Adds what the steps so far guarantee those whose rows were used, and what the guarantee does not reach.
  public func add(to card: inout ModelCard, _ fit: FitState) throws {
    let spending = try spending()
    guard let phase = spending.ledger.phases.last else { return }
    card.privacy = try ModelCard.Privacy(
      epsilon: spending.epsilon, delta: spending.delta, adjacency: spending.adjacency, sampling: spending.sampling,
      accountant: spending.accountant.title, noiseMultiplier: phase.noiseMultiplier,
      clippingNorm: spending.clippingNorm)
    if spending.ledger.phases.count > 1 {
      card.limits.append("The noise and the sampling rate are those of the last steps; ε is that of all: \(spending).")
    }
    if !spending.isUpperBound { card.limits.append("The accountant of ε under-estimates it.") }
    if spending.isSeeded {
      card.limits.append("Rows and noise were drawn from a seed: ε holds only against those who do not know it.")
    }
    card.limits.append("What this card says of the training rows, their number, classes and hash, is outside of ε.")
  }
}
