import Foundation
import MartletCore
import MartletNumerics
import MartletTesting
import TestSupport
import Testing

/// What multiplies back to the matrix, whatever it is.
@Suite struct FactorizationTests {
  /// Matrices that factorisations must multiply back to.
  enum Kind: CaseIterable, Sendable { case random, illConditioned, scaled, deficient }

  private func matrix<S: FloatingScalar>(_ kind: Kind, _ shape: Shape, as type: S.Type = S.self) -> Tensor<S> {
    var random = SplitMix("\(kind) \(shape)")
    let x = Tensor<Double>(shape: shape, scalars: random.numbers(shape.elementCount, in: -1...1))
    let n = shape[shape.rank - 1]
    switch kind {
    case .random: return x.cast(to: S.self)
    case .illConditioned:
      // Columns whose sizes are 1 … 1e-6.
      return (x * Tensor((0..<n).map { [1, 1e-3, 1e-6][$0 % 3] })).cast(to: S.self)
    case .scaled: return (x * 1e6).cast(to: S.self)
    case .deficient: return (x * Tensor((0..<n).map { $0 == 0 ? 0.0 : 1 })).cast(to: S.self)
    }
  }

  private func expectEqual<S: FloatingScalar>(
    _ got: Tensor<S>, _ expected: Tensor<S>, _ what: String, relativeTo size: Double = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let tolerance = S.self == Float.self ? 1e-5 : 1e-12
    let problem = mismatch(got.erased, expected.erased.plain.reference, relative: tolerance, floor: max(size, 1e-30))
    #expect(problem == nil, "\(what) of \(S.self)", sourceLocation: sourceLocation)
  }

  private func identity<S: FloatingScalar>(_ shape: Shape, _ n: Int, as type: S.Type = S.self) -> Tensor<S> {
    Tensor<S>.identity(n).broadcast(to: Shape(shape.dropLast(2) + [n, n]))
  }

  private func check<S: FloatingScalar>(_ type: S.Type, _ kind: Kind, _ shape: Shape) throws {
    let a: Tensor<S> = matrix(kind, shape)
    let size = a.abs().max().item().doubleValue
    func t(_ x: Tensor<S>) -> Tensor<S> { x.swappedAxes(-1, -2) }
    for complete in [false, true] {
      let (q, r) = try qr(a, complete: complete)
      expectEqual(matmul(q, r), a, "q r", relativeTo: size)
      expectEqual(matmul(t(q), q), identity(q.shape, q.shape[q.rank - 1]), "qᵀ q")
      let isUpper = (0..<r.shape[r.rank - 2]).allSatisfy { row in
        (0..<min(row, r.shape[r.rank - 1])).allSatisfy { r[.ellipsis, row, $0].scalars.allSatisfy { $0 == 0 } }
      }
      #expect(isUpper)
    }
    for full in [false, true] {
      let (u, s, vt) = try svd(a, full: full)
      let k = s.shape[s.rank - 1]
      let inner = u[.ellipsis, .slice(to: k)] * s.expandedDimension(at: -2)
      expectEqual(matmul(inner, vt[.ellipsis, .slice(to: k), .all]), a, "u s vᵀ", relativeTo: size)
      expectEqual(matmul(t(u), u), identity(u.shape, u.shape[u.rank - 1]), "uᵀ u")
      expectEqual(matmul(vt, t(vt)), identity(vt.shape, vt.shape[vt.rank - 2]), "vᵀ v")
      expectEqual(try singularValues(a), s, "values alone", relativeTo: size)
      #expect(s.scalars.allSatisfy { $0 >= 0 })
    }
    let factors = try lu(a)
    expectEqual(
      matmul(factors.permutationMatrix, matmul(factors.lower, factors.upper)), a, "p l u", relativeTo: size)
    let p = try pseudoInverse(a)
    let inverseSize = p.abs().max().item().doubleValue
    if kind != .illConditioned { expectEqual(matmul(matmul(a, p), a), a, "a p a", relativeTo: size * 4) }
    #expect(inverseSize.isFinite)
    if shape[shape.rank - 1] != shape[shape.rank - 2] { return }
    let symmetric = a + t(a)
    let (values, v) = try MartletNumerics.symmetricEigen(symmetric)
    expectEqual(matmul(v * values.expandedDimension(at: -2), t(v)), symmetric, "v λ vᵀ", relativeTo: size)
    expectEqual(matmul(t(v), v), identity(v.shape, v.shape[v.rank - 1]), "vᵀ v of eigenvectors")
    expectEqual(try symmetricEigenvalues(symmetric), values, "eigenvalues alone", relativeTo: size)
    let (w, z) = try eigen(a)
    let (re, im) = (w.real.expandedDimension(at: -2), w.imaginary.expandedDimension(at: -2))
    expectEqual(matmul(a, z.real), z.real * re - z.imaginary * im, "a v, real", relativeTo: size * 4)
    expectEqual(matmul(a, z.imaginary), z.real * im + z.imaginary * re, "a v, imaginary", relativeTo: size * 4)
    expectEqual(try eigenvalues(a).real, w.real, "real parts alone", relativeTo: size * 4)
    if kind == .random || kind == .scaled {
      let positive = matmul(a, t(a)) + Tensor.identity(shape[shape.rank - 1]) * S(size * size)
      let l = try cholesky(positive)
      expectEqual(matmul(l, t(l)), positive, "l lᵀ")
      let dominant = a + Tensor.identity(shape[shape.rank - 1]) * S(3 * size)
      expectEqual(matmul(dominant, try inverse(dominant)), identity(a.shape, shape[shape.rank - 1]), "a a⁻¹")
      expectEqual(matmul(dominant, try solve(dominant, a)), a, "a x", relativeTo: size)
    }
  }

  @Test(arguments: Kind.allCases, [[6, 6], [2, 3, 7, 4], [3, 2, 5], [2, 20, 20], [1, 1]] as [Shape])
  func `factors multiply back to the matrix`(_ kind: Kind, _ shape: Shape) throws {
    try check(Double.self, kind, shape)
    try check(Float.self, kind, shape)
  }

  @Test func `a graded matrix's least pseudo-inverted values are kept unless they are cut`() throws {
    let a = Tensor<Double>([[1, 0], [0, 1e-9], [0, 0]])
    expectEqual(try pseudoInverse(a), [[1, 0, 0], [0, 1e9, 0]], "a pseudo-inverse")
    #expect(try pseudoInverse(a, relativeTolerance: 1e-6) == [[1, 0, 0], [0, 0, 0]])
  }

  @Test func `square roots, logarithms and exponentials undo each other`() throws {
    var random = SplitMix("roots")
    for n in [1, 2, 3, 5, 12, 33] {
      let x = Tensor<Double>(shape: [2, n, n], scalars: random.numbers(2 * n * n, in: -1...1))
      let a = x * (1 / Double(n).squareRoot()) + Tensor.identity(n) * 2
      let root = try matrixSquareRoot(a)
      expectEqual(matmul(root, root), a, "the square of the root")
      expectEqual(try matrixExponential(matrixLogarithm(a)), a, "the exponential of the logarithm", relativeTo: 10)
    }
    // A rotation by 3 radians: its logarithm's eigenvalues are ±3i.
    let turn: Tensor<Double> = [[0, -3], [3, 0]]
    expectEqual(try matrixLogarithm(matrixExponential(turn)), turn, "the logarithm of a rotation", relativeTo: 30)
    #expect(try matrixSquareRoot(Tensor<Double>([[0, 0], [0, 4]])) == [[0, 0], [0, 2]])
    let float = Tensor<Float>([[4, 1], [0, 9]])
    expectEqual(try matrixSquareRoot(float), [[2, 0.2], [0, 3]], "a root of Float")
  }

  @Test func `exponentials of numbers are those of the C library, at every degree and scaling`() throws {
    for x in [0.01, 0.015, 0.25, 0.26, 0.9, 1.0, 2.09, 2.1, 5.3, 5.4, 11, 30, -0.2, -2, -5, -40] {
      let allowed = 4e-14 * max(1, abs(x))
      #expect(abs(try matrixExponential(Tensor([[x]])).item() / exp(x) - 1) <= allowed, "of \(x)")
      let float = try matrixExponential(Tensor([[Float(x)]])).item()
      #expect(abs(Double(float) / exp(Double(Float(x))) - 1) <= 1e-6 * max(1, abs(x)), "of \(x) in Float")
    }
  }

  @Test func `eigenvalues of large matrices have their own derivatives, in whichever order they are found`() throws {
    // ∑ λ³ = tr A³, whose gradient is 3 (A²)ᵀ; from some 75 rows on LAPACK's order depends on whether it makes vectors.
    let a = withRandomSeed(1) { Tensor<Double>.randomNormal([2, 150, 150]) } / 10
    let slope = try gradient(at: a) { a in
      let values = try eigenvalues(a)
      return (values.real * (values.real.squared() - 3 * values.imaginary.squared())).sum()
    }
    #expect((slope - 3 * matmul(a, a).swappedAxes(-2, -1)).abs().max().item() < 1e-9)
  }

  @Test func `logarithms of matrices that are far from the identity`() throws {
    let logarithm = try matrixLogarithm(Tensor<Double>([[1, 1e200], [0, 1]]))
    expectEqual(logarithm / 1e200, [[0, 1], [0, 0]], "of an element far above a diagonal of ones")
  }

  @Test func `powers are repeated products`() throws {
    let a: Tensor<Double> = [[1, 2], [3, 4]]
    #expect(try matrixPower(a, 0) == .identity(2))
    #expect(try matrixPower(a, 1) == a)
    #expect(try matrixPower(a, 7) == (0..<6).reduce(a) { power, _ in matmul(power, a) })
    expectEqual(matmul(try matrixPower(a, -3), try matrixPower(a, 3)), .identity(2), "a⁻³ a³", relativeTo: 100)
  }

  @Test func `ranks and null spaces are those of the singular values`() throws {
    let a: Tensor<Double> = [[1, 2, 3], [2, 4, 6], [1, 0, 1]]
    #expect(try matrixRank(a).item() == 2)
    #expect(try matrixRank(Tensor<Double>.stack([a, .identity(3), a * 0])) == [2, 3, 0])
    #expect(try matrixRank(Tensor<Float>([[1, 0], [0, 1e-3]]), relativeTolerance: 1e-2).item() == 1)
    let basis = try nullSpace(a)
    #expect(basis.shape == [3, 1])
    #expect(matmul(a, basis).abs().max().item() < 1e-14)
    #expect(abs(basis.sumOfSquares().item() - 1) < 1e-14)
    #expect(try nullSpace(Tensor<Float>([[1, 1, 1]])).shape == [3, 2])
    #expect(try nullSpace(Tensor<Float>.identity(3)).shape == [3, 0])
    #expect(try nullSpace(Tensor<Float>.zeros([2, 3])).shape == [3, 3])
  }

  @Test func `least squares tell rank and residuals, and take the solution of least norm`() throws {
    let a: Tensor<Double> = [[1, 1], [1, 1], [1, 1]]
    let found = try leastSquares(a, [1, 2, 3])
    #expect(found.rank.item() == 1)
    expectEqual(found.solution, [1, 1], "the least of the solutions")
    expectEqual(found.residuals, Tensor(2.0), "the sum of the squared residuals")
    expectEqual(found.singularValues, Tensor([Double(6).squareRoot(), 0]), "the singular values")
    let batch = try leastSquares(Tensor<Double>.stack([a, a * 2]), [1, 2, 3])
    expectEqual(batch.solution, [[1, 1], [0.5, 0.5]], "a batch with one vector")
    let none = try leastSquares(a, Tensor<Double>.zeros([3, 0]))
    #expect(none.solution.shape == [2, 0] && none.residuals.shape == [0] && none.rank.item() == 1)
    expectEqual(none.singularValues, found.singularValues, "without right-hand sides")
  }

  @Test func `conditions are ratios of norms`() throws {
    let a: Tensor<Double> = [[4, 0], [0, 2]]
    #expect(try conditionNumber(a).item() == 2)
    #expect(try conditionNumber(a * Tensor([1, 0])).item() == .infinity)
    #expect(try conditionNumber(Tensor<Double>.stack([a, a * 0])) == Tensor([2, .infinity]))
    for norm in MatrixNorm.allCases where norm != .spectral {
      expectEqual(
        try conditionNumber(a, norm), try matrixNorm(a, norm) * matrixNorm(try inverse(a), norm), "\(norm)")
    }
  }

  @Test func `determinants of singular matrices have gradients`() throws {
    // Rank 2 and rank 1: the cofactors by hand.
    let a: Tensor<Double> = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    let g = try gradient(at: a) { try determinant($0) }
    expectEqual(g, [[-3, 6, -3], [6, -12, 6], [-3, 6, -3]], "cofactors at rank 2", relativeTo: 100)
    let b: Tensor<Double> = [[1, 2], [2, 4]]
    expectEqual(try gradient(at: b) { try determinant($0) }, [[4, -2], [-2, 1]], "cofactors at rank 1")
    #expect(try gradient(at: Tensor<Double>.zeros([3, 3])) { try determinant($0) } == .zeros([3, 3]))
    #expect(try signAndLogDeterminant(b).sign.item() == 0)
    #expect(try signAndLogDeterminant(b).logarithm.item() == -.infinity)
    let large = Tensor<Float>.identity(200) * 10
    #expect(try determinant(large).item() == .infinity)
    #expect(abs(try signAndLogDeterminant(large).logarithm.item() - 460.517) < 1e-2)
  }

  @Test func `norms of zero have the gradient zero`() throws {
    let zero = Tensor<Double>.zeros([3])
    for order in [2, 1, 3, 0.5, 0, -1, -2.5] {
      #expect(vectorNorm(zero, order: order).item() == 0)
      #expect(gradient(at: zero) { vectorNorm($0, order: order) } == zero, "order \(order)")
    }
    // One element that is zero makes a norm of negative order zero, whatever the others are.
    #expect(vectorNorm(Tensor<Double>([0, 3, -4]), order: -1).item() == 0)
    #expect(gradient(at: Tensor<Double>([0, 3, -4])) { vectorNorm($0, order: -1) } == zero)
    #expect(try gradient(at: Tensor<Double>.zeros([2, 2])) { try matrixNorm($0) } == .zeros([2, 2]))
    #expect(vectorNorm(Tensor<Double>([0, 3, -4]), order: 0).item() == 2)
    #expect(vectorNorm(Tensor<Double>([[3, 4], [6, 8]]), axes: [1], keepDims: true) == [[5], [10]])
    #expect(vectorNorm(Tensor<Float>([[3, 4], [6, 8]]), order: 1).item() == 21)
  }
}
