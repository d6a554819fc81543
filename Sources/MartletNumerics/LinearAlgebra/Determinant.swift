import MartletCore
import MartletPlatform

/// The determinants of square matrices, by LU with partial pivoting.
struct Determinant: MatrixFactorization {
  var name: String { "determinant" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    return specs(operands[0], [])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let result = results[0].start(as: S.self)
    forEachPivotedDiagonal(type, operands[0], info: results[1]) { index, diagonal in
      result[index] = diagonal?.reduce(1, *) ?? .nan
    }
  }

  /// g times the matrix of cofactors, det(A) A⁻ᵀ (Jacobi's formula).
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[0] else { return Cotangents(nil) }
    return Cotangents(g.asMatrices * Cofactors().results(saved.operand(0))[0])
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: operands[0].count * operands[0].shape.rows * 2 / 3, bytes: operands[0].byteCount)
  }
}

/// The signs and the logarithms of the magnitudes of determinants.
struct SignAndLogDeterminant: MatrixFactorization {
  var name: String { "signAndLogDeterminant" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    return specs(operands[0], [], [])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (signs, logarithms) = (results[0].start(as: S.self), results[1].start(as: S.self))
    forEachPivotedDiagonal(type, operands[0], info: results[2]) { index, diagonal in
      signs[index] = diagonal?.reduce(1) { $0 * ($1 > 0 ? 1 : $1 < 0 ? -1 : 0) } ?? .nan
      logarithms[index] = S(diagonal?.reduce(0.0) { $0 + log(Double($1.magnitude)) } ?? .nan)
    }
  }

  /// g A⁻ᵀ for the logarithm; the sign is constant.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[1] else { return Cotangents(nil) }
    return Cotangents(g.asMatrices * Inverse().results(saved.operand(0))[0].mT)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: operands[0].count * operands[0].shape.rows * 2 / 3, bytes: operands[0].byteCount)
  }
}

/// The matrices of cofactors: the derivative of the determinant, defined for singular matrices too.
///
/// For a well-conditioned matrix it is det(A) A⁻ᵀ from its LU; else det(U) det(V) U diag(∏ of the other singular values)
/// Vᵀ from its singular values. Its own derivative is written for invertible matrices.
struct Cofactors: MatrixFactorization {
  var name: String { "cofactors" }
  var saves: SavePolicy { .operandsAndResults }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    return specs(operands[0], [operands[0].shape.rows, operands[0].shape.rows])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let a = operands[0].contiguous()
    let (source, result, info) = (a.start(as: S.self), results[0].start(as: S.self), results[1].start(as: Int32.self))
    let n = a.shape.rows
    overMatrices(results[1].count, flops: 4 * n * n * n) { index in
      let (from, to) = (source + index * n * n, result + index * n * n)
      info[index] = S.areFinite(from, n * n) ? 0 : -1
      if info[index] == 0 && !fromInverse(S.self, n, from, to) { info[index] = fromSingularValues(S.self, n, from, to) }
      if info[index] != 0 { S.fillWithNaN(to, n * n) }
    }
    withExtendedLifetime(a) {}
  }

  /// False for a matrix that is too close to a singular one.
  private func fromInverse<S: LAPACKScalar>(_ type: S.Type, _ n: Int, _ a: S.Pointer, _ result: S.Pointer) -> Bool {
    let (lu, pivots) = (Temporary<S>(n * n), Temporary<Int32>(n))
    lu.start.update(from: a, count: n * n)
    if S.factorLU(n, n, lu.start, pivots.start) != 0 { return false }
    let diagonal = pivotedDiagonal(n, lu.start, pivots.start)
    let magnitudes = diagonal.map(\.magnitude)
    if let least = magnitudes.min(), Double(least) < S.epsilon.squareRoot() * Double(magnitudes.max()!) { return false }
    let determinant = diagonal.reduce(1, *)
    // Its reciprocal must be a number too, or the products below are not.
    if n > 0 && !(determinant.magnitude.isNormal) { return false }
    if S.invertLU(n, lu.start, pivots.start) != 0 { return false }
    for row in 0..<n { for column in 0..<n { result[row * n + column] = determinant * lu.start[column * n + row] } }
    withExtendedLifetime((lu, pivots)) {}
    return true
  }

  private func fromSingularValues<S: LAPACKScalar>(
    _ type: S.Type, _ n: Int, _ a: S.Pointer, _ result: S.Pointer
  ) -> Int32 {
    // Row-major memory is Aᵀ = V S Uᵀ to LAPACK, so that what it calls U is Vᵀ in row-major order.
    let (work, u, vt, s, pivots) = (
      Temporary<S>(n * n), Temporary<S>(n * n), Temporary<S>(n * n), Temporary<S>(n), Temporary<Int32>(n)
    )
    work.start.update(from: a, count: n * n)
    let info = S.svd(Job.reduced, n, n, work.start, s.start, vt.start, n, u.start, n)
    if info != 0 { return info }
    var sign: S = 1
    for factor in [u, vt] {
      work.start.update(from: factor.start, count: n * n)
      if S.factorLU(n, n, work.start, pivots.start) != 0 { return 1 }
      for pivot in pivotedDiagonal(n, work.start, pivots.start) where pivot < 0 { sign = -sign }
    }
    for other in 0..<n {
      var product = sign
      for index in 0..<n where index != other { product *= s.start[index] }
      for column in 0..<n { vt.start[other * n + column] *= product }
    }
    S.multiply(n, n, n, u.start, transposedA: false, vt.start, transposedB: false, into: result)
    withExtendedLifetime((work, u, vt, s, pivots)) {}
    return 0
  }

  /// A⁻ᵀ ⟨g, C⟩ − A⁻ᵀ gᵀ C, from d(det(A) A⁻ᵀ).
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[0] else { return Cotangents(nil) }
    let (inverse, c) = (Inverse().results(saved.operand(0))[0].mT, saved.result(0))
    return Cotangents(inverse * (g * c).matrixSums.asMatrices - inverse.times(g.mT).times(c))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 2 * operands[0].count * operands[0].shape.rows, bytes: 2 * operands[0].byteCount)
  }
}

/// Factors every matrix and calls `body` with the diagonal whose product is its determinant; nil where it is not finite.
private func forEachPivotedDiagonal<S: LAPACKScalar>(
  _ type: S.Type, _ matrices: TensorBody, info: TensorBody, _ body: (Int, [S]?) -> Void
) {
  let factors = matrices.copied()
  let (a, codes, n) = (factors.start(as: S.self), info.start(as: Int32.self), matrices.shape.rows)
  overMatrices(info.count, flops: n * n * n) { index in
    let matrix = a + index * n * n
    let pivots = Temporary<Int32>(n)
    codes[index] = S.areFinite(matrix, n * n) ? 0 : -1
    if codes[index] != 0 { return body(index, nil) }
    // A zero pivot is no failure here.
    _ = S.factorLU(n, n, matrix, pivots.start)
    body(index, pivotedDiagonal(n, matrix, pivots.start))
    withExtendedLifetime(pivots) {}
  }
  withExtendedLifetime(factors) {}
}

/// The diagonal of U, negated where rows were exchanged.
private func pivotedDiagonal<S: LAPACKScalar>(_ n: Int, _ lu: S.Pointer, _ pivots: S.Pivots) -> [S] {
  (0..<n).map { index in pivots[index] == Int32(index + 1) ? lu[index * n + index] : -lu[index * n + index] }
}

/// The determinants `[...]` of square matrices `[..., n, n]`; 1 for 0 × 0. Traps for other shapes.
///
/// The gradient is right at singular matrices too; derivatives of higher order go through the inverse, and are not. For
/// large matrices, whose determinants overflow, `signAndLogDeterminant(_:)` is there.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity.
/// - Complexity: O(n³) for each matrix.
public func determinant<Scalar: FloatingScalar>(_ a: Tensor<Scalar>) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try Determinant().run("determinant", [a.erased])[0])
}

/// The sign and the natural logarithm of the magnitude of the determinants of square matrices `[..., n, n]`, each `[...]`.
///
/// A singular matrix gives 0 and −infinity. Traps for other shapes.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity.
/// - Complexity: O(n³) for each matrix.
public func signAndLogDeterminant<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> (sign: Tensor<Scalar>, logarithm: Tensor<Scalar>) {
  let results = try SignAndLogDeterminant().run("signAndLogDeterminant", [a.erased])
  return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
}
