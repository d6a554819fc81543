/// What a reduction holds: rates that are near those of all rows in each group, or a limit to each group's loss.
///
/// A reduction makes a model fair by what it is trained with: the same learner is fitted again and again to rows whose
/// labels and weights say what the constraint costs. Source: A. Agarwal et al., A reductions approach to fair
/// classification (2018), and, of losses, Fair regression: quantitative definitions and reduction-based algorithms (2019).
public struct FairnessMoment: Sendable, Hashable {
  /// How far a group's rate may be from that of all rows.
  public enum Bound: Sendable, Hashable {
    /// By so much at most.
    case difference(Double)
    /// The smaller is at least so many times the larger, with `slack` more of either.
    case ratio(Double, slack: Double = 0)
  }

  /// The loss of a row whose target and prediction are clipped to a range.
  public enum GroupLoss: Sendable, Hashable {
    /// The squared distance.
    case squared(ClosedRange<Double>)
    /// The distance.
    case absolute(ClosedRange<Double>)
    /// 1 for a wrong label.
    case zeroOne

    func callAsFunction(_ target: Double, _ prediction: Double) -> Double {
      func clipped(_ value: Double, _ range: ClosedRange<Double>) -> Double {
        min(max(value, range.lowerBound), range.upperBound)
      }
      switch self {
      case .squared(let range):
        let distance = clipped(target, range) - clipped(prediction, range)
        return distance * distance
      case .absolute(let range): return abs(clipped(target, range) - clipped(prediction, range))
      case .zeroOne: return abs(clipped(target, 0...1) - clipped(prediction, 0...1))
      }
    }
  }

  enum Rows: String { case all, positive, negative, byLabel }

  enum Kind: Sendable, Hashable {
    /// The mean decision, or the mean error, among some rows.
    case parity(Rows, ofErrors: Bool, Bound)
    case groupLoss(GroupLoss, limit: Double)
  }

  let kind: Kind
  /// The name in tables.
  public let name: String

  private init(_ name: String, _ kind: Kind) { (self.name, self.kind) = (name, kind) }

  /// The share of rows that are selected.
  public static func demographicParity(_ bound: Bound = .difference(0.01)) -> FairnessMoment {
    FairnessMoment("demographic parity", .parity(.all, ofErrors: false, bound))
  }

  /// The share of positive rows that are selected: equal opportunity.
  public static func truePositiveRateParity(_ bound: Bound = .difference(0.01)) -> FairnessMoment {
    FairnessMoment("true positive rate parity", .parity(.positive, ofErrors: false, bound))
  }

  /// The share of negative rows that are selected.
  public static func falsePositiveRateParity(_ bound: Bound = .difference(0.01)) -> FairnessMoment {
    FairnessMoment("false positive rate parity", .parity(.negative, ofErrors: false, bound))
  }

  /// The true and the false positive rate.
  public static func equalizedOdds(_ bound: Bound = .difference(0.01)) -> FairnessMoment {
    FairnessMoment("equalized odds", .parity(.byLabel, ofErrors: false, bound))
  }

  /// The share of decisions that are wrong.
  public static func errorRateParity(_ bound: Bound = .difference(0.01)) -> FairnessMoment {
    FairnessMoment("error rate parity", .parity(.all, ofErrors: true, bound))
  }

  /// The mean loss of each group is at most `limit`.
  public static func boundedGroupLoss(_ loss: GroupLoss, limit: Double) -> FairnessMoment {
    FairnessMoment("bounded group loss", .groupLoss(loss, limit: limit))
  }

  /// Throws when a number is outside its range.
  func check() throws(FairnessError) {
    switch kind {
    case .parity(_, _, .difference(let bound)):
      if !(bound >= 0 && bound.isFinite) {
        throw .invalid("\(name): expected a difference of at least 0, got \(bound)")
      }
    case .parity(_, _, .ratio(let ratio, let slack)):
      if !(ratio > 0 && ratio <= 1) { throw .invalid("\(name): expected a ratio above 0 and at most 1, got \(ratio)") }
      if !(slack >= 0 && slack.isFinite) { throw .invalid("\(name): expected a slack of at least 0, got \(slack)") }
    case .groupLoss(_, let limit):
      if !(limit >= 0 && limit.isFinite) { throw .invalid("\(name): expected a limit of at least 0, got \(limit)") }
    }
  }
}
