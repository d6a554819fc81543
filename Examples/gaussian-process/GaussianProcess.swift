import Foundation
import Martlet

/// Regression with a Gaussian process: measurements y `[n]` at times t `[n]`, whose mean is 0 before any is known
/// (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, algorithm 2.1).
struct GaussianProcess {
  let kernel: Kernel
  let t: Tensor<Double>
  let y: Tensor<Double>

  /// The factor l of K + σ² I = l lᵀ.
  private func factor() throws -> Tensor<Double> {
    try cholesky(kernel(t, t) + kernel.noise.value.squared() * .identity(t.count))
  }

  /// log p(y) = −½ yᵀ K⁻¹ y − ½ log det K − ½ n log 2π.
  func logMarginalLikelihood() throws -> Tensor<Double> {
    let l = try factor()
    let weights = try choleskySolve(factor: l, y)
    return -0.5 * dot(y, weights) - log(l.diagonal()).sum() - 0.5 * Double(t.count) * log(2 * Double.pi)
  }

  /// Moves the kernel's hyperparameters up the gradient of the log marginal likelihood.
  func fit(steps: Int, learningRate: Double, onStep: (Int, Double) -> Void) throws {
    let optimizer = Adam(learningRate: learningRate)
    for step in 1...steps {
      let (loss, gradients) = try valueWithGradient(at: kernel) { _ in try -logMarginalLikelihood() }
      // The steps get shorter, so that the last ones do not go round the maximum.
      optimizer.learningRate = learningRate * (0.02 + 0.98 * (1 + cos(.pi * Double(step) / Double(steps))) / 2)
      optimizer.update(kernel, along: gradients)
      onStep(step, -loss.item())
    }
  }

  /// The means and standard deviations `[m]` of measurements at other times, noise included.
  func predict(_ times: Tensor<Double>) throws -> (mean: Tensor<Double>, standardDeviation: Tensor<Double>) {
    let l = try factor()
    let between = kernel(t, times)  // [n, m]
    let mean = matmul(between.transposed(), try choleskySolve(factor: l, y))
    let explained = try triangularSolve(l, between).sumOfSquares(axis: 0)
    return (mean, sqrt(kernel.variance - explained + kernel.noise.value.squared()))
  }

  /// Curves that the process takes for possible, drawn at random: `[count, m]`.
  func curves(_ count: Int, at times: Tensor<Double>) throws -> Tensor<Double> {
    let l = try factor()
    let between = kernel(t, times)
    let mean = matmul(between.transposed(), try choleskySolve(factor: l, y))
    let half = try triangularSolve(l, between)
    let covariance = kernel(times, times) - matmul(half.transposed(), half)
    let (root, _) = try choleskyWithJitter(covariance)
    return mean + matmul(.randomNormal([count, times.count]), root.transposed())
  }
}

/// The Cholesky factor of a covariance matrix, and what had to be added to its diagonal.
///
/// The curves are so smooth that neighbours on a fine grid differ by less than rounding errors: in floating point the
/// matrix is then not positive definite, and `cholesky` throws. A little noise mends that; if it takes much, the matrix
/// is none of a covariance, and the error goes on.
func choleskyWithJitter(_ covariance: Tensor<Double>) throws -> (factor: Tensor<Double>, jitter: Double) {
  let scale = covariance.diagonal().mean().item()
  var jitter = 0.0
  while true {
    do {
      return (try cholesky(covariance + jitter * .identity(covariance.shape[0])), jitter)
    } catch {
      guard case .notPositiveDefinite = error.reason, jitter < 1e-4 * scale else { throw error }
      jitter = jitter == 0 ? 1e-12 * scale : jitter * 10
    }
  }
}
