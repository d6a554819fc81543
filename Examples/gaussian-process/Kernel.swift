import Martlet

/// A hyperparameter that is always positive: what is trained is its logarithm.
final class Positive: Module {
  @Parameter var logarithm: Tensor<Double>

  init(_ value: Double) { logarithm = log(Tensor(value)) }

  var value: Tensor<Double> { exp(logarithm) }
}

/// How much the concentrations at two times have to do with each other: a trend over decades, a season that comes back
/// every year and changes slowly, and irregularities of months (Rasmussen and Williams, "Gaussian Processes for Machine
/// Learning", 2006, 5.4.3).
///
/// Amplitudes are in parts per million, lengths in years.
final class Kernel: Module {
  let trend = (amplitude: Positive(50), length: Positive(50))
  let season = (amplitude: Positive(2), length: Positive(50), smoothness: Positive(1))
  let irregular = (amplitude: Positive(0.5), length: Positive(1))
  let noise = Positive(0.2)

  /// The covariances `[n, m]` of what is measured, without its noise, at the times a `[n]` and b `[m]`.
  func callAsFunction(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Tensor<Double> {
    let distance = a.expandedDimension(at: 1) - b

    /// exp(−d² / (2 ℓ²)).
    func squaredExponential(_ length: Positive) -> Tensor<Double> { exp(-0.5 * (distance / length.value).squared()) }

    /// exp(−2 sin²(π d) / ℓ²), of period 1.
    let periodic = exp(-2 * (sin(Double.pi * distance) / season.smoothness.value).squared())

    return trend.amplitude.value.squared() * squaredExponential(trend.length)
      + season.amplitude.value.squared() * squaredExponential(season.length) * periodic
      + irregular.amplitude.value.squared() * squaredExponential(irregular.length)
  }

  /// The variance at a single time, without noise.
  var variance: Tensor<Double> {
    trend.amplitude.value.squared() + season.amplitude.value.squared() + irregular.amplitude.value.squared()
  }
}
