import MartletCore
import MartletMetrics
import TestSupport
import Testing

@Suite struct MetricTests {
  private typealias Numbers = Metric<Tensor<Float>, Tensor<Float>>
  private typealias Classes = Metric<Tensor<Float>, Tensor<Int32>>

  private static let counts: [Int64] = [2, 0, 1, 3, 1, 0]
  private static let numbers: [Numbers] = [
    .accuracy, .precision(), .recall(), .f1(), .fScore(beta: 0.5), .specificity(), .balancedAccuracy(),
    .matthewsCorrelation(), .cohenKappa(), .rocAUC, .averagePrecision, .logLoss(), .brierScore(), .calibrationError(),
    .equalMassCalibrationError(bins: 3), .meanAbsoluteError, .meanSquaredError, .rootMeanSquaredError,
    .meanAbsolutePercentageError, .medianAbsoluteError,
    .r2, .explainedVariance,
  ]
  private static let classes: [Classes] = [
    .accuracy, .topKAccuracy(2), .precision(.macro), .recall(.weighted), .f1(.micro), .fScore(beta: 2, .of(class: 1)),
    .specificity(.macro), .balancedAccuracy, .matthewsCorrelation, .cohenKappa, .rocAUC(), .averagePrecision(.weighted),
    .logLoss(), .brierScore(), .calibrationError(), .equalMassCalibrationError(bins: 3),
    Classes.f1(.macro).ignoring(label: -1),
  ]

  private func repeated<T>(_ tensor: Tensor<T>) -> Tensor<T> {
    tensor.take(Tensor(Self.counts.enumerated().flatMap { [Int64](repeating: Int64($0), count: Int($1)) }))
  }

  private func expectLaw<T: NumericScalar>(
    _ metric: Metric<Tensor<Float>, Tensor<T>>, _ outputs: Tensor<Float>, _ targets: Tensor<T>
  ) throws {
    let weights = Tensor(Self.counts.map { Float($0) })
    let wanted = try metric(repeated(outputs), repeated(targets))
    let whole = try metric(outputs, targets, weights: weights)
    #expect(abs(whole - wanted) < 1e-12, "\(metric.name): \(whole) for \(wanted)")
    // Batches of one row each, merged in two halves.
    var (first, second) = (metric.state(), metric.state())
    for row in 0..<6 {
      let (x, y, w) = (outputs[row..<row + 1], targets[row..<row + 1], weights[row..<row + 1])
      if row < 2 { first.add(x, y, weights: w, rows: 1) } else { second.add(x, y, weights: w, rows: 1) }
    }
    first.merge(second)
    #expect(abs(first.value - wanted) < 1e-12, "\(metric.name): \(first.value) for \(wanted)")
    // A state that was saved goes on.
    var resumed = metric.state()
    resumed.numbers = first.numbers
    #expect(resumed.value == first.value)
  }

  @Test func `a row of weight k is k rows, whatever the batches`() throws {
    let outputs: Tensor<Float> = [[0.5, -1], [3, 3], [-0.25, 2], [1, -2], [0.5, -1], [0, 1]]
    let targets: Tensor<Float> = [[1, 0], [0, 1], [1, 1], [0, 0], [1, 1], [1, 0]]
    for metric in Self.numbers { try expectLaw(metric, outputs, targets) }
    let logits: Tensor<Float> = [[1, 0, 2], [3, 1, 0], [0, 0.5, 0.25], [2, -1, 1], [0, 1, 3], [1, 0, 0]]
    for metric in Self.classes { try expectLaw(metric, logits, [2, 0, 1, 0, 1, 1]) }
  }

  @Test func `is NaN of nothing, and says so of one class`() throws {
    for metric in Self.numbers { #expect(metric.state().value.isNaN) }
    #expect(try Numbers.rocAUC([[1], [2]], [[1], [1]]).isNaN)
    #expect(try Numbers.averagePrecision([[1], [2]], [[0], [0]]) == 0)
    #expect(try Numbers.precision()([[-1], [-2]], [[1], [0]]) == 0)
    #expect(try Numbers.precision(zeroDivision: .nan)([[-1], [-2]], [[1], [0]]).isNaN)
    #expect(try Numbers.r2([[2], [2]], [[2], [2]]) == 1)
    #expect(try Numbers.r2([[2], [1]], [[2], [2]]) == 0)
    #expect(try Classes.rocAUC()([[1, 0, 0], [0, 1, 0]], [0, 1]) == 1)
  }

  @Test func `NaN outputs are wrong answers`() throws {
    let outputs = Tensor<Float>(shape: [2, 2], scalars: [.nan, 1, 0, 1])
    #expect(try Classes.accuracy(outputs, [0, 1]) == 0.5)
    #expect(try Classes.recall(.macro)(outputs, [0, 1]) == 0.5)
    #expect(try Classes.precision(.of(class: 0))(outputs, [0, 1]) == 0)
    #expect(try Numbers.recall()(Tensor<Float>([.nan, 1]), [1, 1]) == 0.5)
  }

  @Test func `ignored labels count for nothing`() throws {
    let outputs: Tensor<Float> = [[[2, 1], [0, 3]], [[1, 0], [5, 4]]]
    let metric = Classes.accuracy.ignoring(label: -100)
    #expect(try metric(outputs, [[0, -100], [1, 0]]) == 2.0 / 3)
    #expect(try metric(outputs, [[0, -100], [1, 0]], weights: [2, 1]) == 0.75)
    #expect(try metric(outputs, [[-100, -100], [-100, -100]]).isNaN)
    #expect(throws: MetricError.labelOutOfRange(label: -100, row: 0, classes: 2)) {
      try Classes.accuracy(outputs, [[0, -100], [1, 0]])
    }
  }

  @Test func `what does not fit throws`() {
    #expect(throws: MetricError.shapes("roc_auc: expected targets of shape [2, 1], got [2]")) {
      try Numbers.rocAUC([[1], [2]], [1, 0])
    }
    #expect(throws: MetricError.shapes("accuracy: expected labels of shape [1] for outputs of [1, 2], got [2]")) {
      try Classes.accuracy([[1, 2]], [0, 1])
    }
    #expect(throws: MetricError.empty("r2: expected rows, got outputs of shape [0, 1]")) {
      try Numbers.r2(.zeros([0, 1]), .zeros([0, 1]))
    }
    #expect(throws: MetricError.invalid("expected weights that are finite and not negative, got -1.0 for row 1")) {
      try Numbers.r2([[1], [2]], [[1], [2]], weights: [1, -1])
    }
    #expect(throws: MetricError.invalid("expected positive and negative rows, got only positive ones")) {
      try ROCCurve(scores: Tensor<Float>([1, 2]), labels: Tensor<Int32>([1, 1]))
    }
    #expect(throws: MetricError.self) { try PrecisionRecallCurve(scores: Tensor<Float>([.nan]), labels: Tensor([1])) }
    #expect(
      throws: MetricError.invalid("expected probabilities within 0…1, got 1.5; a softmax or sigmoid makes logits so")
    ) {
      try CalibrationCurve(probabilities: Tensor<Double>([0.5, 1.5]), labels: Tensor<Int32>([1, 0]))
    }
    #expect(throws: MetricError.self) {
      try RegressionScores(predicted: Tensor<Float>([1, 2]), expected: Tensor<Float>([1]))
    }
  }

  @Test func `a metric of one's own is exact and weighted`() throws {
    let bias = Numbers("bias", targets: .sameShape) { outputs, targets, weights in
      let errors = (outputs - targets).mean(axis: 1)
      let weights = weights ?? .ones(errors.shape)
      return [Double((errors * weights).sum().item()), Double(weights.sum().item())]
    } value: {
      $0[0] / $0[1]
    }
    let outputs: Tensor<Float> = [[1], [2], [3], [4], [5], [6]]
    try expectLaw(bias, outputs, .zeros([6, 1]))
  }

  @Test func `the closure of a batch's mean takes no weights`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var state = Metric<Tensor<Float>, Tensor<Float>>("own") { _, _ in 1 }.state()
      state.add([1], [1], weights: [1], rows: 1)
    }
    #expect(errorText(result).contains("own: expected a metric with a summary for rows with weights"))
  }

  @Test func `pictures are of what was measured`() throws {
    let labels: Tensor<Int32> = [0, 0, 1, 1]
    let scores: Tensor<Float> = [0.1, 0.6, 0.4, 0.8]
    let matrix = try ConfusionMatrix(labels: labels, predictions: [0, 1, 0, 1], names: ["a & b", "c"])
    #expect(matrix.svg(title: "M").contains(">a &amp; b</text>"))
    #expect(try ROCCurve(scores: scores, labels: labels).chart().svg().contains("area 0.750"))
    #expect(try PrecisionRecallCurve(scores: scores, labels: labels).chart().svg().contains("average precision 0.833"))
    #expect(
      try CalibrationCurve(probabilities: scores, labels: labels).chart().svg().contains("expected error 0.375"))
    let residuals = try RegressionScores(predicted: scores, expected: labels.cast(to: Float.self)).residuals().svg()
    #expect(residuals.contains("expected − predicted"))
  }
}
