import MartletCore
import MartletPlatform

/// What is made of the gradients at a row with noise.
public enum SmoothGradKind: String, Sendable, CaseIterable {
  /// Their mean: SmoothGrad.
  case mean
  /// The mean of their squares: SmoothGrad².
  case meanOfSquares
  /// Their variance: VarGrad.
  case variance
}

/// How strong the noise of SmoothGrad is.
public enum ExplanationNoise: Sendable, Equatable {
  /// A standard deviation that is this share of the distance of a row's least and greatest element.
  case relative(Double)
  /// A standard deviation.
  case absolute(Double)

  fileprivate func deviation(for row: [Double]) throws(ExplanationError) -> Double {
    let amount: Double
    switch self {
    case .relative(let share): amount = share * (row.max()! - row.min()!)
    case .absolute(let deviation): amount = deviation
    }
    if !(amount >= 0 && amount.isFinite) { throw .invalid("expected noise of at least 0, got \(self)") }
    return amount
  }
}

extension Explainer {
  /// The gradient at each row, by default its absolute value: how much a small change of an element would matter.
  ///
  /// Source: K. Simonyan et al., Deep inside convolutional networks (2014), arXiv:1312.6034.
  public func saliency(_ x: Tensor<Scalar>, isAbsolute: Bool = true) throws(ExplanationError) -> Attribution<Scalar> {
    let slopes = try allGradients(x)
    return Attribution(
      isAbsolute ? "saliency" : "gradient", target.name, isAbsolute ? slopes.abs() : slopes,
      names(x.count / x.shape[0]), isAbsolute ? .unscaled : .perUnit)
  }

  /// Each element times its gradient: what the element adds, if the model were linear.
  ///
  /// Source: A. Shrikumar et al., Not just a black box (2016), arXiv:1605.01713.
  public func inputTimesGradient(_ x: Tensor<Scalar>) throws(ExplanationError) -> Attribution<Scalar> {
    let slopes = try allGradients(x)
    return Attribution(
      "input × gradient", target.name, x.detached() * slopes, names(x.count / x.shape[0]),
      .multiplied(by: x.detached()))
  }

  private func allGradients(_ x: Tensor<Scalar>) throws(ExplanationError) -> Tensor<Scalar> {
    try check(x)
    var parts: [Tensor<Scalar>] = []
    try passes(x.shape[0]) { range throws(ExplanationError) in
      parts.append(try gradients(x[range].contiguous(), Array(range)).gradients)
    }
    return Tensor.concatenate(parts)
  }

  /// What the gradients around each row have in common: at `samples` points that differ from it by normal noise.
  ///
  /// A row's noise depends on the seed and on its place alone. Throws for less than one sample, and for a variance of less
  /// than two. Sources: D. Smilkov et al., SmoothGrad (2017), arXiv:1706.03825; for the variance (of the population, by
  /// Welford's update) J. Adebayo et al., Local explanation methods (2018), arXiv:1810.03307.
  public func smoothGradient(
    _ x: Tensor<Scalar>, _ kind: SmoothGradKind = .mean, samples: Int = 50, noise: ExplanationNoise = .relative(0.15),
    seed: UInt64 = 0
  ) throws(ExplanationError) -> Attribution<Scalar> {
    let least = kind == .variance ? 2 : 1
    if samples < least { throw .invalid("expected at least \(least) samples, got \(samples)") }
    try check(x)
    let width = x.count / x.shape[0]
    let rowShape = Shape(x.shape.dropFirst())
    var result: [Scalar] = []
    for row in 0..<x.shape[0] {
      let here = x[row].contiguous()
      let deviation = Scalar(try noise.deviation(for: numbers(here)))
      var sums = [Double](repeating: 0, count: width)
      var means = sums
      var count = 0.0
      try passes(samples) { range throws(ExplanationError) in
        // A generator for each sample, so that it does not matter which are drawn together.
        let noise = Tensor<Scalar>.stack(
          range.map { sample in
            var generator = sampleGenerator(seed, row: row, sample: sample)
            return .randomNormal(rowShape, standardDeviation: deviation, using: &generator)
          })
        let found = numbers(try gradients(here + noise, [Int](repeating: row, count: range.count)).gradients)
        for sample in range.indices {
          count += 1
          let start = (sample - range.lowerBound) * width
          for place in 0..<width {
            let slope = found[start + place]
            let change = slope - means[place]
            means[place] += change / count
            sums[place] += kind == .variance ? change * (slope - means[place]) : slope * slope
          }
        }
      }
      result += (kind == .mean ? means : sums.map { $0 / count }).map { Scalar($0) }
    }
    let name = "\(kind == .mean ? "SmoothGrad" : kind == .variance ? "VarGrad" : "SmoothGrad²"), \(samples) samples"
    return Attribution(
      name, target.name, Tensor(shape: x.shape, scalars: result), names(width),
      kind == .mean ? .perUnit : .unscaled)
  }
}

/// A generator of its own for each sample of a row.
func sampleGenerator(_ seed: UInt64, row: Int, sample: Int) -> RandomGenerator {
  RandomGenerator(seed: seed, stream: UInt64(row), counter: UInt64(sample) << 32)
}
