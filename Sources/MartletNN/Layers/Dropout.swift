import MartletCore

/// Sets elements to 0 at random in training and scales the others by `1 / (1 − probability)`, so that nothing has to be
/// scaled in inference, where the layer changes nothing (Srivastava et al., 2014).
///
/// The input has any shape. The random numbers are those in scope (`withRandomSeed`). The mode is `Mode.current`.
public final class Dropout: Layer {
  /// The probability that an element is dropped.
  public let probability: Double

  /// A layer that drops elements with this probability; traps when it is not within `0 ..< 1`.
  public init(_ probability: Double = 0.5) {
    if !(0..<1).contains(probability) {
      fatalError("Dropout: the probability is within 0 ..< 1, not \(probability)")
    }
    self.probability = probability
  }

  /// The output for a batch: any shape in, the same out.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    if probability == 0 || Mode.current == .inference { return x }
    let kept = Tensor<Bool>.randomBernoulli(x.shape, probability: 1 - probability)
    return x * (kept.cast(to: Float.self) * Float(1 / (1 - probability)))
  }

  /// The input's shape.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { inputShape }
}

extension Dropout: CustomStringConvertible {
  /// `Dropout(0.2)`.
  public var description: String { "Dropout(\(probability))" }
}
