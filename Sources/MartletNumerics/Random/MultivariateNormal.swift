import MartletCore

extension Tensor where Scalar: FloatingScalar {
  /// Vectors `[shape..., n]` mean + l z, for standard normal z and the Cholesky factor l of the covariance: from the
  /// multivariate normal distribution. The gradient flows to the mean and the covariance.
  ///
  /// Means are `[..., n]` and covariances `[..., n, n]`, of which the lower triangle is read; leading axes broadcast to
  /// the shape. Others trap. The last bits are those of LAPACK and of matrix products, which a processor may compute in
  /// its own way.
  ///
  /// - Throws: `LinearAlgebraError` for a covariance that is not positive definite, and for one with NaN or infinity.
  /// - Complexity: O(n³) for each covariance, and O(n²) for each vector.
  public static func randomMultivariateNormal(
    _ shape: Shape, mean: Tensor, covariance: Tensor, using generator: inout RandomGenerator
  ) throws(LinearAlgebraError) -> Tensor {
    let name = "randomMultivariateNormal"
    guard mean.rank >= 1, covariance.rank >= 2, covariance.shape[covariance.rank - 1] == mean.shape[mean.rank - 1],
      covariance.shape[covariance.rank - 2] == mean.shape[mean.rank - 1]
    else {
      trap(
        name, "expected a mean [..., n] and a covariance [..., n, n], got shapes \(mean.shape) and \(covariance.shape)")
    }
    let n = mean.shape[mean.rank - 1]
    shape.requireRank(shape.rank + 1, for: name)
    let vectors = shape.inserting(n, at: shape.rank)
    let batch = Shape(covariance.shape.dimensions.dropLast(2))
    if !mean.shape.canBroadcast(to: vectors) || !batch.canBroadcast(to: shape) {
      trap(
        name,
        "expected leading axes that broadcast to \(shape), got a mean \(mean.shape) and a covariance "
          + "\(covariance.shape)")
    }
    let transposed = try cholesky(covariance).swappedAxes(-1, -2)
    let z = randomNormal(vectors, using: &generator)
    // One matrix for all vectors is one product; else a product for each vector.
    let moved =
      batch.elementCount == 1
      ? MartletCore.matmul(z.reshaped(to: [shape.elementCount, n] as Shape), transposed.reshaped(to: [n, n] as Shape))
        .reshaped(to: vectors)
      : MartletCore.matmul(z.expandedDimension(at: -2), transposed).reshaped(to: vectors)
    return moved + mean
  }

  /// Vectors from the multivariate normal distribution, with the generator in scope (`withRandomSeed`).
  ///
  /// - Throws: `LinearAlgebraError` for a covariance that is not positive definite, and for one with NaN or infinity.
  /// - Complexity: O(n³) for each covariance, and O(n²) for each vector.
  public static func randomMultivariateNormal(
    _ shape: Shape, mean: Tensor, covariance: Tensor
  ) throws(LinearAlgebraError) -> Tensor {
    do {
      return try RandomScope.withCurrent {
        try randomMultivariateNormal(shape, mean: mean, covariance: covariance, using: &$0)
      }
    } catch {
      throw error as! LinearAlgebraError
    }
  }
}
