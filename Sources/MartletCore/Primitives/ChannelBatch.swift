import CKernels

/// A batch `[batch, channels, ...]` as batch normalisation sees it: rows of channels, each of `inner` elements.
struct ChannelBatch {
  let rows: Int
  let channels: Int
  let inner: Int
  private let rank: Int

  init(_ shape: Shape) {
    rows = shape.axes[0]
    channels = shape.axes[1]
    rank = shape.rank
    inner = (2..<rank).reduce(1) { $0 * shape.axes[$1] }
  }

  /// The number of elements of each channel.
  var share: Int { rows * inner }

  /// The sums over all axes but the channels', of shape `[channels]`.
  func sum(_ x: AnyTensor) -> AnyTensor { apply(Reduction(.sum, axes: [0] + Array(2..<rank)), x) }

  /// The means over all axes but the channels', so that they broadcast to the batch.
  func mean(_ x: AnyTensor) -> AnyTensor { perChannel(sum(x) / Double(share)) }

  /// A row of numbers, one for each channel, so that it broadcasts to the batch.
  func perChannel(_ row: AnyTensor) -> AnyTensor {
    rank == 2
      ? row : apply(ReshapeView(to: Shape([channels] + Array(repeating: 1, count: rank - 2))), row)
  }

  /// Calls `body` with parts of the rows, on several threads where that pays: the kernels' type, the offset of the first
  /// row in bytes, and the number of rows.
  func forRows(_ type: ScalarType, _ body: (mk_type, _ offset: Int, _ rows: Int) -> Void) {
    let width = channels * inner
    WorkerPool.parallelFor(rows, grain: max(1, ElementwiseLoop.cheapGrain / max(1, width))) { range in
      body(type.kernelType, range.lowerBound * width * type.size, range.count)
    }
  }
}

/// Each channel's mean and sum of squared deviations over a batch and, given a gradient, its sum and that of its product
/// with the deviations; in `Double`.
struct ChannelSums {
  /// The number of channels in a piece, and of elements of each: the latter must not depend on the number of threads.
  private static let (tile, length) = (64, 4096)

  private let memory: Scratch
  private let channels: Int
  private let hasGradient: Bool

  init(of x: TensorBody, in batch: ChannelBatch, gradient g: TensorBody? = nil) {
    channels = batch.channels
    hasGradient = g != nil
    let step = max(1, ChannelSums.length / max(1, batch.inner))
    let parts = max(1, (batch.rows + step - 1) / step)
    memory = Scratch(byteCount: parts * 4 * channels * 8)
    let (type, size) = (x.scalarType.kernelType, x.scalarType.size)
    let tile = batch.inner == 1 ? ChannelSums.tile : max(1, ChannelSums.tile / min(64, max(1, batch.inner)))
    let tiles = (channels + tile - 1) / tile
    let work = max(1, min(step, batch.rows) * batch.inner * min(tile, channels))
    WorkerPool.parallelFor(parts * tiles, grain: max(1, ElementwiseLoop.cheapGrain / work)) { range in
      for piece in range {
        let (row, channel) = (piece / tiles * step, piece % tiles * tile)
        let offset = (row * batch.channels + channel) * batch.inner * size
        var sums = pointers(ofPart: piece / tiles, from: channel)
        mk_channel_sums_of(
          type, x.pointer + offset, g.map { UnsafeRawPointer($0.pointer + offset) }, &sums,
          min(step, batch.rows - row), batch.channels, batch.inner, min(tile, channels - channel))
      }
    }
    var whole = pointers(ofPart: 0, from: 0)
    for part in 1..<max(1, parts) {
      var sums = pointers(ofPart: part, from: 0)
      let before = part * step
      mk_channel_sums_merge(
        &whole, Double(before * batch.inner), &sums, Double(min(step, batch.rows - before) * batch.inner), channels)
    }
  }

  private func pointers(ofPart part: Int, from channel: Int) -> mk_channel_sums {
    let first = memory.pointer.assumingMemoryBound(to: Double.self) + part * 4 * channels + channel
    return mk_channel_sums(
      mean: first, squares: first + channels, gradient: hasGradient ? first + 2 * channels : nil,
      product: hasGradient ? first + 3 * channels : nil)
  }

  /// Calls `body` with the sums of all channels.
  func withPointers(_ body: (UnsafePointer<mk_channel_sums>) -> Void) {
    var sums = pointers(ofPart: 0, from: 0)
    body(&sums)
    withExtendedLifetime(memory) {}
  }
}
