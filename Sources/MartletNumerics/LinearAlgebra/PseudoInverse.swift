import MartletCore

/// The Moore–Penrose inverse of matrices, from their singular values.
struct PseudoInverse: MatrixFactorization {
  /// Singular values up to this share of the largest count as zero; nil for max(m, n) times the scalar type's epsilon.
  let relativeTolerance: Double?

  var name: String { "pseudoInverse" }
  var saves: SavePolicy { .operandsAndResults }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireMatrices(operands[0])
    return specs(operands[0], [operands[0].shape.columns, operands[0].shape.rows])
  }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (result, info) = (results[0].start(as: S.self), results[1].start(as: Int32.self))
    let (m, n) = (operands[0].shape.rows, operands[0].shape.columns)
    let copies = operands[0].copied()
    let (a, k) = (copies.start(as: S.self), min(m, n))
    if k == 0 { return info.update(repeating: 0, count: results[1].count) }
    let share = S(relativeTolerance ?? S.relativeTolerance(m, n))
    overMatrices(results[1].count, flops: 8 * m * n * k) { index in
      let (work, inverse) = (a + index * m * n, result + index * m * n)
      let (u, s, vt) = (Temporary<S>(m * k), Temporary<S>(k), Temporary<S>(k * n))
      info[index] = S.areFinite(work, m * n) ? 0 : -1
      if info[index] == 0 { info[index] = S.svd(Job.reduced, n, m, work, s.start, vt.start, n, u.start, k) }
      if info[index] != 0 { return S.fillWithNaN(inverse, m * n) }
      let cut = share * s.start[0]
      for row in 0..<k {
        let factor = s.start[row] > cut ? 1 / s.start[row] : 0
        for column in 0..<n { vt.start[row * n + column] *= factor }
      }
      S.multiply(n, m, k, vt.start, transposedA: true, u.start, transposedB: true, into: inverse)
      withExtendedLifetime((u, s, vt)) {}
    }
    withExtendedLifetime(copies) {}
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(cotangents[0].map { PseudoInverse.gradient($0, inverse: saved.result(0), of: saved.operand(0)) })
  }

  /// −Pᵀ G Pᵀ + (I − A P) Gᵀ P Pᵀ + Pᵀ P Gᵀ (I − P A), in the order that multiplies the smaller matrices (Golub and
  /// Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate",
  /// 1973).
  static func gradient(_ g: AnyTensor, inverse p: AnyTensor, of a: AnyTensor) -> AnyTensor {
    let (pt, gt) = (p.mT, g.mT)
    if a.shape.rows <= a.shape.columns {
      let k = gt.times(p)
      let kpt = k.times(pt)
      return kpt - p.times(k).mT - a.times(p).times(kpt) + pt.times(p).times(gt - k.times(a))
    }
    let k = p.times(gt)
    let ptk = pt.times(k)
    return ptk - k.times(p).mT + (gt - a.times(k)).times(p).times(pt) - ptk.times(p).times(a)
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: 14 * operands[0].count * min(operands[0].shape.rows, operands[0].shape.columns),
      bytes: 2 * operands[0].byteCount)
  }
}

/// Traps in the name of `operation` unless a relative tolerance is a number of at least 0.
func requireTolerance(_ tolerance: Double?, for operation: String) {
  if let tolerance, !(tolerance >= 0) {
    trap(operation, "expected a relative tolerance of at least 0, got \(tolerance)")
  }
}

extension FloatingScalar {
  /// The share of the largest singular value up to which the others are rounding errors, as in NumPy and PyTorch.
  static func relativeTolerance(_ rows: Int, _ columns: Int) -> Double {
    Double(max(rows, columns)) * Double(Self.ulpOfOne)
  }
}

/// The Moore–Penrose inverses `[..., n, m]` of matrices `[..., m, n]`.
///
/// Singular values up to `relativeTolerance` times the largest count as zero, by default max(m, n) times the scalar type's
/// epsilon. The derivative holds where the rank does not change. Traps for other shapes, and for a tolerance below 0.
///
/// - Throws: `LinearAlgebraError` for a matrix with NaN or infinity, and where the iteration does not converge.
/// - Complexity: O(m n min(m, n)) for each matrix.
public func pseudoInverse<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, relativeTolerance: Double? = nil
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  requireTolerance(relativeTolerance, for: "pseudoInverse")
  return Tensor(unchecked: try PseudoInverse(relativeTolerance: relativeTolerance).run("pseudoInverse", [a.erased])[0])
}
