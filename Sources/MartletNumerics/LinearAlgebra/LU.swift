import MartletCore

/// The factors of a[permutation] = L U, by partial pivoting (LAPACK's getrf).
///
/// Results are L `[..., m, k]` and U `[..., k, n]` with k = min(m, n), the permutation of Int64 `[..., m]`, and info.
struct LU: MatrixFactorization {
  var name: String { "lu" }
  var saves: SavePolicy { .results }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireMatrices(operands[0])
    let (type, shape) = (operands[0].scalarType, operands[0].shape)
    let (batch, k) = (shape.batch, min(shape.rows, shape.columns))
    return TensorSpecs([
      TensorSpec(type, batch.followed(by: [shape.rows, k])), TensorSpec(type, batch.followed(by: [k, shape.columns])),
      TensorSpec(.int64, batch.followed(by: [shape.rows])), TensorSpec(.int32, batch),
    ])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (ls, us) = (results[0].start(as: S.self), results[1].start(as: S.self))
    let (permutations, info) = (results[2].start(as: Int64.self), results[3].start(as: Int32.self))
    let (m, n) = (operands[0].shape.rows, operands[0].shape.columns)
    let copies = operands[0].columnMajorCopy()
    let (a, k) = (copies.start(as: S.self), min(m, n))
    overMatrices(results[3].count, flops: m * n * k) { index in
      let (work, l, u, order) = (a + index * m * n, ls + index * m * k, us + index * k * n, permutations + index * m)
      let pivots = Temporary<Int32>(k)
      for row in 0..<m { order[row] = Int64(row) }
      info[index] = S.areFinite(work, m * n) ? 0 : -1
      if info[index] != 0 {
        S.fillWithNaN(l, m * k)
        return S.fillWithNaN(u, k * n)
      }
      // A zero pivot is no failure here: it stands in U.
      if k > 0 { _ = S.factorLU(m, n, work, pivots.start) }
      for row in 0..<k {
        let other = Int(pivots.start[row]) - 1
        (order[row], order[other]) = (order[other], order[row])
      }
      for row in 0..<m {
        for column in 0..<k {
          l[row * k + column] = row > column ? work[column * m + row] : row == column ? 1 : 0
        }
      }
      for row in 0..<k { for column in 0..<n { u[row * n + column] = row <= column ? work[column * m + row] : 0 } }
      withExtendedLifetime(pivots) {}
    }
    withExtendedLifetime(copies) {}
  }

  /// Pᵀ L⁻ᵀ (the strictly lower part of Lᵀ gL and the upper part of gU Uᵀ) U⁻ᵀ for a square matrix. Of one with more
  /// columns, or rows, the others follow from the square part, U₂ = L⁻¹ A₂ or L₂ = A₂ U⁻¹, and add to its gradient.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (l, u, order) = (saved.result(0), saved.result(1), saved.result(2).detached())
    let (m, n, k) = (l.shape.rows, u.shape.columns, l.shape.columns)
    let toL = cotangents[0] ?? l.zeros(l.shape)
    let toU = cotangents[1] ?? u.zeros(u.shape)
    let (square, rows, columns) = (0..<k, k..<m, k..<n)
    let (l1, u1) = (l.rows(square), u.columns(square))
    var lower = l1.mT.times(toL.rows(square))
    var upper = toU.columns(square).times(u1.mT)
    if n > k { lower = lower - toU.columns(columns).times(u.columns(columns).mT) }
    if m > k { upper = upper - l.rows(rows).mT.times(toL.rows(rows)) }
    let inner = lower.lowerTriangle(-1) + upper.upperTriangle()
    let half = l1.solvingLower(inner, transposed: true, unitDiagonal: true)
    var result = u1.solvingUpper(half.mT).mT
    if n > k {
      result = result.beside(l1.solvingLower(toU.columns(columns), transposed: true, unitDiagonal: true))
    }
    if m > k { result = result.above(u1.solvingUpper(toL.rows(rows).mT).mT) }
    let back = order.asInverseOrder
    return Cotangents(result.reordered(back))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: operands[0].count * min(operands[0].shape.rows, operands[0].shape.columns),
      bytes: operands[0].byteCount + results[0].byteCount + results[1].byteCount)
  }
}

extension AnyTensor {
  /// The rows of matrices in the order of indices `[..., m]` of Int64.
  func reordered(_ order: AnyTensor) -> AnyTensor {
    let indices = order.asColumn.asAny.broadcast(to: shape).erased
    return asAny.takeAlong(Tensor<Int64>(unchecked: indices), axis: -2).erased
  }

  /// The permutations that undo these.
  var asInverseOrder: AnyTensor { Tensor<Int64>(unchecked: self).argSort(axis: -1).erased }
}

/// The factors of matrices `[..., m, n]` by Gaussian elimination with partial pivoting, from `lu(_:)`.
public struct LUDecomposition<Scalar: FloatingScalar>: Sendable {
  /// The order of the rows, `[..., m]`: row i of l u is row `permutation[i]` of the matrix.
  public let permutation: Tensor<Int64>
  /// The lower triangular factors with ones on the diagonal, `[..., m, min(m, n)]`.
  public let lower: Tensor<Scalar>
  /// The upper triangular factors, `[..., min(m, n), n]`.
  public let upper: Tensor<Scalar>

  /// The permutations as matrices p `[..., m, m]`, with which a = p l u.
  public var permutationMatrix: Tensor<Scalar> {
    let rows = Tensor<Int64>.arange(Int64(permutation.shape[permutation.rank - 1])).erased.asColumn
    return (Tensor<Int64>(unchecked: rows) .== Tensor<Int64>(unchecked: permutation.erased.asRow)).cast(to: Scalar.self)
  }

  /// The solution x of a x = b for right-hand sides `[..., n, k]`, or one vector `[n]`, as `solve(_:_:)` gives it.
  ///
  /// Traps when the matrix was not square or the shapes do not fit.
  ///
  /// - Throws: `LinearAlgebraError` for a singular matrix, and where `b` has NaN or infinity.
  /// - Complexity: O(n² k) for each matrix.
  public func solve(_ b: Tensor<Scalar>) throws(LinearAlgebraError) -> Tensor<Scalar> {
    let sides = b.asSides
    let (shape, n) = (lower.shape, lower.shape.rows)
    guard upper.shape.columns == n, shape.columns == n, sides.rank >= 2, sides.shape.rows == n,
      let batch = shape.batch.broadcast(with: sides.shape.batch)
    else {
      trap(
        "lu.solve",
        "expected the factors of square matrices and right-hand sides with as many rows, got \(shape), \(upper.shape) "
          + "and \(b.shape)")
    }
    let whole = sides.asAny.broadcast(to: batch.followed(by: [n, sides.shape.columns])).erased
    let order = permutation.erased.asAny.broadcast(to: batch.followed(by: [n])).erased
    let half = try TriangularSolve(upper: false, unitDiagonal: true)
      .run("lu.solve", [lower.erased, whole.reordered(order)], given: [lower.erased, whole])[0]
    let x = try TriangularSolve(upper: true).run("lu.solve", [upper.erased, half])[0]
    return Tensor(unchecked: b.rank == 1 ? x.asVectors : x)
  }
}

/// The factors of matrices `[..., m, n]` by Gaussian elimination with partial pivoting: the rows of a, in the order of
/// the permutation, are l u.
///
/// A singular matrix has factors too, with a zero on the diagonal of u. The derivative needs the square upper left part to
/// be invertible.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity.
/// - Complexity: O(m n min(m, n)) for each matrix.
public func lu<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> LUDecomposition<Scalar> {
  let results = try LU().run("lu", [a.erased])
  return LUDecomposition(
    permutation: Tensor(unchecked: results[2].detached()), lower: Tensor(unchecked: results[0]),
    upper: Tensor(unchecked: results[1]))
}
