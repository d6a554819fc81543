import MartletCore
import MartletNumerics
import TestSupport
import Testing

/// What is thrown, and what traps.
@Suite struct LinearAlgebraErrorTests {
  private func text(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch let error as LinearAlgebraError {
      return "\(error)"
    } catch {
      return "another error: \(error)"
    }
  }

  /// The identity, with element 1, 1 of matrix 2, 1 of a batch `[3, 2]` replaced.
  private func batch(_ value: Double) -> Tensor<Double> {
    var a = Tensor<Double>.identity(3).broadcast(to: [3, 2, 3, 3]).contiguous()
    a[2, 1, 1, 1] = Tensor(value)
    return a
  }

  private typealias Operation = (name: String, body: (Tensor<Double>) throws -> Void)

  private let general: [Operation] = [
    ("solve", { _ = try solve($0, $0) }), ("triangularSolve", { _ = try triangularSolve($0, $0) }),
    ("inverse", { _ = try inverse($0) }), ("determinant", { _ = try determinant($0) }),
    ("signAndLogDeterminant", { _ = try signAndLogDeterminant($0) }), ("cholesky", { _ = try cholesky($0) }),
    ("choleskySolve", { _ = try choleskySolve(factor: $0, $0) }), ("lu", { _ = try lu($0) }),
    ("qr", { _ = try qr($0) }), ("svd", { _ = try svd($0) }), ("singularValues", { _ = try singularValues($0) }),
    ("symmetricEigen", { _ = try symmetricEigen($0) }),
    ("symmetricEigenvalues", { _ = try symmetricEigenvalues($0) }), ("eigen", { _ = try eigen($0) }),
    ("eigenvalues", { _ = try eigenvalues($0) }), ("pseudoInverse", { _ = try pseudoInverse($0) }),
    ("leastSquares", { _ = try leastSquares($0, $0) }), ("matrixRank", { _ = try matrixRank($0) }),
    ("conditionNumber", { _ = try conditionNumber($0) }), ("matrixNorm", { _ = try matrixNorm($0, .nuclear) }),
    ("matrixPower", { _ = try matrixPower($0, -1) }), ("matrixExponential", { _ = try matrixExponential($0) }),
    ("matrixSquareRoot", { _ = try matrixSquareRoot($0) }), ("matrixLogarithm", { _ = try matrixLogarithm($0) }),
  ]

  @Test func `NaN and infinity throw, with the place`() {
    for (name, body) in general {
      for value in [Double.nan, .infinity, -.infinity] {
        #expect(
          text { try body(batch(value)) }
            == "\(name): expected finite numbers, got NaN or infinity at [1, 1] of operand 0, in matrix [2, 1] of the "
            + "batch")
      }
    }
    #expect(
      text { _ = try solve(batch(1), Tensor([0, 1, .nan])) }
        == "solve: expected finite numbers, got NaN or infinity at [2, 0] of operand 1, in matrix [0, 0] of the batch")
    #expect(
      text { _ = try nullSpace(Tensor<Float>([[Float.nan]])) }
        == "nullSpace: expected finite numbers, got NaN or infinity at [0, 0] of operand 0")
    #expect(
      text { _ = try lu(Tensor<Float>.identity(2)).solve(Tensor([1, .infinity])) }
        == "lu.solve: expected finite numbers, got NaN or infinity at [1, 0] of operand 1")
    // The place is that in what was given, whatever the order that the factors have.
    #expect(
      text { _ = try lu(Tensor<Float>([[0, 1], [1, 0]])).solve(Tensor([1, .infinity])) }
        == "lu.solve: expected finite numbers, got NaN or infinity at [1, 0] of operand 1")
  }

  @Test func `singular matrices throw where an inverse is needed, with the pivot`() {
    let singular: [Operation] = [
      ("solve", { _ = try solve($0, [1, 2, 3]) }), ("inverse", { _ = try inverse($0) }),
      ("triangularSolve", { _ = try triangularSolve($0, [1, 2, 3]) }),
      ("choleskySolve", { _ = try choleskySolve(factor: $0, [1, 2, 3]) }),
      ("lu.solve", { _ = try lu($0).solve([1, 2, 3]) }), ("matrixPower", { _ = try matrixPower($0, -2) }),
      ("conditionNumber", { _ = try conditionNumber($0, .one) }),
    ]
    for (name, body) in singular {
      #expect(
        text { try body(batch(0)) }
          == "\(name): expected an invertible matrix, got a singular one, whose pivot 1 is zero, in matrix [2, 1] of the "
          + "batch")
    }
    #expect(throws: LinearAlgebraError("inverse", .singular(pivot: 1))) {
      try inverse(Tensor<Float>([[1, 2], [2, 4]]))
    }
  }

  @Test func `matrices that are not positive definite throw, with the minor`() {
    #expect(
      text { _ = try cholesky(batch(-1)) }
        == "cholesky: expected a positive definite matrix, got one whose leading minor of order 2 is not, "
        + "in matrix [2, 1] of the batch")
    #expect(throws: LinearAlgebraError("cholesky", .notPositiveDefinite(order: 2))) {
      try cholesky(Tensor<Float>([[1, 2], [2, 1]]))
    }
  }

  @Test func `roots and logarithms without a principal value throw`() {
    let message =
      "expected a matrix without eigenvalues on the negative real axis, got one that has some or is singular"
    #expect(
      text { _ = try matrixSquareRoot(batch(-1)) } == "matrixSquareRoot: \(message), in matrix [2, 1] of the batch")
    #expect(text { _ = try matrixLogarithm(batch(-1)) } == "matrixLogarithm: \(message), in matrix [2, 1] of the batch")
    #expect(text { _ = try matrixLogarithm(batch(0)) } == "matrixLogarithm: \(message), in matrix [2, 1] of the batch")
    #expect(text { _ = try matrixSquareRoot(Tensor<Double>([[0, 1], [0, 0]])) } == "matrixSquareRoot: \(message)")
  }

  @Test func `an exponential that overflows throws`() {
    #expect(throws: LinearAlgebraError("matrixExponential", .notConverged)) {
      try matrixExponential(Tensor<Float>([[100]]))
    }
    #expect(throws: LinearAlgebraError("matrixExponential", .notConverged)) {
      try matrixExponential(Tensor<Double>([[1000, 1], [0, 1]]))
    }
    // Where the norm itself overflows, and where the scale is below the normal range of Float.
    #expect(throws: LinearAlgebraError("matrixExponential", .notConverged)) {
      try matrixExponential(Tensor<Double>.full([2, 2], 1e308))
    }
    #expect(throws: LinearAlgebraError("matrixExponential", .notConverged)) {
      try matrixExponential(Tensor<Float>.full([100, 100], 3e38))
    }
  }

  @Test func `a derivative at NaN goes on with NaN and does not trap`() throws {
    let a: Tensor<Double> = [[2, 1], [1, 3]]
    let (_, pulled) = try pullback(at: a) { try solve($0, [1, 2]) }
    #expect(pulled(Tensor([.nan, 0])).scalars.allSatisfy { $0.isNaN })
    // Of a singular matrix the logarithm has no slope.
    let singular: Tensor<Double> = [[1, 2], [2, 4]]
    let slope = try gradient(at: singular) { try signAndLogDeterminant($0).logarithm }
    #expect(slope.scalars.allSatisfy { $0.isNaN })
  }

  @Test func `shapes that do not fit trap in the name of the operation`() async {
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try inverse(Tensor<Float>.zeros([2, 3]))
    }.expectText("inverse: expected square matrices [..., n, n], got a tensor of shape [2, 3]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try solve(Tensor<Float>.identity(3), Tensor<Float>.zeros([2, 4]))
    }.expectText("solve: expected right-hand sides with 3 rows for matrices [3, 3], got a tensor of shape [2, 4]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try solve(Tensor<Float>.zeros([2, 3, 3]), Tensor<Float>.zeros([4, 3, 1]))
    }.expectText("solve: batches do not broadcast: [2, 3, 3] and [4, 3, 1] (axis -1: 2 ≠ 4)")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try choleskySolve(factor: Tensor<Float>.zeros([2, 3]), [1, 2])
    }.expectText("choleskySolve: expected square matrices [..., n, n], got a tensor of shape [2, 3]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try svd(Tensor<Float>([1, 2]))
    }.expectText("svd: expected matrices [..., m, n], got a tensor of shape [2]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try leastSquares(Tensor<Float>.zeros([3, 2]), [1, 2])
    }.expectText(
      "leastSquares: expected right-hand sides [..., 3, k] for matrices [3, 2], got a tensor of shape [2, 1]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try lu(Tensor<Float>.ones([2, 3])).solve([1, 2])
    }.expectText(
      "lu.solve: expected the factors of square matrices and right-hand sides with as many rows, got [2, 2], [2, 3] "
        + "and [2]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try matrixNorm(Tensor<Float>.zeros([0, 3]), .spectral)
    }.expectText("matrixNorm: expected matrices with elements for the norm spectral, got [0, 3]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = vectorNorm(Tensor<Float>.zeros([2, 3]), axes: [1, -1])
    }.expectText("vectorNorm: expected different axes, got [1, -1] of [2, 3]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try nullSpace(Tensor<Float>.zeros([1, 2, 3]))
    }.expectText("nullSpace: expected one matrix [m, n], got a tensor of shape [1, 2, 3]")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try matrixPower(Tensor<Float>.zeros([2, 3]), 2)
    }.expectText("matrixPower: expected square matrices [..., n, n], got a tensor of shape [2, 3]")
  }

  @Test func `tolerances below zero trap in the name of the operation`() async {
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try pseudoInverse(Tensor<Float>.identity(2), relativeTolerance: -1)
    }.expectText("pseudoInverse: expected a relative tolerance of at least 0, got -1.0")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try matrixRank(Tensor<Float>.identity(2), relativeTolerance: -1)
    }.expectText("matrixRank: expected a relative tolerance of at least 0, got -1.0")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try nullSpace(Tensor<Float>.identity(2), relativeTolerance: .nan)
    }.expectText("nullSpace: expected a relative tolerance of at least 0, got nan")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try leastSquares(Tensor<Float>.identity(2), [1, 2], relativeTolerance: -1)
    }.expectText("leastSquares: expected a relative tolerance of at least 0, got -1.0")
  }

  @Test func `what a matrix does not determine has no derivative`() async {
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try gradient(at: Tensor<Float>.ones([3, 2])) { try qr($0, complete: true).r.sum() }
    }.expectText("gradient: qr has no derivative: the columns of Q beyond those of the matrix are not determined by it")
    await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = try gradient(at: Tensor<Float>.ones([3, 2])) { try svd($0, full: true).s.sum() }
    }.expectText(
      "gradient: svd has no derivative: the singular vectors beyond the smaller dimension are not determined by the matrix"
    )
  }
}

extension ExitTest.Result? {
  /// Expects that the child process wrote a text to its standard error.
  fileprivate func expectText(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
    let written = errorText(self)
    #expect(written.contains(text), "\(written)", sourceLocation: sourceLocation)
  }
}
