import Foundation
import Martlet
import MartletNumerics
import Pictures

/// Finds the directions in which the rows of x `[n, d]` differ most, by a singular value decomposition, and draws the rows
/// in the plane of the first two.
func principalComponents(of x: Tensor<Double>, classes: Tensor<Int32>, picture: String) throws {
  print("\nPrincipal components")
  let centred = x - x.mean(axis: 0)
  let (_, s, vt) = try svd(centred)
  let variances = s.squared() / Double(x.shape[0] - 1)
  let explained = variances / variances.sum()
  let cumulative = explained.cumulativeSum(axis: 0)
  print("  explained variance: \(explained[..<6].formatted(decimals: 4)) …")
  print(String(format: "  first two components: %.4f of the variance", cumulative[1].item()))

  // Twenty numbers for each digit instead of 64: what is lost is the rest of the variance.
  let directions = vt[..<20]  // [20, 64]
  let scores = matmul(centred, directions.transposed())  // [n, 20]
  let lost = (centred - matmul(scores, directions)).sumOfSquares() / centred.sumOfSquares()
  print(String(format: "  with 20 components %.4f is lost", lost.item()))
  print(String(format: "  lost and explained, less 1: %.1e", abs(lost + cumulative[19] - 1).item()))
  // Along the components the rows are uncorrelated.
  let correlations = scores.correlation(variables: .columns) - .identity(20)
  print(String(format: "  largest correlation between components: %.1e", abs(correlations).max().item()))

  var chart = Chart("Handwritten digits", x: "first component", y: "second component", equalUnits: true)
  for digit in 0...9 {
    let rows = scores[classes .== Int32(digit)]
    chart.points(rows[.all, 0], rows[.all, 1], label: "\(digit)")
  }
  try chart.saveSVG(to: picture)
}
