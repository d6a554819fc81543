/// Where a quantile lies between the sorted elements: NumPy's methods, of which the first nine are those of Hyndman and
/// Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996).
public enum QuantileMethod: Sendable, CaseIterable {
  /// The inverse of the empirical distribution function: an element.
  case invertedCDF
  /// That, with the mean of two elements where the function is flat.
  case averagedInvertedCDF
  /// The nearest element, of two the one of odd index.
  case closestObservation
  /// Linear interpolation of the empirical distribution function.
  case interpolatedInvertedCDF
  /// Piecewise linear, with the elements at the middles of the steps.
  case hazen
  /// Piecewise linear, with the elements at q = i / (n + 1), counted from 1.
  case weibull
  /// Piecewise linear, with the elements at q = i / (n − 1), counted from 0; the usual one.
  case linear
  /// Piecewise linear, about unbiased for the median whatever the distribution.
  case medianUnbiased
  /// Piecewise linear, about unbiased for a normal distribution.
  case normalUnbiased
  /// The element below the place of `linear`.
  case lower
  /// The element above it.
  case higher
  /// The mean of both.
  case midpoint
  /// The nearest of both, of two the one of even index.
  case nearest
}

/// The place of a quantile among n sorted elements: between two of them.
struct QuantilePlace {
  let lower: Int
  let upper: Int
  /// How far the quantile is from the lower to the upper element.
  let weight: Double
}

extension QuantileMethod {
  /// The place of quantile q among n > 0 sorted elements; NumPy's `_quantile` has the same formulas.
  func place(of q: Double, among n: Int) -> QuantilePlace {
    let (count, last) = (Double(n), Double(n - 1))
    func element(_ index: Double) -> QuantilePlace {
      let index = Swift.max(0, Swift.min(n - 1, Int(index)))
      return QuantilePlace(lower: index, upper: index, weight: 0)
    }
    func between(_ place: Double, _ weight: (_ fraction: Double) -> Double = { $0 }) -> QuantilePlace {
      if place >= last { return element(last) }
      if place < 0 { return element(0) }
      let below = place.rounded(.down)
      return QuantilePlace(lower: Int(below), upper: Int(below) + 1, weight: weight(place - below))
    }
    func continuous(_ alpha: Double, _ beta: Double) -> QuantilePlace {
      between(count * q + (alpha + q * (1 - alpha - beta)) - 1)
    }
    switch self {
    case .invertedCDF: return element((count * q - 1).rounded(.up))
    case .averagedInvertedCDF: return between(count * q - 1) { $0 == 0 ? 0.5 : 1 }
    case .closestObservation:
      let place = count * q - 1.5
      let below = place.rounded(.down)
      return element(place == below && below.remainder(dividingBy: 2) != 0 ? below : below + 1)
    case .interpolatedInvertedCDF: return continuous(0, 1)
    case .hazen: return continuous(0.5, 0.5)
    case .weibull: return continuous(0, 0)
    case .linear: return between(last * q)
    case .medianUnbiased: return continuous(1.0 / 3, 1.0 / 3)
    case .normalUnbiased: return continuous(3.0 / 8, 3.0 / 8)
    case .lower: return element((last * q).rounded(.down))
    case .higher: return element((last * q).rounded(.up))
    case .midpoint:
      let (below, above) = ((last * q).rounded(.down), (last * q).rounded(.up))
      return between(0.5 * (below + above)) { $0 == 0 ? 0 : 0.5 }
    case .nearest: return element((last * q).rounded(.toNearestOrEven))
    }
  }
}
