import MartletCore

/// Group normalisation: the channels of every example are taken in groups, each of which is brought to mean 0 and
/// variance 1 together with all positions; then channels are scaled and shifted (Wu and He, 2018, arXiv:1803.08494).
///
/// The input is `[batch, channels]` or `[batch, channels, …]`. `weight` and `bias` are `[channels]`, as PyTorch's.
public final class GroupNorm: ScaleAndShift, Layer, CustomStringConvertible {
  /// The number of groups that the channels are taken in.
  public let groupCount: Int

  /// A layer for `channelCount` channels in `groupCount` groups; without a number of channels the layer learns it from
  /// the `Sequential(inputShape:)` that it is in. Traps when the channels do not make equal groups.
  public init(_ groupCount: Int, _ channelCount: Int? = nil, epsilon: Double = 1e-5, affine: Bool = true) {
    if groupCount < 1 { fatalError("GroupNorm: expected at least one group, got \(groupCount)") }
    self.groupCount = groupCount
    super.init(
      channelCount.map { [$0] }, epsilon: epsilon, isScaled: affine, isShifted: affine, isByChannel: true,
      usage: "GroupNorm(\(groupCount), channelCount)")
    if let channelCount, channelCount % groupCount != 0 { fatalError(uneven(channelCount)) }
  }

  private func uneven(_ channels: Int) -> String {
    "GroupNorm: expected channels in \(groupCount) equal groups, got \(channels) channels"
  }

  /// Creates the parameters; throws also when the channels do not make equal groups.
  override public func build(for inputShape: Shape?) throws(ModuleError) {
    if shape == nil, let channels = inputShape?.first, channels % groupCount != 0 {
      throw .layer(path: "", reason: uneven(channels))
    }
    try super.build(for: inputShape)
  }

  /// The output for a batch: `[batch, channels, …]` in, the same out.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    requireChannels(x)
    if x.shape[1] % groupCount != 0 { trap(TensorError("GroupNorm", uneven(x.shape[1]))) }
    let size = x.shape.dropFirst().reduce(1, *) / groupCount
    let result = x.reshaped(to: [x.shape[0], groupCount, size] as Shape).layerNormalized(epsilon: epsilon)
      .reshaped(to: x.shape)
    let scaled = weight.map { result * perChannel($0, x.rank) } ?? result
    return bias.map { scaled + perChannel($0, x.rank) } ?? scaled
  }

  /// `GroupNorm(4, 64)`, with `?` for a number of channels that is not known yet.
  public var description: String { "GroupNorm(\(groupCount), \(shape.map { "\($0[0])" } ?? "?"))" }
}
