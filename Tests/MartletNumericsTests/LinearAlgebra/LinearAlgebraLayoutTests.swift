import MartletCore
import MartletNumerics
import MartletTesting
import TestSupport
import Testing

/// Strided, empty and many matrices.
@Suite struct LinearAlgebraLayoutTests {
  private static func inputs(_ operation: LinearAlgebraOperation) throws -> [Tensor<Double>] {
    try Fixture("linear-algebra").entries(under: "\(operation.rawValue).input").map { try Tensor<Double>($0.tensor) }
  }

  @Test(arguments: LinearAlgebraOperation.allCases)
  func `strided operands give the same bits`(_ operation: LinearAlgebraOperation) throws {
    let inputs = try LinearAlgebraLayoutTests.inputs(operation)
    let expected = try operation(inputs)
    for placement in [Placement.columnMajor, .everySecond, .reversed, .shifted, .paddedRows] {
      let placed = try inputs.map { try Tensor<Double>(AnyTensor($0.erased.plain, placement)) }
      #expect(try operation(placed) == expected, "\(placement)")
    }
  }

  @Test func `primitives themselves read strided matrices`() throws {
    // The operations above prepare some inputs first; these come as they are.
    var random = SplitMix("strided")
    let x = Tensor<Double>(shape: [2, 5, 5], scalars: random.numbers(50, in: -1...1)) + Tensor.identity(5) * 4
    let definite = matmul(x, x.swappedAxes(-1, -2))
    let operations: [@Sendable (Tensor<Double>) throws -> [Tensor<Double>]] = [
      { [try solve($0, $0[.ellipsis, 0..<2])] }, { [try inverse($0)] }, { [try cholesky($0)] },
      { [try triangularSolve($0, $0)] }, { [try determinant($0)] }, { [try symmetricEigen($0).vectors] },
      { [try symmetricEigenvalues($0)] }, { [try eigen($0).vectors.real] }, { [try eigenvalues($0).real] },
      { [try matrixSquareRoot($0)] }, { [try matrixLogarithm($0)] }, { [try matrixExponential($0 * 0.1)] },
      { [try qr($0, complete: true).q] }, { [try svd($0, full: true).u] }, { [try lu($0).lower] },
      { [try leastSquares($0, $0).solution] }, { [try pseudoInverse($0)] },
    ]
    for (index, operation) in operations.enumerated() {
      let expected = try operation(definite)
      for placement in [Placement.columnMajor, .everySecond, .reversed] {
        let placed = try Tensor<Double>(AnyTensor(definite.erased.plain, placement))
        #expect(try operation(placed) == expected, "operation \(index), \(placement)")
      }
      let repeated = definite[0].broadcast(to: [3, 5, 5])
      let alone = try operation(definite[0])
      for (many, one) in zip(try operation(repeated), alone) {
        #expect(many == one.broadcast(to: Shape([3] + one.shape)), "operation \(index), repeated")
      }
    }
  }

  @Test(arguments: LinearAlgebraOperation.allCases)
  func `a batch without matrices gives results without elements`(_ operation: LinearAlgebraOperation) throws {
    let inputs = try LinearAlgebraLayoutTests.inputs(operation)
    let single = try operation(inputs)
    // Only operands that are a batch in the fixture are emptied; the others broadcast.
    let isBatch = inputs.map { $0.rank > 2 || (inputs.count == 1 && $0.rank == 2) }
    guard isBatch.contains(true), inputs.allSatisfy({ $0.rank != 2 }) || operation == .solveBroadcast else { return }
    let empty = zip(inputs, isBatch).map { $1 ? $0[0..<0] : $0 }
    let results = try operation(empty)
    for (result, example) in zip(results, single) {
      #expect(result.shape == Shape([0] + example.shape.dropFirst()))
    }
    let gradients = try pullback(at: empty) { try operation($0) }.pullback(results)
    #expect(gradients.map(\.shape) == empty.map(\.shape))
    #expect(gradients.allSatisfy { $0.scalars.allSatisfy { $0 == 0 } })
  }

  @Test func `matrices without rows or columns have the results that definitions give them`() throws {
    let none = Tensor<Double>.zeros([0, 0])
    let batch = Tensor<Float>.zeros([2, 0, 0])
    #expect(try determinant(none).item() == 1)
    #expect(try determinant(batch) == [1, 1])
    #expect(try gradient(at: none) { try determinant($0) }.shape == [0, 0])
    #expect(try signAndLogDeterminant(none).sign.item() == 1)
    #expect(try signAndLogDeterminant(none).logarithm.item() == 0)
    for result in [
      try inverse(none), try cholesky(none), try matrixExponential(none), try matrixSquareRoot(none),
      try matrixLogarithm(none), try matrixPower(none, -2), try pseudoInverse(none), try symmetricEigen(none).vectors,
      try eigen(none).vectors.real, try lu(none).lower,
    ] {
      #expect(result.shape == [0, 0])
    }
    #expect(try eigenvalues(none).real.shape == [0])
    #expect(try symmetricEigenvalues(batch).shape == [2, 0])
    #expect(try solve(none, Tensor<Double>.zeros([0, 3])).shape == [0, 3])
    #expect(try solve(Tensor<Double>.identity(2), Tensor<Double>.zeros([2, 0])).shape == [2, 0])
    #expect(try triangularSolve(none, Tensor<Double>.zeros([0])).shape == [0])
    for (m, n) in [(3, 0), (0, 3)] {
      let a = Tensor<Double>.zeros([2, m, n])
      let (q, r) = try qr(a)
      #expect([q.shape, r.shape] == [[2, m, 0], [2, 0, n]])
      let whole = try qr(a, complete: true)
      #expect(whole.q == Tensor.identity(m).broadcast(to: [2, m, m]))
      #expect(whole.r.shape == [2, m, n])
      let (u, s, vt) = try svd(a, full: true)
      #expect(u == Tensor.identity(m).broadcast(to: [2, m, m]))
      #expect(vt == Tensor.identity(n).broadcast(to: [2, n, n]))
      #expect(s.shape == [2, 0])
      #expect(try pseudoInverse(a).shape == [2, n, m])
      #expect(try matrixRank(a) == [0, 0])
      let found = try leastSquares(a, Tensor<Double>.ones([m, 2]))
      #expect(found.solution == .zeros([2, n, 2]))
      #expect(found.residuals == Tensor.full([2, 2], Double(m)))
      #expect(try lu(a).permutation.shape == [2, m])
      #expect(try matrixNorm(a) == [0, 0])
      #expect(try matrixNorm(a, .nuclear) == [0, 0])
      #expect(trace(a) == [0, 0])
      #expect(try nullSpace(a[0]) == .identity(n))
    }
  }

  @Test func `many threads give the bits of one`() throws {
    var random = SplitMix("threads")
    let a = random.tensor([96, 24, 24], in: -1...1) + Tensor.identity(24) * 5
    let tall = random.tensor([96, 30, 12], in: -1...1)
    func all() throws -> [Tensor<Float>] {
      let (q, r) = try qr(tall)
      let (u, s, vt) = try svd(tall)
      let eigenvectors = try eigen(a).vectors
      let factors = try lu(a)
      return [
        try solve(a, a), try inverse(a), try determinant(a), try signAndLogDeterminant(a).logarithm,
        try cholesky(matmul(a, a.swappedAxes(-1, -2))), try triangularSolve(a, a), q, r, u, s, vt, factors.lower,
        factors.upper, try symmetricEigen(a).vectors, try symmetricEigenvalues(a), eigenvectors.real,
        eigenvectors.imaginary, try eigenvalues(a).real, try pseudoInverse(tall), try leastSquares(tall, tall).solution,
        try singularValues(tall), try matrixExponential(a), try matrixSquareRoot(a), try matrixLogarithm(a),
        try gradient(at: a) { try determinant($0).sum() },
      ]
    }
    let one = try withThreads(1) { try all() }
    for _ in 0..<3 { #expect(try withThreads(4) { try all() } == one) }
  }

  @Test func `traces and diagonals are views of strided matrices`() {
    let a = Tensor<Double>.arange(24).reshaped(to: [2, 3, 4] as Shape)
    #expect(trace(a) == [15, 51])
    #expect(trace(a.swappedAxes(-1, -2)) == [15, 51])
    #expect(trace(a.reversed(axis: 2)) == [18, 54])
    let expected: Tensor<Double> = [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]
    #expect(gradient(at: a[0]) { trace($0) * 2 } == expected)
  }
}
