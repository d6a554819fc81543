import MartletCore

/// The eigenvalues and eigenvectors of symmetric matrices, of which the lower triangle is read (LAPACK's syevd).
///
/// The second result has the eigenvectors as rows, as LAPACK leaves them.
struct SymmetricEigen: MatrixFactorization {
  var name: String { "symmetricEigen" }
  var saves: SavePolicy { .results }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    let n = operands[0].shape.rows
    return specs(operands[0], [n], [n, n])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    operands[0].copy(to: results[1])
    symmetricEigen(S.self, vectors: true, results[1], results[0], results[2])
  }

  /// V (gΛ on the diagonal, and elsewhere (Vᵀ gV)ᵢⱼ / (λⱼ − λᵢ)) Vᵀ (Giles, "Collected matrix derivative results for
  /// forward and reverse mode algorithmic differentiation", 2008).
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (values, rows) = (saved.result(0), saved.result(1))
    let v = rows.mT
    let toValues = cotangents[0]
    guard let toRows = cotangents[1] else {
      return Cotangents(toValues.map { (v * $0.asRow).times(rows) })
    }
    let gaps = (values.asRow - values.asColumn).replacingDiagonal(values.scalar(1))
    let inner = (rows.times(toRows.mT) / gaps).replacingDiagonal(toValues ?? values.scalar(0))
    return Cotangents(v.times(inner).times(rows))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 9 * operands[0].count * operands[0].shape.rows, bytes: 2 * operands[0].byteCount)
  }
}

/// The eigenvalues of symmetric matrices, without the vectors.
struct SymmetricEigenvalues: MatrixFactorization {
  var name: String { "symmetricEigenvalues" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    return specs(operands[0], [operands[0].shape.rows])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let work = operands[0].copied()
    symmetricEigen(S.self, vectors: false, work, results[0], results[1])
    withExtendedLifetime(work) {}
  }

  /// V diag(g) Vᵀ, for which the vectors are computed now.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[0] else { return Cotangents(nil) }
    let rows = SymmetricEigen().results(saved.operand(0))[1]
    return Cotangents((rows.mT * g.asRow).times(rows))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: operands[0].count * operands[0].shape.rows * 4 / 3, bytes: operands[0].byteCount)
  }
}

/// Replaces matrices by their eigenvectors, and writes the eigenvalues.
private func symmetricEigen<S: LAPACKScalar>(
  _ type: S.Type, vectors: Bool, _ matrices: TensorBody, _ values: TensorBody, _ info: TensorBody
) {
  let (a, w, codes) = (matrices.start(as: S.self), values.start(as: S.self), info.start(as: Int32.self))
  let n = matrices.shape.rows
  overMatrices(info.count, flops: 9 * n * n * n) { index in
    let (matrix, own) = (a + index * n * n, w + index * n)
    codes[index] = S.areFinite(matrix, n * n) ? 0 : -1
    if codes[index] == 0 && n > 0 { codes[index] = S.symmetricEigen(vectors: vectors, n, matrix, own) }
    if codes[index] != 0 {
      S.fillWithNaN(own, n)
      S.fillWithNaN(matrix, n * n)
    }
  }
}

/// The eigenvalues `[..., n]`, ascending, and orthonormal eigenvectors, the columns of `[..., n, n]`, of symmetric
/// matrices `[..., n, n]`; traps for other shapes.
///
/// The lower triangle is read. The derivative of the vectors is infinite where two eigenvalues are equal.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(n³) for each matrix.
public func symmetricEigen<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> (values: Tensor<Scalar>, vectors: Tensor<Scalar>) {
  let results = try SymmetricEigen().run("symmetricEigen", [a.erased])
  return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1].mT))
}

/// The eigenvalues `[..., n]`, ascending, of symmetric matrices `[..., n, n]`, of which the lower triangle is read; traps
/// for other shapes.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(n³) for each matrix.
public func symmetricEigenvalues<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try SymmetricEigenvalues().run("symmetricEigenvalues", [a.erased])[0])
}
