import MartletCore

/// A trained vector for each index: `[…]` of indices in, `[…, size]` out.
///
/// `weight` is `[count, size]`, named and laid out as PyTorch's. An index that is not within `0 ..< count` traps;
/// `fit`, `evaluate` and `predict` throw. In front of other layers it stands in a `Chain`.
public final class Embedding: Layer {
  /// The vectors, `[count, size]`.
  @Parameter public var weight: Tensor<Float>
  /// The number of vectors.
  public let count: Int
  /// The number of elements of a vector.
  public let size: Int
  /// The index whose vector gets no gradient; nil if there is none.
  public let paddingIndex: Int?
  /// The greatest norm that a vector may have; nil for any.
  public let maxNorm: Double?

  /// A layer for indices within `0 ..< count`; traps when a number is not positive, or the padding's index not in range.
  ///
  /// - Parameters:
  ///   - count: The number of indices.
  ///   - size: The number of elements of a vector.
  ///   - paddingIndex: An index whose vector begins as 0 and gets no gradient, for places that are not to count.
  ///   - maxNorm: A limit: vectors that are looked up and whose 2-norm is above it are scaled down to it. In training
  ///     this is done in `weight` itself, as by PyTorch's `max_norm`; in inference, and where `weight` is frozen, in the
  ///     result alone, which is the same.
  ///   - initializer: The vectors at first: by default from the standard normal distribution, as PyTorch's.
  public init(
    _ count: Int, _ size: Int, paddingIndex: Int? = nil, maxNorm: Double? = nil,
    initializer: Initializer = .normal(standardDeviation: 1)
  ) {
    if let maxNorm, !(maxNorm > 0) { fatalError("Embedding: the greatest norm is positive, not \(maxNorm)") }
    weight = Self.vectors(count, size, paddingIndex, initializer, for: "Embedding")
    (self.count, self.size, self.paddingIndex, self.maxNorm) = (count, size, paddingIndex, maxNorm)
  }

  /// The first vectors of an embedding.
  static func vectors(
    _ count: Int, _ size: Int, _ paddingIndex: Int?, _ initializer: Initializer, for layer: String
  ) -> Tensor<Float> {
    if count < 1 || size < 1 { fatalError("\(layer)(\(count), \(size)): sizes are positive") }
    var vectors = initializer([count, size], fanIn: size, fanOut: count)
    if let paddingIndex {
      if !(0..<count ~= paddingIndex) {
        fatalError("\(layer)(\(count), \(size)): the padding's index is within 0 ..< \(count), not \(paddingIndex)")
      }
      vectors[paddingIndex] = .zeros([size])
    }
    return vectors
  }

  /// The vectors of a batch: `[batch, …]` in, `[batch, …, size]` out.
  public func forward(_ indices: Tensor<Int64>) -> Tensor<Float> {
    let limit = maxNorm.map { Float($0) }
    let changesTable = Mode.current == .training && $weight.isTrainable
    if let limit, changesTable { limitNorms(at: indices, to: limit) }
    var vectors = weight.take(indices)
    if let limit, !changesTable { vectors = Self.limited(vectors, to: limit) }
    guard let paddingIndex else { return vectors }
    let isPadding = (indices .== Int64(paddingIndex)).expandedDimension(at: -1)
    // A pullback cannot keep what belongs to one example of a batch.
    if isPadding.erased.dependsOnExample { return Tensor.where(isPadding, vectors.detached(), vectors) }
    return vectors.withPullback { $0.maskedFill(isPadding, with: 0) }
  }

  /// The vectors of a batch, with indices of any integer type.
  public func callAsFunction(_ indices: Tensor<some IntegerScalar>) -> Tensor<Float> {
    self(indices.cast(to: Int64.self))
  }

  /// Scales those vectors of the table down that are looked up and too long. The second run in `checkpointed` finds it
  /// done.
  private func limitNorms(at indices: Tensor<Int64>, to limit: Float) {
    if GraphSession.isReplaying { return }
    var table = Tensor<Float>(unchecked: $weight.value)
    if indices.erased.dependsOnExample || table.erased.dependsOnExample {
      trap(
        TensorError(
          "Embedding(maxNorm:)",
          "expected a function that is not vectorized, got one that would change the table for each example: use "
            + "withMode(.inference), or freeze the layer"))
    }
    let indices = indices.flattened()
    let vectors = table.take(indices)
    if !(vectors.sumOfSquares(axis: 1).sqrt() .> limit).any().item() { return }
    table[rows: indices] = Self.limited(vectors, to: limit)
    weight = table
  }

  /// Vectors along the last axis, those longer than the limit scaled down to it.
  private static func limited(_ vectors: Tensor<Float>, to limit: Float) -> Tensor<Float> {
    let squares = vectors.sumOfSquares(axis: -1, keepDims: true)
    let isTooLong = squares.detached().sqrt() .> limit
    // Chosen before the root, which has no derivative at 0. What is added is PyTorch's.
    let norms = Tensor.where(isTooLong, squares, .ones(squares.shape)).sqrt()
    let factor = limit / (norms + 1e-7)
    return Tensor.where(isTooLong, vectors * factor, vectors)
  }

  /// The input's shape with an axis of `size` behind it.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? {
    inputShape.map { Shape($0 + [size]) }
  }

  /// Throws when an index is not within `0 ..< count`.
  public func validate(_ indices: Tensor<Int64>) throws(ModuleError) { try checkIndices(indices, in: 0..<count) }
}

extension Embedding: CustomStringConvertible {
  /// `Embedding(1000, 64)`.
  public var description: String {
    "Embedding(\(count), \(size)\(paddingIndex.map { ", paddingIndex: \($0)" } ?? "")"
      + "\(maxNorm.map { ", maxNorm: \($0)" } ?? ""))"
  }
}
