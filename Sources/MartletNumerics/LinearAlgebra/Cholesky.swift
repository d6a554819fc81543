import MartletCore

/// The Cholesky factors of symmetric positive definite matrices, of which the lower triangle is read (LAPACK's potrf).
struct Cholesky: MatrixFactorization {
  var name: String { "cholesky" }
  var saves: SavePolicy { .results }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    return specs(operands[0], [operands[0].shape.rows, operands[0].shape.rows])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (result, info) = (results[0].start(as: S.self), results[1].start(as: Int32.self))
    let n = results[0].shape.rows
    operands[0].copy(to: results[0])
    overMatrices(results[1].count, flops: n * n * n / 3) { index in
      let matrix = result + index * n * n
      // The lower triangle in row-major order is LAPACK's upper one, and Uᵀ U in its eyes is L Lᵀ.
      info[index] = S.areFinite(matrix, n * n) ? S.factorCholesky(n, matrix) : -1
      if info[index] != 0 { return S.fillWithNaN(matrix, n * n) }
      for row in 0..<n { (matrix + row * n + row + 1).update(repeating: 0, count: n - row - 1) }
    }
  }

  func reason(_ info: Int) -> LinearAlgebraError.Reason { .notPositiveDefinite(order: info) }

  /// ½ L⁻ᵀ (P + Pᵀ) L⁻¹, where P is the lower triangle of Lᵀ g with its diagonal halved (Murray, "Differentiation of
  /// the Cholesky decomposition", 2016): symmetric, as the matrix is.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[0] else { return Cotangents(nil) }
    let l = saved.result(0)
    let product = l.mT.times(g)
    let symmetric = product.lowerTriangle() + product.lowerTriangle(-1).mT
    let half = l.solvingLower(symmetric, transposed: true)
    return Cotangents(l.solvingLower(half.mT, transposed: true).mT * 0.5)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: operands[0].count * operands[0].shape.rows / 3, bytes: 2 * operands[0].byteCount)
  }
}

/// The lower triangular factors l, with positive diagonals, of symmetric positive definite matrices: a = l lᵀ.
///
/// Shapes are `[..., n, n]`, others trap. The lower triangle is read; the gradient is symmetric.
///
/// - Throws: `LinearAlgebraError` for a matrix that is not positive definite, and for one with NaN or infinity.
/// - Complexity: O(n³) for each matrix.
public func cholesky<Scalar: FloatingScalar>(_ a: Tensor<Scalar>) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try Cholesky().run("cholesky", [a.erased])[0])
}

/// The solution x of a x = b, where the factor l of a = l lᵀ comes from `cholesky(_:)`.
///
/// Shapes are those of `solve(_:_:)`; others trap.
///
/// - Throws: `LinearAlgebraError` for a zero on the diagonal, and where an operand has NaN or infinity.
/// - Complexity: O(n² k) for each matrix.
public func choleskySolve<Scalar: FloatingScalar>(
  factor l: Tensor<Scalar>, _ b: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  let half = try TriangularSolve(upper: false).run("choleskySolve", [l.erased, b.asSides])[0]
  let x = try TriangularSolve(upper: false, transposed: true).run("choleskySolve", [l.erased, half])[0]
  return Tensor(unchecked: b.rank == 1 ? x.asVectors : x)
}
