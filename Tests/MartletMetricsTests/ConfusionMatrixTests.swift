import MartletCore
import MartletMetrics
import Testing

@Suite struct ConfusionMatrixTests {
  @Test func `counts pairs`() throws {
    let matrix = try ConfusionMatrix(labels: [0, 0, 1, 1, 1, 2], predictions: [0, 1, 1, 1, 0, 1])
    #expect(matrix.counts == [[1, 1, 0], [1, 2, 0], [0, 1, 0]])
    #expect(matrix.total == 6)
    #expect(matrix.accuracy == 0.5)
    #expect(matrix.precision(0) == 0.5)
    #expect(matrix.precision(1) == 0.5)
    #expect(matrix.precision(2).isNaN && matrix.precision(.of(class: 2)) == 0)
    #expect(matrix.recall(1) == 2.0 / 3)
    #expect(matrix.recall(2) == 0)
  }

  @Test func `takes labels and predictions of any integer type`() throws {
    let matrix = try ConfusionMatrix(labels: Tensor<UInt8>([0, 2]), predictions: Tensor<Int64>([0, 1]))
    #expect(matrix.counts == [[1, 0, 0], [0, 0, 0], [0, 1, 0]])
    #expect(throws: MetricError.self) {
      try ConfusionMatrix(labels: Tensor<Int64>([.max]), predictions: Tensor<Int32>([0]))
    }
  }

  @Test func `is a table`() throws {
    let matrix = try ConfusionMatrix(
      labels: [0, 0, 1], predictions: [0, 1, 1], names: ["cat", "dog"])
    #expect(
      matrix.description == """
        true \\ predicted    cat    dog  recall
                     cat      1      1   0.500
                     dog      ·      1   1.000
               precision  1.000  0.500
        accuracy 0.667 of 3 rows
        """)
  }

  @Test func `weights are as many examples`() throws {
    let labels: Tensor<Int32> = [0, 0, 1, 1, 2]
    let predictions: Tensor<Int32> = [0, 1, 1, 0, 1]
    let weighted = try ConfusionMatrix(labels: labels, predictions: predictions, weights: [2, 1, 0, 3, 0.5])
    #expect(weighted.counts == [[2, 1, 0], [3, 0, 0], [0, 0.5, 0]])
    #expect(weighted.total == 6.5)
    #expect(weighted.description.hasSuffix("accuracy 0.308 of a weight of 6.50"))
    for numbers in [[1], [0, 0, 0, 0, 0], [1, 1, 1, 1, -1], [1, 1, 1, 1, Double.nan]] {
      #expect(throws: MetricError.self) {
        try ConfusionMatrix(labels: labels, predictions: predictions, weights: Tensor(numbers))
      }
    }
  }

  @Test func `refuses what is not a class`() {
    #expect(throws: MetricError.shapes("expected a prediction for each of 2 labels, got 1")) {
      try ConfusionMatrix(labels: [0, 1], predictions: [0])
    }
    #expect(throws: MetricError.labelOutOfRange(label: 2, row: 1, classes: 2)) {
      try ConfusionMatrix(labels: [0, 1], predictions: [0, 2], classes: 2)
    }
    #expect(throws: MetricError.labelOutOfRange(label: -1, row: 0, classes: 1)) {
      try ConfusionMatrix(labels: [-1], predictions: [0])
    }
    #expect(throws: MetricError.self) {
      try ConfusionMatrix(labels: Tensor.zeros([0]), predictions: Tensor.zeros([0]))
    }
    #expect(throws: MetricError.self) { try ConfusionMatrix(labels: [[0]], predictions: [[0]]) }
    #expect(throws: MetricError.self) { try ConfusionMatrix(labels: Tensor([Int32.max]), predictions: [0]) }
    #expect(throws: MetricError.self) { try ConfusionMatrix(labels: [0], predictions: [0], names: []) }
    #expect(throws: MetricError.self) { try ConfusionMatrix(labels: [0], predictions: [0], classes: -3) }
  }
}
