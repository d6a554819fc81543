import Foundation
import Martlet
import MartletNumerics

/// Regression with a Gaussian process: measurements `[n]` at times t `[n]`, which are taken to be their mean plus a
/// function that is 0 on average before any is known (Rasmussen and Williams, "Gaussian Processes for Machine Learning",
/// 2006, algorithm 2.1).
struct GaussianProcess {
  let kernel: Kernel
  let t: Tensor<Double>
  private let y: Tensor<Double>
  private let mean: Double

  init(kernel: Kernel, t: Tensor<Double>, measured: Tensor<Double>) {
    (self.kernel, self.t, mean) = (kernel, t, measured.mean().item())
    y = measured - mean
  }

  /// The factor l of K + σ² I = l lᵀ.
  private func factor() throws -> Tensor<Double> {
    try cholesky(kernel(t, t) + kernel.noise.value.squared() * .identity(t.count))
  }

  /// log p(y) = −½ (yᵀ K⁻¹ y + log det K + n log 2π), where det K is the squared product of l's diagonal.
  func logMarginalLikelihood() throws -> Tensor<Double> {
    let l = try factor()
    let weights = try choleskySolve(factor: l, y)
    let logDeterminant = 2 * log(l.diagonal()).sum()
    let constant = Double(t.count) * log(2 * Double.pi)
    return -(dot(y, weights) + logDeterminant + constant) / 2
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
    let (means, known) = try condition(at: times)
    return (means, sqrt(kernel.variance - known.sumOfSquares(axis: 0) + kernel.noise.value.squared()))
  }

  /// Curves that the process takes for possible, drawn at random: `[count, m]`.
  func curves(_ count: Int, at times: Tensor<Double>) throws -> Tensor<Double> {
    let (means, known) = try condition(at: times)
    let root = try choleskyWithJitter(kernel(times, times) - matmul(known.transposed(), known))
    return means + matmul(.randomNormal([count, times.count]), root.transposed())
  }

  /// What the measurements say about other times: the means `[m]`, and the matrix v `[n, m]` = l⁻¹ K(t, times), whose
  /// product vᵀ v is what they take from the covariance there.
  private func condition(at times: Tensor<Double>) throws -> (means: Tensor<Double>, known: Tensor<Double>) {
    let (l, between) = (try factor(), kernel(t, times))
    let means = mean + matmul(between.transposed(), try choleskySolve(factor: l, y))
    return (means, try triangularSolve(l, between))
  }
}

/// The Cholesky factor of a covariance matrix, with as little added to its diagonal as it takes.
///
/// The curves are so smooth that neighbours on a fine grid differ by less than rounding errors: in floating point the
/// matrix is then not positive definite, and `cholesky` throws. A little noise mends that; if it takes much, the matrix
/// is none of a covariance, and the error goes on.
func choleskyWithJitter(_ covariance: Tensor<Double>) throws -> Tensor<Double> {
  let scale = covariance.diagonal().mean().item()
  var jitter = 0.0
  while true {
    do {
      return try cholesky(covariance + jitter * .identity(covariance.shape[0]))
    } catch {
      guard case .notPositiveDefinite = error.reason, jitter < 1e-4 * scale else { throw error }
      jitter = jitter == 0 ? 1e-12 * scale : jitter * 10
    }
  }
}
