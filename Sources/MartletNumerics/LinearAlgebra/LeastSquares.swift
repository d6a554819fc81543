import MartletCore

/// The least-squares solution of least norm, by the singular value decomposition (LAPACK's gelsd).
///
/// Operands are a `[..., m, n]` and b `[..., m, k]` of the same batch; results are x `[..., n, k]`, the singular values
/// `[..., min(m, n)]`, the rank of Int64, and info.
struct LeastSquares: MatrixFactorization {
  let relativeTolerance: Double?

  var name: String { "leastSquares" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, b) = (operands[0], operands[1])
    try requireMatrices(a)
    try requireMatrices(b)
    try requireSameScalarType(a, b)
    if a.shape.rows != b.shape.rows || a.shape.batch != b.shape.batch {
      throw mistake(
        expected: "right-hand sides [..., \(a.shape.rows), k] for matrices \(a.shape)",
        got: "a tensor of shape \(b.shape)")
    }
    let (batch, type) = (a.shape.batch, a.scalarType)
    let (n, k) = (a.shape.columns, b.shape.columns)
    return TensorSpecs([
      TensorSpec(type, batch.followed(by: [n, k])), TensorSpec(type, batch.followed(by: [min(a.shape.rows, n)])),
      TensorSpec(.int64, batch), TensorSpec(.int32, batch),
    ])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (values, ranks) = (results[1].start(as: S.self), results[2].start(as: Int64.self))
    let info = results[3].start(as: Int32.self)
    let (m, n, k) = (operands[0].shape.rows, operands[0].shape.columns, operands[1].shape.columns)
    let (least, most) = (min(m, n), max(m, n))
    let (copies, sides) = (operands[0].columnMajorCopy(), operands[1].columnMajorCopy())
    let (a, b) = (copies.start(as: S.self), sides.start(as: S.self))
    let solutions = TensorBody(scalarType: S.scalarType, shape: results[0].shape.batch.followed(by: [k, n]))
    let x = solutions.start(as: S.self)
    let tolerance = relativeTolerance ?? S.relativeTolerance(m, n)
    overMatrices(results[3].count, flops: 8 * m * n * least + 4 * m * n * k) { index in
      let (matrix, side, solution) = (a + index * m * n, b + index * m * k, x + index * n * k)
      // LAPACK wants the right-hand sides in memory that the solutions fit too, and at least one of them.
      let (padded, columns) = (Temporary<S>(most * max(k, 1)), max(k, 1))
      padded.start.update(repeating: 0, count: most * columns)
      for column in 0..<k { (padded.start + column * most).update(from: side + column * m, count: m) }
      var rank: Int32 = 0
      info[index] = !S.areFinite(matrix, m * n) ? -1 : S.areFinite(side, m * k) ? 0 : -2
      if info[index] == 0 && least > 0 {
        info[index] = S.leastSquares(
          m, n, columns, matrix, padded.start, values + index * least, tolerance, &rank)
      } else if least == 0 {
        padded.start.update(repeating: 0, count: most * k)
      }
      ranks[index] = Int64(rank)
      for column in 0..<k { (solution + column * n).update(from: padded.start + column * most, count: n) }
      if info[index] != 0 {
        S.fillWithNaN(solution, n * k)
        S.fillWithNaN(values + index * least, least)
      }
      withExtendedLifetime(padded) {}
    }
    solutions.transposedMatrices.copy(to: results[0])
    withExtendedLifetime((copies, sides)) {}
  }

  /// As of A⁺ b, with the pseudo-inverse computed now: gB = A⁺ᵀ g, and the gradient of A⁺ at g bᵀ.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (a, b) = (saved.operand(0), saved.operand(1))
    let toValues = cotangents[1].map { SingularValues.gradient($0, a) }
    guard let g = cotangents[0] else { return Cotangents(toValues, nil) }
    let inverse = PseudoInverse(relativeTolerance: relativeTolerance).results(a)[0]
    let toA = saved.needs(0) ? PseudoInverse.gradient(g.times(b.mT), inverse: inverse, of: a) : nil
    return Cotangents(Tangents.sum(toA, toValues), saved.needs(1) ? inverse.mT.times(g) : nil)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    let shape = operands[0].shape
    return Cost(
      flops: 8 * operands[0].count * min(shape.rows, shape.columns) + 4 * operands[0].count * operands[1].shape.columns,
      bytes: operands[0].byteCount + operands[1].byteCount + results.first.byteCount)
  }
}

/// What `leastSquares(_:_:relativeTolerance:)` finds.
public struct LeastSquaresSolution<Scalar: FloatingScalar>: Sendable {
  /// The solution of least norm, `[..., n, k]`, or `[..., n]` for a vector.
  public let solution: Tensor<Scalar>
  /// The sums of the squared residuals b − a x of each right-hand side, `[..., k]`, or `[...]` for a vector.
  public let residuals: Tensor<Scalar>
  /// The ranks of the matrices, `[...]`.
  public let rank: Tensor<Int64>
  /// The singular values of the matrices, `[..., min(m, n)]`, descending.
  public let singularValues: Tensor<Scalar>
}

/// The solution x of least norm among those of least ‖a x − b‖, for matrices `[..., m, n]` of any rank and right-hand
/// sides `[..., m, k]`, or one vector `[m]`.
///
/// Batches broadcast. Singular values up to `relativeTolerance` times the largest count as zero, by default max(m, n)
/// times the scalar type's epsilon. The residuals are computed for matrices of every shape and rank, where NumPy leaves
/// them out for some. The derivative holds where the rank does not change. Traps when the shapes do not fit, and for a
/// tolerance below 0.
///
/// - Throws: `LinearAlgebraError` where an operand has NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(m n min(m, n) + m n k) for each matrix.
public func leastSquares<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, relativeTolerance: Double? = nil
) throws(LinearAlgebraError) -> LeastSquaresSolution<Scalar> {
  let sides = Tensor<Scalar>(unchecked: b.asSides)
  guard a.rank >= 2, sides.rank >= 2, let batch = a.shape.batch.broadcast(with: sides.shape.batch) else {
    trap(
      "leastSquares",
      "expected matrices [..., m, n] and right-hand sides [..., m, k] or [m], got \(a.shape) and \(b.shape)")
  }
  requireTolerance(relativeTolerance, for: "leastSquares")
  let matrices = a.broadcast(to: batch.followed(by: [a.shape.rows, a.shape.columns]))
  let right = sides.broadcast(to: batch.followed(by: [sides.shape.rows, sides.shape.columns]))
  let results = try LeastSquares(relativeTolerance: relativeTolerance).run(
    "leastSquares", [matrices.erased, right.erased])
  let x = Tensor<Scalar>(unchecked: results[0])
  let residuals = (right - matmul(matrices, x)).sumOfSquares(axis: -2)
  let isVector = b.rank == 1
  return LeastSquaresSolution(
    solution: isVector ? x.squeezed(axis: -1) : x, residuals: isVector ? residuals.squeezed(axis: -1) : residuals,
    rank: Tensor(unchecked: results[2]), singularValues: Tensor(unchecked: results[1]))
}
