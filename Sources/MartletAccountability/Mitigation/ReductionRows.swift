import MartletCore
import MartletData
import MartletNN
import MartletTraining

/// The rows of a reduction as learners take them.
struct ReductionRows<Input: Batchable> {
  private let x: Input
  private let labels: [Double]
  private let weights: [Double]
  private let groups: Groups
  private let batchSize: Int

  /// Rows of a classification; throws when they differ, there are none or a label is neither 0 nor 1.
  init(
    _ x: Input, labels: Tensor<Int32>, groups: Groups, weights: Tensor<Float>?, batchSize: Int
  ) throws(FairnessError) {
    try GroupCounts.checkRows(labels.shape, labels.shape, "labels", groups, weights)
    try GroupCounts.checkBinary(labels.scalars, "labels")
    try self.init(x, labels.scalars.map(Double.init), groups, weights, batchSize)
  }

  /// Rows of a regression; throws when they differ, there are none or a target is not finite.
  init(
    _ x: Input, targets: Tensor<Float>, groups: Groups, weights: Tensor<Float>?, batchSize: Int
  ) throws(FairnessError) {
    try GroupCounts.checkRows(targets.shape, targets.shape, "targets", groups, weights)
    let numbers = targets.scalars
    if let row = numbers.firstIndex(where: { !$0.isFinite }) {
      throw .invalid("expected finite targets, got \(numbers[row]) in row \(row)")
    }
    try self.init(x, numbers.map(Double.init), groups, weights, batchSize)
  }

  private init(
    _ x: Input, _ labels: [Double], _ groups: Groups, _ weights: Tensor<Float>?, _ batchSize: Int
  ) throws(FairnessError) {
    if batchSize < 1 { throw .invalid("expected a batch of at least one row, got \(batchSize)") }
    let rows = x.tensors.first?.shape.first ?? 0
    if rows != labels.count { throw .shapes("expected features of \(labels.count) rows as the labels, got \(rows)") }
    (self.x, self.labels, self.groups, self.batchSize) = (x, labels, groups, batchSize)
    self.weights = weights?.scalars.map(Double.init) ?? [Double](repeating: 1, count: labels.count)
  }

  func problem(_ moment: FairnessMoment) throws(FairnessError) -> ReductionProblem {
    try ReductionProblem(moment, labels: labels, weights: weights, groups: groups)
  }

  /// The rows with other labels, or their own, and with weights.
  func dataset(labels other: [Double]?, weights: [Double]) throws(DatasetError) -> Dataset<Input, Tensor<Int32>> {
    let labels = Tensor<Int32>((other ?? labels).map { Int32($0) })
    return try Dataset(x, labels).weighted(by: Tensor<Float>(weights.map { Float($0) }))
  }

  /// The rows with their targets, and with weights.
  func dataset(weights: [Double]) throws(DatasetError) -> Dataset<Input, Tensor<Float>> {
    let targets = Tensor<Float>(labels.map { Float($0) })
    return try Dataset(x, targets).weighted(by: Tensor<Float>(weights.map { Float($0) }))
  }

  func decisions<Model: Layer>(of model: Model, from form: OutputForm) throws -> [Double]
  where Model.Input == Input, Model.Output == Tensor<Float> {
    try model.decisions(for: x, rows: labels.count, from: form, batchSize: batchSize)
  }

  func numbers<Model: Layer>(of model: Model) throws -> [Double]
  where Model.Input == Input, Model.Output == Tensor<Float> {
    try model.numbers(for: x, rows: labels.count, batchSize: batchSize)
  }
}

extension Layer where Input: Batchable, Output == Tensor<Float> {
  /// The decisions of rows: 1 where the positive class is the likelier one. Throws when an output is NaN.
  func decisions(for x: Input, rows: Int, from form: OutputForm, batchSize: Int) throws -> [Double] {
    let outputs = try outputs(for: x, rows: rows, batchSize: batchSize)
    let probabilities = try positiveProbabilities(of: outputs, from: form, rows: rows)
    if let row = probabilities.firstIndex(where: \.isNaN) {
      throw FairnessError.invalid("expected numbers as the model's outputs, got NaN in row \(row)")
    }
    return probabilities.map { $0 > 0.5 ? 1 : 0 }
  }

  /// One number for each row. Throws when an output is not finite.
  func numbers(for x: Input, rows: Int, batchSize: Int) throws -> [Double] {
    let outputs = try outputs(for: x, rows: rows, batchSize: batchSize)
    if outputs.shape != [rows] && outputs.shape != [rows, 1] {
      throw FairnessError.shapes("expected outputs of shape [\(rows)] or [\(rows), 1], got \(outputs.shape)")
    }
    let numbers = outputs.scalars.map(Double.init)
    if let row = numbers.firstIndex(where: { !$0.isFinite }) {
      throw FairnessError.invalid("expected finite numbers as the model's outputs, got \(numbers[row]) in row \(row)")
    }
    return numbers
  }
}
