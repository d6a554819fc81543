extension Tensor where Scalar: NumericScalar {
  /// The matrix with matrices along its diagonal, one behind the other, and zeros elsewhere: PyTorch's `block_diag`.
  ///
  /// Of `[m, n]` and `[p, q]`, `[m + p, n + q]`; a vector is one row and a scalar one element. Traps for a higher rank.
  ///
  /// - Complexity: O(elements of the result).
  public static func blockDiagonal(_ blocks: [Tensor]) -> Tensor {
    let matrices = blocks.map { block in
      if block.rank > 2 {
        trap(TensorError("blockDiagonal", expected: "tensors of rank 0, 1 or 2", got: "one of shape \(block.shape)"))
      }
      return block.atLeast(rank: 2)
    }
    let width = matrices.reduce(0) { $0 + $1.shape[1] }
    var before = 0
    let rows = matrices.map { matrix in
      defer { before += matrix.shape[1] }
      return matrix.padded([(0, 0), (before, width - before - matrix.shape[1])])
    }
    return rows.isEmpty ? zeros([1, 0]) : concatenate(rows)
  }
}

extension Tensor {
  /// Every choice of one element from each of some vectors, as rows `[n₀ · n₁ …, vectors]`, the last changing fastest:
  /// PyTorch's `cartesian_prod`, which gives a vector for one vector alone.
  ///
  /// Traps when there are none, or one is not of rank 1.
  ///
  /// - Complexity: O(elements of the result).
  public static func cartesianProduct(_ vectors: [Tensor]) -> Tensor {
    if vectors.isEmpty { trap(TensorError("cartesianProduct", expected: "at least one vector", got: "none")) }
    if let other = vectors.first(where: { $0.rank != 1 }) {
      trap(TensorError("cartesianProduct", expected: "tensors of rank 1", got: "one of shape \(other.shape)"))
    }
    let sizes = vectors.map(\.count)
    let columns = vectors.enumerated().map { position, vector -> Tensor in
      // Each element as often as what comes behind has choices, and the whole as often as what is before.
      let (outer, inner) = (sizes[..<position].reduce(1, *), sizes[(position + 1)...].reduce(1, *))
      let spread = vector.reshaped(to: [1, vector.count, 1] as Shape)
      return spread.broadcast(to: [outer, vector.count, inner]).flattened()
    }
    return stack(columns, axis: 1)
  }

  /// Every choice of `size` elements of a vector, in their order, as rows `[choices, size]`: PyTorch's `combinations`.
  ///
  /// With `replacement`, an element may be chosen again. Traps for another rank, and when the size is negative.
  ///
  /// - Complexity: O(choices · size).
  public func combinations(_ size: Int = 2, replacement: Bool = false) -> Tensor {
    if rank != 1 { trap(TensorError("combinations", expected: "a tensor of rank 1", got: "one of shape \(shape)")) }
    if size < 0 { trap(TensorError("combinations", expected: "a size of at least 0", got: "\(size)")) }
    var rows: [[Int64]] = [[]]
    for _ in 0..<size {
      rows = rows.flatMap { row -> [[Int64]] in
        let first = row.last.map { replacement ? $0 : $0 + 1 } ?? 0
        return first < count ? (first..<Int64(count)).map { row + [$0] } : []
      }
    }
    let indices = Tensor<Int64>(shape: [rows.count, size], scalars: Array(rows.joined()))
    return take(indices.flattened()).reshaped(to: indices.shape)
  }
}
