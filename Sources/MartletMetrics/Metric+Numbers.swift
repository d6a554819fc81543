import MartletCore
import MartletPlatform

// Metrics of outputs and targets of the same shape: answers yes and no, and numbers.

extension Metric where Output == Tensor<Float>, Target == Tensor<Float> {
  // MARK: Yes and no

  /// The share of elements that are predicted correctly: the output, a logit, is above 0 exactly where the target is
  /// above 0.5.
  ///
  /// For outputs that are probabilities use `binaryAccuracy(threshold: 0.5)`.
  public static var accuracy: Metric { binaryAccuracy(threshold: 0) }

  /// The share of elements that are predicted correctly: the output is above `threshold` exactly where the target is
  /// above 0.5. An output of NaN is wrong.
  public static func binaryAccuracy(threshold: Float) -> Metric {
    mean("accuracy", .maximum) { output, target in
      !output.isNaN && (output > threshold) == (target > 0.5) ? 1 : 0
    }.asRate
  }

  /// The share of the elements predicted as yes that are so: those above `threshold`, by default logits above 0.
  public static func precision(threshold: Float = 0, zeroDivision: Double = 0) -> Metric {
    counts("precision", threshold) { $0.precision(.of(class: 1), zeroDivision) }
  }

  /// The share of the elements that are yes which were predicted as such.
  public static func recall(threshold: Float = 0, zeroDivision: Double = 0) -> Metric {
    counts("recall", threshold) { $0.recall(.of(class: 1), zeroDivision) }
  }

  /// The harmonic mean of precision and recall.
  public static func f1(threshold: Float = 0, zeroDivision: Double = 0) -> Metric {
    counts("f1", threshold) { $0.fScore(beta: 1, .of(class: 1), zeroDivision) }
  }

  /// The weighted harmonic mean of precision and recall, in which recall counts for `beta` squared.
  public static func fScore(beta: Double, threshold: Float = 0, zeroDivision: Double = 0) -> Metric {
    counts("f\(beta)", threshold) { $0.fScore(beta: beta, .of(class: 1), zeroDivision) }
  }

  /// The share of the elements that are no which were predicted as such.
  public static func specificity(threshold: Float = 0, zeroDivision: Double = 0) -> Metric {
    counts("specificity", threshold) { $0.specificity(.of(class: 1), zeroDivision) }
  }

  /// The mean of recall and specificity.
  public static func balancedAccuracy(threshold: Float = 0) -> Metric {
    counts("balanced_accuracy", threshold) { $0.balancedAccuracy }
  }

  /// The correlation of targets and predictions: see `ConfusionMatrix.matthewsCorrelation`.
  public static func matthewsCorrelation(threshold: Float = 0) -> Metric {
    counts("matthews_correlation", threshold) { $0.matthewsCorrelation }
  }

  /// How much oftener targets and predictions agree than by chance: see `ConfusionMatrix.cohenKappa(distance:)`.
  public static func cohenKappa(threshold: Float = 0) -> Metric { counts("cohen_kappa", threshold) { $0.cohenKappa } }

  private static func counts(
    _ name: String, _ threshold: Float, _ value: @escaping @Sendable (ClassCounts) -> Double
  ) -> Metric {
    Metric(name, targets: .sameShape, goal: .maximum) { outputs, targets, weights in
      var counts = ClassCounts(classes: 2)
      forEachElement(outputs, targets, weights) { output, target, weight in
        counts.add(target > 0.5 ? 1 : 0, output.isNaN ? nil : output > threshold ? 1 : 0, weight)
      }
      return counts.numbers
    } value: {
      value(ClassCounts($0))
    }
  }

  /// The area under the curve of true over false positive rates: see `ROCCurve`. It keeps the outputs of all rows, which
  /// may be logits, probabilities or any scores; NaN where all targets are alike.
  public static var rocAUC: Metric { scores("roc_auc") { Ranking(rows: $0).rocArea } }

  /// The mean of the precisions at each threshold: see `PrecisionRecallCurve`. It keeps the outputs of all rows.
  public static var averagePrecision: Metric { scores("average_precision") { Ranking(rows: $0).averagePrecision } }

  private static func scores(_ name: String, _ value: @escaping @Sendable ([Double]) -> Double) -> Metric {
    Metric(name, targets: .sameShape, goal: .maximum, merge: .concatenation) { outputs, targets, weights in
      var rows: [Double] = []
      forEachElement(outputs, targets, weights) { rows += [Double($0), Double($1), $2] }
      return rows
    } value: {
      value($0)
    }
  }

  /// The mean of the negative logarithms of the probabilities of the targets. Probabilities count as at least the
  /// smallest step from 1, as in scikit-learn.
  public static func logLoss(from form: OutputForm = .logits) -> Metric {
    mean("log_loss", .minimum) { output, target in
      let (x, y) = (Double(output), Double(target))
      if form == .logits { return max(x, 0) - x * y + log1p(exp(-abs(x))) }
      return -(y * log(clipped(output)) + (1 - y) * log(clipped(1 - output)))
    }
  }

  /// The mean squared difference of probabilities and targets.
  public static func brierScore(from form: OutputForm = .logits) -> Metric {
    mean("brier_score", .minimum) { output, target in
      let miss = probability(output, form) - Double(target)
      return miss * miss
    }
  }

  /// The mean distance of probabilities and the share of targets that are yes, in bins of equal width: see
  /// `CalibrationCurve`.
  public static func calibrationError(from form: OutputForm = .logits, bins: Int = 15) -> Metric {
    Metric("calibration_error", targets: .sameShape, goal: .minimum) { outputs, targets, weights in
      var sums = CalibrationBins(count: bins)
      forEachElement(outputs, targets, weights) { sums.add(probability($0, form), $1 > 0.5 ? 1 : 0, $2) }
      return sums.numbers
    } value: {
      CalibrationBins($0).expectedError
    }
  }

  /// The calibration error in bins that each have the same weight of rows, so that none rests on a few: see
  /// `calibrationError(from:bins:)`. It keeps a number for each element. Equal probabilities are in one bin.
  ///
  /// Source: K. Nguyen and B. O'Connor, Posterior calibration and exploratory analysis for natural language processing models
  /// (2015). Traps when there is less than one bin.
  public static func equalMassCalibrationError(from form: OutputForm = .logits, bins: Int = 15) -> Metric {
    checkBins(bins, "equalMassCalibrationError")
    return Metric("equal_mass_calibration_error", targets: .sameShape, goal: .minimum, merge: .concatenation) {
      outputs, targets, weights in
      var rows: [Double] = []
      forEachElement(outputs, targets, weights) { rows += [probability($0, form), $1 > 0.5 ? 1 : 0, $2] }
      return rows
    } value: {
      EqualMassBins.expectedError($0, bins: bins)
    }
  }

  // MARK: Numbers

  /// The mean absolute difference between outputs and targets.
  public static var meanAbsoluteError: Metric {
    mean("mean_absolute_error", .minimum) { abs(Double($0) - Double($1)) }
  }

  /// The mean squared difference between outputs and targets.
  public static var meanSquaredError: Metric { mean("mean_squared_error", .minimum) { squaredDifference($0, $1) } }

  /// The square root of the mean squared difference over all rows.
  public static var rootMeanSquaredError: Metric {
    mean("root_mean_squared_error", .minimum, finish: { $0.squareRoot() }) { squaredDifference($0, $1) }
  }

  /// The mean of the absolute differences over the targets' magnitudes; 0.1 is ten percent.
  public static var meanAbsolutePercentageError: Metric {
    mean("mean_absolute_percentage_error", .minimum) { percentageError(Double($0), Double($1)) }
  }

  /// The median of the absolute differences. It keeps those of all rows.
  public static var medianAbsoluteError: Metric {
    Metric("median_absolute_error", targets: .sameShape, goal: .minimum, merge: .concatenation) {
      outputs, targets, weights in
      var pairs: [Double] = []
      forEachElement(outputs, targets, weights) { pairs += [abs(Double($0) - Double($1)), $2] }
      return pairs
    } value: {
      median($0)
    }
  }

  /// The share of the targets' variance that is predicted, the mean over columns: see `RegressionScores.r2`.
  public static var r2: Metric { moments("r2", Moments.r2) }

  /// As `r2`, without counting a constant difference: see `RegressionScores.explainedVariance`.
  public static var explainedVariance: Metric { moments("explained_variance", Moments.explainedVariance) }

  private static func moments(_ name: String, _ value: @escaping @Sendable ([Double]) -> Double) -> Metric {
    Metric(name, targets: .sameShape, goal: .maximum, merge: .function(Moments.merge)) { outputs, targets, weights in
      let columns = outputs.count / max(1, outputs.shape[0])
      let each = weights.map { doubles($0).flatMap { [Double](repeating: $0, count: columns) } }
      return Moments.of(
        doubles(outputs), doubles(targets), each ?? [Double](repeating: 1, count: outputs.count), columns: columns)
    } value: {
      value($0)
    }
  }

  private static func mean(
    _ name: String, _ goal: MetricGoal, finish: @escaping @Sendable (Double) -> Double = { $0 },
    _ measure: @escaping @Sendable (_ output: Float, _ target: Float) -> Double
  ) -> Metric {
    Metric(name, targets: .sameShape, goal: goal) { outputs, targets, weights in
      var (sum, count) = (0.0, 0.0)
      forEachElement(outputs, targets, weights) { output, target, weight in
        sum += weight * measure(output, target)
        count += weight
      }
      return [sum, count]
    } value: {
      finish($0[0] / $0[1])
    }
  }
}

/// Calls a function with each output, its target and its row's weight.
private func forEachElement(
  _ outputs: Tensor<Float>, _ targets: Tensor<Float>, _ weights: Tensor<Float>?,
  _ body: (_ output: Float, _ target: Float, _ weight: Double) -> Void
) {
  let weights = weights?.scalars
  let each = outputs.count / max(1, outputs.shape[0])
  outputs.withUnsafeScalars { outputs in
    targets.withUnsafeScalars { targets in
      for index in outputs.indices {
        body(outputs[index], targets[index], weights.map { Double($0[index / each]) } ?? 1)
      }
    }
  }
}

/// A probability of at least the smallest step from 1.
func clipped(_ probability: Float) -> Double {
  Double(min(max(probability, Float.ulpOfOne), 1 - Float.ulpOfOne))
}

private func probability(_ output: Float, _ form: OutputForm) -> Double {
  form == .probabilities ? Double(output) : 1 / (1 + exp(-Double(output)))
}

private func squaredDifference(_ a: Float, _ b: Float) -> Double {
  let difference = Double(a) - Double(b)
  return difference * difference
}
