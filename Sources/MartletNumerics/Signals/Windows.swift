import MartletCore

/// The windows of signal processing: weights that fall off from the middle, from `Tensor.window(_:count:periodic:)`.
///
/// In the formulas, t goes from 0 at the first element to 1 at the last.
public enum Window: Sendable, Hashable {
  /// 0.5 − 0.5 cos 2πt.
  case hann
  /// `alpha` − (1 − `alpha`) cos 2πt.
  case hamming(alpha: Double = 0.54)
  /// 0.42 − 0.5 cos 2πt + 0.08 cos 4πt.
  case blackman
  /// 0.3635819 − 0.4891775 cos 2πt + 0.1365995 cos 4πt − 0.0106411 cos 6πt.
  case nuttall
  /// a₀ − a₁ cos 2πt + a₂ cos 4πt − …, with coefficients of one's own.
  case cosines([Double])
  /// A triangle: 1 − |2t − 1|.
  case bartlett
  /// The sine of π (i + ½) / n at the element i, which is nowhere 0.
  case cosine
  /// I₀(`beta` √(1 − (2t − 1)²)) / I₀(`beta`), with the Bessel function I₀.
  case kaiser(beta: Double = 12)
  /// exp(−d² / (2 σ²)), with the distance d from the middle in elements.
  case gaussian(standardDeviation: Double)
  /// exp(−d / `decay`), with the distance d from the middle in elements.
  case exponential(decay: Double = 1)

  /// The coefficients of the sums of cosines.
  fileprivate var coefficients: [Double]? {
    switch self {
    case .hann: [0.5, 0.5]
    case .hamming(let alpha): [alpha, 1 - alpha]
    case .blackman: [0.42, 0.5, 0.08]
    case .nuttall: [0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1]
    case .cosines(let coefficients): coefficients
    default: nil
    }
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// A window of `count` weights: PyTorch's `signal.windows`, NumPy's `hamming`, `hanning`, `bartlett`, `blackman` and
  /// `kaiser`.
  ///
  /// With `periodic`, the window is that of one element more, without its last: what a Fourier transform of
  /// overlapping parts asks for. One weight is 1. Traps when the count is negative, a standard deviation or decay is
  /// not above 0, or there are no coefficients.
  public static func window(_ window: Window, count: Int, periodic: Bool = false) -> Tensor {
    if count < 0 { trap(TensorError("window", expected: "a count of at least 0", got: "\(count)")) }
    if count <= 1 { return ones([count]) }
    let whole = periodic ? count + 1 : count
    let index = Tensor<Double>.arange(Double(count))
    let t = index / Double(whole - 1)
    let distance = (index - Double(whole - 1) / 2).abs()
    func requirePositive(_ number: Double, _ name: String) {
      if !(number > 0) { trap(TensorError("window", expected: "a \(name) above 0", got: "\(number)")) }
    }
    let weights: Tensor<Double>
    switch window {
    case .bartlett: weights = 1 - (2 * t - 1).abs()
    case .cosine: weights = ((index + 0.5) * (Double.pi / Double(whole))).sin()
    case .kaiser(let beta):
      // Where rounding makes the square of a distance more than 1, the root is 0.
      let inner = (1 - (2 * t - 1).squared()).clamped(min: 0).sqrt() * Swift.abs(beta)
      // Scaled, so that a large beta does not overflow.
      weights =
        inner.besselI(scaled: true) * (inner - Swift.abs(beta)).exp()
        / Tensor<Double>(Swift.abs(beta)).besselI(scaled: true)
    case .gaussian(let deviation):
      requirePositive(deviation, "standard deviation")
      weights = (-0.5 * (distance / deviation).squared()).exp()
    case .exponential(let decay):
      requirePositive(decay, "decay")
      weights = (-(distance / decay)).exp()
    default:
      guard let coefficients = window.coefficients, !coefficients.isEmpty else {
        trap(TensorError("window", expected: "at least one coefficient", got: "none"))
      }
      weights = coefficients.enumerated().reduce(Tensor<Double>.zeros([count])) { sum, term in
        let sign = term.offset % 2 == 0 ? 1.0 : -1
        return sum + sign * term.element * (t * (2 * Double.pi * Double(term.offset))).cos()
      }
    }
    return weights.cast(to: Scalar.self)
  }
}
