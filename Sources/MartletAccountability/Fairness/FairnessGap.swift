import MartletPlatform

/// A gap between groups, by a published definition, which names its convention.
///
/// "Equalised odds difference" has three meanings in use: the larger of the gaps of true and of false positive rates
/// (``equalizedOddsDifference``), their mean (``meanEqualizedOddsDifference``), and the mean of signed differences of two
/// groups (``averageOddsDifference(_:)``).
public struct FairnessGap: Sendable {
  /// Levels of an attribute that are compared: rows at one of the unprivileged with those at one of the privileged.
  public struct Pair: Sendable, Hashable {
    /// The attribute's name.
    public var attribute: String
    /// The levels of the group that a difference is that of.
    public var unprivileged: [String]
    /// The levels of the group that it is compared with.
    public var privileged: [String]

    /// A pair of levels of an attribute, or of sets of levels.
    public init(_ attribute: String, unprivileged: [String], privileged: [String]) {
      (self.attribute, self.unprivileged, self.privileged) = (attribute, unprivileged, privileged)
    }
  }

  /// The name of the gap in tables and histories.
  public let name: String
  let isOfCounts: Bool
  let compute: @Sendable (GroupCounts) throws(FairnessError) -> Double

  private init(
    _ name: String, isOfCounts: Bool = true,
    _ compute: @escaping @Sendable (GroupCounts) throws(FairnessError) -> Double
  ) {
    (self.name, self.isOfCounts, self.compute) = (name, isOfCounts, compute)
  }

  /// The difference of a measure's values.
  public static func difference(
    _ measure: GroupMeasure, _ reference: GroupValues.Reference = .betweenGroups
  ) -> FairnessGap {
    FairnessGap("\(measure.name)_difference", isOfCounts: measure.isOfCounts) { counts throws(FairnessError) in
      counts.values(measure).difference(reference)
    }
  }

  /// The ratio of a measure's values, at most 1.
  public static func ratio(
    _ measure: GroupMeasure, _ reference: GroupValues.Reference = .betweenGroups
  ) -> FairnessGap {
    FairnessGap("\(measure.name)_ratio", isOfCounts: measure.isOfCounts) { counts throws(FairnessError) in
      counts.values(measure).ratio(reference)
    }
  }

  private func renamed(_ name: String) -> FairnessGap { FairnessGap(name, isOfCounts: isOfCounts, compute) }

  /// The greatest difference of selection rates.
  public static var demographicParityDifference: FairnessGap {
    difference(.selectionRate).renamed("demographic_parity_difference")
  }
  /// The smallest ratio of selection rates.
  public static var demographicParityRatio: FairnessGap { ratio(.selectionRate).renamed("demographic_parity_ratio") }
  /// The greatest difference of true positive rates.
  public static var equalOpportunityDifference: FairnessGap {
    difference(.truePositiveRate).renamed("equal_opportunity_difference")
  }
  /// The smallest ratio of true positive rates.
  public static var equalOpportunityRatio: FairnessGap {
    ratio(.truePositiveRate).renamed("equal_opportunity_ratio")
  }
  /// The larger of the differences of true and of false positive rates: the worst case, as Fairlearn has it.
  public static var equalizedOddsDifference: FairnessGap {
    odds("equalized_odds_difference") { worse($0.difference(), $1.difference(), Swift.max) }
  }
  /// The mean of the differences of true and of false positive rates.
  public static var meanEqualizedOddsDifference: FairnessGap {
    odds("mean_equalized_odds_difference") { ($0.difference() + $1.difference()) / 2 }
  }
  /// The smaller of the ratios of true and of false positive rates: the worst case, as Fairlearn has it.
  public static var equalizedOddsRatio: FairnessGap {
    odds("equalized_odds_ratio") { worse($0.ratio(), $1.ratio(), Swift.min) }
  }
  /// The mean of the ratios of true and of false positive rates.
  public static var meanEqualizedOddsRatio: FairnessGap {
    odds("mean_equalized_odds_ratio") { ($0.ratio() + $1.ratio()) / 2 }
  }

  /// The worse of two numbers; NaN when one is, which `max` and `min` do not promise.
  private static func worse(_ a: Double, _ b: Double, _ choose: (Double, Double) -> Double) -> Double {
    a.isNaN || b.isNaN ? .nan : choose(a, b)
  }

  private static func odds(
    _ name: String, _ combine: @escaping @Sendable (GroupValues, GroupValues) -> Double
  ) -> FairnessGap {
    FairnessGap(name) { counts throws(FairnessError) in
      combine(counts.values(.truePositiveRate), counts.values(.falsePositiveRate))
    }
  }

  /// The largest distance of two groups' logarithms of the share that is decided positively, or of the share decided
  /// negatively: e to its power bounds how much likelier a decision is in one group than in another.
  ///
  /// Shares are those of `concentration` more rows, half of them decided positively, so that a small group without a
  /// positive decision is not infinitely far. Groups without rows take no part. Its value throws for a concentration that is
  /// negative or not finite. Source: J. Foulds et al., An intersectional definition of fairness (2020), as AIF360's
  /// `smoothed_empirical_differential_fairness`.
  public static func differentialFairness(concentration: Double = 1) -> FairnessGap {
    FairnessGap("differential_fairness") { counts throws(FairnessError) in
      if !(concentration >= 0 && concentration.isFinite) {
        throw .invalid("expected a concentration that is finite and not negative, got \(concentration)")
      }
      let held = counts.cells.filter { $0.weight > 0 }
      let positives = held.map { $0.truePositives + $0.falsePositives + concentration / 2 }
      let negatives = held.map { $0.trueNegatives + $0.falseNegatives + concentration / 2 }
      func spread(_ numbers: [Double]) -> Double {
        let logarithms = zip(numbers, held).map { log($0 / ($1.weight + concentration)) }
        guard let least = logarithms.min(), let greatest = logarithms.max() else { return .nan }
        // All groups alike, also where none has a decision of a kind.
        return least == greatest ? 0 : greatest - least
      }
      return worse(spread(positives), spread(negatives), Swift.max)
    }
  }

  // MARK: Of two groups, signed, as AIF360 has them

  /// The selection rate of the unprivileged group less that of the privileged one.
  public static func statisticalParityDifference(_ pair: Pair) -> FairnessGap {
    FairnessGap("statistical_parity_difference", pair) { $1(.selectionRate) - $0(.selectionRate) }
  }

  /// The selection rate of the unprivileged group divided by that of the privileged one.
  public static func disparateImpact(_ pair: Pair) -> FairnessGap {
    FairnessGap("disparate_impact", pair) { $1(.selectionRate) / $0(.selectionRate) }
  }

  /// The true positive rate of the unprivileged group less that of the privileged one.
  public static func signedEqualOpportunityDifference(_ pair: Pair) -> FairnessGap {
    FairnessGap("signed_equal_opportunity_difference", pair) { $1(.truePositiveRate) - $0(.truePositiveRate) }
  }

  /// The mean of the signed differences, unprivileged less privileged, of true and of false positive rates: gaps of
  /// different sign cancel each other.
  public static func averageOddsDifference(_ pair: Pair) -> FairnessGap {
    FairnessGap("average_odds_difference", pair) { privileged, unprivileged in
      let truePositives = unprivileged(.truePositiveRate) - privileged(.truePositiveRate)
      let falsePositives = unprivileged(.falsePositiveRate) - privileged(.falsePositiveRate)
      return (truePositives + falsePositives) / 2
    }
  }

  /// The mean of the absolute differences of true and of false positive rates of two groups.
  public static func averageAbsoluteOddsDifference(_ pair: Pair) -> FairnessGap {
    FairnessGap("average_absolute_odds_difference", pair) { privileged, unprivileged in
      let truePositives = unprivileged(.truePositiveRate) - privileged(.truePositiveRate)
      let falsePositives = unprivileged(.falsePositiveRate) - privileged(.falsePositiveRate)
      return (abs(truePositives) + abs(falsePositives)) / 2
    }
  }

  private typealias Measured = (GroupMeasure) -> Double

  private init(_ name: String, _ pair: Pair, _ combine: @escaping @Sendable (Measured, Measured) -> Double) {
    self.init(name) { counts throws(FairnessError) in
      if let both = pair.unprivileged.first(where: pair.privileged.contains) {
        throw .invalid("expected levels that are privileged or unprivileged, got \"\(both)\" as both")
      }
      let privileged = try counts.cell(of: pair.attribute, levels: pair.privileged)
      let unprivileged = try counts.cell(of: pair.attribute, levels: pair.unprivileged)
      return combine({ $0(privileged) }, { $0(unprivileged) })
    }
  }
}

extension GroupCounts {
  /// The value of a gap; NaN when the rows do not define it, such as without a positive row in any group.
  ///
  /// Throws when the groups do not have the attribute or the level that a gap of two groups names.
  public func value(of gap: FairnessGap) throws(FairnessError) -> Double { try gap.compute(self) }
}
