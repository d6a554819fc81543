import MartletCore

/// The solution of linear equations with square matrices, by LU with partial pivoting (LAPACK's getrf and getrs).
///
/// Operands are a `[..., n, n]` and b `[..., n, k]`, whose batches broadcast.
struct Solve: MatrixFactorization {
  /// Whether the equations are aᵀ x = b.
  var transposed = false

  var name: String { "solve" }
  var saves: SavePolicy { .operandsAndResults }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = try solutionSpec(operands[0], operands[1])
    return TensorSpecs(x, TensorSpec(.int32, x.shape.batch))
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (x, info) = (results[0], results[1].start(as: Int32.self))
    let (n, k, batch) = (x.shape.rows, x.shape.columns, results[1].shape)
    // Each matrix is factored once, for however many right-hand sides.
    let factors = operands[0].columnMajorCopy()
    let (lu, matrices) = (factors.start(as: S.self), factors.shape.batch.elementCount)
    let (pivots, codes) = (Temporary<Int32>(matrices * n), Temporary<Int32>(matrices))
    overMatrices(matrices, flops: n * n * n) { index in
      let matrix = lu + index * n * n
      codes.start[index] =
        S.areFinite(matrix, n * n) ? S.factorLU(n, n, matrix, pivots.start + index * n) : -1
    }
    let sides = operands[1].matrices(for: batch).columnMajorCopy()
    let (b, sources) = (sides.start(as: S.self), positions(of: factors.shape.batch, in: batch))
    overMatrices(batch.elementCount, flops: 2 * n * n * k) { index in
      let (source, side) = (sources[index], b + index * n * k)
      info[index] = codes.start[source] != 0 ? codes.start[source] : S.areFinite(side, n * k) ? 0 : -2
      if info[index] != 0 { return S.fillWithNaN(side, n * k) }
      _ = S.solveLU(transposed: transposed, n, k, lu + source * n * n, pivots.start + source * n, side)
    }
    sides.transposedMatrices.copy(to: x)
    withExtendedLifetime((factors, pivots, codes)) {}
  }

  func reason(_ info: Int) -> LinearAlgebraError.Reason { .singular(pivot: info - 1) }

  /// gB = A⁻ᵀ g and gA = −gB xᵀ.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[0] else { return Cotangents(nil, nil) }
    let x = saved.result(0)
    let toB = Solve(transposed: !transposed).results(saved.operand(0), g)[0]
    return Cotangents(saved.needs(0) ? -(transposed ? x.times(toB.mT) : toB.times(x.mT)) : nil, toB)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    let n = operands[0].shape.rows
    return Cost(
      flops: operands[0].count * n * 2 / 3 + 2 * n * results.first.count,
      bytes: operands[0].byteCount + operands[1].byteCount + results.first.byteCount)
  }
}

/// The solution x of a x = b for square matrices `[..., n, n]` and right-hand sides `[..., n, k]`, or one vector `[n]`.
///
/// Batches broadcast; a vector is the right-hand side for every matrix, and the solution is then `[..., n]`. Traps when
/// the shapes do not fit. It is LU with partial pivoting (Golub and Van Loan, "Matrix Computations", 3.4).
///
/// - Throws: `LinearAlgebraError` for a singular matrix, and where an operand has NaN or infinity.
/// - Complexity: O(n³ + n² k) for each matrix.
public func solve<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  let x = try Solve().run("solve", [a.erased, b.asSides])[0]
  return Tensor(unchecked: b.rank == 1 ? x.asVectors : x)
}

extension Tensor where Scalar: FloatingScalar {
  /// Right-hand sides as matrices: a vector is one column.
  var asSides: AnyTensor { rank == 1 ? erased.asColumn : erased }
}

extension AnyTensor {
  /// Matrices of one column as vectors.
  var asVectors: AnyTensor { reshaped(Shape(shape.dropLast())) }
}
