import MartletCore

/// The factors Q and R of matrices, by Householder reflections.
///
/// Row-major memory is the transposed matrix to LAPACK, whose factors L and Q (gelqf, orglq) are R and Q transposed.
struct QR: MatrixFactorization {
  /// Whether Q is square, `[m, m]`; else it has min(m, n) columns.
  var isComplete = false

  var name: String { "qr" }
  var saves: SavePolicy { .results }
  var derivativeRefusal: String? {
    isComplete ? "the columns of Q beyond those of the matrix are not determined by it" : nil
  }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireMatrices(operands[0])
    let (m, n) = (operands[0].shape.rows, operands[0].shape.columns)
    let k = isComplete ? m : min(m, n)
    return specs(operands[0], [m, k], [k, n])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (qs, rs, info) = (results[0].start(as: S.self), results[1].start(as: S.self), results[2].start(as: Int32.self))
    let (m, n, k) = (results[0].shape.rows, results[1].shape.columns, results[0].shape.columns)
    let count = min(m, n)
    let copies = operands[0].copied()
    let a = copies.start(as: S.self)
    overMatrices(results[2].count, flops: 4 * m * n * k) { index in
      let (work, q, r) = (a + index * m * n, qs + index * m * k, rs + index * k * n)
      let reflectors = Temporary<S>(count)
      info[index] = S.areFinite(work, m * n) ? S.factorLQ(n, m, work, reflectors.start) : -1
      for row in 0..<min(k, m) {
        let zeros = min(row, n)
        (r + row * n).update(repeating: 0, count: zeros)
        (r + row * n + zeros).update(from: work + row * n + zeros, count: n - zeros)
      }
      for row in 0..<m { (q + row * k).update(from: work + row * n, count: count) }
      if info[index] == 0 { info[index] = S.rowsOfQ(k, m, count, q, reflectors.start) }
      if info[index] != 0 {
        S.fillWithNaN(q, m * k)
        S.fillWithNaN(r, k * n)
      }
      withExtendedLifetime(reflectors) {}
    }
    withExtendedLifetime(copies) {}
  }

  /// For m ≥ n, (gQ + Q M) R⁻ᵀ, where M is the upper triangle of gR Rᵀ − Qᵀ gQ made symmetric (Walter and Lehmann,
  /// "Algorithmic differentiation of linear algebra functions", 2010). For m < n the first m columns are factored so,
  /// and the others are Q times those of R.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    requireDerivative()
    let (q, r) = (saved.result(0), saved.result(1))
    let (m, n) = (q.shape.rows, r.shape.columns)
    var toQ = cotangents[0] ?? q.zeros(q.shape)
    let toR = cotangents[1] ?? r.zeros(r.shape)
    func square(_ r: AnyTensor, _ toR: AnyTensor) -> AnyTensor {
      let product = toR.times(r.mT) - q.mT.times(toQ)
      let symmetric = product.upperTriangle() + product.upperTriangle(1).mT
      return r.solvingUpper((toQ + q.times(symmetric)).mT).mT
    }
    if m >= n { return Cotangents(square(r, toR)) }
    let (first, others) = (0..<m, m..<n)
    toQ = toQ + q.times(r.columns(others)).times(toR.columns(others).mT)
    return Cotangents(
      square(r.columns(first), toR.columns(first)).beside(q.times(toR.columns(others))))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: 4 * operands[0].count * min(operands[0].shape.rows, operands[0].shape.columns),
      bytes: operands[0].byteCount + results[0].byteCount + results[1].byteCount)
  }
}

/// The factors of matrices `[..., m, n]`, a = q r, with orthonormal columns in q and r upper triangular.
///
/// With k = min(m, n) they are `[..., m, k]` and `[..., k, n]`; with `complete`, q is `[..., m, m]` and r `[..., m, n]`.
/// The signs are LAPACK's: the diagonal of r may be negative. A complete factorisation of a matrix with more rows than
/// columns has no derivative.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity.
/// - Complexity: O(m n k) for each matrix.
public func qr<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, complete: Bool = false
) throws(LinearAlgebraError) -> (q: Tensor<Scalar>, r: Tensor<Scalar>) {
  let isComplete = complete && a.rank >= 2 && a.shape.rows > a.shape.columns
  let results = try QR(isComplete: isComplete).run("qr", [a.erased])
  return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
}
