import MartletCore

/// Square matrices `[..., n, n]` times themselves, `exponent` times; the power 0 is the identity, a negative one that of
/// the inverse. Traps for other shapes.
///
/// - Throws: `LinearAlgebraError` where an inverse is needed and the matrix is singular or has NaN or infinity.
/// - Complexity: O(n³ log exponent) for each matrix.
public func matrixPower<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ exponent: Int
) throws(LinearAlgebraError) -> Tensor<Scalar> {
  requireMatrices(a, for: "matrixPower", square: true)
  if exponent == 0 { return Tensor<Scalar>.identity(a.shape.rows).broadcast(to: a.shape) }
  var square = exponent < 0 ? Tensor<Scalar>(unchecked: try Inverse().run("matrixPower", [a.erased])[0]) : a
  var (rest, result) = (exponent.magnitude, Tensor<Scalar>?.none)
  while true {
    if rest & 1 == 1 { result = result.map { matmul($0, square) } ?? square }
    rest >>= 1
    if rest == 0 { return result! }
    square = matmul(square, square)
  }
}
