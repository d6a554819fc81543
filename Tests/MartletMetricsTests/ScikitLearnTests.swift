import Foundation
import MartletCore
import MartletMetrics
import TestSupport
import Testing

/// What scikit-learn measures: `make_metric_fixtures.py` made the file.
private struct Fixtures: Decodable {
  struct Classes: Decodable {
    let labels: [Int64], predictions: [Int64], weights: [Double], names: [String]?
    let plain: Answers, weighted: Answers
  }
  struct Scores: Decodable {
    let labels: [Int64], probabilities: [Double], weights: [Double]
    let plain: Curves, weighted: Curves
  }
  struct Curves: Decodable {
    let auc: Double, ap: Double, logLoss: Double, brier: Double, ece: Double
    let roc: [[Double]], precisionRecall: [[Double]], calibration: [[Double]]
  }
  struct Several: Decodable {
    let labels: [Int32], probabilities: [[Double]], weights: [Double]
    let plain: [String: Double], weighted: [String: Double]
  }
  struct Regression: Decodable {
    let expected: [[Double]], predicted: [[Double]], weights: [Double]
    let plain: [String: Double?], weighted: [String: Double?]
  }
  /// Numbers and texts by name.
  struct Answers: Decodable {
    var numbers: [String: Double] = [:]
    var texts: [String: String] = [:]
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Name.self)
      for key in container.allKeys {
        if let text = try? container.decode(String.self, forKey: key) {
          texts[key.stringValue] = text
        } else {
          numbers[key.stringValue] = try container.decode(Double?.self, forKey: key) ?? .nan
        }
      }
    }
  }
  struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  let classes: [String: Classes]
  let scores: [String: Scores]
  let several: [String: Several]
  let regression: [String: Regression]

  static func read() throws -> Fixtures {
    let file = URL(fileURLWithPath: Fixture.path("metrics", type: "json"))
    return try JSONDecoder().decode(Fixtures.self, from: Data(contentsOf: file))
  }
}

private func expectClose(
  _ found: Double, _ wanted: Double, _ name: String, _ tolerance: Double = 1e-12, at: SourceLocation = #_sourceLocation
) {
  let isClose = found.isNaN && wanted.isNaN || abs(found - wanted) <= tolerance * max(1, abs(wanted))
  #expect(isClose, "\(name): \(found) for \(wanted)", sourceLocation: at)
}

private func expectClose(_ found: [Double], _ wanted: [Double], _ name: String) {
  #expect(found.count == wanted.count, "\(name)")
  for (a, b) in zip(found, wanted) { expectClose(a, b, name) }
}

/// The metric over batches of 7 rows.
private func inBatches<T>(
  _ metric: Metric<Tensor<Float>, Tensor<T>>, _ outputs: Tensor<Float>, _ targets: Tensor<T>, _ weights: Tensor<Float>?
) -> Double {
  var (first, second) = (metric.state(), metric.state())
  let rows = outputs.shape[0]
  for start in stride(from: 0, to: rows, by: 7) {
    let batch = start..<min(rows, start + 7)
    if start < rows / 2 {
      first.add(outputs[batch], targets[batch], weights: weights?[batch], rows: batch.count)
    } else {
      second.add(outputs[batch], targets[batch], weights: weights?[batch], rows: batch.count)
    }
  }
  first.merge(second)
  return first.value
}

@Suite struct ScikitLearnTests {
  @Test func `scores of classes`() throws {
    for (name, given) in try Fixtures.read().classes {
      for (answers, weights) in [(given.plain, nil), (given.weighted, Tensor(given.weights))] {
        let matrix = try ConfusionMatrix(
          labels: Tensor(given.labels), predictions: Tensor(given.predictions), weights: weights, names: given.names)
        var found = [
          "accuracy": matrix.accuracy, "balanced": matrix.balancedAccuracy, "matthews": matrix.matthewsCorrelation,
          "kappa": matrix.cohenKappa(), "kappa/linear": matrix.cohenKappa { Double(abs($0 - $1)) },
          "kappa/quadratic": matrix.cohenKappa { Double(($0 - $1) * ($0 - $1)) },
          "specificity/macro": matrix.specificity(.macro),
        ]
        for (zero, suffix) in [(0, ""), (Double.nan, "/nan")] {
          for (average, key) in [(MetricAverage.macro, "/macro"), (.micro, "/micro"), (.weighted, "/weighted")] {
            found["precision\(key)\(suffix)"] = matrix.precision(average, zeroDivision: zero)
            found["recall\(key)\(suffix)"] = matrix.recall(average, zeroDivision: zero)
            found["f1\(key)\(suffix)"] = matrix.f1(average, zeroDivision: zero)
            found["f2\(key)\(suffix)"] = matrix.fScore(beta: 2, average, zeroDivision: zero)
          }
        }
        #expect(Set(found.keys) == Set(answers.numbers.keys))
        for (score, value) in found { expectClose(value, answers.numbers[score]!, "\(name) \(score)") }
        #expect(matrix.report() == answers.texts["report"]!)
        let numbered = try ConfusionMatrix(
          labels: Tensor(given.labels), predictions: Tensor(given.predictions), weights: weights)
        #expect(numbered.report(digits: 4) == answers.texts["report/4"]!)
      }
    }
  }

  @Test func `metrics of classes over batches`() throws {
    for (name, given) in try Fixtures.read().classes {
      let classes = Int(max(given.labels.max()!, given.predictions.max()!)) + 1
      let outputs = Tensor(given.predictions).oneHot(classes: classes)
      let labels = Tensor(given.labels).cast(to: Int32.self)
      for (answers, weights) in [(given.plain, nil), (given.weighted, Tensor(given.weights.map { Float($0) }))] {
        for (metric, score): (Metric<Tensor<Float>, Tensor<Int32>>, String) in [
          (.accuracy, "accuracy"), (.balancedAccuracy, "balanced"), (.matthewsCorrelation, "matthews"),
          (.cohenKappa, "kappa"), (.precision(.macro), "precision/macro"), (.recall(.weighted), "recall/weighted"),
          (.f1(.micro), "f1/micro"), (.fScore(beta: 2, .macro, zeroDivision: .nan), "f2/macro/nan"),
          (.specificity(.macro), "specificity/macro"), (.f1(.macro).ignoring(label: -1), "f1/macro"),
        ] {
          expectClose(inBatches(metric, outputs, labels, weights), answers.numbers[score]!, "\(name) \(score)")
        }
      }
    }
  }

  @Test func `curves of scores`() throws {
    for (name, given) in try Fixtures.read().scores {
      let (scores, labels) = (Tensor(given.probabilities), Tensor(given.labels))
      for (answers, weights) in [(given.plain, nil), (given.weighted, Tensor(given.weights))] {
        let roc = try ROCCurve(scores: scores, labels: labels, weights: weights)
        expectClose(roc.area, answers.auc, "\(name) auc")
        expectClose(roc.falsePositiveRates, answers.roc[0], "\(name) roc")
        expectClose(roc.truePositiveRates, answers.roc[1], "\(name) roc")
        let curve = try PrecisionRecallCurve(scores: scores, labels: labels, weights: weights)
        expectClose(curve.averagePrecision, answers.ap, "\(name) ap")
        expectClose(curve.precisions, answers.precisionRecall[0], "\(name) precision")
        expectClose(curve.recalls, answers.precisionRecall[1], "\(name) recall")
        expectClose(curve.thresholds, answers.precisionRecall[2], "\(name) thresholds")
        let calibration = try CalibrationCurve(probabilities: scores, labels: labels, weights: weights)
        expectClose(calibration.expectedError, answers.ece, "\(name) ece")
        if weights == nil {
          expectClose(calibration.probabilities, answers.calibration[0], "\(name) calibration")
          expectClose(calibration.shares, answers.calibration[1], "\(name) calibration")
        }
      }
    }
  }

  @Test func `metrics of scores over batches`() throws {
    for (name, given) in try Fixtures.read().scores {
      let outputs = Tensor(given.probabilities.map { Float($0) })
      let targets = Tensor(given.labels.map { Float($0) })
      for (answers, weights) in [(given.plain, nil), (given.weighted, Tensor(given.weights.map { Float($0) }))] {
        for (metric, wanted): (Metric<Tensor<Float>, Tensor<Float>>, Double) in [
          (.rocAUC, answers.auc), (.averagePrecision, answers.ap), (.brierScore(from: .probabilities), answers.brier),
          (.calibrationError(from: .probabilities, bins: 10), answers.ece),
        ] {
          expectClose(inBatches(metric, outputs, targets, weights), wanted, "\(name) \(metric.name)")
        }
        // 1 − p has fewer digits as a Float.
        if name == "distinct" {
          let found = inBatches(.logLoss(from: .probabilities), outputs, targets, weights)
          expectClose(found, answers.logLoss, "\(name) log loss", 1e-6)
          let logits = Tensor(given.probabilities.map { Float(log($0 / (1 - $0))) })
          expectClose(inBatches(.logLoss(), logits, targets, weights), answers.logLoss, "\(name) logits", 1e-6)
          expectClose(inBatches(.brierScore(), logits, targets, weights), answers.brier, "\(name) logits", 1e-6)
        }
      }
    }
  }

  @Test func `metrics of several classes' scores over batches`() throws {
    for (name, given) in try Fixtures.read().several {
      let outputs = Tensor<Float>(
        shape: [given.labels.count, 3], scalars: given.probabilities.joined().map { Float($0) })
      let labels = Tensor(given.labels)
      for (answers, weights) in [(given.plain, nil), (given.weighted, Tensor(given.weights.map { Float($0) }))] {
        for (metric, score): (Metric<Tensor<Float>, Tensor<Int32>>, String) in [
          (.rocAUC(.macro, from: .probabilities), "auc/macro"), (.rocAUC(.micro, from: .probabilities), "auc/micro"),
          (.rocAUC(.weighted, from: .probabilities), "auc/weighted"), (.topKAccuracy(2), "top2"),
          (.averagePrecision(.macro, from: .probabilities), "ap/macro"),
          (.averagePrecision(.micro, from: .probabilities), "ap/micro"),
          (.averagePrecision(.weighted, from: .probabilities), "ap/weighted"),
          (.logLoss(from: .probabilities), "logLoss"), (.brierScore(from: .probabilities), "brier"),
        ] {
          expectClose(inBatches(metric, outputs, labels, weights), answers[score]!, "\(name) \(score)")
        }
        let logits = outputs.log()
        for (metric, score): (Metric<Tensor<Float>, Tensor<Int32>>, String) in [
          (.logLoss(), "logLoss"), (.brierScore(), "brier"),
        ] {
          expectClose(inBatches(metric, logits, labels, weights), answers[score]!, "\(name) \(score) of logits", 1e-6)
        }
      }
    }
  }

  @Test func `scores of numbers`() throws {
    for (name, given) in try Fixtures.read().regression {
      let columns = given.expected[0].count
      func table(_ rows: [[Double]]) -> Tensor<Double> {
        Tensor(shape: [rows.count, columns], scalars: Array(rows.joined()))
      }
      let (predicted, expected) = (table(given.predicted), table(given.expected))
      for (answers, weights) in [(given.plain, nil), (given.weighted, Tensor(given.weights))] {
        let scores = try RegressionScores(predicted: predicted, expected: expected, weights: weights)
        let (outputs, targets) = (predicted.cast(to: Float.self), expected.cast(to: Float.self))
        let floats = weights?.cast(to: Float.self)
        for (metric, value, score): (Metric<Tensor<Float>, Tensor<Float>>, Double, String) in [
          (.meanAbsoluteError, scores.meanAbsoluteError, "mae"), (.meanSquaredError, scores.meanSquaredError, "mse"),
          (.rootMeanSquaredError, scores.rootMeanSquaredError, "rmse"),
          (.meanAbsolutePercentageError, scores.meanAbsolutePercentageError, "mape"),
          (.medianAbsoluteError, scores.medianAbsoluteError, "median"), (.r2, scores.r2, "r2"),
          (.explainedVariance, scores.explainedVariance, "ev"),
        ] {
          guard let wanted = answers[score]! else { continue }
          expectClose(value, wanted, "\(name) \(score)")
          expectClose(inBatches(metric, outputs, targets, floats), wanted, "\(name) \(score) over batches")
        }
      }
    }
  }
}
