import MartletCore
import MartletPlatform

/// Whether two samples may be of one distribution: a statistic, and how often samples of one give as much.
public struct DriftTest: Sendable, Hashable, Codable {
  /// The statistic: the greatest distance of distribution functions, or chi-squared.
  public let statistic: Double
  /// The probability of a statistic at least as great if both samples are of one distribution.
  public let pValue: Double

  init(statistic: Double, pValue: Double) { (self.statistic, self.pValue) = (statistic, pValue) }

  /// The two-sample Kolmogorov–Smirnov test, two-sided, of numbers, of which NaN are left out.
  ///
  /// The probability is exact for up to a million pairs of numbers, and beyond that the limit of large samples. Where
  /// numbers occur several times it is too great, never too small. Source: J. Hodges, The significance probability of the
  /// Smirnov two-sample test (1958).
  ///
  /// Throws when a sample has no number.
  /// - Complexity: O(n log n), and O(n · m) for the exact probability.
  public static func kolmogorovSmirnov(_ a: [Double], _ b: [Double]) throws(RobustnessError) -> DriftTest {
    let (first, second) = (a.filter { !$0.isNaN }, b.filter { !$0.isNaN }.sorted())
    if first.isEmpty || second.isEmpty { throw .empty("expected two samples with numbers, got one without") }
    return EmpiricalDistribution(sorted: first.sorted()).test(sorted: second)
  }

  /// The chi-squared test that two lists of counts, one count for each category, are of one distribution.
  ///
  /// Categories without a row in either list do not count; with fewer than two others, the statistic is 0 and the
  /// probability 1. The probability is that of large samples: some five rows or more are to be expected for each category
  /// in each list. Source: K. Pearson (1900).
  ///
  /// Throws when the lists differ in length, when a count is negative, and when a list has no row.
  public static func chiSquared(_ a: [Int], _ b: [Int]) throws(RobustnessError) -> DriftTest {
    try checkCounts(a, b)
    let (first, second) = (Double(a.reduce(0, +)), Double(b.reduce(0, +)))
    let held = a.indices.filter { a[$0] + b[$0] > 0 }
    if held.count < 2 { return DriftTest(statistic: 0, pValue: 1) }
    var statistic = 0.0
    for place in held {
      let both = Double(a[place] + b[place])
      for (count, total) in [(a[place], first), (b[place], second)] {
        let expected = both * total / (first + second)
        statistic += (Double(count) - expected) * (Double(count) - expected) / expected
      }
    }
    let halfFreedom = Tensor<Double>(Double(held.count - 1) / 2)
    return DriftTest(statistic: statistic, pValue: halfFreedom.gammaAbove(Tensor(statistic / 2)).item())
  }

  /// The population stability index of counts, one for each bin: Σ (a - e) ln(a / e) over the shares e of the first list
  /// and a of the second.
  ///
  /// A share below `floor` counts as that, since the index has no value for 0; bins without a row in either list do not
  /// count. It is 0 for equal shares and symmetric in the lists. Source: N. Siddiqi, Credit risk scorecards (2006).
  ///
  /// Throws when the lists differ in length, when a count is negative, when a list has no row, and when the floor is not
  /// above 0 and below 1.
  public static func populationStabilityIndex(
    expected: [Int], actual: [Int], floor: Double = 1e-4
  ) throws(RobustnessError) -> Double {
    try checkCounts(expected, actual)
    if !(floor > 0 && floor < 1) { throw .invalid("expected a floor above 0 and below 1, got \(floor)") }
    let (first, second) = (Double(expected.reduce(0, +)), Double(actual.reduce(0, +)))
    return zip(expected, actual).reduce(0.0) { sum, counts in
      if counts.0 + counts.1 == 0 { return sum }
      let (before, now) = (max(floor, Double(counts.0) / first), max(floor, Double(counts.1) / second))
      return sum + (now - before) * log(now / before)
    }
  }

  private static func checkCounts(_ a: [Int], _ b: [Int]) throws(RobustnessError) {
    if a.count != b.count { throw .shapes("expected counts of as many bins, got \(a.count) and \(b.count)") }
    if let bad = (a + b).first(where: { $0 < 0 }) { throw .invalid("expected counts of at least 0, got \(bad)") }
    if !a.contains(where: { $0 > 0 }) || !b.contains(where: { $0 > 0 }) {
      throw .empty("expected rows in both lists of counts, got none in one of them")
    }
  }

  // MARK: The distribution of the Kolmogorov–Smirnov statistic

  /// The most pairs of numbers for which the exact probability is counted.
  private static let exactPairLimit = 1_000_000

  /// The probability that two samples of one distribution, of `m` and `n` numbers, have a statistic of at least this.
  package static func smirnovProbability(_ statistic: Double, _ m: Int, _ n: Int) -> Double {
    if statistic <= 0 { return 1 }
    let pairs = m.multipliedReportingOverflow(by: n)
    if pairs.overflow || pairs.partialValue > exactPairLimit {
      let harmonic = Double(m) * (Double(n) / (Double(m) + Double(n)))
      return kolmogorovProbability(harmonic.squareRoot() * statistic)
    }
    // The statistic times m · n is a whole number.
    return exactProbability(Int((statistic * Double(m * n)).rounded()), m, n)
  }

  /// The share of the paths from (0, 0) to (m, n) that touch |i · n - j · m| >= bound, by the share for each end (i, j).
  private static func exactProbability(_ bound: Int, _ m: Int, _ n: Int) -> Double {
    var touched = [Double](repeating: 0, count: n + 1)
    for i in 0...m {
      for j in 0...n {
        if abs(i * n - j * m) >= bound {
          touched[j] = 1
        } else if i + j > 0 {
          let fromLeft = i > 0 ? touched[j] * Double(i) : 0
          let fromBelow = j > 0 ? touched[j - 1] * Double(j) : 0
          touched[j] = (fromLeft + fromBelow) / Double(i + j)
        }
      }
    }
    return touched[n]
  }

  /// The limit for large samples, 2 Σ (-1)^(k-1) exp(-2 k² λ²), in the form whose sum is short.
  package static func kolmogorovProbability(_ lambda: Double) -> Double {
    if lambda <= 0 { return 1 }
    if lambda > 1 {
      var (sum, sign) = (0.0, 1.0)
      for k in 1...20 {
        let multiple = Double(k) * lambda
        sum += sign * exp(-2 * multiple * multiple)
        sign = -sign
      }
      return min(1, 2 * sum)
    }
    let scale: Double = Double.pi * Double.pi / (8 * lambda * lambda)
    var sum = 0.0
    for k in 1...20 {
      let odd = Double(2 * k - 1)
      sum += exp(-odd * odd * scale)
    }
    let factor: Double = (2 * Double.pi).squareRoot() / lambda
    return max(0, 1 - factor * sum)
  }
}

/// The distribution function of a sample at some of its numbers: how many numbers are below each, and how many are not
/// above it.
struct EmpiricalDistribution: Sendable, Hashable, Codable {
  private(set) var points: [Double]
  private(set) var below: [Int]
  private(set) var notAbove: [Int]

  init(points: [Double], below: [Int], notAbove: [Int]) {
    (self.points, self.below, self.notAbove) = (points, below, notAbove)
  }

  /// Of ascending numbers, all of them, or at most about so many at ranks that are equally far apart, the least and the
  /// greatest among them.
  init(sorted: [Double], limit: Int = .max) {
    (points, below, notAbove) = ([], [], [])
    var position = 0
    var distinct: [(value: Double, below: Int, notAbove: Int)] = []
    while position < sorted.count {
      let start = position
      while position < sorted.count && sorted[position] == sorted[start] { position += 1 }
      distinct.append((sorted[start], start, position))
    }
    let step = Double(sorted.count) / Double(max(1, limit - 1))
    for (place, item) in distinct.enumerated() {
      let isEnd = place == 0 || place == distinct.count - 1
      // Kept where the ranks of the number hold a multiple of the step.
      let holds = (Double(item.notAbove) / step).rounded(.down) > (Double(item.below) / step).rounded(.down)
      guard distinct.count <= limit || isEnd || holds else { continue }
      points.append(item.value)
      below.append(item.below)
      notAbove.append(item.notAbove)
    }
  }

  var count: Int { notAbove.last ?? 0 }

  /// The Kolmogorov–Smirnov test of another sample, ascending. Where numbers between two points were left out, the
  /// statistic is too small by no more than their share.
  func test(sorted other: [Double]) -> DriftTest {
    // Between two points of a complete distribution it is constant, and the other one greatest at its end and least at its
    // begin: so looking at and just below each point is enough. Distances are whole numbers over count · other.count.
    var (low, high, largest) = (0, 0, 0)
    for place in points.indices {
      while low < other.count && other[low] < points[place] { low += 1 }
      high = max(high, low)
      while high < other.count && other[high] <= points[place] { high += 1 }
      let under: Int = below[place] * other.count - low * count
      let upTo: Int = notAbove[place] * other.count - high * count
      largest = max(largest, abs(under), abs(upTo))
    }
    let statistic = Double(largest) / (Double(count) * Double(other.count))
    return DriftTest(
      statistic: statistic, pValue: DriftTest.smirnovProbability(statistic, count, other.count))
  }
}
