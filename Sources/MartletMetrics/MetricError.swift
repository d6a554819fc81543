import MartletCore

/// Why something cannot be measured.
public enum MetricError: Error, Sendable, Equatable {
  /// There are no rows, or none with a weight.
  case empty(String)
  /// Shapes that do not go together.
  case shapes(String)
  /// An argument or a number that cannot be used.
  case invalid(String)
  /// A label is not one of the classes.
  case labelOutOfRange(label: Int, row: Int, classes: Int)
}

extension MetricError: CustomStringConvertible {
  /// What is wrong and what to do.
  public var description: String {
    switch self {
    case .empty(let reason), .shapes(let reason), .invalid(let reason): reason
    case .labelOutOfRange(let label, let row, let classes):
      "expected labels within 0..<\(classes), got \(label) in row \(row)"
    }
  }
}

/// Throws unless weights are `[rows]`, finite, not negative, and not all 0.
func checkWeights<S: FloatingScalar>(_ weights: Tensor<S>, rows: Int) throws(MetricError) {
  if weights.shape != [rows] {
    throw .shapes("expected a weight for each of \(rows) rows, shape [\(rows)], got \(weights.shape)")
  }
  let numbers = weights.scalars
  if let row = numbers.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
    throw .invalid("expected weights that are finite and not negative, got \(numbers[row]) for row \(row)")
  }
  if !numbers.contains(where: { $0 > 0 }) { throw .empty("expected a weight above 0, got none in \(rows) rows") }
}

/// Numbers `[n]` with as many others, and their weights, as lists; throws when their counts differ or there are none.
func paired<A: NumericScalar, B: NumericScalar, W: FloatingScalar>(
  _ a: Tensor<A>, _ b: Tensor<B>, _ weights: Tensor<W>?, _ names: String
) throws(MetricError) -> (a: [Double], b: [Double], weights: [Double]) {
  if a.shape != b.shape { throw .shapes("expected \(names) of one shape, got \(a.shape) and \(b.shape)") }
  if a.count == 0 { throw .empty("expected rows, got \(names) of shape \(a.shape)") }
  let rows = a.rank == 0 ? 1 : a.shape[0]
  if let weights { try checkWeights(weights, rows: rows) }
  let (first, second) = (doubles(a), doubles(b))
  if first.contains(where: \.isNaN) || second.contains(where: \.isNaN) {
    throw .invalid("expected \(names) that are numbers, got NaN")
  }
  let each = a.count / rows
  let weights = weights.map { doubles($0).flatMap { [Double](repeating: $0, count: each) } }
  return (first, second, weights ?? [Double](repeating: 1, count: a.count))
}

func doubles<S: NumericScalar>(_ tensor: Tensor<S>) -> [Double] { tensor.detached().cast(to: Double.self).scalars }
