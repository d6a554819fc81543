import MartletCore
import MartletData
import MartletNN
import MartletPlatform
import MartletTraining

/// Measures gaps between groups of the validation data after each epoch, for the history, the progress line, early
/// stopping and the choice of an epoch.
///
/// ```swift
/// let fairness = try FairnessValidation<Sequential>(
///   held.x, labels: held.y, groups: sex, gaps: [.equalizedOddsDifference])
/// let stopping = EarlyStopping(monitoring: "val_equalized_odds_difference", goal: .minimum)
/// let history = try trainer.fit(train, epochs: 20, callbacks: [fairness, stopping])
/// let chosen = try FairnessFront(history, gap: "val_equalized_odds_difference").epoch(gapAtMost: 0.05)
/// ```
/// Put it before callbacks that monitor what it measures. Each gap is called `val_` and its name; the accuracy on the same
/// rows is `val_group_accuracy`. The last epoch's counts are ``counts``, from which all else can be asked.
public final class FairnessValidation<Model: Layer>: Callback
where Model.Input: Batchable, Model.Output == Tensor<Float> {
  /// The counts of the epoch that has ended last; nil before the first.
  public private(set) var counts: GroupCounts?
  /// The gaps that are measured.
  public let gaps: [FairnessGap]

  private let x: Model.Input
  private let labels: Tensor<Int32>
  private let groups: Groups
  private let form: OutputForm
  private let threshold: Double
  private let batchSize: Int

  /// Makes a callback for validation data: features of as many rows as there are labels `[rows]`, each 0 or 1, and groups.
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
  public init(
    _ x: Model.Input, labels: Tensor<Int32>, groups: Groups, gaps: [FairnessGap], from form: OutputForm = .logits,
    threshold: Double = 0.5, batchSize: Int = 256
  ) throws(FairnessError) {
    if gaps.isEmpty { throw .empty("expected at least one gap, got none") }
    if batchSize < 1 { throw .invalid("expected a batch of at least one row, got \(batchSize)") }
    let rows = x.tensors.first?.shape.first ?? 0
    if rows != groups.rowCount {
      throw .shapes("expected features of \(groups.rowCount) rows as the groups have, got \(rows)")
    }
    // What would throw after an epoch throws now.
    let none = try GroupCounts(
      labels: labels, probabilities: Tensor<Float>.zeros([groups.rowCount]), threshold: threshold, groups: groups)
    for gap in gaps { _ = try none.value(of: gap) }
    (self.x, self.labels, self.groups, self.gaps) = (x, labels, groups, gaps)
    (self.form, self.threshold, self.batchSize) = (form, threshold, batchSize)
  }

  /// Measures the gaps and adds them to the epoch.
  public func onEpochEnd(_ fit: FitState) throws {
    let counts = try counts(of: fit)
    self.counts = counts
    fit.record("val_group_accuracy", GroupMeasure.accuracy(counts.overall))
    for gap in gaps { fit.record("val_\(gap.name)", try counts.value(of: gap)) }
  }

  /// The counts of the model as it is now.
  func counts(of fit: FitState) throws -> GroupCounts {
    guard let model = fit.model as? Model else {
      throw FairnessError.invalid("expected a model of type \(Model.self), got \(type(of: fit.model))")
    }
    var probabilities = [Float]()
    try withMode(.inference) {
      try withoutGradient {
        for start in stride(from: 0, to: groups.rowCount, by: batchSize) {
          let rows = start..<min(groups.rowCount, start + batchSize)
          probabilities += try positiveProbabilities(of: model(x.rows(rows)), from: form, rows: rows.count)
        }
      }
    }
    return try GroupCounts(
      labels: labels, probabilities: Tensor<Float>(probabilities), threshold: threshold, groups: groups)
  }
}

/// The probabilities of the positive class in a model's outputs `[rows]`, `[rows, 1]` or, for two classes, `[rows, 2]`.
func positiveProbabilities(
  of outputs: Tensor<Float>, from form: OutputForm, rows: Int
) throws(FairnessError) -> [Float] {
  let numbers = outputs.scalars
  switch outputs.shape {
  case [rows], [rows, 1]: return form == .logits ? numbers.map { 1 / (1 + exp(-$0)) } : numbers
  case [rows, 2]:
    return (0..<rows).map { row in
      let (negative, positive) = (numbers[2 * row], numbers[2 * row + 1])
      return form == .logits ? 1 / (1 + exp(negative - positive)) : positive
    }
  default:
    throw .shapes("expected outputs of shape [\(rows)], [\(rows), 1] or [\(rows), 2], got \(outputs.shape)")
  }
}
