import MartletCore

/// The distances between the rows of two matrices, `[..., m, n]` of `[..., m, d]` and `[..., n, d]`, in the norm of an order:
/// PyTorch's `cdist`, SciPy's too.
///
/// Batches broadcast. At a distance of 0 the gradient is 0. Traps for other shapes, a negative order and NaN.
///
/// - Complexity: O(m n d) for each pair of matrices.
public func distances<Scalar: FloatingScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, order: Double = 2
) -> Tensor<Scalar> {
  if a.rank < 2 || b.rank < 2 || a.shape[a.rank - 1] != b.shape[b.rank - 1] {
    trap(
      TensorError(
        "distances", expected: "matrices [..., m, d] and [..., n, d]", got: "\(a.shape) and \(b.shape)"))
  }
  requireOrder(order, "distances")
  let differences = a.expandedDimension(at: a.rank - 1) - b.expandedDimension(at: b.rank - 2)
  return vectorNorm(differences, order: order, axis: -1)
}

extension Tensor where Scalar: FloatingScalar {
  /// The distances between every two different rows of a matrix, in the order (0, 1), (0, 2) … (1, 2) …: of `[n, d]`,
  /// `[n (n − 1) / 2]`, as PyTorch's and SciPy's `pdist`.
  ///
  /// At a distance of 0 the gradient is 0. Traps for another rank, a negative order and NaN.
  ///
  /// - Complexity: O(n² d).
  public func pairDistances(order: Double = 2) -> Tensor {
    if rank != 2 { trap(TensorError("pairDistances", expected: "a matrix [n, d]", got: "a tensor of shape \(shape)")) }
    requireOrder(order, "pairDistances")
    let places = Tensor<Int64>.ones([shape[0], shape[0]]).triu(offset: 1).nonzero()
    return vectorNorm(self[rows: places[0]] - self[rows: places[1]], order: order, axis: 1)
  }
}

private func requireOrder(_ order: Double, _ operation: String) {
  if !(order >= 0) { trap(TensorError(operation, expected: "an order of at least 0", got: "\(order)")) }
}

/// The cosines of the angles between vectors along an axis, x · y / max(|x| |y|, `epsilon`); the shapes broadcast.
///
/// As in PyTorch, each length counts as at least `epsilon`. The axis is counted in the broadcast shape, and is dropped.
/// Traps when the shapes do not broadcast or have no such axis.
public func cosineSimilarity<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, axis: Int = 1, epsilon: Scalar = 1e-8
) -> Tensor<Scalar> {
  let shape = broadcastShape(x, y, "cosineSimilarity")
  guard let place = shape.normalized(axis: axis) else {
    trap(TensorError("cosineSimilarity", "\(shape) has no axis \(axis)"))
  }
  func unit(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let wide = x.broadcast(to: shape)
    return wide / vectorNorm(wide, axis: place, keepDims: true).clamped(min: epsilon)
  }
  return (unit(x) * unit(y)).sum(axis: place)
}

/// The norms of x − y + `epsilon` along the last axis, which is dropped: PyTorch's `pairwise_distance`; the shapes
/// broadcast.
///
/// Traps when the shapes do not broadcast, and at rank 0.
public func pairwiseDistance<Scalar: FloatingScalar>(
  _ x: Tensor<Scalar>, _ y: Tensor<Scalar>, order: Double = 2, epsilon: Scalar = 1e-6, keepDims: Bool = false
) -> Tensor<Scalar> {
  if broadcastShape(x, y, "pairwiseDistance").rank == 0 {
    trap(TensorError("pairwiseDistance", expected: "tensors with an axis", got: "two of shape []"))
  }
  return vectorNorm(x - y + epsilon, order: order, axis: -1, keepDims: keepDims)
}

/// The shape that two tensors broadcast to; traps in the name of `operation` when there is none.
private func broadcastShape<Scalar>(_ x: Tensor<Scalar>, _ y: Tensor<Scalar>, _ operation: String) -> Shape {
  guard let shape = x.shape.broadcast(with: y.shape) else {
    trap(
      TensorError(
        operation,
        "shapes do not broadcast: \(x.shape) and \(y.shape) (\(x.shape.broadcastConflict(with: y.shape)))"))
  }
  return shape
}
