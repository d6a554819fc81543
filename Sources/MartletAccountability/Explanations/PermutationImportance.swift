import MartletCore
import MartletData
import MartletMetrics
import MartletPlatform
import MartletText

/// How much worse a model gets at something when a feature is shuffled.
public struct PermutationImportance: Sendable {
  /// What one feature matters.
  public struct Feature: Sendable {
    /// The feature's name.
    public let name: String
    /// How much worse the metric was in each repetition; negative where it was better.
    public let drops: [Double]
    /// Their mean.
    public let mean: Double
    /// The interval of the mean over all permutations, by Student's distribution; it says nothing of other rows.
    public let interval: ConfidenceInterval
  }

  /// The metric's name.
  public let metric: String
  /// The metric of the rows as they are.
  public let score: Double
  /// The number of rows.
  public let rowCount: Int
  /// The features, in the order of the input.
  public let features: [Feature]
}

extension Explainer {
  /// How much worse a metric gets when a feature's values are shuffled among the rows, so that it says nothing any more.
  ///
  /// All permutations are as likely as each other, the one that changes nothing too. Features that say the same can stand
  /// in for each other, so that each of them seems to matter little. Throws for a metric that does not state which values
  /// are better. Sources: L. Breiman, Random forests (2001); A. Fisher et al., All models are wrong, but many are useful
  /// (2019), arXiv:1801.01489.
  ///
  /// - Parameters:
  ///   - x: The rows, `[n, …]`.
  ///   - targets: What the metric compares the model's outputs with.
  ///   - metric: The metric.
  ///   - repeats: The number of permutations of each feature.
  ///   - confidence: That of the intervals.
  ///   - seed: What the permutations depend on.
  /// - Complexity: features · repeats evaluations of each row.
  public func permutationImportance<Target: NumericScalar>(
    _ x: Tensor<Scalar>, _ targets: Tensor<Target>, metric: Metric<Tensor<Float>, Tensor<Target>>, repeats: Int = 10,
    confidence: Double = 0.95, seed: UInt64 = 0
  ) throws(ExplanationError) -> PermutationImportance {
    try check(x)
    let features = numbers(x.contiguous())
    return try MartletAccountability.permutationImportance(
      featureModel(Shape(x.shape.dropFirst())), features, targets, metric, repeats, confidence, seed)
  }
}

extension TableExplainer {
  /// How much worse a metric gets when a column's values are shuffled among the rows: see
  /// ``Explainer/permutationImportance(_:_:metric:repeats:confidence:seed:)``.
  public func permutationImportance<Target: NumericScalar>(
    of table: Table, _ targets: Tensor<Target>, metric: Metric<Tensor<Float>, Tensor<Target>>, repeats: Int = 10,
    confidence: Double = 0.95, seed: UInt64 = 0
  ) throws(ExplanationError) -> PermutationImportance {
    let (model, features) = try featureModel([table])
    return try MartletAccountability.permutationImportance(
      model, features[0], targets, metric, repeats, confidence, seed)
  }
}

private func permutationImportance<Target: NumericScalar>(
  _ model: FeatureModel, _ features: [Double], _ targets: Tensor<Target>,
  _ metric: Metric<Tensor<Float>, Tensor<Target>>, _ repeats: Int, _ confidence: Double, _ seed: UInt64
) throws(ExplanationError) -> PermutationImportance {
  guard let goal = metric.goal else {
    throw .invalid("\(metric.name): expected a metric that states its goal, Metric(…, goal: .minimum), got none")
  }
  if repeats < 1 { throw .invalid("expected at least one repetition, got \(repeats)") }
  if !(confidence > 0 && confidence < 1) {
    throw .invalid("expected a confidence between 0 and 1, got \(confidence)")
  }
  let (width, count) = (model.width, features.count / model.width)
  func score(_ features: [Double]) throws(ExplanationError) -> Double {
    let outputs = try model.allOutputs(features)
    do throws(MetricError) { return try metric(outputs, targets) } catch { throw .invalid("\(error)") }
  }
  let before = try score(features)
  var found: [PermutationImportance.Feature] = []
  for place in 0..<width {
    var generator = RandomGenerator(seed: seed, stream: UInt64(place))
    var (shuffled, drops) = (features, [Double]())
    for _ in 0..<repeats {
      let order = Tensor<Int64>.randomPermutation(count, using: &generator).scalars
      for row in 0..<count { shuffled[row * width + place] = features[Int(order[row]) * width + place] }
      let after = try score(shuffled)
      drops.append(goal == .maximum ? before - after : after - before)
    }
    found.append(.init(name: model.names[place], drops: drops, confidence: confidence))
  }
  return PermutationImportance(metric: metric.name, score: before, rowCount: count, features: found)
}

extension PermutationImportance.Feature {
  init(name: String, drops: [Double], confidence: Double) {
    (self.name, self.drops) = (name, drops)
    let estimate = MeanEstimate(drops, confidence: confidence)
    (mean, interval) = (estimate.mean, estimate.interval)
  }
}

/// The mean of some numbers, and its interval by Student's distribution; NaN ends for fewer than two numbers.
struct MeanEstimate {
  let mean: Double
  let interval: ConfidenceInterval

  init(_ numbers: [Double], confidence: Double) {
    let count = Double(numbers.count)
    let mean = numbers.reduce(0, +) / count
    self.mean = mean
    if numbers.count < 2 {
      interval = ConfidenceInterval(lower: .nan, upper: .nan)
      return
    }
    let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1)
    let half = studentQuantile(confidence, freedom: numbers.count - 1) * (variance / count).squareRoot()
    interval = ConfidenceInterval(lower: mean - half, upper: mean + half)
  }
}

/// How far a variable of Student's distribution is from 0 at most with this probability.
///
/// With t = √ν tan θ, the probability of |T| ≤ t is the integral of cos^(ν - 1) up to θ over that up to π/2.
func studentQuantile(_ confidence: Double, freedom: Int) -> Double {
  if freedom > 200 { return Tensor<Double>((1 + confidence) / 2).ndtri().item() }
  let rule = GaussLegendre(64)
  func integral(_ angle: Double) -> Double {
    zip(rule.nodes, rule.weights).reduce(0) { sum, pair in
      sum + angle * pair.1 * pow(cos(angle * pair.0), Double(freedom - 1))
    }
  }
  let whole = integral(.pi / 2)
  var (low, high) = (0.0, Double.pi / 2)
  for _ in 0..<80 {
    let middle = (low + high) / 2
    if integral(middle) < confidence * whole { low = middle } else { high = middle }
  }
  let angle = (low + high) / 2
  return Double(freedom).squareRoot() * sin(angle) / cos(angle)
}
