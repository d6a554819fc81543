import MartletCore

/// The singular value decomposition of matrices, by divide and conquer (LAPACK's gesdd).
///
/// Row-major memory is the transposed matrix to LAPACK, and what it calls U in column-major order is Vᵀ in row-major
/// order.
struct SVD: MatrixFactorization {
  /// Whether U and V are square.
  var isFull = false

  var name: String { "svd" }
  var saves: SavePolicy { .results }
  var derivativeRefusal: String? {
    isFull ? "the singular vectors beyond the smaller dimension are not determined by the matrix" : nil
  }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireMatrices(operands[0])
    let (m, n) = (operands[0].shape.rows, operands[0].shape.columns)
    let k = min(m, n)
    return specs(operands[0], [m, isFull ? m : k], [k], [isFull ? n : k, n])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (us, ss, vs) = (results[0].start(as: S.self), results[1].start(as: S.self), results[2].start(as: S.self))
    let info = results[3].start(as: Int32.self)
    let (m, n) = (results[0].shape.rows, results[2].shape.columns)
    let (columns, rows, k) = (results[0].shape.columns, results[2].shape.rows, min(m, n))
    let copies = operands[0].copied()
    let a = copies.start(as: S.self)
    overMatrices(results[3].count, flops: 8 * m * n * k) { index in
      let (work, u, s, v) = (a + index * m * n, us + index * m * columns, ss + index * k, vs + index * rows * n)
      info[index] = S.areFinite(work, m * n) ? 0 : -1
      if k == 0 {
        S.fillWithIdentity(u, m, columns)
        S.fillWithIdentity(v, rows, n)
      } else if info[index] == 0 {
        info[index] = S.svd(isFull ? Job.all : Job.reduced, n, m, work, s, v, n, u, columns)
      }
      if info[index] != 0 {
        S.fillWithNaN(u, m * columns)
        S.fillWithNaN(s, k)
        S.fillWithNaN(v, rows * n)
      }
    }
    withExtendedLifetime(copies) {}
  }

  /// U (S-weighted skew parts over differences of squares, and gS on the diagonal) Vᵀ, and the parts of gU and gV
  /// outside the spaces of U and V (Townsend, "Differentiating the singular value decomposition", 2016).
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    requireDerivative()
    let (u, s, vt) = (saved.result(0), saved.result(1), saved.result(2))
    let (toU, toS, toV) = (cotangents[0], cotangents[1], cotangents[2])
    let (m, n, k) = (u.shape.rows, vt.shape.columns, s.shape[s.rank - 1])
    let squares = s * s
    let gaps = (squares.asRow - squares.asColumn).replacingDiagonal(s.scalar(1))
    func skew(_ x: AnyTensor) -> AnyTensor { (x - x.mT) / gaps }
    let inner = Tangents.sum(
      Tangents.sum(toU.map { skew(u.mT.times($0)) * s.asRow }, toV.map { s.asColumn * skew(vt.times($0.mT)) }),
      toS.map(\.diagonalMatrices))
    var result = inner.map { u.times($0).times(vt) }
    if m > k, let toU {
      let scaled = toU / s.asRow
      result = Tangents.sum(result, (scaled - u.times(u.mT.times(scaled))).times(vt))
    }
    if n > k, let toV {
      let scaled = toV / s.asColumn
      result = Tangents.sum(result, u.times(scaled - scaled.times(vt.mT).times(vt)))
    }
    return Cotangents(result)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: 12 * operands[0].count * min(operands[0].shape.rows, operands[0].shape.columns),
      bytes: operands[0].byteCount + results[0].byteCount + results[1].byteCount + results[2].byteCount)
  }
}

/// The singular values of matrices, without the vectors.
struct SingularValues: MatrixFactorization {
  var name: String { "singularValues" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireMatrices(operands[0])
    return specs(operands[0], [min(operands[0].shape.rows, operands[0].shape.columns)])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (ss, info) = (results[0].start(as: S.self), results[1].start(as: Int32.self))
    let (m, n) = (operands[0].shape.rows, operands[0].shape.columns)
    let copies = operands[0].copied()
    let (a, k) = (copies.start(as: S.self), min(m, n))
    overMatrices(results[1].count, flops: 4 * m * n * k) { index in
      let (work, s) = (a + index * m * n, ss + index * k)
      info[index] = S.areFinite(work, m * n) ? 0 : -1
      if info[index] == 0 && k > 0 { info[index] = S.svd(Job.no, n, m, work, s, s, 1, s, 1) }
      if info[index] != 0 { S.fillWithNaN(s, k) }
    }
    withExtendedLifetime(copies) {}
  }

  /// U diag(g) Vᵀ, for which the vectors are computed now.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(cotangents[0].map { SingularValues.gradient($0, saved.operand(0)) })
  }

  static func gradient(_ g: AnyTensor, _ a: AnyTensor) -> AnyTensor {
    let factors = SVD().results(a)
    return (factors[0] * g.asRow).times(factors[2])
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: 4 * operands[0].count * min(operands[0].shape.rows, operands[0].shape.columns),
      bytes: operands[0].byteCount)
  }
}

extension LAPACKScalar {
  /// Ones on the diagonal of a row-major matrix, zeros elsewhere.
  static func fillWithIdentity(_ start: Pointer, _ rows: Int, _ columns: Int) {
    start.update(repeating: 0, count: rows * columns)
    for index in 0..<min(rows, columns) { start[index * columns + index] = 1 }
  }
}

/// The singular value decomposition of matrices `[..., m, n]`: a = u diag(s) vt, with s descending.
///
/// With k = min(m, n) the results are `[..., m, k]`, `[..., k]` and `[..., k, n]`; with `full`, u is `[..., m, m]` and vt
/// `[..., n, n]`, which have no derivative unless the matrices are square. The derivative of the vectors is infinite where
/// two singular values are equal; that of the values alone is not.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(m n k) for each matrix.
public func svd<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, full: Bool = false
) throws(LinearAlgebraError) -> (u: Tensor<Scalar>, s: Tensor<Scalar>, vt: Tensor<Scalar>) {
  let isFull = full && a.rank >= 2 && a.shape.rows != a.shape.columns
  let results = try SVD(isFull: isFull).run("svd", [a.erased])
  return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]), Tensor(unchecked: results[2]))
}

/// The singular values `[..., min(m, n)]` of matrices `[..., m, n]`, descending.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(m n min(m, n)) for each matrix.
public func singularValues<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try SingularValues().run("singularValues", [a.erased])[0])
}
