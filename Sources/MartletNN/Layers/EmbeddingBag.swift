import MartletCore

/// The sum, mean or maximum of the vectors of several indices, without keeping them apart: PyTorch's layer of this name.
///
/// Bags of one width are `[batch, width]`, where `paddingIndex` stands for a place that is not taken; bags of any sizes
/// are one row of indices with the places where the bags begin. The output is `[batch, size]`; that of an empty bag is
/// 0. `weight` is `[count, size]`, named and laid out as PyTorch's.
public final class EmbeddingBag: Layer {
  /// How the vectors of a bag are combined.
  public enum Reduction: String, Sendable {
    /// Their sum, each times a number of its own where those are given.
    case sum
    /// Their mean.
    case mean
    /// The greatest of them in each place.
    case max
  }

  /// The vectors, `[count, size]`.
  @Parameter public var weight: Tensor<Float>
  /// The number of vectors.
  public let count: Int
  /// The number of elements of a vector.
  public let size: Int
  /// How the vectors of a bag are combined.
  public let reduction: Reduction
  /// The index that stands for no vector; nil if there is none.
  public let paddingIndex: Int?

  /// A layer for indices within `0 ..< count`; traps when a number is not positive, or the padding's index not in range.
  public init(
    _ count: Int, _ size: Int, reduction: Reduction = .mean, paddingIndex: Int? = nil,
    initializer: Initializer = .normal(standardDeviation: 1)
  ) {
    weight = Embedding.vectors(count, size, paddingIndex, initializer, for: "EmbeddingBag")
    (self.count, self.size, self.reduction, self.paddingIndex) = (count, size, reduction, paddingIndex)
  }

  /// The vectors of bags of one width: `[batch, width]` in, `[batch, size]` out.
  public func forward(_ indices: Tensor<Int64>) -> Tensor<Float> { rows(indices, weights: nil) }

  /// The vectors of bags of one width, `[batch, width]`, each times a number: `weights` is `[batch, width]` too.
  public func callAsFunction(_ indices: Tensor<Int64>, weights: Tensor<Float>) -> Tensor<Float> {
    called { rows(indices, weights: weights) }
  }

  /// The vectors of bags of any sizes.
  ///
  /// - Parameters:
  ///   - indices: The indices of all bags, one after the other, `[n]`.
  ///   - offsets: Where each bag begins, `[batch]`: the first at 0, none before the one ahead of it.
  ///   - weights: A number for each index, `[n]`, where sums are taken.
  public func callAsFunction(
    _ indices: Tensor<Int64>, offsets: Tensor<Int64>, weights: Tensor<Float>? = nil
  ) -> Tensor<Float> {
    called {
      let starts = offsets.scalars.map { Int($0) } + [indices.count]
      if indices.rank != 1 || offsets.rank != 1 || zip(starts, starts.dropFirst()).contains(where: { $0 > $1 })
        || starts[0] != 0
      {
        trap(
          TensorError(
            "EmbeddingBag", expected: "indices [n] and ascending offsets from 0 to n",
            got: "indices \(indices.shape) and offsets \(offsets.scalars.prefix(16))"))
      }
      return pooled(indices, starts, weights)
    }
  }

  private func rows(_ indices: Tensor<Int64>, weights: Tensor<Float>?) -> Tensor<Float> {
    if indices.rank != 2 { trap(TensorError("EmbeddingBag", expected: "[batch, width]", got: "\(indices.shape)")) }
    return pooled(indices, (0...indices.shape[0]).map { $0 * indices.shape[1] }, weights)
  }

  /// One vector for each bag; bag `i` has the indices from `starts[i]` to `starts[i + 1]` in row-major order.
  private func pooled(_ indices: Tensor<Int64>, _ starts: [Int], _ weights: Tensor<Float>?) -> Tensor<Float> {
    if let weights, reduction != .sum || weights.shape != indices.shape {
      trap(
        TensorError(
          "EmbeddingBag", expected: "weights of \(indices.shape) for a sum",
          got: "\(weights.shape) for a \(reduction.rawValue)"))
    }
    let all = indices.scalars
    var taken: (positions: [Int64], indices: [Int64], bags: [Int64]) = ([], [], [])
    var lengths: [Float] = []
    for bag in 0..<starts.count - 1 {
      let before = taken.indices.count
      for position in starts[bag]..<starts[bag + 1] where paddingIndex.map({ all[position] != $0 }) ?? true {
        taken.positions.append(Int64(position))
        taken.indices.append(all[position])
        taken.bags.append(Int64(bag))
      }
      lengths.append(Float(taken.indices.count - before))
    }
    var vectors = weight.take(Tensor(taken.indices))
    if let weights {
      vectors = vectors * weights.flattened().take(Tensor(taken.positions)).expandedDimension(at: 1)
    }
    let bags = Tensor<Int64>(taken.bags)
    let shape: Shape = [lengths.count, size]
    func perBag(_ numbers: [Float]) -> Tensor<Float> { Tensor(shape: [numbers.count, 1], scalars: numbers) }
    switch reduction {
    case .sum: return Tensor.zeros(shape).adding(rows: vectors, at: bags)
    case .mean: return Tensor.zeros(shape).adding(rows: vectors, at: bags) / perBag(lengths.map { max($0, 1) })
    case .max:
      let greatest = Tensor.full(shape, -.infinity)
        .scatter(vectors, at: bags.expandedDimension(at: 1), axis: 0, reduction: .max)
      return greatest.maskedFill(perBag(lengths) .== 0, with: 0)
    }
  }

  /// `[size]`: a bag gives one vector.
  public func outputShape(for inputShape: Shape?) throws(ModuleError) -> Shape? { [size] }

  /// Throws when an index is not within `0 ..< count`.
  public func validate(_ indices: Tensor<Int64>) throws(ModuleError) { try checkIndices(indices, in: 0..<count) }
}

extension EmbeddingBag: CustomStringConvertible {
  /// `EmbeddingBag(1000, 64, reduction: mean)`.
  public var description: String {
    "EmbeddingBag(\(count), \(size), reduction: \(reduction.rawValue)"
      + "\(paddingIndex.map { ", paddingIndex: \($0)" } ?? ""))"
  }
}
