import MartletCore
import MartletNumerics

/// The operations of linear algebra as the tests see them: the same names, inputs and outputs as in
/// Tests/Fixtures/make_linear_algebra_fixtures.py. Outputs depend neither on the signs of vectors nor on the order of
/// eigenvalues.
enum LinearAlgebraOperation: String, CaseIterable, Sendable {
  case solve, solveBroadcast, solveVector, triangularLower, triangularUpper, triangularTransposed, triangularUnit
  case inverse, determinant, signAndLogDeterminant, cholesky, choleskySolve
  case luSquare, luWide, luTall, luSolve, qrSquare, qrWide, qrTall, qrCompleteWide
  case svdSquare, svdWide, svdTall, singularValuesSquare, singularValuesWide, singularValuesTall
  case symmetricEigen, symmetricEigenvalues, eigen, eigenvalues
  case pseudoInverseSquare, pseudoInverseWide, pseudoInverseTall, pseudoInverseDeficient
  case leastSquaresTall, leastSquaresWide, leastSquaresVector
  case matrixNormFrobenius, matrixNormNuclear, matrixNormSpectral, matrixNormOne, matrixNormInfinity
  case vectorNormTwo, vectorNormOne, vectorNormThree, vectorNormInfinity, vectorNormMinusInfinity, vectorNormHalf
  case vectorNormMinusOne
  case conditionNumber, conditionNumberOne, matrixPowerFive, matrixPowerMinusTwo
  case matrixExponentialTiny, matrixExponentialSmall, matrixExponentialMedium, matrixExponential
  case matrixExponentialLarge, matrixExponentialThirteen
  case matrixSquareRoot, matrixLogarithm, trace

  /// The outputs at inputs of the fixture's shapes, and of others with the same roles.
  func callAsFunction<S: FloatingScalar>(_ x: [Tensor<S>]) throws -> [Tensor<S>] {
    let a = x[0]
    func moderate(_ a: Tensor<S>) -> Tensor<S> { a + Tensor.identity(a.shape[a.rank - 1]) * 3 }
    func definite(_ a: Tensor<S>) -> Tensor<S> {
      matmul(a, a.swappedAxes(-1, -2)) + Tensor.identity(a.shape[a.rank - 2])
    }
    let symmetric = a.rank >= 2 && a.shape[a.rank - 1] == a.shape[a.rank - 2] ? a + a.swappedAxes(-1, -2) : a
    switch self {
    case .solve, .solveBroadcast, .solveVector: return [try MartletNumerics.solve(moderate(a), x[1])]
    case .triangularLower: return [try triangularSolve(moderate(a), x[1])]
    case .triangularUpper: return [try triangularSolve(moderate(a), x[1], upper: true)]
    case .triangularTransposed: return [try triangularSolve(moderate(a), x[1], transposed: true)]
    case .triangularUnit: return [try triangularSolve(a, x[1], unitDiagonal: true)]
    case .inverse: return [try MartletNumerics.inverse(moderate(a))]
    case .determinant: return [try MartletNumerics.determinant(a)]
    case .signAndLogDeterminant:
      let (sign, logarithm) = try MartletNumerics.signAndLogDeterminant(a)
      return [sign, logarithm]
    case .cholesky: return [try MartletNumerics.cholesky(definite(a))]
    case .choleskySolve:
      return [try MartletNumerics.choleskySolve(factor: MartletNumerics.cholesky(definite(a)), x[1])]
    case .luSquare, .luWide, .luTall:
      let factors = try lu(a)
      return [factors.lower, factors.upper]
    case .luSolve: return [try lu(moderate(a)).solve(x[1])]
    case .qrSquare, .qrWide, .qrTall, .qrCompleteWide:
      let (q, r) = try qr(a, complete: self == .qrCompleteWide)
      return [q, r]
    case .svdSquare, .svdWide, .svdTall:
      let (u, s, vt) = try svd(a)
      return [s, u * u, vt * vt, matmul(u * (s * s).expandedDimension(at: -2), vt)]
    case .singularValuesSquare, .singularValuesWide, .singularValuesTall: return [try singularValues(a)]
    case .symmetricEigen:
      let (values, v) = try MartletNumerics.symmetricEigen(symmetric)
      let cubes = (values * values * values).expandedDimension(at: -2)
      return [values, v * v, matmul(v * cubes, v.swappedAxes(-1, -2))]
    case .symmetricEigenvalues: return [try MartletNumerics.symmetricEigenvalues(symmetric)]
    case .eigen:
      let (values, v) = try MartletNumerics.eigen(a)
      let sizes = v.real * v.real + v.imaginary * v.imaginary
      let squares = values.imaginary * values.imaginary
      return [values.real, squares].map { (sizes * $0.expandedDimension(at: -2)).sum(axis: -1) }
    case .eigenvalues:
      let values = try MartletNumerics.eigenvalues(a)
      return [
        (values.real * values.real * values.real).sum(axis: -1), (values.imaginary * values.imaginary).sum(axis: -1),
      ]
    case .pseudoInverseSquare, .pseudoInverseWide, .pseudoInverseTall: return [try pseudoInverse(a)]
    case .pseudoInverseDeficient: return [try pseudoInverse(matmul(a, x[1]), relativeTolerance: 1e-6)]
    case .leastSquaresTall, .leastSquaresWide:
      let found = try leastSquares(a, x[1])
      return [found.solution, found.residuals, found.singularValues]
    case .leastSquaresVector: return [try leastSquares(a, x[1]).solution]
    case .matrixNormFrobenius: return [try matrixNorm(a)]
    case .matrixNormNuclear: return [try matrixNorm(a, .nuclear)]
    case .matrixNormSpectral: return [try matrixNorm(a, .spectral)]
    case .matrixNormOne: return [try matrixNorm(a, .one)]
    case .matrixNormInfinity: return [try matrixNorm(a, .infinity)]
    case .vectorNormTwo: return [vectorNorm(a, axis: -1)]
    case .vectorNormOne: return [vectorNorm(a, order: 1, axis: -1)]
    case .vectorNormThree: return [vectorNorm(a, order: 3, axis: -1)]
    case .vectorNormInfinity: return [vectorNorm(a, order: .infinity, axis: -1)]
    case .vectorNormMinusInfinity: return [vectorNorm(a, order: -.infinity, axis: -1)]
    case .vectorNormHalf: return [vectorNorm(a, order: 0.5, axis: -1)]
    case .vectorNormMinusOne: return [vectorNorm(a, order: -1, axis: -1)]
    case .conditionNumber: return [try MartletNumerics.conditionNumber(a)]
    case .conditionNumberOne: return [try MartletNumerics.conditionNumber(moderate(a), .one)]
    case .matrixPowerFive: return [try matrixPower(moderate(a), 5)]
    case .matrixPowerMinusTwo: return [try matrixPower(moderate(a), -2)]
    case .matrixExponentialTiny: return [try MartletNumerics.matrixExponential(a * 0.003)]
    case .matrixExponentialSmall: return [try MartletNumerics.matrixExponential(a * 0.1)]
    case .matrixExponentialMedium: return [try MartletNumerics.matrixExponential(a * 0.5)]
    case .matrixExponential: return [try MartletNumerics.matrixExponential(a)]
    case .matrixExponentialLarge: return [try MartletNumerics.matrixExponential(a * 8)]
    case .matrixExponentialThirteen: return [try MartletNumerics.matrixExponential(a * 1.6)]
    case .matrixSquareRoot: return [try MartletNumerics.matrixSquareRoot(moderate(a))]
    case .matrixLogarithm: return [try MartletNumerics.matrixLogarithm(moderate(a))]
    case .trace: return [MartletNumerics.trace(a)]
    }
  }
}
