import MartletCore

/// The inverse of square matrices, by LU with partial pivoting (LAPACK's getrf and getri).
struct Inverse: MatrixFactorization {
  var name: String { "inverse" }
  var saves: SavePolicy { .results }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireSquare(operands[0])
    return specs(operands[0], [operands[0].shape.rows, operands[0].shape.rows])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (x, info) = (results[0].start(as: S.self), results[1].start(as: Int32.self))
    let n = results[0].shape.rows
    // Row-major memory is the transposed matrix to LAPACK, and the inverse of that is the transposed inverse.
    operands[0].copy(to: results[0])
    overMatrices(results[1].count, flops: 2 * n * n * n) { index in
      let matrix = x + index * n * n
      let pivots = Temporary<Int32>(n)
      info[index] = S.areFinite(matrix, n * n) ? S.factorLU(n, n, matrix, pivots.start) : -1
      if info[index] == 0 { info[index] = S.invertLU(n, matrix, pivots.start) }
      if info[index] != 0 { S.fillWithNaN(matrix, n * n) }
      withExtendedLifetime(pivots) {}
    }
  }

  func reason(_ info: Int) -> LinearAlgebraError.Reason { .singular(pivot: info - 1) }

  /// −xᵀ g xᵀ.
  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = cotangents[0] else { return Cotangents(nil) }
    let x = saved.result(0).mT
    return Cotangents(-x.times(g).times(x))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 2 * operands[0].count * operands[0].shape.rows, bytes: 2 * operands[0].byteCount)
  }
}

/// The inverse of square matrices `[..., n, n]`; traps for other shapes. To solve equations, `solve(_:_:)` is faster and
/// more exact.
///
/// - Throws: `LinearAlgebraError` for a singular matrix, and for one with NaN or infinity.
/// - Complexity: O(n³) for each matrix.
public func inverse<Scalar: FloatingScalar>(_ a: Tensor<Scalar>) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try Inverse().run("inverse", [a.erased])[0])
}
