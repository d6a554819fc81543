import MartletCore
import MartletNN
import MartletPlots
import MartletText

/// What an attack found: the changed inputs, and what the model says of them.
public struct AttackResult: Sendable {
  /// The attack.
  public let attack: AdversarialAttack
  /// The inputs as they were, `[rows, …]`.
  public let original: Tensor<Float>
  /// The changed inputs, `[rows, …]`.
  public let inputs: Tensor<Float>
  /// The classes of the rows, `[rows]`.
  public let labels: Tensor<Int32>
  /// The classes that were to be reached, `[rows]`; nil where any wrong one was.
  public let targets: Tensor<Int32>?
  /// What the model predicted without the changes, `[rows]`.
  public let predictionsBefore: Tensor<Int32>
  /// What the model predicts with them, `[rows]`.
  public let predictions: Tensor<Int32>

  /// The share of rows that the model predicts rightly without the changes.
  public var accuracy: Double { share(isRight(predictionsBefore)) }

  /// The share of rows that the model predicts rightly without the changes and with them.
  public var robustAccuracy: Double {
    share(zip(isRight(predictionsBefore), isRight(predictions)).map { $0 && $1 })
  }

  /// The share of successes: among the rows that were right before, those that are wrong now; with targets, among the
  /// rows that were not predicted to be the target, those that are now. NaN when there are no such rows.
  public var successRate: Double {
    let (before, after) = (predictionsBefore.scalars, predictions.scalars)
    let goals = (targets ?? labels).scalars
    let isTargeted = targets != nil
    let open = before.indices.filter { (before[$0] == goals[$0]) != isTargeted }
    return share(open.map { (after[$0] == goals[$0]) == isTargeted })
  }

  /// How much each row was changed, in the attack's norm.
  public var distances: [Double] {
    let (before, after) = (original.scalars, inputs.scalars)
    let size = max(1, original.count / max(1, original.shape[0]))
    return (0..<original.shape[0]).map { row in
      let changes = (row * size..<(row + 1) * size).map { abs(Double(after[$0]) - Double(before[$0])) }
      switch attack.norm {
      case .maximum: return changes.max() ?? 0
      case .euclidean: return changes.reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
    }
  }

  private func isRight(_ predictions: Tensor<Int32>) -> [Bool] {
    zip(predictions.scalars, labels.scalars).map { $0 == $1 }
  }

  private func share(_ truths: [Bool]) -> Double {
    truths.isEmpty ? .nan : Double(truths.count { $0 }) / Double(truths.count)
  }
}

/// The accuracy that attacks of several strengths leave, ascending in strength.
public struct RobustnessCurve: Sendable, Equatable, CustomStringConvertible {
  /// A strength and what it leaves.
  public struct Point: Sendable, Equatable {
    /// The greatest change of a row.
    public let strength: Double
    /// The share of rows that are predicted rightly without a change and with any that was found up to this strength.
    public let robustAccuracy: Double
  }

  /// How changes are measured.
  public let norm: AdversarialAttack.Norm
  /// The share of rows that are predicted rightly without a change.
  public let accuracy: Double
  /// What each strength leaves.
  public let points: [Point]

  /// A line for each strength.
  public var description: String {
    var table = TextTable(["strength (\(norm.rawValue) norm)", "robust accuracy"], textColumns: 0)
    table.append(["0", NumberFormat.metric(accuracy)])
    for point in points { table.append(["\(point.strength)", NumberFormat.metric(point.robustAccuracy)]) }
    return table.text
  }

  /// Robust accuracy over strength, as a line that begins at the accuracy without an attack.
  public func chart(title: String = "Robust accuracy") -> Chart {
    var chart = Chart(
      title, x: ChartAxis("strength (\(norm.rawValue) norm)"), y: ChartAxis("robust accuracy", range: 0...1))
    chart.line([0] + points.map(\.strength), [accuracy] + points.map(\.robustAccuracy), label: "", hasDots: true)
    return chart
  }
}

extension AdversarialAttack {
  /// The accuracy that the attack leaves at several strengths, at inputs `[rows, …]` with labels `[rows]`.
  ///
  /// A row that falls at one strength has fallen at the greater ones, as the change that was found is within them too, so
  /// only the others are attacked again. Throws as `callAsFunction(_:_:labels:targets:from:batchSize:seed:)` does, and
  /// when there is no strength.
  /// - Complexity: For each strength, starts · steps gradients and outputs of the rows that are left.
  public func curve<Model: Layer>(
    of model: Model, _ x: Tensor<Float>, labels: Tensor<Int32>, strengths: [Double],
    from form: OutputForm = .logits, batchSize: Int = 256, seed: UInt64 = 0
  ) throws(RobustnessError) -> RobustnessCurve where Model.Input == Tensor<Float>, Model.Output == Tensor<Float> {
    try check(model, takes: x)
    return try curve(
      x, labels: labels, strengths: strengths, from: form, batchSize: batchSize, seed: seed
    ) { model($0) }
  }

  /// The accuracy that the attack of a function leaves at several strengths: see
  /// `curve(of:_:labels:strengths:from:batchSize:seed:)`.
  public func curve(
    _ x: Tensor<Float>, labels: Tensor<Int32>, strengths: [Double], from form: OutputForm = .logits,
    batchSize: Int = 256, seed: UInt64 = 0, outputs: (Tensor<Float>) -> Tensor<Float>
  ) throws(RobustnessError) -> RobustnessCurve {
    if strengths.isEmpty { throw .empty("expected at least one strength, got none") }
    let attacks = try strengths.map { (strength) throws(RobustnessError) in try with(strength: strength) }
      .sorted { $0.strength < $1.strength }
    var (left, accuracy, points) = ([Int32](), Double.nan, [RobustnessCurve.Point]())
    for (index, attack) in attacks.enumerated() {
      if index > 0 && left.isEmpty {
        points.append(RobustnessCurve.Point(strength: attack.strength, robustAccuracy: 0))
        continue
      }
      let places = Tensor<Int32>(left)
      let (rows, classes) = index == 0 ? (x, labels) : (x.take(places), labels.take(places))
      let result = try attack(
        rows, labels: classes, from: form, batchSize: batchSize, seed: seed, outputs: outputs)
      let (before, after, right) = (
        result.predictionsBefore.scalars, result.predictions.scalars, classes.scalars
      )
      if index == 0 {
        accuracy = result.accuracy
        left = (0..<Int32(right.count)).map { $0 }
      }
      left = right.indices.filter { before[$0] == right[$0] && after[$0] == right[$0] }.map { left[$0] }
      points.append(
        RobustnessCurve.Point(
          strength: attack.strength, robustAccuracy: Double(left.count) / Double(x.shape[0])))
    }
    return RobustnessCurve(norm: norm, accuracy: accuracy, points: points)
  }
}
