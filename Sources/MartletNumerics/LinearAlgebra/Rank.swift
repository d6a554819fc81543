import MartletCore

// What singular values tell of a matrix.

/// The ranks `[...]` of matrices `[..., m, n]`: how many singular values are larger than `relativeTolerance` times the
/// largest, by default max(m, n) times the scalar type's epsilon. Traps for other shapes, and for a tolerance below 0.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(m n min(m, n)) for each matrix.
public func matrixRank<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, relativeTolerance: Double? = nil
) throws(LinearAlgebraError) -> Tensor<Int64> {
  requireMatrices(a, for: "matrixRank")
  requireTolerance(relativeTolerance, for: "matrixRank")
  let values = Tensor<Scalar>(unchecked: try SingularValues().run("matrixRank", [a.erased.detached()])[0])
  if a.shape.rows * a.shape.columns == 0 { return .zeros(a.shape.batch) }
  let share = relativeTolerance ?? Scalar.relativeTolerance(a.shape.rows, a.shape.columns)
  return (values .> values.max(axis: -1, keepDims: true) * Scalar(share)).sum(axis: -1)
}

/// The condition numbers `[...]` of matrices: the norm times that of the inverse.
///
/// For the spectral norm, of matrices `[..., m, n]`, it is the largest singular value divided by the least, infinite
/// where that is 0; for the others the matrices are square and a singular one throws. Traps for other shapes, and for matrices
/// without elements.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and for a singular one where an inverse is needed.
/// - Complexity: O(m n min(m, n)) for each matrix.
public func conditionNumber<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ norm: MatrixNorm = .spectral
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  requireMatrices(a, for: "conditionNumber", square: norm != .spectral)
  if a.shape.rows * a.shape.columns == 0 { trap("conditionNumber", "expected matrices with elements, got \(a.shape)") }
  if norm == .spectral {
    let values = Tensor<Scalar>(unchecked: try SingularValues().run("conditionNumber", [a.erased])[0])
    let (most, least) = (values[.ellipsis, 0], values[.ellipsis, -1])
    // Of a zero matrix too, as in NumPy, where the quotient is NaN.
    return Tensor.where(least .== 0, Tensor(.infinity), most / least)
  }
  let inverse = Tensor<Scalar>(unchecked: try Inverse().run("conditionNumber", [a.erased])[0])
  return try matrixNorm(a, norm) * matrixNorm(inverse, norm)
}

/// An orthonormal basis of the vectors that a matrix `[m, n]` maps to zero: the columns of `[n, n − rank]`.
///
/// Singular values up to `relativeTolerance` times the largest count as zero, by default max(m, n) times the scalar type's
/// epsilon. It has no derivative, and there is none for batches, whose matrices may differ in rank; both trap.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(m n max(m, n)).
public func nullSpace<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, relativeTolerance: Double? = nil
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  if a.rank != 2 { trap("nullSpace", "expected one matrix [m, n], got a tensor of shape \(a.shape)") }
  requireTolerance(relativeTolerance, for: "nullSpace")
  let results = try SVD(isFull: true).run("nullSpace", [a.erased])
  let (values, vt) = (Tensor<Scalar>(unchecked: results[1].detached()), Tensor<Scalar>(unchecked: results[2]))
  let share = Scalar(relativeTolerance ?? Scalar.relativeTolerance(a.shape.rows, a.shape.columns))
  let rank = values.scalars.count { $0 > share * (values.scalars.first ?? 0) }
  return vt[rank...].transposed()
}
