import MartletCore

/// How a row is changed to see whether an explanation foretells what happens.
public enum ExplanationPerturbation: Sendable, Equatable {
  /// Normal noise of this standard deviation.
  case noise(Double)
  /// Each element becomes that of the baseline with this probability.
  case removal(Double)
}

extension Explainer {
  /// How wrong an attribution is about what changes do: the mean of (Σ sᵢ Iᵢ - (F(x) - F(x - I)))² over random changes I,
  /// for each row; s are the attributions for a unit of each element. 0 is perfect.
  ///
  /// Attributions that were multiplied by x - x' are divided by it again, so that methods can be compared; an element that
  /// is its baseline's has none. With `isScaled`, the attribution is first multiplied by the factor for which the result
  /// is least. Throws for attributions without a sign or a baseline, which foretell no change. Source: C. Yeh et al., On the
  /// (in)fidelity and sensitivity of explanations (2019), arXiv:1901.09392.
  ///
  /// - Parameters:
  ///   - attribution: What this explainer said of `x`.
  ///   - x: The rows.
  ///   - perturbation: The changes; removal is to the attribution's baseline, or to zeros.
  ///   - samples: The number of changes.
  ///   - isScaled: Whether the attribution is scaled first.
  ///   - seed: What the changes depend on.
  public func infidelity(
    of attribution: Attribution<Scalar>, _ x: Tensor<Scalar>, perturbation: ExplanationPerturbation, samples: Int = 100,
    isScaled: Bool = false, seed: UInt64 = 0
  ) throws(ExplanationError) -> [Double] {
    try check(x)
    if attribution.values.shape != x.shape {
      throw .shapes("expected an attribution of rows of \(x.shape), got \(attribution.values.shape)")
    }
    if samples < 1 { throw .invalid("expected at least one sample, got \(samples)") }
    switch perturbation {
    case .noise(let deviation) where !(deviation > 0 && deviation.isFinite):
      throw .invalid("expected noise of a standard deviation above 0, got \(deviation)")
    case .removal(let share) where !(share > 0 && share <= 1):
      throw .invalid("expected a probability above 0 and up to 1, got \(share)")
    default: break
    }
    let differences: [Double]
    let slopes: [Double]
    switch attribution.scale {
    case .perUnit:
      (differences, slopes) = (numbers(x), numbers(attribution.values))
    case .multiplied(let by):
      differences = numbers(by)
      slopes = zip(numbers(attribution.values), differences).map { $1 == 0 ? 0 : $0 / $1 }
    case .unscaled:
      throw .unsupported(
        "\(attribution.method): expected attributions with a sign, for a unit or by differences from one baseline")
    }
    let outputs = try allValues(x)
    let (width, elements) = (x.count / x.shape[0], numbers(x))
    return try outputs.indices.map { row throws(ExplanationError) in
      let range = row * width..<(row + 1) * width
      var pairs: [(foretold: Double, found: Double)] = []
      try passes(samples) { part throws(ExplanationError) in
        let changes = part.flatMap { sample in
          var generator = sampleGenerator(seed, row: row, sample: sample)
          return Self.change(perturbation, Array(differences[range]), &generator)
        }
        let points = changes.enumerated().map { Scalar(elements[row * width + $0 % width] - $1) }
        let shape = Shape([part.count] + x.shape.dropFirst())
        let found = try values(Tensor(shape: shape, scalars: points), [Int](repeating: row, count: part.count))
        for sample in 0..<part.count {
          let sum = (0..<width).reduce(0) { $0 + slopes[row * width + $1] * changes[sample * width + $1] }
          pairs.append((sum, outputs[row] - found[sample]))
        }
      }
      var scale = 1.0
      if isScaled {
        let squares = pairs.reduce(0) { $0 + $1.foretold * $1.foretold }
        let products = pairs.reduce(0) { $0 + $1.foretold * $1.found }
        if squares > 0 { scale = products / squares }
      }
      return pairs.reduce(0) { sum, pair in
        let error = scale * pair.foretold - pair.found
        return sum + error * error
      } / Double(pairs.count)
    }
  }

  private static func change(
    _ perturbation: ExplanationPerturbation, _ differences: [Double], _ generator: inout RandomGenerator
  ) -> [Double] {
    let shape: Shape = [differences.count]
    switch perturbation {
    case .noise(let deviation):
      return Tensor<Double>.randomNormal(shape, standardDeviation: deviation, using: &generator).scalars
    case .removal(let share):
      let drawn = Tensor<Double>.randomUniform(shape, using: &generator).scalars
      return drawn.enumerated().map { $1 < share ? differences[$0] : 0 }
    }
  }

  /// How much an explanation changes at most when a row changes a little: max ‖a(x + u) - a(x)‖ / ‖a(x)‖ over random u of
  /// elements within -radius ... radius, for each row.
  ///
  /// It is a lower bound of the true maximum, which more samples come nearer to. Where a(x) is all zeros, it is 0 or
  /// infinite. Source: C. Yeh et al., On the (in)fidelity and sensitivity of explanations (2019), arXiv:1901.09392.
  ///
  /// ```swift
  /// let change = try explainer.maximumSensitivity(x) { x throws(ExplanationError) in try explainer.deepLift(x) }
  /// ```
  public func maximumSensitivity(
    _ x: Tensor<Scalar>, radius: Double = 0.02, samples: Int = 10, seed: UInt64 = 0,
    of method: (_ x: Tensor<Scalar>) throws(ExplanationError) -> Attribution<Scalar>
  ) throws(ExplanationError) -> [Double] {
    try check(x)
    if !(radius > 0 && radius.isFinite) { throw .invalid("expected a radius above 0, got \(radius)") }
    if samples < 1 { throw .invalid("expected at least one sample, got \(samples)") }
    let width = x.count / x.shape[0]
    let here = numbers(try method(x).values)
    var (largest, generator) = ([Double](repeating: 0, count: x.shape[0]), RandomGenerator(seed: seed))
    for _ in 0..<samples {
      let moved = Tensor<Scalar>.randomUniform(x.shape, in: Scalar(-radius)..<Scalar(radius), using: &generator)
      let there = numbers(try method(x.detached() + moved).values)
      if there.count != here.count { throw .shapes("expected attributions of \(x.shape) from the method, got others") }
      for row in largest.indices {
        var (change, size) = (0.0, 0.0)
        for place in row * width..<(row + 1) * width {
          change += (there[place] - here[place]) * (there[place] - here[place])
          size += here[place] * here[place]
        }
        // max would pass over NaN.
        let ratio = change == 0 ? 0 : (change / size).squareRoot()
        largest[row] = ratio.isNaN || largest[row].isNaN ? .nan : max(largest[row], ratio)
      }
    }
    return largest
  }
}
