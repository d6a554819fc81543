import MartletCore

/// Layer normalisation: the last axes of every example are brought to mean 0 and variance 1, then scaled and shifted
/// (Ba, Kiros and Hinton, 2016, arXiv:1607.06450).
///
/// The input is `[…, features]`, or ends in the shape that is stated. Names and layout are PyTorch's: `weight` and
/// `bias`, of the shape that is normalised.
public final class LayerNorm: ScaleAndShift, Layer, CustomStringConvertible {
  /// A layer that normalises the last axes, which are of this shape: `LayerNorm([64])`. Without it the layer normalises
  /// the last axis, and learns its length from the `Sequential(inputShape:)` that it is in.
  ///
  /// - Parameters:
  ///   - shape: The shape of the axes that are normalised.
  ///   - epsilon: What is added to the variance.
  ///   - affine: Whether there is a `weight`.
  ///   - useBias: Whether there is a `bias` beside the weight.
  public init(_ shape: Shape? = nil, epsilon: Double = 1e-5, affine: Bool = true, useBias: Bool = true) {
    super.init(
      shape, epsilon: epsilon, isScaled: affine, isShifted: affine && useBias, isByChannel: false,
      usage: "LayerNorm([features])")
  }

  /// A layer that normalises the last axis, which has `featureCount` elements.
  public convenience init(_ featureCount: Int, epsilon: Double = 1e-5, affine: Bool = true, useBias: Bool = true) {
    self.init([featureCount], epsilon: epsilon, affine: affine, useBias: useBias)
  }

  /// The output for a batch: `[…, features]` in, the same out; another end of the shape traps.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    requireEnd(x)
    guard let shape, shape.rank > 1 else { return x.layerNormalized(scale: weight, shift: bias, epsilon: epsilon) }
    let rows = Shape(x.shape.dropLast(shape.rank) + [shape.elementCount])
    return x.reshaped(to: rows)
      .layerNormalized(scale: weight?.flattened(), shift: bias?.flattened(), epsilon: epsilon).reshaped(to: x.shape)
  }

  /// `LayerNorm([64])`, with `?` for a length that is not known yet.
  public var description: String { "LayerNorm(\(shape.map { "\($0)" } ?? "?"))" }
}

/// Normalisation by the root of the mean square along the last axes, then scaling (Zhang and Sennrich, 2019,
/// arXiv:1910.07467).
///
/// The input is `[…, features]`, or ends in the shape that is stated. `weight` has that shape, as PyTorch's.
public final class RMSNorm: ScaleAndShift, Layer, CustomStringConvertible {
  /// A layer that normalises the last axes, which are of this shape: `RMSNorm([64])`. Without it the layer normalises
  /// the last axis, and learns its length from the `Sequential(inputShape:)` that it is in.
  ///
  /// - Parameters:
  ///   - shape: The shape of the axes that are normalised.
  ///   - epsilon: What is added to the mean square; by default PyTorch's, the distance from 1 to the next `Float`.
  ///   - affine: Whether there is a `weight`.
  public init(_ shape: Shape? = nil, epsilon: Double = Double(Float.ulpOfOne), affine: Bool = true) {
    super.init(
      shape, epsilon: epsilon, isScaled: affine, isShifted: false, isByChannel: false, usage: "RMSNorm([features])")
  }

  /// A layer that normalises the last axis, which has `featureCount` elements.
  public convenience init(_ featureCount: Int, epsilon: Double = Double(Float.ulpOfOne), affine: Bool = true) {
    self.init([featureCount], epsilon: epsilon, affine: affine)
  }

  /// The output for a batch: `[…, features]` in, the same out; another end of the shape traps.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    requireEnd(x)
    let axes = Array(-(shape?.rank ?? 1)..<0)
    let count = axes.reduce(1) { $0 * x.shape[x.rank + $1] }
    let meanSquare = x.sumOfSquares(axes: axes, keepDims: true) / Float(count)
    let result = x * (meanSquare + Float(epsilon)).rsqrt()
    return weight.map { result * $0 } ?? result
  }

  /// `RMSNorm([64])`, with `?` for a length that is not known yet.
  public var description: String { "RMSNorm(\(shape.map { "\($0)" } ?? "?"))" }
}
