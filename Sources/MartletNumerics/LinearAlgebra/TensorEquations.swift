import MartletCore

/// The product of several matrices, in the order of brackets that takes the fewest multiplications: PyTorch's and NumPy's
/// `multi_dot`.
///
/// The first may be a row vector `[n]`, and the last a column vector `[m]`; the result is then without that axis. Traps
/// when there are none, or the shapes do not fit.
///
/// - Complexity: O(n³) for n matrices, and that of the products (Cormen et al., "Introduction to Algorithms", 14.2).
public func multiDot<Scalar: FloatingScalar>(_ matrices: [Tensor<Scalar>]) -> Tensor<Scalar> {
  guard let first = matrices.first, let last = matrices.last else {
    trap(TensorError("multiDot", expected: "at least one matrix", got: "none"))
  }
  if matrices.count == 1 { return first }
  var chain = matrices
  if first.rank == 1 { chain[0] = first.expandedDimension(at: 0) }
  if last.rank == 1 { chain[chain.count - 1] = last.expandedDimension(at: 1) }
  for (a, b) in zip(chain, chain.dropFirst()) where a.rank != 2 || b.rank != 2 || a.shape[1] != b.shape[0] {
    let shapes = matrices.map { "\($0.shape)" }.joined(separator: ", ")
    trap(TensorError("multiDot", expected: "matrices [a, b], [b, c], [c, d] …", got: shapes))
  }
  let sizes = chain.map { $0.shape[0] } + [chain[chain.count - 1].shape[1]]
  let count = chain.count
  // The least cost of the product from the first to the last of a part, and before which matrix to cut it.
  var costs = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
  var cuts = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
  for length in 1..<count {
    for low in 0..<(count - length) {
      let high = low + length
      let choices = (low..<high).map { (cut: Int) -> Double in
        let multiplications = Double(sizes[low]) * Double(sizes[cut + 1]) * Double(sizes[high + 1])
        return costs[low][cut] + costs[cut + 1][high] + multiplications
      }
      let best = choices.indices.min { choices[$0] < choices[$1] }!
      (costs[low][high], cuts[low][high]) = (choices[best], low + best)
    }
  }
  func product(_ low: Int, _ high: Int) -> Tensor<Scalar> {
    if low == high { return chain[low] }
    return matmul(product(low, cuts[low][high]), product(cuts[low][high] + 1, high))
  }
  var result = product(0, count - 1)
  if last.rank == 1 { result = result.squeezed(axis: 1) }
  return first.rank == 1 ? result.squeezed(axis: 0) : result
}

/// The Vandermonde matrices `[..., n, columns]` of vectors `[..., n]`: x⁰, x¹ … along the last axis, as many columns as
/// rows where no number is given.
///
/// NumPy's `vander` has the powers the other way round: `.reversed(axis: -1)`. Traps at rank 0, and when the number of
/// columns is negative.
///
/// - Complexity: O(elements of the result).
public func vandermonde<Scalar: FloatingScalar>(_ x: Tensor<Scalar>, columns: Int? = nil) -> Tensor<Scalar> {
  if x.rank == 0 { trap(TensorError("vandermonde", expected: "a tensor with an axis", got: "one of shape []")) }
  let columns = columns ?? x.shape[x.rank - 1]
  if columns < 0 { trap(TensorError("vandermonde", expected: "at least 0 columns", got: "\(columns)")) }
  if columns == 0 { return Tensor.zeros(Shape([Int](x.shape) + [0])) }
  let base = x.expandedDimension(at: -1)
  let first = Tensor<Scalar>.ones(like: base)
  if columns == 1 { return first }
  let powers = base.broadcast(to: Shape([Int](x.shape) + [columns - 1])).cumulativeProduct(axis: -1)
  return Tensor.concatenate([first, powers], axis: -1)
}

/// The inverse with respect to `tensordot` over the last axes: for a tensor whose first `axes` lengths have the product of
/// the others, the tensor b with tensordot(b, a, axes: axes) the identity. NumPy's and PyTorch's `tensorinv`.
///
/// Traps when the products differ, or `axes` is not within 1 ... rank.
///
/// - Throws: `LinearAlgebraError` where the matrix that the tensor makes is singular, or has NaN or infinity.
/// - Complexity: O(n³) for a product of n.
public func tensorInverse<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, axes: Int = 2
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  if axes < 1 || axes > a.rank {
    trap(TensorError("tensorInverse", expected: "axes within 1 ... \(a.rank), of \(a.shape)", got: "\(axes)"))
  }
  let (rows, columns) = ([Int](a.shape.prefix(axes)), [Int](a.shape.dropFirst(axes)))
  let (m, n) = (rows.reduce(1, *), columns.reduce(1, *))
  if m != n {
    trap(
      TensorError(
        "tensorInverse", expected: "as many elements in the first \(axes) axes as in the others", got: "\(a.shape)"))
  }
  return try inverse(a.reshaped(to: [m, n] as Shape)).reshaped(to: Shape(columns + rows))
}

/// The solution x of tensordot(a, x, axes: x.rank) = b: NumPy's and PyTorch's `tensorsolve`.
///
/// The first axes of a are those of b, the others, with the same product of lengths, those of x. Traps when they are
/// not.
///
/// - Throws: `LinearAlgebraError` where the matrix that a makes is singular, or an operand has NaN or infinity.
/// - Complexity: O(n³) for n elements of b.
public func tensorSolve<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  let rest = [Int](a.shape.dropFirst(b.rank))
  if a.rank < b.rank || [Int](a.shape.prefix(b.rank)) != [Int](b.shape) || rest.reduce(1, *) != b.count {
    trap(
      TensorError(
        "tensorSolve", expected: "a of the axes of b and others with as many elements",
        got: "\(a.shape) and \(b.shape)"))
  }
  let matrix = a.reshaped(to: [b.count, b.count] as Shape)
  return try solve(matrix, b.flattened()).reshaped(to: Shape(rest))
}

/// The logarithms of the determinants of square matrices, `[...]` of `[..., n, n]`: NaN where a determinant is negative and
/// −∞ where it is 0. Traps for other shapes.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity.
/// - Complexity: O(n³) for each matrix.
public func logDeterminant<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  let (sign, logarithm) = try signAndLogDeterminant(a)
  return Tensor.where(sign .< 0, Tensor(.nan), logarithm)
}

/// The inverses of a = l lᵀ from the factors l of `cholesky(_:)`; traps for other shapes than `[..., n, n]`.
///
/// - Throws: `LinearAlgebraError` for a zero on the diagonal, NaN and infinity.
/// - Complexity: O(n³) for each matrix.
public func choleskyInverse<Scalar: FloatingScalar>(
  factor l: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  requireMatrices(l, for: "choleskyInverse", square: true)
  return try choleskySolve(factor: l, Tensor.identity(l.shape.rows))
}

/// The polar factors of matrices `[..., m, n]` with m at least n: a = u p with orthonormal columns u `[..., m, n]` and
/// symmetric p `[..., n, n]` without negative eigenvalues. Traps for other shapes.
///
/// It goes by the singular values (Higham, "Functions of Matrices", 8).
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity.
/// - Complexity: O(m n²) for each matrix.
public func polarDecomposition<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> (unitary: Tensor<Scalar>, positive: Tensor<Scalar>) {
  requireMatrices(a, for: "polarDecomposition")
  if a.shape.rows < a.shape.columns {
    trap(
      TensorError(
        "polarDecomposition", expected: "matrices [..., m, n] with m at least n", got: "a tensor of shape \(a.shape)"))
  }
  let (u, s, vt) = try svd(a)
  let scaled = s.expandedDimension(at: -1) * vt
  return (matmul(u, vt), matmul(vt.swappedAxes(-1, -2), scaled))
}

/// The product of the first columns of the reflections I − τ v vᵀ, whose vectors v stand below the diagonal of matrices
/// `[..., m, n]`, with factors τ `[..., k]`: PyTorch's `householder_product`, LAPACK's orgqr.
///
/// v is 1 on the diagonal and 0 above it. Traps for other shapes, unless m is at least n and n at least k.
///
/// - Complexity: O(m n k) for each matrix.
public func householderProduct<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ factors: Tensor<Scalar>
) -> Tensor<Scalar> {
  guard a.rank >= 2, factors.rank == a.rank - 1, a.shape.rows >= a.shape.columns,
    factors.shape[factors.rank - 1] <= a.shape.columns, Shape(factors.shape.dropLast()) == a.shape.batch
  else {
    trap(
      TensorError(
        "householderProduct", expected: "matrices [..., m, n] and factors [..., k], m at least n and n at least k",
        got: "\(a.shape) and \(factors.shape)"))
  }
  let (m, n) = (a.shape.rows, a.shape.columns)
  let vectors = a.tril(offset: -1) + Tensor<Scalar>.eye(m, n)
  var result = Tensor<Scalar>.eye(m, n).broadcast(to: a.shape)
  for column in (0..<factors.shape[factors.rank - 1]).reversed() {
    let v = vectors[.ellipsis, column].expandedDimension(at: -1)
    let factor = factors[.ellipsis, column].expandedDimensions(at: [-1, -2])
    result = result - factor * matmul(v, matmul(v.swappedAxes(-1, -2), result))
  }
  return result
}
