import MartletCore
import MartletPlatform

// Metrics of several classes: outputs `[rows, …, classes]` and labels `[rows, …]`.

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
    mean(name, .maximum) { outputs, label in
      let own = outputs[label]
      // As in argMax, NaN counts as larger than all numbers, and the first of equal outputs as larger than the others.
      var above = 0
      for (index, value) in outputs.enumerated() where !(value <= own) || (value == own && index < label) { above += 1 }
      return above < k && !own.isNaN ? 1 : 0
    }.asRate
  }

  // MARK: Of the classes' counts

  /// The share of the rows predicted as a class that are of it. Where nothing was predicted, it is `zeroDivision`.
  public static func precision(_ average: MetricAverage, zeroDivision: Double = 0) -> Metric {
    counts("precision" + average.suffix) { $0.precision(average, zeroDivision) }
  }

  /// The share of the rows of a class that were predicted as it. Where there are none, it is `zeroDivision`.
  public static func recall(_ average: MetricAverage, zeroDivision: Double = 0) -> Metric {
    counts("recall" + average.suffix) { $0.recall(average, zeroDivision) }
  }

  /// The harmonic mean of precision and recall.
  public static func f1(_ average: MetricAverage, zeroDivision: Double = 0) -> Metric {
    counts("f1" + average.suffix) { $0.fScore(beta: 1, average, zeroDivision) }
  }

  /// The weighted harmonic mean of precision and recall, in which recall counts for `beta` squared.
  public static func fScore(beta: Double, _ average: MetricAverage, zeroDivision: Double = 0) -> Metric {
    counts("f\(beta)" + average.suffix) { $0.fScore(beta: beta, average, zeroDivision) }
  }

  /// The share of the rows of other classes that were predicted as others.
  public static func specificity(_ average: MetricAverage, zeroDivision: Double = 0) -> Metric {
    counts("specificity" + average.suffix) { $0.specificity(average, zeroDivision) }
  }

  /// The mean of the classes' recalls, of those that have rows.
  public static var balancedAccuracy: Metric { counts("balanced_accuracy") { $0.balancedAccuracy } }

  /// The correlation of labels and predictions: see `ConfusionMatrix.matthewsCorrelation`.
  public static var matthewsCorrelation: Metric { counts("matthews_correlation") { $0.matthewsCorrelation } }

  /// How much oftener labels and predictions agree than by chance: see `ConfusionMatrix.cohenKappa(distance:)`.
  public static var cohenKappa: Metric { counts("cohen_kappa") { $0.cohenKappa } }

  private static func counts(_ name: String, _ value: @escaping @Sendable (ClassCounts) -> Double) -> Metric {
    Metric(name, targets: .labels, goal: .maximum) { outputs, labels, weights in
      var counts = ClassCounts(classes: outputs.shape.last!)
      forEachRow(outputs, labels, weights) { row, label, weight in
        // Where an output is NaN nothing is predicted.
        var best: Int? = 0
        for index in row.indices where !(row[index] <= row[best!]) {
          best = index
          if row[index].isNaN { break }
        }
        if row[best!].isNaN { best = nil }
        counts.add(label, best, weight)
      }
      return counts.numbers
    } value: {
      value(ClassCounts($0))
    }
  }

  // MARK: Of scores

  /// The area under the curve of true over false positive rates of each class against the others, averaged: see
  /// `ROCCurve`. Classes without rows take no part in the average. It keeps the probabilities of all rows.
  public static func rocAUC(_ average: MetricAverage = .macro, from outputs: OutputForm = .logits) -> Metric {
    scores("roc_auc" + average.suffix, outputs) { ClassScores.average($0, average, \.rocArea) }
  }

  /// The mean of the precisions at each threshold of each class against the others, averaged: see
  /// `PrecisionRecallCurve`. It keeps the probabilities of all rows.
  public static func averagePrecision(_ average: MetricAverage = .macro, from outputs: OutputForm = .logits) -> Metric {
    scores("average_precision" + average.suffix, outputs) { ClassScores.average($0, average, \.averagePrecision) }
  }

  private static func scores(
    _ name: String, _ form: OutputForm, _ value: @escaping @Sendable ([Double]) -> Double
  ) -> Metric {
    Metric(name, targets: .labels, goal: .maximum, merge: .concatenation) { outputs, labels, weights in
      var numbers: [Double] = []
      numbers.reserveCapacity(outputs.count + 3 * labels.count)
      forEachRow(form == .logits ? outputs.softmax() : outputs, labels, weights) { row, label, weight in
        numbers += [Double(row.count), Double(label), weight]
        for score in row { numbers.append(Double(score)) }
      }
      return numbers
    } value: {
      value($0)
    }
  }

  /// The mean of the negative logarithms of the labels' probabilities. Probabilities count as at least the smallest step
  /// from 1, as in scikit-learn.
  public static func logLoss(from form: OutputForm = .logits) -> Metric {
    mean("log_loss", .minimum) { outputs, label in
      if form == .probabilities { return -log(clipped(outputs[label])) }
      let largest = Double(outputs.max()!)
      return log(outputs.reduce(0) { $0 + exp(Double($1) - largest) }) + largest - Double(outputs[label])
    }
  }

  /// The mean over rows of the squared distance of the probabilities from 1 for the label and 0 for others.
  public static func brierScore(from form: OutputForm = .logits) -> Metric {
    mean("brier_score", .minimum) { outputs, label in
      var sum = 0.0
      for (index, probability) in probabilities(outputs, form).enumerated() {
        let miss = probability - (index == label ? 1 : 0)
        sum += miss * miss
      }
      return sum
    }
  }

  /// The mean distance of the largest probability from the share of rows in which it is that of the label, in bins of
  /// equal width: see `CalibrationCurve`.
  public static func calibrationError(from form: OutputForm = .logits, bins: Int = 15) -> Metric {
    Metric("calibration_error", targets: .labels, goal: .minimum) { outputs, labels, weights in
      var sums = CalibrationBins(count: bins)
      forEachRow(outputs, labels, weights) { row, label, weight in
        let all = probabilities(row, form)
        let (index, largest) = all.enumerated().max { $0.element < $1.element }!
        sums.add(largest, index == label ? 1 : 0, weight)
      }
      return sums.numbers
    } value: {
      CalibrationBins($0).expectedError
    }
  }

  /// The calibration error of the largest probability in bins that each have the same weight of rows, so that none rests on
  /// a few: see `calibrationError(from:bins:)`. It keeps a number for each row. Equal probabilities are in one bin.
  ///
  /// Source: K. Nguyen and B. O'Connor, Posterior calibration and exploratory analysis for natural language processing models
  /// (2015). Traps when there is less than one bin.
  public static func equalMassCalibrationError(from form: OutputForm = .logits, bins: Int = 15) -> Metric {
    checkBins(bins, "equalMassCalibrationError")
    return Metric("equal_mass_calibration_error", targets: .labels, goal: .minimum, merge: .concatenation) {
      outputs, labels, weights in
      var rows: [Double] = []
      forEachRow(outputs, labels, weights) { row, label, weight in
        let all = probabilities(row, form)
        let (index, largest) = all.enumerated().max { $0.element < $1.element }!
        rows += [largest, index == label ? 1 : 0, weight]
      }
      return rows
    } value: {
      EqualMassBins.expectedError($0, bins: bins)
    }
  }

  private static func mean(
    _ name: String, _ goal: MetricGoal,
    _ measure: @escaping @Sendable (_ outputs: UnsafeBufferPointer<Float>, _ label: Int) -> Double
  ) -> Metric {
    Metric(name, targets: .labels, goal: goal) { outputs, labels, weights in
      var (sum, count) = (0.0, 0.0)
      forEachRow(outputs, labels, weights) { row, label, weight in
        sum += weight * measure(row, label)
        count += weight
      }
      return [sum, count]
    } value: {
      $0[0] / $0[1]
    }
  }

  // MARK: Ignored labels

  /// The same metric without the rows that have a label, such as -100 for what is not known.
  public func ignoring(label ignored: Int) -> Metric {
    Metric(name, targets: .labels(ignored: ignored), goal: goal, merge: merge) { outputs, labels, weights in
      let flat = labels.flattened()
      let known = flat.scalars.indices.filter { Int(flat.scalars[$0]) != ignored }
      if known.isEmpty { return [] }
      let rows = Tensor(known.map { Int64($0) })
      let each = labels.count / max(1, labels.shape[0])
      let kept = weights.map { $0.take(Tensor(known.map { Int64($0 / each) })) }
      let classes = outputs.shape.last!
      return summary(outputs.reshaped(to: [flat.count, classes]).take(rows), flat.take(rows), kept, known.count)
    } value: {
      value($0)
    }
  }
}

/// Calls a function with the outputs, the label and the weight of each row, or of each place of a row with several.
private func forEachRow(
  _ outputs: Tensor<Float>, _ labels: Tensor<Int32>, _ weights: Tensor<Float>?,
  _ body: (UnsafeBufferPointer<Float>, Int, Double) -> Void
) {
  let classes = outputs.shape.last!
  let weights = weights?.scalars
  let each = labels.count / max(1, labels.shape[0])
  outputs.withUnsafeScalars { outputs in
    labels.withUnsafeScalars { labels in
      for row in labels.indices {
        let values = UnsafeBufferPointer(rebasing: outputs[row * classes..<(row + 1) * classes])
        body(values, Int(labels[row]), weights.map { Double($0[row / each]) } ?? 1)
      }
    }
  }
}

private func probabilities(_ outputs: UnsafeBufferPointer<Float>, _ form: OutputForm) -> [Double] {
  let numbers = outputs.map { Double($0) }
  if form == .probabilities { return numbers }
  let largest = numbers.max()!
  let powers = numbers.map { exp($0 - largest) }
  let sum = powers.reduce(0, +)
  return powers.map { $0 / sum }
}
