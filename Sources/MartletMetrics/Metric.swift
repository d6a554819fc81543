import MartletCore

/// A measure of how good predictions are, exact over the rows of an epoch or an evaluation.
///
/// ```swift
/// let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy, .f1(.macro)])
/// let area = try Metric.rocAUC(outputs, answers)
/// ```
/// A metric sums a batch up in numbers, merges those of several batches, and computes its value from them at the end: so
/// the value is that of all rows at once, whatever the batches. A row of weight k counts like k rows. `Output` is the
/// type of the model's outputs and `Target` that of the targets, as in `Loss`.
public struct Metric<Output, Target>: Sendable {
  /// A function that sums a batch up in numbers: its outputs, targets, and weights `[rows]` of its rows, if they have
  /// any.
  public typealias Summary = @Sendable (_ outputs: Output, _ targets: Target, _ weights: Tensor<Float>?) -> [Double]

  /// The name of the measure in a history.
  public let name: String
  /// Which targets the metric takes.
  public let targets: TargetRule
  /// Which values are better; nil when this was not stated.
  public let goal: MetricGoal?
  /// Whether rows may have weights.
  package let takesWeights: Bool
  /// Whether it is the share of rows, or elements, for which something holds, summed up as how many and of how many.
  package private(set) var isRate = false
  let merge: MetricMerge
  let summary: @Sendable (Output, Target, Tensor<Float>?, _ rows: Int) -> [Double]
  let value: @Sendable ([Double]) -> Double

  /// Makes a metric of your own that takes weights and is exact over several batches.
  ///
  /// ```swift
  /// let bias = Metric<Tensor<Float>, Tensor<Float>>("bias", targets: .sameShape) { outputs, targets, weights in
  ///   let errors = (outputs - targets).mean(axis: 1)
  ///   let weights = weights ?? .ones(errors.shape)
  ///   return [Double((errors * weights).sum().item()), Double(weights.sum().item())]
  /// } value: { $0[0] / $0[1] }
  /// ```
  /// - Parameters:
  ///   - name: The name of the measure in a history.
  ///   - targets: Which targets the metric takes; by default the loss alone decides.
  ///   - goal: Which values are better, for callbacks that look for the best epoch.
  ///   - merge: How the numbers of two batches become those of both.
  ///   - summary: Sums a batch up in numbers.
  ///   - value: Returns the metric's value from the numbers of all rows.
  public init(
    _ name: String, targets: TargetRule = .unchecked, goal: MetricGoal? = nil, merge: MetricMerge = .sum,
    summary: @escaping Summary, value: @escaping @Sendable (_ numbers: [Double]) -> Double
  ) {
    (self.name, self.targets, self.goal, self.merge, self.value) = (name, targets, goal, merge, value)
    takesWeights = true
    self.summary = { outputs, targets, weights, _ in summary(outputs, targets, weights) }
  }

  /// Makes a metric of your own as a mean over rows, which cannot have weights then.
  ///
  /// - Parameters:
  ///   - name: The name of the measure in a history.
  ///   - targets: Which targets the metric takes; by default the loss alone decides.
  ///   - goal: Which values are better, for callbacks that look for the best epoch.
  ///   - compute: Returns the mean over the rows of a batch, from its outputs and targets.
  public init(
    _ name: String, targets: TargetRule = .unchecked, goal: MetricGoal? = nil,
    _ compute: @escaping @Sendable (_ outputs: Output, _ targets: Target) -> Double
  ) {
    (self.name, self.targets, self.goal, merge) = (name, targets, goal, .sum)
    takesWeights = false
    summary = { outputs, targets, _, rows in [compute(outputs, targets) * Double(rows), Double(rows)] }
    value = { $0[0] / $0[1] }
  }

  /// The same metric, known as a rate.
  var asRate: Metric {
    var rate = self
    rate.isRate = true
    return rate
  }

  /// An empty state, to which batches are added.
  public func state() -> MetricState<Output, Target> { MetricState(self) }
}

/// What a metric keeps of the rows so far.
///
/// ```swift
/// var area = Metric.rocAUC.state()
/// for batch in test.batches(of: 256) { area.add(model(batch.x), batch.y, rows: batch.count) }
/// print(area.value)
/// ```
public struct MetricState<Output, Target>: Sendable {
  private let metric: Metric<Output, Target>
  /// The rows so far summed up in numbers, of which the whole state consists; empty before the first batch.
  public var numbers: [Double] = []

  init(_ metric: Metric<Output, Target>) { self.metric = metric }

  /// Adds a batch of so many rows, with their weights `[rows]` if they have any.
  ///
  /// Traps when rows have weights and the metric is a closure of batches' means.
  public mutating func add(_ outputs: Output, _ targets: Target, weights: Tensor<Float>? = nil, rows: Int) {
    if weights != nil && !metric.takesWeights {
      fatalError("\(metric.name): expected a metric with a summary for rows with weights, got one of batches' means")
    }
    metric.merge(&numbers, metric.summary(outputs, targets, weights, rows))
  }

  /// Adds what another state has seen.
  public mutating func merge(_ other: MetricState) { metric.merge(&numbers, other.numbers) }

  /// The metric over all rows so far; NaN before the first.
  public var value: Double { numbers.isEmpty ? .nan : metric.value(numbers) }
}

/// How the numbers of two batches become those of both.
public enum MetricMerge: Sendable {
  /// Number by number, as for sums and counts. A list that is shorter is filled up with 0.
  case sum
  /// One after the other, as for what must be sorted at the end.
  case concatenation
  /// By a function of your own.
  case function(@Sendable (_ numbers: inout [Double], _ other: [Double]) -> Void)

  /// Adds the numbers of another batch; there are none before the first.
  func callAsFunction(_ numbers: inout [Double], _ other: [Double]) {
    if numbers.isEmpty || other.isEmpty {
      if numbers.isEmpty { numbers = other }
      return
    }
    switch self {
    case .sum:
      if numbers.count < other.count { numbers += [Double](repeating: 0, count: other.count - numbers.count) }
      for index in other.indices { numbers[index] += other[index] }
    case .concatenation: numbers += other
    case .function(let merge): merge(&numbers, other)
    }
  }
}

/// Which values of a measure are better.
public enum MetricGoal: Sendable {
  /// Smaller ones, as for a loss or an error.
  case minimum
  /// Larger ones, as for an accuracy.
  case maximum
}

// MARK: Metrics as functions

extension Metric where Output == Tensor<Float> {
  /// The metric of all rows at once: `try Metric.rocAUC(outputs, answers)`.
  ///
  /// Throws when the shapes do not fit, when there are no rows, and when a label is not a class.
  public func callAsFunction<Scalar>(
    _ outputs: Tensor<Float>, _ targets: Target, weights: Tensor<Float>? = nil
  ) throws(MetricError) -> Double where Target == Tensor<Scalar>, Scalar: NumericScalar {
    try check(outputs, targets)
    if let weights { try checkWeights(weights, rows: outputs.shape[0]) }
    var state = state()
    state.add(outputs, targets, weights: weights, rows: outputs.shape[0])
    return state.value
  }

  private func check<Scalar: NumericScalar>(_ outputs: Tensor<Float>, _ targets: Tensor<Scalar>) throws(MetricError) {
    let (shape, inner) = (outputs.shape, Shape(outputs.shape.dropLast()))
    if outputs.rank == 0 || shape[0] == 0 { throw .empty("\(name): expected rows, got outputs of shape \(shape)") }
    switch self.targets.form {
    case .any: return
    case .sameShape:
      if targets.shape != shape { throw .shapes("\(name): expected targets of shape \(shape), got \(targets.shape)") }
    case .columns(let count):
      if shape.last != count || targets.shape != inner {
        throw .shapes("\(name): expected \(count) outputs for each target, got \(shape) with \(targets.shape)")
      }
    case .labels(let ignored):
      if outputs.rank < 2 || targets.shape != inner {
        throw .shapes("\(name): expected labels of shape \(inner) for outputs of \(shape), got \(targets.shape)")
      }
      let classes = shape.last!
      for (index, label) in targets.scalars.enumerated() where !(0..<Double(classes)).contains(label.doubleValue) {
        if label.doubleValue == ignored.map(Double.init) { continue }
        let row = index / max(1, targets.count / shape[0])
        throw .labelOutOfRange(label: Int(label.doubleValue), row: row, classes: classes)
      }
    }
  }
}
