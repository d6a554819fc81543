import MartletCore
import MartletData
import MartletNN
import MartletPlatform
import MartletTraining

/// How well an attacker tells rows that a model was trained with from others by their loss alone: a test of what a trained
/// model gives away.
///
/// ```swift
/// let test = try trainer.membershipInference(members: train, others: heldBack)
/// print(test)
/// ```
/// The attacker takes a row for a member when its loss is small. An area under the curve of 0.5 is guessing. The attack is
/// a weak one, and a low figure is no proof of privacy; a high one proves that there is none. What counts is the share of
/// members that are found at few false alarms: an average hides the few rows that are given away.
///
/// Members and others must be rows of one distribution, such as the two parts of a random split.
///
/// Sources: S. Yeom et al., Privacy risk in machine learning (2018, arXiv:1709.01604); N. Carlini et al., Membership
/// inference attacks from first principles (2022, arXiv:2112.03570); L. Watson et al., On the importance of difficulty
/// calibration in membership inference attacks (2022, arXiv:2111.08440).
public struct MembershipInference: Sendable, Equatable {
  /// The number of rows that the model was trained with.
  public let memberCount: Int
  /// The number of rows that it has not seen.
  public let otherCount: Int
  /// The area under the attacker's curve: the probability that a member has a smaller loss than another row, ties half.
  public let areaUnderCurve: Double
  /// The interval of the area, by the variance of DeLong et al. (1988).
  public let interval: ConfidenceInterval
  /// The greatest difference between the shares of members and of others that are taken for members.
  public let advantage: Double
  /// Losses, less those of the reference where there is one, in ascending order.
  private let members: [Double]
  private let others: [Double]

  /// The attack by losses that are known already.
  ///
  /// - Parameters:
  ///   - members: The losses of rows that the model was trained with; at least 2.
  ///   - others: The losses of rows that it has not seen; at least 2.
  ///   - references: The losses of both under models that were not trained with these rows, which are subtracted: what
  ///     is easy has a small loss without being known.
  ///   - confidence: The probability of the interval.
  ///
  /// Throws for too few rows, for losses that are NaN, and for a confidence that is not between 0 and 1.
  public init(
    members: [Double], others: [Double], references: (members: [Double], others: [Double])? = nil,
    confidence: Double = 0.95
  ) throws(PrivacyError) {
    if members.count < 2 || others.count < 2 {
      throw .invalid("expected at least 2 members and 2 others, got \(members.count) and \(others.count)")
    }
    if !(confidence > 0 && confidence < 1) {
      throw .invalid("expected a confidence between 0 and 1, got \(confidence)")
    }
    if let references, references.members.count != members.count || references.others.count != others.count {
      throw .invalid(
        "expected references for \(members.count) members and \(others.count) others, got "
          + "\(references.members.count) and \(references.others.count)")
    }
    func scores(_ losses: [Double], _ references: [Double]?, _ name: String) throws(PrivacyError) -> [Double] {
      let scores = references.map { zip(losses, $0).map { $0 - $1 } } ?? losses
      if let index = scores.firstIndex(where: \.isNaN) {
        throw .invalid("\(name): expected losses that are numbers, got NaN for row \(index)")
      }
      return scores.sorted()
    }
    let own = try scores(members, references?.members, "members")
    let rest = try scores(others, references?.others, "others")
    (self.members, self.others, memberCount, otherCount) = (own, rest, own.count, rest.count)
    // How often each row is on the right side of the rows of the other kind.
    let ofMembers = own.map { 1 - Self.share(of: rest, below: $0) }
    let ofOthers = rest.map { Self.share(of: own, below: $0) }
    let area = ofMembers.reduce(0, +) / Double(own.count)
    func variance(_ values: [Double]) -> Double {
      values.reduce(0) { $0 + ($1 - area) * ($1 - area) } / Double(values.count - 1) / Double(values.count)
    }
    let deviation = (variance(ofMembers) + variance(ofOthers)).squareRoot()
    let quantile = -Tensor<Double>((1 - confidence) / 2).ndtri().item()
    areaUnderCurve = area
    interval = ConfidenceInterval(
      lower: max(0, area - quantile * deviation), upper: min(1, area + quantile * deviation))
    var advantage = 0.0
    for threshold in own {
      let (found, wrong) = (Self.count(of: own, upTo: threshold), Self.count(of: rest, upTo: threshold))
      advantage = max(advantage, Double(found) / Double(own.count) - Double(wrong) / Double(rest.count))
    }
    self.advantage = advantage
  }

  /// The greatest share of members that are found when at most this share of the others is taken for members.
  ///
  /// Below one over `otherCount` no other may be. Throws for a share outside 0…1.
  public func truePositiveRate(atFalsePositiveRate rate: Double) throws(PrivacyError) -> Double {
    if !(rate >= 0 && rate <= 1) { throw .invalid("expected a false positive rate within 0…1, got \(rate)") }
    // A little is added so that rounding in binary does not take a row away.
    let allowed = Int(rate * Double(otherCount) + 1e-9)
    if allowed >= otherCount { return 1 }
    // All losses below that of the first other that must not be taken.
    let found = members.partitioningIndex { $0 >= others[allowed] }
    return Double(found) / Double(memberCount)
  }

  /// The share of ascending numbers below one, ties half.
  private static func share(of sorted: [Double], below value: Double) -> Double {
    let (below, upTo) = (sorted.partitioningIndex { $0 >= value }, count(of: sorted, upTo: value))
    return (Double(below) + Double(upTo - below) / 2) / Double(sorted.count)
  }

  private static func count(of sorted: [Double], upTo value: Double) -> Int { sorted.partitioningIndex { $0 > value } }
}

extension MembershipInference: CustomStringConvertible {
  /// `membership inference by loss: AUC 0.6214 (0.5903…0.6525), advantage 0.19, 1.8 % found at 1 % false alarms`.
  public var description: String {
    let rate = 0.01
    let found = (try? truePositiveRate(atFalsePositiveRate: rate)) ?? .nan
    return "membership inference by loss, \(memberCount) members and \(otherCount) others: AUC "
      + "\(significant(areaUnderCurve)) (\(significant(interval.lower))…\(significant(interval.upper))), advantage "
      + "\(significant(advantage)), \(significant(100 * found)) % of members found at 1 % false alarms"
  }
}

extension Trainer {
  /// Attacks the model by the losses of rows that it was trained with and of others.
  ///
  /// `reference` is a trainer of a model that was trained with neither, by whose losses the attack is calibrated. Throws
  /// as `evaluate` does, for a loss that is only known as one number for a batch, and for fewer than 2 rows of a kind.
  public func membershipInference<Given: Batchable>(
    members: Dataset<Model.Input, Given>, others: Dataset<Model.Input, Given>,
    reference: Trainer<Model, Target>? = nil, confidence: Double = 0.95, batchSize: Int = 256
  ) throws -> MembershipInference {
    let references = try reference.map { reference in
      (
        members: try reference.lossesOfRows(members, batchSize: batchSize),
        others: try reference.lossesOfRows(others, batchSize: batchSize)
      )
    }
    return try MembershipInference(
      members: try lossesOfRows(members, batchSize: batchSize), others: try lossesOfRows(others, batchSize: batchSize),
      references: references, confidence: confidence)
  }
}

extension Array where Element == Double {
  /// The first index of an array whose elements are divided by a condition, none before it holding it.
  fileprivate func partitioningIndex(where holds: (Double) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
