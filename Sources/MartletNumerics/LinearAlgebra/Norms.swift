import MartletCore

/// The norms of matrices.
public enum MatrixNorm: Sendable, CaseIterable {
  /// The square root of the sum of the squares of all elements.
  case frobenius
  /// The sum of the singular values.
  case nuclear
  /// The largest singular value: the operator norm for vectors of order 2.
  case spectral
  /// The largest sum of the magnitudes in a column: the operator norm for vectors of order 1.
  case one
  /// The largest sum of the magnitudes in a row: the operator norm for vectors of order infinity.
  case infinity
}

/// The norms `[...]` of matrices `[..., m, n]`; traps for other shapes, and for matrices without elements where the norm
/// is a maximum.
///
/// At a zero matrix the Frobenius norm's gradient is zero. That of the spectral norm needs one singular value to be
/// largest; that of the nuclear norm needs all of them to be positive.
///
/// - Throws: `LinearAlgebraError` where singular values are needed and the matrix has NaN or infinity.
/// - Complexity: O(m n), and O(m n min(m, n)) where singular values are needed, for each matrix.
public func matrixNorm<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ norm: MatrixNorm = .frobenius
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  requireMatrices(a, for: "matrixNorm")
  if a.shape.rows * a.shape.columns == 0, norm != .frobenius, norm != .nuclear {
    trap("matrixNorm", "expected matrices with elements for the norm \(norm), got \(a.shape)")
  }
  switch norm {
  case .frobenius: return vectorNorm(a, axes: [-2, -1])
  case .nuclear: return try values(of: a, for: "matrixNorm").sum(axis: -1)
  case .spectral: return try values(of: a, for: "matrixNorm").max(axis: -1)
  case .one: return a.abs().sum(axis: -2).max(axis: -1)
  case .infinity: return a.abs().sum(axis: -1).max(axis: -1)
  }
}

/// Traps in the name of `operation` unless a tensor is a batch of matrices.
func requireMatrices<Scalar>(_ a: Tensor<Scalar>, for operation: String, square: Bool = false) {
  if a.rank < 2 || (square && a.shape.rows != a.shape.columns) {
    trap(
      operation,
      "expected \(square ? "square matrices [..., n, n]" : "matrices [..., m, n]"), got a tensor of shape \(a.shape)")
  }
}

/// The singular values, in the name of another operation.
private func values<Scalar: FloatingScalar>(
  of a: Tensor<Scalar>, for operation: String
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try SingularValues().run(operation, [a.erased])[0])
}

/// The norm of all elements, (∑ |x|^order)^(1/order), of rank 0.
///
/// Order 2 is the Euclidean norm, 1 the sum of magnitudes, infinity and −infinity the largest and the least magnitude, 0
/// the number of elements that are not zero; every other number is allowed too. Where the norm is zero, its gradient is
/// zero. Traps for NaN, and for the largest or least magnitude of no elements.
public func vectorNorm<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, order: Double = 2, keepDims: Bool = false
) -> Tensor<Scalar> {
  vectorNorm(x, order: order, axes: Array(0..<x.rank), keepDims: keepDims)
}

/// The norms of the vectors along an axis; see `vectorNorm(_:order:keepDims:)`.
public func vectorNorm<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, order: Double = 2, axis: Int, keepDims: Bool = false
) -> Tensor<Scalar> {
  vectorNorm(x, order: order, axes: [axis], keepDims: keepDims)
}

/// The norms of the elements along several axes, taken as one vector; see `vectorNorm(_:order:keepDims:)`.
public func vectorNorm<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, order: Double = 2, axes: [Int], keepDims: Bool = false
) -> Tensor<Scalar> {
  let normalized = axes.map { axis in
    guard let index = x.shape.normalized(axis: axis) else { trap("vectorNorm", "\(x.shape) has no axis \(axis)") }
    return index
  }
  if Set(normalized).count != axes.count { trap("vectorNorm", "expected different axes, got \(axes) of \(x.shape)") }
  if order.isNaN { trap("vectorNorm", "expected a number as order, got NaN") }
  if order.isInfinite && normalized.contains(where: { x.shape[$0] == 0 }) {
    trap("vectorNorm", "expected elements along axes \(axes) for order \(order), got \(x.shape)")
  }
  func sum(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x.sum(axes: normalized, keepDims: keepDims) }
  switch order {
  case .infinity: return x.abs().max(axes: normalized, keepDims: keepDims)
  case -.infinity: return x.abs().min(axes: normalized, keepDims: keepDims)
  case 0: return sum((x.detached() .!= 0).cast(to: Scalar.self))
  case 1: return sum(x.abs())
  case 2:
    return nonzero(x.sumOfSquares(axes: normalized, keepDims: keepDims)) { $0.sqrt() }
  default:
    // Below order 1 the slope at zero is infinite; the elements there are left out of the gradient. Below order 0 one of
    // them makes the sum infinite, the norm zero, and the slopes at all others zero.
    let powers =
      order < 1
      ? nonzero(x.abs(), atZero: order < 0 ? .infinity : 0) { $0.power(Scalar(order)) } : x.abs().power(Scalar(order))
    return order > 0 ? nonzero(sum(powers)) { $0.power(Scalar(1 / order)) } : sum(powers).power(Scalar(1 / order))
  }
}

/// A function with another value at zero, and gradient zero there.
private func nonzero<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, atZero value: Scalar = 0, _ function: (Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  // Twice, so that no infinite slope is multiplied by the zero of the outer one.
  let isZero = x .== 0
  return Tensor.where(isZero, Tensor(value), function(Tensor.where(isZero, Tensor(1), x)))
}

/// The sums of the diagonals of matrices `[..., m, n]`, of the batch's shape; traps for other shapes.
///
/// - Complexity: O(min(m, n)) for each matrix.
public func trace<Scalar: FloatingScalar>(_ a: Tensor<Scalar>) -> Tensor<Scalar> {
  requireMatrices(a, for: "trace")
  return Tensor<Scalar>(unchecked: a.erased.diagonals).sum(axis: -1)
}
