import MartletCore

// Data sets of other rows: some of them, some of them again, those of several.
extension Dataset {
  /// The rows for which `isIncluded`, which is given all rows at once, answers true, `[count]`.
  ///
  /// ```swift
  /// let adults = try data.filter { x, y in x[.all, 0] .>= 18 }
  /// ```
  /// Throws when the answer is not of shape `[count]`, and when no row is left.
  public func filter(_ isIncluded: (_ x: Input, _ y: Target) -> Tensor<Bool>) throws(DatasetError) -> Dataset {
    guard let kept = try kept(by: isIncluded(x, y)) else { throw .empty("filter: no row of \(count) is left") }
    return kept
  }

  /// The first rows, at most `length`; traps when `length` is less than 1.
  public func prefix(_ length: Int) -> Dataset { self[0..<Swift.min(length, count)] }

  /// The rows without the first `length`; traps when none is left.
  public func dropFirst(_ length: Int = 1) -> Dataset { self[length..<count] }

  /// The rows `times` times one after the other; traps when `times` is less than 1.
  public func repeated(_ times: Int) -> Dataset {
    if times < 1 { fatalError("repeated(\(times)): a data set has at least one row") }
    let once = Tensor<Int64>((0..<Int64(count)).map { $0 })
    return times == 1 ? self : rows(.concatenate([Tensor<Int64>](repeating: once, count: times)))
  }

  /// The rows of this data set and then those of another; throws when their rows do not have the same shapes.
  public func appending(_ other: Dataset) throws(DatasetError) -> Dataset {
    try .joined([self, other])
  }

  /// The rows of several data sets one after the other; throws when they do not have the same shapes.
  static func joined(_ parts: [Dataset]) throws(DatasetError) -> Dataset {
    if parts.count == 1 { return parts[0] }
    guard let x = Input.concatenated(parts.map(\.x)), let y = Target.concatenated(parts.map(\.y)) else {
      throw .invalid("expected rows of the same shapes, got \(parts.map(\.description).joined(separator: ", "))")
    }
    let joined = Dataset(paired: x, y, count: parts.map(\.count).reduce(0, +))
    if parts.allSatisfy({ $0.weights == nil }) { return joined }
    return joined.replacingWeights(.concatenate(parts.map { $0.weights ?? .ones([$0.count]) }))
  }

  /// The same rows in memory of their own, in this order.
  func gathered() -> Dataset { Dataset(paired: x, y, count: count).replacingWeights(weights) }

  /// `sampleCount` rows, drawn one by one, each time with a probability in proportion to its weight; a row may be drawn
  /// several times.
  ///
  /// ```swift
  /// let balanced = try data.sampled(data.count, weights: data.y.scalars.map { 1 / frequency[Int($0)] }, seed: 1)
  /// ```
  /// - Parameters:
  ///   - sampleCount: The number of rows of the result, at least 1.
  ///   - weights: A weight of at least 0 for each row; without them, all rows are equally likely, as in the bootstrap.
  ///   - seed: Decides the draws; without it, the random numbers in scope do.
  ///
  /// Throws when `sampleCount` is less than 1, and when the weights are not finite, negative, all 0 or not `count`.
  /// - Complexity: O(count + sampleCount · log count)
  public func sampled(
    _ sampleCount: Int, weights: [Double]? = nil, seed: UInt64? = nil
  ) throws(DatasetError) -> Dataset {
    let weights = weights ?? [Double](repeating: 1, count: count)
    if sampleCount < 1 { throw .invalid("sampled: expected at least 1 row to draw, got \(sampleCount)") }
    if weights.count != count {
      throw .invalid("sampled: expected \(count) weights, one for each row, got \(weights.count)")
    }
    if let row = weights.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw .invalid("sampled: expected finite weights of at least 0, got \(weights[row]) in row \(row)")
    }
    var sum = 0.0
    let sums = weights.map { weight in
      sum += weight
      return sum
    }
    if !(sum > 0 && sum.isFinite) { throw .invalid("sampled: expected weights with a finite sum above 0, got \(sum)") }
    var draws: Tensor<Double>
    if let seed {
      var generator = RandomGenerator(seed: seed)
      draws = .randomUniform([sampleCount], using: &generator)
    } else {
      draws = .randomUniform([sampleCount])
    }
    draws = draws * sum
    let last = weights.lastIndex { $0 > 0 }!
    return rows(
      Tensor(
        draws.scalars.map { draw in
          // The first row whose sum is above the draw.
          var (low, high) = (0, last)
          while low < high {
            let middle = (low + high) / 2
            if sums[middle] > draw { high = middle } else { low = middle + 1 }
          }
          return Int64(low)
        }))
  }
}
