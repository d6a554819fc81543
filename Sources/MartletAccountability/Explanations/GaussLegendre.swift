import MartletPlatform

/// The nodes and weights of Gauss–Legendre quadrature on 0 ... 1, which is exact for polynomials of degree 2n - 1.
///
/// Nodes are the zeros of the Legendre polynomial, by Newton's method from Tricomi's estimates, to the precision of
/// `Double` (Abramowitz and Stegun, 25.4.29).
struct GaussLegendre {
  let nodes: [Double]
  /// Their sum is 1.
  let weights: [Double]

  /// - Complexity: O(n²)
  init(_ count: Int) {
    var (nodes, weights) = ([Double](repeating: 0.5, count: count), [Double](repeating: 1, count: count))
    for index in 0..<(count + 1) / 2 {
      // The zeros in descending order; the middle one of an odd number is 0.
      var x = 2 * index + 1 == count ? 0 : cos(Double.pi * (Double(index) + 0.75) / (Double(count) + 0.5))
      var slope = Self.legendre(count, x).slope
      for _ in 0..<100 where x != 0 {
        let (value, derivative) = Self.legendre(count, x)
        let step = value / derivative
        (x, slope) = (x - step, derivative)
        if abs(step) <= 1e-16 { break }
      }
      slope = Self.legendre(count, x).slope
      let weight = 1 / ((1 - x * x) * slope * slope)
      nodes[count - 1 - index] = (1 + x) / 2
      nodes[index] = (1 - x) / 2
      weights[count - 1 - index] = weight
      weights[index] = weight
    }
    (self.nodes, self.weights) = (nodes, weights)
  }

  /// The Legendre polynomial and its derivative within -1 ... 1.
  private static func legendre(_ degree: Int, _ x: Double) -> (value: Double, slope: Double) {
    var (before, here) = (1.0, x)
    for k in stride(from: 2, through: degree, by: 1) {
      let n = Double(k)
      (before, here) = (here, ((2 * n - 1) * x * here - (n - 1) * before) / n)
    }
    return (here, Double(degree) * (x * here - before) / (x * x - 1))
  }
}
