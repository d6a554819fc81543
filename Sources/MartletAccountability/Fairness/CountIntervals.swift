import MartletCore
import MartletData
import MartletPlatform

/// An interval that holds a value with a stated confidence.
public struct ConfidenceInterval: Sendable, Equatable {
  /// The lower end; NaN where nothing is known.
  public let lower: Double
  /// The upper end; NaN where nothing is known.
  public let upper: Double
}

extension GroupMeasure {
  /// The Wilson interval of a rate at a confidence, by default 95 %; nil when the measure is no rate, NaN without rows.
  ///
  /// With weights, the number of rows is the effective one, (Σw)²/Σw². Sources: E. B. Wilson, Probable inference, the law
  /// of succession, and statistical inference (1927); L. Kish, Survey sampling (1965).
  public func interval(_ cell: GroupCell, confidence: Double = 0.95) throws(FairnessError) -> ConfidenceInterval? {
    guard let rate else {
      _ = try normalQuantile(confidence)
      return nil
    }
    let weight = rate.sum(rate.among, cell.weights)
    return try wilsonInterval(
      of: rate(cell), rows: weight * weight / rate.sum(rate.among, cell.squares), confidence: confidence)
  }
}

/// The Wilson interval of a share of so many rows; NaN where the share is.
func wilsonInterval(
  of share: Double, rows: Double, confidence: Double
) throws(FairnessError) -> ConfidenceInterval {
  let z = try normalQuantile(confidence)
  if share.isNaN { return ConfidenceInterval(lower: .nan, upper: .nan) }
  let square = z * z
  let middle = share + square / (2 * rows)
  let variance = share * (1 - share) / rows + square / (4 * rows * rows)
  let (half, scale) = (z * variance.squareRoot(), 1 + square / rows)
  // A share of 0 or 1 is in its interval, whatever the roundings.
  return ConfidenceInterval(
    lower: Swift.max(0, Swift.min(share, (middle - half) / scale)),
    upper: Swift.min(1, Swift.max(share, (middle + half) / scale)))
}

/// How far a normal variable is from its mean, in standard deviations, with this probability at most.
private func normalQuantile(_ confidence: Double) throws(FairnessError) -> Double {
  if !(confidence > 0 && confidence < 1) {
    throw .invalid("expected a confidence between 0 and 1, got \(confidence)")
  }
  return -Tensor<Double>((1 - confidence) / 2).ndtri().item()
}

extension GroupCounts {
  /// The interval of a gap at a confidence, by default 95 %: the quantiles of its values in counts that are drawn anew.
  ///
  /// All counts of labels and decisions are drawn from the multinomial distribution of those there are, which is what
  /// drawing rows with replacement comes to, at a cost that does not grow with the rows. A drawn row has the mean weight
  /// of its group, label and decision. Gaps are not negative, so those of groups that are alike have intervals above 0.
  /// NaN when no draw defines the gap, and without rows.
  ///
  /// Throws when the gap is of a measure of probabilities, which counts do not tell, when the confidence is not between 0
  /// and 1, when there is less than one replicate or there are more than a million, and as `value(of:)` does.
  /// - Complexity: O(replicates · groups)
  /// - Parameters:
  ///   - gap: The gap.
  ///   - confidence: The share of draws within the interval.
  ///   - replicates: The number of draws.
  ///   - seed: What the draws depend on: the same seed gives the same interval.
  public func interval(
    of gap: FairnessGap, confidence: Double = 0.95, replicates: Int = 1000, seed: UInt64 = 0
  ) throws(FairnessError) -> ConfidenceInterval {
    if !(confidence > 0 && confidence < 1) {
      throw .invalid("expected a confidence between 0 and 1, got \(confidence)")
    }
    if !(1...1_000_000).contains(replicates) {
      throw .invalid("expected one to a million replicates, got \(replicates)")
    }
    if !gap.isOfCounts {
      throw .invalid("\(gap.name): expected a gap of counts, got one of probabilities, which counts do not tell")
    }
    let rows = cells.flatMap(\.rows)
    if rows.allSatisfy({ $0 == 0 }) { return ConfidenceInterval(lower: .nan, upper: .nan) }
    let means = cells.flatMap { cell in (0..<4).map { cell.rows[$0] > 0 ? cell.weights[$0] / Double(cell.rows[$0]) : 0 }
    }
    var generator = RandomGenerator(seed: seed)
    var found = [Double]()
    let weights = Tensor<Double>(rows.map(Double.init))
    // So many at a time that their counts take some 2 MB at most.
    let most = max(1, (1 << 18) / rows.count)
    for start in stride(from: 0, to: replicates, by: most) {
      let part = min(most, replicates - start)
      let drawn = Tensor<Double>.randomMultinomial(
        [part], trials: Double(rows.reduce(0, +)), weights: weights, using: &generator
      ).scalars
      for replicate in 0..<part {
        var copy = cells
        for group in cells.indices {
          for outcome in 0..<4 {
            let place = 4 * group + outcome
            let count = drawn[replicate * rows.count + place]
            copy[group].rows[outcome] = Int(count)
            copy[group].weights[outcome] = count * means[place]
          }
        }
        let value = try gap.compute(GroupCounts(levels: levels, cells: copy))
        if !value.isNaN { found.append(value) }
      }
    }
    found.sort()
    let outside = (1 - confidence) / 2
    return ConfidenceInterval(lower: linearQuantile(outside, of: found), upper: linearQuantile(1 - outside, of: found))
  }

  /// The groups that have rows, but fewer than so many with a positive or with a negative label: what is said of their
  /// rates rests on these few.
  public func smallGroups(below rows: Int = 30) -> [SmallGroup] {
    cells.indices.compactMap { index in
      let cell = cells[index]
      let isSmall = min(cell.positiveRowCount, cell.negativeRowCount) < rows
      guard cell.rowCount > 0, isSmall else { return nil }
      return SmallGroup(
        name: levels.name(at: index), positiveRowCount: cell.positiveRowCount, negativeRowCount: cell.negativeRowCount)
    }
  }
}

/// A group of few rows.
public struct SmallGroup: Sendable, Equatable, CustomStringConvertible {
  /// The group's name.
  public let name: String
  /// The number of its rows whose label is positive.
  public let positiveRowCount: Int
  /// The number of its rows whose label is negative.
  public let negativeRowCount: Int

  /// The warning: `Other: rates rest on 25 positive and 110 negative rows`.
  public var description: String {
    "\(name): rates rest on \(positiveRowCount) positive and \(negativeRowCount) negative rows"
  }
}
