import Foundation
import Martlet
import MartletNumerics

/// Solves 500 equations with a known solution, and 1,000 small systems in one call.
func linearSystem() throws {
  print("Linear system")
  let a = Tensor<Double>.randomNormal([500, 500])
  let expected = Tensor<Double>.linspace(-1, 1, count: 500)
  let b = matmul(a, expected)

  let x = try solve(a, b)
  // However large the condition number is, elimination with pivoting leaves a residual of rounding errors. The error
  // of x may be larger, by the condition number.
  let residual = vectorNorm(matmul(a, x) - b) / (vectorNorm(a) * vectorNorm(x))
  print(String(format: "  relative residual: %.1e", residual.item()))
  print(String(format: "  largest error: %.1e", abs(x - expected).max().item()))
  print(String(format: "  condition number: %.0f", try conditionNumber(a).item()))

  // The axes before the last two are a batch: 1,000 matrices, and a right-hand side for each, [1000, 3, 1].
  let matrices = Tensor<Double>.randomNormal([1_000, 3, 3])
  let sides = Tensor<Double>.randomNormal([1_000, 3, 1])
  let solutions = try solve(matrices, sides)
  print(
    String(format: "  batch of 1000, largest residual: %.1e", abs(matmul(matrices, solutions) - sides).max().item()))

  // What has no solution is an error that says why.
  do {
    _ = try solve(Tensor<Double>([[1, 2], [2, 4]]), Tensor<Double>([1, 1]))
  } catch {
    print("  refused: \(error)")
  }
}
