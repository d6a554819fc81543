import MartletCore

/// A layer that changes its input at random in training and passes it on in inference: what dropout and noise share.
///
/// The input has any shape. The random numbers are those in scope (`withRandomSeed`). The mode is `Mode.current`.
public class TrainingNoise: Layer {
  fileprivate let amount: Double
  private let isByFeature: Bool

  fileprivate init(_ amount: Double, _ what: String, in range: Range<Double>, isByFeature: Bool = false) {
    if !range.contains(amount) {
      let limits = range.upperBound < .infinity ? "within \(Int(range.lowerBound)) ..< 1" : "at least 0 and finite"
      fatalError("\(Self.self): the \(what) is \(limits), not \(amount)")
    }
    self.amount = amount
    self.isByFeature = isByFeature
  }

  /// The output for a batch: any shape in, the same out.
  public final func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    if amount == 0 || Mode.current == .inference { return x }
    if !isByFeature { return noisy(x, x.shape) }
    if x.rank < 2 {
      trap(TensorError("\(Self.self)", expected: "[batch, features, …] for whole features", got: "\(x.shape)"))
    }
    return noisy(x, Shape(x.shape.enumerated().map { $0.offset < 2 ? $0.element : 1 }))
  }

  /// The input with random numbers of a shape that broadcasts to the input's.
  fileprivate func noisy(_ x: Tensor<Float>, _ shape: Shape) -> Tensor<Float> { x }

  /// The input's shape.
  public final func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { inputShape }
}

extension TrainingNoise: CustomStringConvertible {
  /// `Dropout(0.2)`.
  public var description: String { "\(Self.self)(\(amount)\(isByFeature ? ", wholeFeatures: true" : ""))" }
}

/// Sets elements to 0 at random in training and scales the others by `1 / (1 − probability)`, so that nothing has to be
/// scaled in inference, where the layer changes nothing (Srivastava et al., 2014).
public final class Dropout: TrainingNoise {
  /// The probability that an element is dropped.
  public var probability: Double { amount }

  /// A layer that drops elements with this probability; traps when it is not within `0 ..< 1`.
  ///
  /// - Parameters:
  ///   - probability: The share of elements that are dropped.
  ///   - wholeFeatures: Whether all elements of a feature, or channel, of an example are dropped together, as by
  ///     PyTorch's `Dropout1d` to `Dropout3d`; the input is then `[batch, features, …]`.
  public init(_ probability: Double = 0.5, wholeFeatures: Bool = false) {
    super.init(probability, "probability", in: 0..<1, isByFeature: wholeFeatures)
  }

  override fileprivate func noisy(_ x: Tensor<Float>, _ shape: Shape) -> Tensor<Float> {
    let kept = Tensor<Bool>.randomBernoulli(shape, probability: 1 - probability)
    return x * (kept.cast(to: Float.self) * Float(1 / (1 - probability)))
  }
}

/// Dropout that keeps mean 0 and variance 1, for networks of `selu`: in training, dropped elements get the least value
/// of `selu`, and the result is scaled and shifted (Klambauer et al., 2017, arXiv:1706.02515).
public final class AlphaDropout: TrainingNoise {
  /// The probability that an element is dropped.
  public var probability: Double { amount }

  /// A layer that drops elements with this probability; traps when it is not within `0 ..< 1`.
  ///
  /// - Parameters:
  ///   - probability: The share of elements that are dropped.
  ///   - wholeFeatures: Whether all elements of a feature, or channel, of an example are dropped together, as by
  ///     PyTorch's `FeatureAlphaDropout`; the input is then `[batch, features, …]`.
  public init(_ probability: Double = 0.5, wholeFeatures: Bool = false) {
    super.init(probability, "probability", in: 0..<1, isByFeature: wholeFeatures)
  }

  override fileprivate func noisy(_ x: Tensor<Float>, _ shape: Shape) -> Tensor<Float> {
    let least = -1.0507009873554805 * 1.6732632423543772
    let scale = 1 / ((1 - amount) * (1 + amount * least * least)).squareRoot()
    let kept = Tensor<Float>.randomBernoulli(shape, probability: 1 - amount)
    // Dropped: scale · least; kept: scale · x; then both shifted by −scale · least · probability.
    return x * (kept * Float(scale)) + (Float(scale * least * (1 - amount)) - kept * Float(scale * least))
  }
}

/// Multiplies elements in training by random numbers from a normal distribution of mean 1 and the variance that dropout
/// has, `rate / (1 − rate)` (Srivastava et al., 2014, section 10); Keras's layer of this name.
public final class GaussianDropout: TrainingNoise {
  /// The probability of the dropout that has this variance.
  public var rate: Double { amount }

  /// A layer with the variance of dropout at this rate; traps when it is not within `0 ..< 1`.
  public init(_ rate: Double = 0.5) { super.init(rate, "rate", in: 0..<1) }

  override fileprivate func noisy(_ x: Tensor<Float>, _ shape: Shape) -> Tensor<Float> {
    x * .randomNormal(shape, mean: 1, standardDeviation: Float((amount / (1 - amount)).squareRoot()))
  }
}

/// Adds random numbers from a normal distribution of mean 0 in training; Keras's layer of this name.
public final class GaussianNoise: TrainingNoise {
  /// The standard deviation of what is added.
  public var standardDeviation: Double { amount }

  /// A layer that adds noise of this standard deviation; traps when it is negative or not finite.
  public init(_ standardDeviation: Double) { super.init(standardDeviation, "standard deviation", in: 0..<(.infinity)) }

  override fileprivate func noisy(_ x: Tensor<Float>, _ shape: Shape) -> Tensor<Float> {
    x + .randomNormal(shape, standardDeviation: Float(amount))
  }
}
