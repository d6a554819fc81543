import CBLAS
import MartletCore

/// The principal square root or logarithm of matrices, by the real Schur form, in Double for both scalar types.
///
/// The root of the quasi-triangular factor is found by blocks, R₁₁ X + X R₂₂ = T₁₂ (Deadman, Higham and Ralha, "Blocked
/// Schur algorithms for computing the matrix square root", 2013). The logarithm takes roots until the matrix is close to
/// the identity, and there a Padé approximant in partial fractions (Higham, "Functions of Matrices", 2008, 11.5).
struct MatrixRoot: MatrixFunction {
  let isLogarithm: Bool

  var name: String { isLogarithm ? "matrixLogarithm" : "matrixSquareRoot" }

  func factor<S: LAPACKScalar>(_ type: S.Type, _ operands: [TensorBody], _ results: [TensorBody]) {
    let (result, info) = (results[0].start(as: S.self), results[1].start(as: Int32.self))
    let n = results[0].shape.rows
    operands[0].copy(to: results[0])
    overMatrices(results[1].count, flops: 30 * n * n * n) { index in
      let matrix = result + index * n * n
      info[index] = S.areFinite(matrix, n * n) ? 0 : -1
      if info[index] == 0 && n > 0 {
        // Row-major memory is the transposed matrix to LAPACK, whose function is the function transposed.
        let work = Temporary<Double>(n * n)
        for element in 0..<n * n { work.start[element] = Double(matrix[element]) }
        info[index] = SchurForm(n, work.start).map { $0.apply(isLogarithm: isLogarithm, into: work.start) } ?? 1
        for element in 0..<n * n { matrix[element] = S(work.start[element]) }
        withExtendedLifetime(work) {}
        if info[index] == 0 && !S.areFinite(matrix, n * n) { info[index] = 1 }
      }
      if info[index] != 0 { S.fillWithNaN(matrix, n * n) }
    }
  }

  func reason(_ info: Int) -> LinearAlgebraError.Reason {
    info == SchurForm.hasNoPrincipalValue ? .noPrincipalValue : .notConverged
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 30 * operands[0].count * operands[0].shape.rows, bytes: 2 * operands[0].byteCount)
  }
}

/// A = Q T Qᵀ with T quasi-triangular: blocks of one real eigenvalue or of two conjugate ones on the diagonal. Matrices
/// are in column-major order.
private struct SchurForm {
  static let hasNoPrincipalValue = 2

  let n: Int
  private let t: Temporary<Double>
  private let q: Temporary<Double>

  /// Nil where the iteration does not converge.
  init?(_ n: Int, _ a: UnsafeMutablePointer<Double>) {
    self.n = n
    (t, q) = (Temporary(n * n), Temporary(n * n))
    let (values, flags) = (Temporary<Double>(2 * n), Temporary<Int32>(n))
    t.start.update(from: a, count: n * n)
    var sorted: Int32 = 0
    let (matrix, vectors) = (t.start, q.start)
    let info = Double.withWorkspace { work, length in
      LAPACKE_dgees_work(
        LAPACK_COL_MAJOR, Job.vectors, Job.no, nil, Int32(n), matrix, stride(n), &sorted, values.start,
        values.start + n,
        vectors, stride(n), work, length, flags.start)
    }
    if info != 0 { return nil }
  }

  /// Writes Q f(T) Qᵀ; the info.
  func apply(isLogarithm: Bool, into result: UnsafeMutablePointer<Double>) -> Int32 {
    let f = Temporary<Double>(n * n)
    if isLogarithm ? !logarithm(f.start) : !squareRoot(f.start) { return Int32(SchurForm.hasNoPrincipalValue) }
    // In column-major order (Q F) Qᵀ; BLAS is told row-major order, so that the product is that of the transposed.
    let half = Temporary<Double>(n * n)
    Double.multiply(n, n, n, f.start, transposedA: false, q.start, transposedB: false, into: half.start)
    Double.multiply(n, n, n, q.start, transposedA: true, half.start, transposedB: false, into: result)
    withExtendedLifetime((f, half, t, q)) {}
    return 0
  }

  /// False where there is no principal square root.
  private func squareRoot(_ r: UnsafeMutablePointer<Double>) -> Bool {
    var largest = 0.0
    for index in 0..<n * n { largest = max(largest, abs(t.start[index])) }
    // Eigenvalues that rounding has put below zero.
    let noise = Double(n) * Double.ulpOfOne * largest
    for index in 0..<n where isReal(index, t.start) && t.start[index * (n + 1)] < 0 {
      if t.start[index * (n + 1)] < -noise { return false }
      t.start[index * (n + 1)] = 0
    }
    var isExact = true
    r.update(repeating: 0, count: n * n)
    root(t.start, r, 0..<n, &isExact)
    return isExact || isRoot(r, allowing: largest * 1e-8)
  }

  /// Whether r r is T, for one whose equations were close to singular.
  private func isRoot(_ r: UnsafeMutablePointer<Double>, allowing error: Double) -> Bool {
    let square = Temporary<Double>(n * n)
    Double.multiply(n, n, n, r, transposedA: false, r, transposedB: false, into: square.start)
    for index in 0..<n * n where !(abs(square.start[index] - t.start[index]) <= error) { return false }
    return true
  }

  private func logarithm(_ result: UnsafeMutablePointer<Double>) -> Bool {
    for index in 0..<n where isReal(index, t.start) && t.start[index * (n + 1)] <= 0 { return false }
    let (x, work, pivots) = (Temporary<Double>(n * n), Temporary<Double>(n * n), Temporary<Int32>(n))
    x.start.update(from: t.start, count: n * n)
    var (roots, isExact) = (0, true)
    while distanceFromIdentity(x.start) > 0.264 {
      // Each root halves an exponent, and an element above a diagonal of ones: no finite matrix takes more.
      if roots == 1_100 { return false }
      work.start.update(repeating: 0, count: n * n)
      root(x.start, work.start, 0..<n, &isExact)
      x.start.update(from: work.start, count: n * n)
      roots += 1
    }
    for index in 0..<n { x.start[index * (n + 1)] -= 1 }
    // ∑ w X (1 + p X)⁻¹ over the nodes p and weights w of Gauss and Legendre on 0 … 1.
    result.update(repeating: 0, count: n * n)
    let term = Temporary<Double>(n * n)
    for (node, weight) in SchurForm.gaussLegendre {
      let (p, w) = ((1 + node) / 2, weight / 2)
      for index in 0..<n * n {
        work.start[index] = p * x.start[index]
        term.start[index] = x.start[index]
      }
      for index in 0..<n { work.start[index * (n + 1)] += 1 }
      if Double.factorLU(n, n, work.start, pivots.start) != 0 { return false }
      _ = Double.solveLU(transposed: false, n, n, work.start, pivots.start, term.start)
      for index in 0..<n * n { result[index] += w * term.start[index] }
    }
    let factor = Double(sign: .plus, exponent: roots, significand: 1)
    for index in 0..<n * n { result[index] *= factor }
    withExtendedLifetime((x, work, pivots, term)) {}
    return true
  }

  /// Seven nodes and weights on −1 … 1: the approximant of degree 7 is exact to rounding within 0.264 of the identity.
  private static let gaussLegendre: [(Double, Double)] = [
    (0, 0.4179591836734694), (0.4058451513773972, 0.3818300505051189), (-0.4058451513773972, 0.3818300505051189),
    (0.7415311855993945, 0.2797053914892766), (-0.7415311855993945, 0.2797053914892766),
    (0.9491079123427585, 0.1294849661688697), (-0.9491079123427585, 0.1294849661688697),
  ]

  private func distanceFromIdentity(_ x: UnsafeMutablePointer<Double>) -> Double {
    (0..<n).reduce(0.0) { largest, column in
      max(
        largest, (0..<n).reduce(0.0) { $0 + abs(x[column * n + $1] - ($1 == column ? 1 : 0)) })
    }
  }

  /// Whether an element of the diagonal is a block of its own.
  private func isReal(_ index: Int, _ t: UnsafeMutablePointer<Double>) -> Bool {
    (index == 0 || t[(index - 1) * n + index] == 0) && (index == n - 1 || t[index * n + index + 1] == 0)
  }

  /// The square root of a diagonal block of T; `isExact` becomes false where equations are close to singular.
  private func root(
    _ t: UnsafeMutablePointer<Double>, _ r: UnsafeMutablePointer<Double>, _ block: Range<Int>, _ isExact: inout Bool
  ) {
    let (low, high) = (block.lowerBound, block.upperBound)
    let corner = low * (n + 1)
    if block.count == 1 {
      r[corner] = t[corner].squareRoot()
      return
    }
    if block.count == 2 && t[corner + 1] != 0 {
      // Two conjugate eigenvalues θ ± iμ: α + (T − θ) / 2α, with α the real part of the root of θ + iμ.
      let theta = t[corner]
      let mu = (abs(t[corner + 1]).squareRoot()) * (abs(t[corner + n]).squareRoot())
      let size = (theta * theta + mu * mu).squareRoot()
      let alpha = theta > 0 ? ((theta + size) / 2).squareRoot() : mu / (2 * (size - theta)).squareRoot()
      for element in [corner, corner + 1, corner + n, corner + n + 1] { r[element] = t[element] / (2 * alpha) }
      for element in [corner, corner + n + 1] { r[element] = alpha + (t[element] - theta) / (2 * alpha) }
      return
    }
    var middle = low + block.count / 2
    // Not through the middle of a block of two.
    if t[(middle - 1) * n + middle] != 0 { middle += 1 }
    root(t, r, low..<middle, &isExact)
    root(t, r, middle..<high, &isExact)
    for column in middle..<high {
      (r + column * n + low).update(from: t + column * n + low, count: middle - low)
    }
    var scale = 1.0
    let (first, second, right) = (r + low * (n + 1), r + middle * (n + 1), r + middle * n + low)
    let info = OpenBLAS.calling {
      LAPACKE_dtrsyl_work(
        LAPACK_COL_MAJOR, Job.no, Job.no, 1, Int32(middle - low), Int32(high - middle), first, stride(n), second,
        stride(n), right, stride(n), &scale)
    }
    if info != 0 { isExact = false }
    if scale != 1 {
      for column in middle..<high { for row in low..<middle { r[column * n + row] /= scale } }
    }
  }
}

/// The principal square roots of square matrices `[..., n, n]`: those whose eigenvalues have positive real parts. Traps
/// for other shapes.
///
/// The method is that of the real Schur form, by blocks. The derivative needs the matrix to be invertible.
///
/// - Throws: `LinearAlgebraError` for a matrix with a negative eigenvalue, a singular one that has no square root, and for
///   one with NaN or infinity.
/// - Complexity: O(n³) for each matrix.
public func matrixSquareRoot<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try MatrixRoot(isLogarithm: false).run("matrixSquareRoot", [a.erased])[0])
}

/// The principal logarithms of square matrices `[..., n, n]`: those whose eigenvalues have imaginary parts between −π and
/// π. Traps for other shapes.
///
/// The method is inverse scaling and squaring: square roots by the real Schur form, then a Padé approximant.
///
/// - Throws: `LinearAlgebraError` for a singular matrix, one with a negative eigenvalue, and one with NaN or infinity.
/// - Complexity: O(n³) for each matrix, times the number of roots that bring it close to the identity.
public func matrixLogarithm<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  Tensor(unchecked: try MatrixRoot(isLogarithm: true).run("matrixLogarithm", [a.erased])[0])
}
