import MartletCore
import MartletNN

/// A measure of how good predictions are, averaged over the rows of an epoch or an evaluation.
///
/// ```swift
/// let trainer = Trainer(model, optimizer: Adam(), loss: .crossEntropy, metrics: [.accuracy, .topKAccuracy(3)])
/// ```
/// For a metric of your own write `Metric("name") { outputs, targets in … }`. `Output` is the type of the model's
/// outputs and `Target` that of the targets, as in `Loss`.
public struct Metric<Output, Target>: Sendable {
  /// The name of the measure in a history.
  public let name: String
  /// Which targets the metric takes.
  public let targets: TargetRule
  /// Which values are better; nil when this was not stated.
  public let goal: MetricGoal?
  /// Whether rows may have weights.
  let takesWeights = false
  /// The mean over a batch's rows.
  let compute: @Sendable (Output, Target) -> Double
  /// Turns the mean over all rows into the metric's value.
  let finish: @Sendable (Double) -> Double

  /// Makes a metric of your own.
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
    self.init(name, targets: targets, goal: goal, finish: { $0 }, compute)
  }

  init(
    _ name: String, targets: TargetRule, goal: MetricGoal?, finish: @escaping @Sendable (Double) -> Double,
    _ compute: @escaping @Sendable (Output, Target) -> Double
  ) {
    self.name = name
    self.targets = targets
    self.goal = goal
    self.compute = compute
    self.finish = finish
  }
}

/// Which values of a measure are better.
public enum MetricGoal: Sendable {
  /// Smaller ones, as for a loss or an error.
  case minimum
  /// Larger ones, as for an accuracy.
  case maximum
}

extension Metric where Output == Tensor<Float>, Target == Tensor<Int32> {
  /// The share of rows whose largest output is that of their label.
  ///
  /// Outputs are `[batch, …, classes]`, labels `[batch, …]`.
  public static var accuracy: Metric { topK(1, name: "accuracy") }

  /// The share of rows whose label has one of the `k` largest outputs. Traps when `k` is less than 1.
  public static func topKAccuracy(_ k: Int) -> Metric {
    if k < 1 { fatalError("topKAccuracy(\(k)): k is at least 1") }
    return topK(k, name: "top\(k)_accuracy")
  }

  private static func topK(_ k: Int, name: String) -> Metric {
    Metric(name, targets: .labels, goal: .maximum) { outputs, labels in
      let classes = outputs.shape.last!
      var hits = 0
      outputs.withUnsafeScalars { outputs in
        labels.withUnsafeScalars { labels in
          for row in labels.indices {
            let label = Int(labels[row])
            let values = outputs[(row * classes)..<((row + 1) * classes)]
            let own = values[values.startIndex + label]
            // As in argMax, NaN counts as larger than all numbers, and the first of equal outputs as larger than the
            // others.
            var above = 0
            for (index, value) in zip(0..., values) where !(value <= own) || (value == own && index < label) {
              above += 1
            }
            if above < k && !own.isNaN { hits += 1 }
          }
        }
      }
      return Double(hits) / Double(labels.count)
    }
  }
}

extension Metric where Output == Tensor<Float>, Target == Tensor<Float> {
  /// The share of elements that are predicted correctly: the output, a logit, is above 0 exactly where the target is
  /// above 0.5.
  ///
  /// For outputs that are probabilities use `binaryAccuracy(threshold: 0.5)`.
  public static var accuracy: Metric { binaryAccuracy(threshold: 0) }

  /// The share of elements that are predicted correctly: the output is above `threshold` exactly where the target is
  /// above 0.5. An output of NaN is wrong.
  public static func binaryAccuracy(threshold: Float) -> Metric {
    elementwise("accuracy", goal: .maximum) { output, target in
      !output.isNaN && (output > threshold) == (target > 0.5) ? 1 : 0
    }
  }

  /// The mean absolute difference between outputs and targets.
  public static var meanAbsoluteError: Metric {
    elementwise("mean_absolute_error") { abs(Double($0) - Double($1)) }
  }

  /// The mean squared difference between outputs and targets.
  public static var meanSquaredError: Metric {
    elementwise("mean_squared_error") { squaredDifference($0, $1) }
  }

  /// The square root of the mean squared difference over all rows.
  public static var rootMeanSquaredError: Metric {
    elementwise("root_mean_squared_error", finish: { $0.squareRoot() }) { squaredDifference($0, $1) }
  }

  private static func elementwise(
    _ name: String, goal: MetricGoal = .minimum, finish: @escaping @Sendable (Double) -> Double = { $0 },
    _ measure: @escaping @Sendable (_ output: Float, _ target: Float) -> Double
  ) -> Metric {
    Metric(name, targets: .sameShape, goal: goal, finish: finish) { outputs, targets in
      var sum = 0.0
      outputs.withUnsafeScalars { outputs in
        targets.withUnsafeScalars { targets in
          for index in outputs.indices { sum += measure(outputs[index], targets[index]) }
        }
      }
      return outputs.count == 0 ? 0 : sum / Double(outputs.count)
    }
  }
}

private func squaredDifference(_ a: Float, _ b: Float) -> Double {
  let difference = Double(a) - Double(b)
  return difference * difference
}
