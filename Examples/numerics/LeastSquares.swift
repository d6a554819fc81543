import Foundation
import Martlet
import MartletNumerics
import Pictures

/// Fits a cubic to 200 noisy measurements of one.
func leastSquaresFit(picture: String) throws {
  print("\nLeast squares")
  let truth: Tensor<Double> = [1, -2, 0, 0.5]  // 1 − 2 x + x³ / 2
  let noise = 0.5
  let x = Tensor<Double>.randomUniform([200], in: -3..<3)

  /// The powers 1, x, x², x³ of each number: `[n, 4]`.
  func powers(_ x: Tensor<Double>) -> Tensor<Double> { pow(x.expandedDimension(at: 1), Tensor.arange(4)) }
  let design = powers(x)
  let y = matmul(design, truth) + .randomNormal([200], standardDeviation: noise)

  let fit = try leastSquares(design, y)
  let residuals = y - matmul(design, fit.solution)
  // The estimate of the noise's variance, and from it the covariance of the coefficients: s² (Aᵀ A)⁻¹.
  let variance = fit.residuals / Double(200 - 4)
  let covariance = try variance * inverse(matmul(design.transposed(), design))
  let standardErrors = sqrt(covariance.diagonal())

  print("  coefficients:    \(fit.solution.formatted(decimals: 3))  (true: 1, -2, 0, 0.5)")
  print("  standard errors: \(standardErrors.formatted(decimals: 3))")
  print(String(format: "  noise: %.3f (true: %.1f)", sqrt(variance).item(), noise))
  print(
    String(
      format: "  furthest from the truth: %.2f standard errors",
      (abs(fit.solution - truth) / standardErrors).max().item()))
  // The residuals are at right angles to every column.
  print(String(format: "  normal equations: %.1e", abs(matmul(design.transposed(), residuals)).max().item()))

  let grid = Tensor<Double>.linspace(-3, 3, count: 200)
  var chart = Chart("A cubic by least squares", x: "x", y: "y")
  chart.points(x, y, label: "measured")
  chart.line(grid, matmul(powers(grid), truth), label: "truth", color: 2)
  chart.line(grid, matmul(powers(grid), fit.solution), label: "fitted", color: 1)
  try chart.saveSVG(to: picture)
}
