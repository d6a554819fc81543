import MartletCore
import MartletText

/// A method whose work is to be counted before it runs.
public enum ExplanationMethod: Sendable, Equatable {
  /// Saliency and input × gradient: one gradient for each row.
  case gradient
  /// So many gradients for each row, and two evaluations.
  case integratedGradients(nodes: Int)
  /// So many gradients for each row.
  case smoothGradient(samples: Int)
  /// Both runs and the walk back.
  case deepLift
  /// An evaluation for each window, and one of the row.
  case occlusion(window: [Int]?, strides: [Int]?)
  /// An evaluation for each set and background row.
  case shapleyValues(method: ShapleyMethod, backgroundRows: Int)
  /// An evaluation for each feature and repetition, and one of the row.
  case permutationImportance(repeats: Int)
  /// An evaluation for each value.
  case partialDependence(values: Int)
}

/// What an explanation costs, from the formulas of the model's operations.
public struct ExplanationCost: Sendable, Equatable {
  /// How many rows are explained.
  public let rowCount: Int
  /// How often a row is evaluated without a gradient.
  public let evaluationsPerRow: Int
  /// How often the gradient at a row is taken.
  public let gradientsPerRow: Int
  /// Floating-point operations of one evaluation of a row.
  public let evaluationFlops: Int
  /// Floating-point operations of one gradient at a row, the evaluation included.
  public let gradientFlops: Int
  /// Floating-point operations of the whole explanation.
  public let flops: Int

  /// How many evaluations of a row one explanation of it comes to.
  public var equivalentEvaluations: Double {
    evaluationFlops == 0 ? .nan : Double(flops) / Double(rowCount) / Double(evaluationFlops)
  }
}

extension ExplanationCost: CustomStringConvertible {
  /// `150 MFLOP: 4 rows × (2 evaluations + 50 gradients) = 152 evaluations of each row`.
  public var description: String {
    "\(NumberFormat.metric(Double(flops) / 1e6)) MFLOP: \(rowCount) rows × (\(evaluationsPerRow) evaluations + "
      + "\(gradientsPerRow) gradients) = \(NumberFormat.fixed(equivalentEvaluations, 0)) evaluations of each row"
  }
}

/// Adds up the floating-point operations that pass the door.
private final class FLOPCount: Observer {
  var flops = 0
  func observe(_ event: DoorEvent) { if !event.isAlias { flops += event.cost.flops } }

  static func of(_ body: () throws -> Void) rethrows -> Int {
    let count = FLOPCount()
    try Observation.with(count, body)
    return count.flops
  }
}

extension Explainer {
  /// What a method would cost for the rows of `x`, before it runs.
  ///
  /// The model is evaluated and differentiated at one row and at two, which tells what is the same for any number of rows
  /// and what grows with them; the rest is arithmetic. What methods compute beside the model, such as points on a line, is
  /// not counted. Refining integrated gradients takes more nodes: ask for the most that you allow.
  public func cost(of method: ExplanationMethod, for x: Tensor<Scalar>) throws(ExplanationError) -> ExplanationCost {
    try check(x)
    let shape = x.shape.dropFirst()
    let width = x.count / x.shape[0]
    let (evaluations, gradients): (Int, Int)
    switch method {
    case .gradient: (evaluations, gradients) = (0, 1)
    case .integratedGradients(let nodes): (evaluations, gradients) = (2, nodes)
    case .smoothGradient(let samples): (evaluations, gradients) = (0, samples)
    case .deepLift: (evaluations, gradients) = (1, 1)
    case .occlusion(let window, let strides):
      (evaluations, gradients) = (1 + (try Self.windows(Array(shape), window, strides).count), 0)
    case .shapleyValues(let kind, let background):
      (evaluations, gradients) = (background * kind.setCount(features: width), 0)
    case .permutationImportance(let repeats): (evaluations, gradients) = (1 + repeats * width, 0)
    case .partialDependence(let values): (evaluations, gradients) = (values, 0)
    }
    if evaluations + gradients < 1 { throw .invalid("expected at least one evaluation, got \(method)") }
    let evaluation = try linear(x) { x, rows throws(ExplanationError) in _ = try self.values(x, rows) }
    let gradient =
      method == .deepLift
      ? try linear(x) { x, _ throws(ExplanationError) in _ = try deepLift(x, tolerance: 1) }.minus(evaluation)
      : try linear(x) { x, rows throws(ExplanationError) in _ = try self.gradients(x, rows) }
    func total(_ cost: LinearCost, _ count: Int) -> Int { cost.flops(rows: count, rowsPerPass: rowsPerPass) }
    return ExplanationCost(
      rowCount: x.shape[0], evaluationsPerRow: evaluations, gradientsPerRow: gradients,
      evaluationFlops: evaluation.flops(rows: 1, rowsPerPass: 1),
      gradientFlops: gradient.flops(rows: 1, rowsPerPass: 1),
      flops: total(evaluation, evaluations * x.shape[0]) + total(gradient, gradients * x.shape[0]))
  }

  private func linear(
    _ x: Tensor<Scalar>, _ body: (Tensor<Scalar>, [Int]) throws(ExplanationError) -> Void
  ) throws(ExplanationError) -> LinearCost {
    func count(_ rows: Int) throws(ExplanationError) -> Int {
      let places = [Int](repeating: 0, count: rows)
      let points = x[0..<1].broadcast(to: Shape([rows] + x.shape.dropFirst())).contiguous()
      do {
        return try FLOPCount.of { try body(points, places) }
      } catch let error as ExplanationError {
        throw error
      } catch {
        throw .model("\(error)")
      }
    }
    let (one, two) = (try count(1), try count(2))
    return LinearCost(fixed: max(0, 2 * one - two), perRow: two - one)
  }
}

/// Floating-point operations of a pass: some, and some for each of its rows.
private struct LinearCost {
  let fixed: Int
  let perRow: Int

  func flops(rows: Int, rowsPerPass: Int) -> Int {
    (rows + rowsPerPass - 1) / rowsPerPass * fixed + rows * perRow
  }

  func minus(_ other: LinearCost) -> LinearCost {
    LinearCost(fixed: max(0, fixed - other.fixed), perRow: max(0, perRow - other.perRow))
  }
}

extension ShapleyMethod {
  /// How many sets of features are evaluated.
  fileprivate func setCount(features: Int) -> Int {
    switch self {
    case .automatic:
      features <= 12 ? 1 << features : Coalitions(features: features, limit: 2048, seed: 0).members.count + 2
    case .exact: 1 << min(features, 20)
    case .kernel(let sets): Coalitions(features: features, limit: sets, seed: 0).members.count + 2
    }
  }
}
