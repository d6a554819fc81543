/// The function that never falls and is nearest to numbers in the sense of least squares.
///
/// ```swift
/// let regression = try IsotonicRegression(x: [1, 2, 3, 4], y: [0, 2, 1, 5])
/// regression(2.5)   // 1.5: the numbers at 2 and 3 are pooled
/// ```
/// Between its thresholds it is linear, and beyond them constant. Numbers at equal places count as one, their mean. Source:
/// pool adjacent violators, M. Ayer et al., An empirical distribution function for sampling with incomplete information
/// (1955); in scikit-learn `IsotonicRegression(out_of_bounds="clip")`.
public struct IsotonicRegression: Sendable, Hashable {
  /// The places where the function is known, ascending.
  public let thresholds: [Double]
  /// The function's values there, which do not fall.
  public let values: [Double]

  /// Fits numbers `y` at places `x`, which may have weights; numbers of weight 0 take no part.
  ///
  /// Throws when the counts differ, when there is no number with a weight, when a number is not finite, and when a weight
  /// is negative.
  /// - Complexity: O(n log n)
  public init(x: [Double], y: [Double], weights: [Double]? = nil) throws(CalibrationError) {
    if x.count != y.count || weights.map({ $0.count != x.count }) == true {
      throw .shapes("expected as many numbers as places, got \(x.count), \(y.count) and weights \(weights?.count ?? 0)")
    }
    for (name, numbers) in [("places", x), ("numbers", y), ("weights", weights ?? [])] {
      if let row = numbers.firstIndex(where: { !$0.isFinite || (name == "weights" && $0 < 0) }) {
        let kind = name == "weights" ? "finite and not negative" : "finite"
        throw .invalid("expected \(name) that are \(kind), got \(numbers[row]) in row \(row)")
      }
    }
    let order = x.indices.filter { (weights?[$0] ?? 1) > 0 }.sorted { x[$0] < x[$1] }
    if order.isEmpty { throw .empty("expected numbers with a weight above 0, got none") }
    var points = [Point]()
    for row in order {
      let weight = weights?[row] ?? 1
      if points.last?.place == x[row] {
        points[points.count - 1].weight += weight
        points[points.count - 1].sum += weight * y[row]
      } else {
        points.append(Point(place: x[row], sum: weight * y[row], weight: weight))
      }
    }
    (thresholds, values) = Self.pooled(points)
  }

  private struct Point {
    let place: Double
    var sum: Double
    var weight: Double
  }

  /// Neighbours that fall are pooled to their mean, again and again; of each pool both ends are thresholds.
  private static func pooled(_ points: [Point]) -> (thresholds: [Double], values: [Double]) {
    var pools = [(first: Int, last: Int, sum: Double, weight: Double)]()
    for (index, point) in points.enumerated() {
      var pool = (first: index, last: index, sum: point.sum, weight: point.weight)
      while let before = pools.last, before.sum / before.weight >= pool.sum / pool.weight {
        pool = (before.first, pool.last, before.sum + pool.sum, before.weight + pool.weight)
        pools.removeLast()
      }
      pools.append(pool)
    }
    var (thresholds, values) = ([Double](), [Double]())
    for pool in pools {
      for index in pool.first == pool.last ? [pool.first] : [pool.first, pool.last] {
        thresholds.append(points[index].place)
        values.append(pool.sum / pool.weight)
      }
    }
    return (thresholds, values)
  }

  /// Takes back what ``thresholds`` and ``values`` were; throws when they are no such function.
  public init(thresholds: [Double], values: [Double]) throws(CalibrationError) {
    if thresholds.isEmpty || thresholds.count != values.count {
      throw .shapes("expected a value for each threshold, got \(thresholds.count) and \(values.count)")
    }
    let isAscending = zip(thresholds, thresholds.dropFirst()).allSatisfy(<)
    let isMonotone = zip(values, values.dropFirst()).allSatisfy(<=)
    if !isAscending || !isMonotone || !(thresholds + values).allSatisfy(\.isFinite) {
      throw .invalid("expected finite thresholds that ascend and values that do not fall, got others")
    }
    (self.thresholds, self.values) = (thresholds, values)
  }

  /// The function's value at a place; NaN at NaN.
  /// - Complexity: O(log thresholds)
  public func callAsFunction(_ x: Double) -> Double {
    if x.isNaN { return x }
    // The first threshold that is not below x.
    var (low, high) = (0, thresholds.count)
    while low < high {
      let middle = (low + high) / 2
      if thresholds[middle] < x { low = middle + 1 } else { high = middle }
    }
    if low == thresholds.count { return values[low - 1] }
    if low == 0 || thresholds[low] == x { return values[low] }
    let share = (x - thresholds[low - 1]) / (thresholds[low] - thresholds[low - 1])
    // Never above the upper value, whatever the rounding.
    return min(values[low - 1] + share * (values[low] - values[low - 1]), values[low])
  }
}

extension IsotonicRegression: Codable {
  private enum CodingKeys: String, CodingKey { case thresholds, values }

  /// Reads thresholds and values; throws when they are no function that never falls.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      thresholds: container.decode([Double].self, forKey: .thresholds),
      values: container.decode([Double].self, forKey: .values))
  }
}
