import MartletMetrics
import MartletNN
import MartletText
import MartletTraining

/// A callback that knows something for a model's card.
///
/// `ModelCardWriter` asks each callback of its fit that is one, in their order, when the fit has ended. `EnergyMeter`,
/// `FairnessValidation`, `PrivateTraining` and `EarlyStopping` are.
public protocol ModelCardSource: Callback {
  /// Adds to the card what this callback knows of the fit that has ended.
  func add(to card: inout ModelCard, _ fit: FitState) throws
}

extension EarlyStopping: ModelCardSource {
  /// Says why the fit ended and which epoch was kept.
  public func add(to card: inout ModelCard, _ fit: FitState) {
    if hasStopped {
      card.training?.ended = "\(measure) was no longer better for \(patience) \(patience == 1 ? "epoch" : "epochs")"
    }
    guard restoresBest, let bestEpoch else { return }
    if bestEpoch != fit.epoch { card.training?.keptEpoch = bestEpoch }
    if measure.hasPrefix("val_") && fit.epoch > 1 {
      card.limits.append(
        "The epoch was chosen by \(measure), so results on the validation data look better than those on new data.")
    }
  }
}

extension EnergyMeter: ModelCardSource {
  /// Adds what training cost.
  public func add(to card: inout ModelCard, _ fit: FitState) {
    let (used, carbon) = (total, self.carbon)
    if used.seconds == 0 { return }
    let (hours, grams) = (used.attributed.wattHoursRange, carbon.gramsRange)
    card.energy = ModelCard.EnergyAccount(
      wattHours: used.attributed.wattHours,
      wattHoursInterval: ModelCard.Interval(
        lower: hours.lowerBound, upper: hours.upperBound, method: used.attributed.provenance.rawValue),
      provenance: used.attributed.provenance, trainingWattHours: training.attributed.wattHours,
      validationWattHours: validation.attributed.wattHours, grams: carbon.grams,
      gramsInterval: ModelCard.Interval(
        lower: grams.lowerBound, upper: grams.upperBound, method: carbon.provenance.rawValue),
      place: accounting.carbonIntensity.place, intensity: "\(accounting.carbonIntensity)",
      powerUsageEffectiveness: accounting.powerUsageEffectiveness, seconds: used.seconds)
    if used.attributed.provenance != .measured {
      card.limits.append("The energy is \(used.attributed.provenance.rawValue), not measured.")
    }
  }
}

extension FairnessValidation: ModelCardSource {
  /// Counts the validation rows by group once more, with the parameters that the model has in the end, and adds rates,
  /// calibration and gaps.
  public func add(to card: inout ModelCard, _ fit: FitState) throws {
    guard fit.epoch > 0, let counts = try counts(of: fit) else { return }
    try card.add(counts, of: "validation", gaps: gaps)
  }
}

extension ModelCard {
  /// Adds measures that the card does not have.
  mutating func add(_ measures: CardMeasures) {
    for result in measures.results
    where !results.contains(where: { $0.part == result.part && $0.name == result.name }) { results.append(result) }
    for result in measures.groups {
      let isKnown = groups.contains {
        $0.part == result.part && $0.name == result.name && $0.group == result.group
          && $0.attributes == result.attributes
      }
      if !isKnown { groups.append(result) }
    }
    for gap in measures.gaps {
      let isKnown = gaps.contains { $0.part == gap.part && $0.name == gap.name && $0.attributes == gap.attributes }
      if !isKnown { gaps.append(gap) }
    }
    for group in measures.smallGroups where !smallGroups.contains(group) { smallGroups.append(group) }
  }
}

extension ModelCard.Explanation {
  /// An explanation's summary as a card has it: the mean of what each feature adds, signs included.
  ///
  /// - Parameters:
  ///   - summary: The summary of an attribution or of permutation importance.
  ///   - data: The rows that were explained, in a few words, such as `test`.
  public init(_ summary: ExplanationSummary, on data: String? = nil) {
    let rows = "\(summary.rowCount) \(summary.rowCount == 1 ? "row" : "rows")"
    self.init(
      summary.method, of: "\(summary.target), \(rows)" + (data.map { " of \($0)" } ?? ""),
      values: summary.features.map { ModelCard.Measure($0.name, $0.mean) })
  }
}
