import MartletCore
import MartletData
import MartletNN
import MartletTraining

/// Measures gaps between groups of the validation data after each epoch, for the history, the progress line, early
/// stopping and the choice of an epoch.
///
/// ```swift
/// let fairness = try FairnessValidation<Sequential>(labels: held.y, groups: sex, gaps: [.equalizedOddsDifference])
/// let stopping = EarlyStopping(monitoring: "val_equalized_odds_difference", goal: .minimum)
/// let history = try trainer.fit(train, validation: held, epochs: 20, callbacks: [fairness, stopping])
/// let chosen = try FairnessFront(history, gap: "val_equalized_odds_difference").epoch(gapAtMost: 0.05)
/// ```
/// Put it before callbacks that monitor what it measures. Each gap is called `val_` and its name; the accuracy on the same
/// rows is `val_group_accuracy`. The last epoch's counts are ``counts``, from which all else can be asked.
///
/// The outputs are those that the fit's validation has computed, so that only counting is added to an epoch; of other
/// rows, whose features are given, they are computed too.
public final class FairnessValidation<Model: Layer>: Callback
where Model.Input: Batchable, Model.Output == Tensor<Float> {
  /// The gaps that are measured.
  public let gaps: [FairnessGap]
  /// The counts of the epoch that has ended last, with its probabilities; nil before the first.
  /// - Complexity: O(rows) when it is asked first after an epoch
  public var counts: GroupCounts? {
    if let counted { return counted }
    guard let probabilities else { return nil }
    // Labels, groups and probabilities were accepted when the epoch ended.
    counted = try? GroupCounts(labels: labels, probabilities: probabilities, threshold: threshold, groups: groups)
    return counted
  }

  /// Features of rows of their own; nil where the fit's validation data are measured.
  private let x: Model.Input?
  private let labels: Tensor<Int32>
  private let groups: Groups
  private let form: OutputForm
  private let threshold: Double
  private let batchSize: Int
  private var probabilities: Tensor<Float>?
  private var counted: GroupCounts?

  /// Makes a callback for the fit's validation data, of whose rows, in order, the labels `[rows]`, each 0 or 1, and the
  /// groups are given.
  ///
  /// Throws as `init(_:labels:groups:gaps:from:threshold:batchSize:)` does; the fit throws when it has no validation data,
  /// when these have other rows, and when its loss is not one of outputs.
  /// - Parameters:
  ///   - labels: The labels.
  ///   - groups: The groups.
  ///   - gaps: The gaps to measure.
  ///   - form: What the model's outputs are, `[rows]`, `[rows, 1]` or, for two classes, `[rows, 2]`.
  ///   - threshold: The probability above which a row is decided positively.
  public convenience init(
    labels: Tensor<Int32>, groups: Groups, gaps: [FairnessGap], from form: OutputForm = .logits, threshold: Double = 0.5
  ) throws(FairnessError) {
    try self.init(features: nil, labels, groups, gaps, form, threshold, 256)
  }

  /// Makes a callback for rows of their own: features of as many rows as there are labels `[rows]`, each 0 or 1, and
  /// groups.
  ///
  /// Throws when the rows differ, when there are none, when a label is neither 0 nor 1, when no gap is given, when a gap of
  /// two groups names a level that there is not, and when a batch has no row.
  /// - Parameters:
  ///   - x: The features.
  ///   - labels: The labels.
  ///   - groups: The groups.
  ///   - gaps: The gaps to measure.
  ///   - form: What the model's outputs are, `[rows]`, `[rows, 1]` or, for two classes, `[rows, 2]`.
  ///   - threshold: The probability above which a row is decided positively.
  ///   - batchSize: How many rows are computed at a time.
  public convenience init(
    _ x: Model.Input, labels: Tensor<Int32>, groups: Groups, gaps: [FairnessGap], from form: OutputForm = .logits,
    threshold: Double = 0.5, batchSize: Int = 256
  ) throws(FairnessError) {
    let rows = x.tensors.first?.shape.first ?? 0
    if rows != groups.rowCount {
      throw .shapes("expected features of \(groups.rowCount) rows as the groups have, got \(rows)")
    }
    try self.init(features: x, labels, groups, gaps, form, threshold, batchSize)
  }

  private init(
    features x: Model.Input?, _ labels: Tensor<Int32>, _ groups: Groups, _ gaps: [FairnessGap], _ form: OutputForm,
    _ threshold: Double, _ batchSize: Int
  ) throws(FairnessError) {
    if gaps.isEmpty { throw .empty("expected at least one gap, got none") }
    if batchSize < 1 { throw .invalid("expected a batch of at least one row, got \(batchSize)") }
    // What would throw after an epoch throws now.
    let none = try GroupCounts(
      labels: labels, probabilities: Tensor<Float>.zeros([groups.rowCount]), threshold: threshold, groups: groups)
    for gap in gaps { _ = try none.value(of: gap) }
    (self.x, self.labels, self.groups, self.gaps) = (x, labels, groups, gaps)
    (self.form, self.threshold, self.batchSize) = (form, threshold, batchSize)
  }

  /// Throws when the fit's validation data are to be measured, and there are none.
  public func onFitBegin(_ fit: FitState) throws(FairnessError) {
    (probabilities, counted) = (nil, nil)
    if x != nil { return }
    if !fit.hasValidation {
      throw .empty(
        "FairnessValidation: expected validation data, got none; give validation: or validationSplit:, or the features of "
          + "rows to measure")
    }
    fit.keepsValidationOutputs = true
  }

  /// Measures the gaps and adds them to the epoch.
  public func onEpochEnd(_ fit: FitState) throws {
    let numbers = try probabilities(fit)
    let found = Tensor<Float>(numbers)
    // Counts of decisions are much quicker than sums over probabilities, which most gaps do not need.
    let isOfCounts = gaps.allSatisfy(\.isOfCounts)
    let counts =
      isOfCounts
      ? try GroupCounts(labels: labels, decisions: decisions(numbers), groups: groups)
      : try GroupCounts(labels: labels, probabilities: found, threshold: threshold, groups: groups)
    (probabilities, counted) = (found, isOfCounts ? nil : counts)
    fit.record("val_group_accuracy", GroupMeasure.accuracy(counts.overall))
    for gap in gaps { fit.record("val_\(gap.name)", try counts.value(of: gap)) }
  }

  private func decisions(_ numbers: [Float]) throws(FairnessError) -> Tensor<Int32> {
    if let row = numbers.firstIndex(where: { !(0...1).contains($0) }) {
      throw .invalid("expected probabilities within 0…1, got \(numbers[row]) in row \(row)")
    }
    let threshold = threshold
    return Tensor<Int32>(numbers.map { Double($0) > threshold ? 1 : 0 })
  }

  /// The counts of the model as it is now, whose parameters the fit may have put back after its last epoch.
  func counts(of fit: FitState) throws -> GroupCounts? {
    let features = x ?? (fit.subject?.validation as? any CardRows)?.features as? Model.Input
    // Rows that come as a stream are gone.
    guard let features else { return counts }
    return try GroupCounts(
      labels: labels, probabilities: Tensor<Float>(probabilities(of: features, fit)), threshold: threshold,
      groups: groups)
  }

  private func probabilities(of features: Model.Input, _ fit: FitState) throws -> [Float] {
    guard let model = fit.model as? Model else {
      throw FairnessError.invalid("expected a model of type \(Model.self), got \(type(of: fit.model))")
    }
    let outputs = try model.outputs(for: features, rows: groups.rowCount, batchSize: batchSize)
    return try positiveProbabilities(of: outputs, from: form, rows: groups.rowCount)
  }

  private func probabilities(_ fit: FitState) throws -> [Float] {
    if let x { return try probabilities(of: x, fit) }
    let batches = fit.validationOutputs.compactMap { $0 as? Tensor<Float> }
    let rows = batches.reduce(0) { $0 + ($1.shape.first ?? 0) }
    if rows != groups.rowCount {
      throw FairnessError.shapes(
        "expected validation data of \(groups.rowCount) rows as the groups have, got outputs for \(rows)"
          + (rows == 0 ? ", as of a loss that is not one of outputs" : ""))
    }
    guard let outputs = Tensor<Float>.concatenated(batches) else {
      throw FairnessError.shapes("expected outputs of one shape, got \(batches.map(\.shape))")
    }
    return try positiveProbabilities(of: outputs, from: form, rows: rows)
  }
}

/// The probabilities of the positive class in a model's outputs `[rows]`, `[rows, 1]` or, for two classes, `[rows, 2]`.
func positiveProbabilities(
  of outputs: Tensor<Float>, from form: OutputForm, rows: Int
) throws(FairnessError) -> [Float] {
  let scores: Tensor<Float>
  switch outputs.shape {
  case [rows], [rows, 1]: scores = outputs.reshaped(to: [rows])
  case [rows, 2]: scores = form == .logits ? outputs[.all, 1] - outputs[.all, 0] : outputs[.all, 1]
  default:
    throw .shapes("expected outputs of shape [\(rows)], [\(rows), 1] or [\(rows), 2], got \(outputs.shape)")
  }
  return (form == .logits ? scores.sigmoid() : scores).scalars
}
