import MartletCore

/// The families of orthogonal polynomials, each with the recurrence pₖ₊₁ = (aₖ x + bₖ) pₖ − cₖ pₖ₋₁ (Abramowitz and
/// Stegun, 22.7).
public enum OrthogonalPolynomial: Sendable, CaseIterable {
  /// Tₙ, with Tₙ(cos θ) = cos nθ.
  case chebyshevT
  /// Uₙ, with Uₙ(cos θ) sin θ = sin (n + 1)θ.
  case chebyshevU
  /// Vₙ, with Vₙ(cos θ) cos ½θ = cos (n + ½)θ.
  case chebyshevV
  /// Wₙ, with Wₙ(cos θ) sin ½θ = sin (n + ½)θ.
  case chebyshevW
  /// Pₙ, orthogonal on −1 ... 1.
  case legendre
  /// Hₙ, orthogonal with the weight exp(−x²), as physicists count it.
  case hermite
  /// Heₙ, orthogonal with the weight exp(−x² / 2), as probability theory counts it.
  case hermiteProbability
  /// Lₙ, orthogonal on 0 ... ∞ with the weight exp(−x).
  case laguerre

  /// p₁ = first.0 · x + first.1.
  fileprivate var first: (Double, Double) {
    switch self {
    case .chebyshevT, .legendre, .hermiteProbability: (1, 0)
    case .chebyshevU, .hermite: (2, 0)
    case .chebyshevV: (2, -1)
    case .chebyshevW: (2, 1)
    case .laguerre: (-1, 1)
    }
  }

  /// aₖ, bₖ and cₖ, for k from 1 on.
  fileprivate func recurrence(_ k: Double) -> (a: Double, b: Double, c: Double) {
    switch self {
    case .chebyshevT, .chebyshevU, .chebyshevV, .chebyshevW: (2, 0, 1)
    case .legendre: ((2 * k + 1) / (k + 1), 0, k / (k + 1))
    case .hermite: (2, 0, 2 * k)
    case .hermiteProbability: (1, 0, k)
    case .laguerre: (-1 / (k + 1), (2 * k + 1) / (k + 1), k / (k + 1))
    }
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// The polynomial of a family and degree at every element: PyTorch's `special.chebyshev_polynomial_t` and the like.
  ///
  /// The shifted ones, on 0 ... 1, are those of `2 * x - 1`. Traps when the degree is negative.
  ///
  /// - Complexity: O(count · degree).
  public func polynomial(_ family: OrthogonalPolynomial, degree: Int) -> Tensor {
    if degree < 0 { trap(TensorError("polynomial", expected: "a degree of at least 0", got: "\(degree)")) }
    var before = Tensor.ones(like: self)
    if degree == 0 { return before }
    let (slope, constant) = family.first
    var here = self * Scalar(slope) + Scalar(constant)
    for k in stride(from: 1, to: degree, by: 1) {
      let (a, b, c) = family.recurrence(Double(k))
      let factor = b == 0 ? self * Scalar(a) : self * Scalar(a) + Scalar(b)
      (before, here) = (here, factor * here - Scalar(c) * before)
    }
    return here
  }
}
