import MartletCore

/// The solution of linear equations with triangular matrices, by substitution (BLAS's trsm).
///
/// Only the triangle is read, and of that not the diagonal where it is said to be of ones. Operands are a `[..., n, n]`
/// and b `[..., n, k]`, whose batches broadcast.
struct TriangularSolve: MatrixFactorization {
  let upper: Bool
  /// Whether the equations are aᵀ x = b.
  var transposed = false
  var unitDiagonal = false

  var name: String { "triangularSolve" }
  var saves: SavePolicy { .operandsAndResults }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = try solutionSpec(operands[0], operands[1])
    return TensorSpecs(x, TensorSpec(.int32, x.shape.batch))
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (result, info) = (results[0], results[1].start(as: Int32.self))
    let (n, k, batch) = (result.shape.rows, result.shape.columns, results[1].shape)
    let matrices = operands[0].contiguous()
    let (a, x, sources) = (
      matrices.start(as: S.self), result.start(as: S.self), positions(of: matrices.shape.batch, in: batch)
    )
    operands[1].copy(to: result)
    overMatrices(batch.elementCount, flops: n * n * k) { index in
      let (matrix, side) = (a + sources[index] * n * n, x + index * n * k)
      info[index] = code(S.self, n, matrix)
      if info[index] == 0 && !S.areFinite(side, n * k) { info[index] = -2 }
      if info[index] != 0 { return S.fillWithNaN(side, n * k) }
      S.solveTriangular(
        upper: upper, transposed: transposed, unitDiagonal: unitDiagonal, n, k, matrix, side)
    }
    withExtendedLifetime(matrices) {}
  }

  /// What is wrong with the triangle.
  private func code<S: LAPACKScalar>(_ type: S.Type, _ n: Int, _ a: S.Pointer) -> Int32 {
    for row in 0..<n {
      let columns = upper ? row + (unitDiagonal ? 1 : 0)..<n : 0..<row + (unitDiagonal ? 0 : 1)
      if !S.areFinite(a + row * n + columns.lowerBound, columns.count) { return -1 }
    }
    if unitDiagonal { return 0 }
    for row in 0..<n where a[row * n + row] == 0 { return Int32(row + 1) }
    return 0
  }

  func reason(_ info: Int) -> LinearAlgebraError.Reason { .singular(pivot: info - 1) }

  /// gB = A⁻ᵀ g and gA = −gB xᵀ within the triangle.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[0] else { return Cotangents(nil, nil) }
    let x = saved.result(0)
    let toB = TriangularSolve(upper: upper, transposed: !transposed, unitDiagonal: unitDiagonal)
      .results(saved.operand(0), g)[0]
    guard saved.needs(0) else { return Cotangents(nil, toB) }
    let full = -(transposed ? x.times(toB.mT) : toB.times(x.mT))
    let offset = unitDiagonal ? 1 : 0
    return Cotangents(upper ? full.upperTriangle(offset) : full.lowerTriangle(-offset), toB)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: operands[0].shape.rows * results.first.count,
      bytes: operands[0].byteCount / 2 + operands[1].byteCount + results.first.byteCount)
  }
}

extension AnyTensor {
  /// The solution with this matrix of L X = B, or of Lᵀ X = B.
  func solvingLower(_ b: AnyTensor, transposed: Bool = false, unitDiagonal: Bool = false) -> AnyTensor {
    TriangularSolve(upper: false, transposed: transposed, unitDiagonal: unitDiagonal).results(self, b)[0]
  }

  /// The solution with this matrix of U X = B, or of Uᵀ X = B.
  func solvingUpper(_ b: AnyTensor, transposed: Bool = false) -> AnyTensor {
    TriangularSolve(upper: true, transposed: transposed).results(self, b)[0]
  }
}

/// The solution x of a x = b for triangular matrices `[..., n, n]`, and right-hand sides as for `solve(_:_:)`.
///
/// One triangle is read, the lower one unless `upper` is set; `transposed` solves aᵀ x = b, and `unitDiagonal` takes the
/// diagonal for ones without reading it. Traps when the shapes do not fit.
///
/// - Throws: `LinearAlgebraError` for a zero on the diagonal, and where an operand has NaN or infinity.
/// - Complexity: O(n² k) for each matrix.
public func triangularSolve<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, upper: Bool = false, transposed: Bool = false, unitDiagonal: Bool = false
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  let primitive = TriangularSolve(upper: upper, transposed: transposed, unitDiagonal: unitDiagonal)
  let x = try primitive.run("triangularSolve", [a.erased, b.asSides])[0]
  return Tensor(unchecked: b.rank == 1 ? x.asVectors : x)
}
