import MartletCore

/// Batch normalisation: in training every channel is brought to mean 0 and variance 1 over the batch, in inference by
/// means and variances that were kept while training; then it is scaled and shifted (Ioffe and Szegedy, 2015,
/// arXiv:1502.03167).
///
/// The input is `[batch, channels]` or `[batch, channels, …]`, as of PyTorch's `BatchNorm1d` to `BatchNorm3d`, whose
/// names it has too: `weight`, `bias`, `running_mean`, `running_var`, `num_batches_tracked`. A batch in training needs
/// more than one value for each channel; with one it traps.
///
/// In `checkpointed` the running statistics change once. Within `vectorized` a layer that keeps them traps in training,
/// because each example would have its own.
///
/// A layer whose parameters are all frozen works as in inference, and leaves its running statistics alone, as in Keras;
/// in PyTorch it would go on to change them.
public final class BatchNorm: ScaleAndShift, Layer, CustomStringConvertible {
  /// The share of a batch in the running statistics; nil for the mean over all batches. Keras's momentum is 1 minus
  /// this.
  public let momentum: Double?
  private let mean: Buffer<Float>?
  private let variance: Buffer<Float>?
  private let count: Buffer<Int64>?

  /// A layer for inputs of `featureCount` channels; without it the layer learns it from the `Sequential(inputShape:)`
  /// that it is in.
  ///
  /// - Parameters:
  ///   - featureCount: The number of channels.
  ///   - epsilon: What is added to the variance.
  ///   - momentum: The share of a batch in the running statistics, within 0 ... 1; nil for the mean over all batches.
  ///   - affine: Whether there are a `weight` and a `bias`.
  ///   - tracksStatistics: Whether running statistics are kept; without them, batches are normalised by their own in
  ///     inference too.
  public init(
    _ featureCount: Int? = nil, epsilon: Double = 1e-5, momentum: Double? = 0.1, affine: Bool = true,
    tracksStatistics: Bool = true
  ) {
    if let momentum, !(0...1 ~= momentum) {
      fatalError("BatchNorm: the momentum is within 0 ... 1, not \(momentum)")
    }
    let message = "BatchNorm() has no running statistics yet, because the number of its channels is unknown"
    self.momentum = momentum
    mean = tracksStatistics ? Buffer(deferred: message) : nil
    variance = tracksStatistics ? Buffer(deferred: message) : nil
    count = tracksStatistics ? Buffer(wrappedValue: Tensor(0)) : nil
    super.init(
      featureCount.map { [$0] }, epsilon: epsilon, isScaled: affine, isShifted: affine, isByChannel: true,
      usage: "BatchNorm(featureCount)")
  }

  /// The mean of each channel in inference; nil for a layer that keeps none.
  public var runningMean: Tensor<Float>? { mean?.wrappedValue }
  /// The variance of each channel in inference; nil for a layer that keeps none.
  public var runningVariance: Tensor<Float>? { variance?.wrappedValue }
  /// The number of batches that the running statistics come from; nil for a layer that keeps none.
  public var batchCount: Int? { count.map { Int($0.wrappedValue.item()) } }

  override package var namedChildren: [(name: String, child: Any)] {
    super.namedChildren + [
      ("running_mean", mean as Any), ("running_var", variance as Any), ("num_batches_tracked", count as Any),
    ]
  }

  override func create(_ shape: Shape) {
    super.create(shape)
    mean?.wrappedValue = .zeros(shape)
    variance?.wrappedValue = .ones(shape)
  }

  private var isFrozen: Bool {
    let parameters = [weightStorage, biasStorage].compactMap { $0?.variable }
    return !parameters.isEmpty && parameters.allSatisfy { !$0.isTrainable }
  }

  /// The output for a batch: `[batch, channels, …]` in, the same out.
  public func forward(_ x: Tensor<Float>) -> Tensor<Float> {
    requireChannels(x)
    if Mode.current == .inference || isFrozen, let mean = runningMean, let variance = runningVariance {
      let factor = scaled((variance + Float(epsilon)).rsqrt())
      let offset = bias.map { $0 - mean * factor } ?? -(mean * factor)
      return x * perChannel(factor, x.rank) + perChannel(offset, x.rank)
    }
    let share = x.shape[0] * x.shape.dropFirst(2).reduce(1, *)
    if share < 2 {
      trap(
        TensorError(
          "BatchNorm",
          "expected more than one value for each channel in training, got \(x.shape): use larger batches, and leave a "
            + "last one of one row out"))
    }
    let channels: Shape = [x.shape[1]]
    let results = applyAll(
      BatchNormChannels(epsilon: epsilon),
      [x.erased, (weight ?? .ones(channels)).erased, (bias ?? .zeros(channels)).erased])
    if Mode.current == .training {
      track(Tensor(unchecked: results[1]), Tensor(unchecked: results[2]) * Float(Double(share) / Double(share - 1)))
    }
    return Tensor(unchecked: results[0])
  }

  private func scaled(_ row: Tensor<Float>) -> Tensor<Float> { weight.map { row * $0 } ?? row }

  /// Takes a batch into the running statistics.
  private func track(_ batchMean: Tensor<Float>, _ batchVariance: Tensor<Float>) {
    guard let mean, let variance, let count, !GraphSession.isReplaying else { return }
    if batchMean.erased.dependsOnExample || mean.wrappedValue.erased.dependsOnExample {
      trap(
        TensorError(
          "BatchNorm",
          "expected a function that is not vectorized, got one that would give the layer other running statistics for "
            + "each example: use withMode(.inference), freeze the layer, or make it with tracksStatistics: false"))
    }
    withoutGradient {
      count.wrappedValue = count.wrappedValue + 1
      let share = Float(momentum ?? 1 / Double(count.wrappedValue.item()))
      mean.wrappedValue = mean.wrappedValue * (1 - share) + batchMean.detached() * share
      variance.wrappedValue = variance.wrappedValue * (1 - share) + batchVariance.detached() * share
    }
  }

  /// `BatchNorm(64)`, with `?` for a number of channels that is not known yet.
  public var description: String { "BatchNorm(\(shape.map { "\($0[0])" } ?? "?"))" }
}

/// A layer that needs several rows for its statistics in training.
package protocol NormalizesByBatch {
  /// Whether a batch of one row stops it.
  var needsSeveralRows: Bool { get }
}

extension BatchNorm: NormalizesByBatch {
  package var needsSeveralRows: Bool { mean == nil || !isFrozen }
}
