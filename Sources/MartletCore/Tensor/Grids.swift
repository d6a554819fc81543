/// The order of the axes of coordinate grids.
public enum GridIndexing: Sendable {
  /// The first vector varies along the first axis, as a matrix is indexed.
  case ij
  /// The first vector varies along the second axis, as the x of a picture.
  case xy
}

/// The coordinates of a grid, one tensor for each vector, all of one shape: of vectors of `m` and `n` elements `[m, n]`
/// with `.ij`, PyTorch's order, and `[n, m]` with `.xy`, NumPy's.
///
/// Traps when one is not of rank 1.
///
/// - Complexity: O(rank) for each vector: views.
public func meshgrid<Scalar: TensorScalar>(
  _ vectors: [Tensor<Scalar>], indexing: GridIndexing = .ij
) -> [Tensor<Scalar>] {
  if let other = vectors.first(where: { $0.rank != 1 }) {
    trap(TensorError("meshgrid", expected: "tensors of rank 1", got: "one of shape \(other.shape)"))
  }
  var axes = Array(vectors.indices)
  if indexing == .xy && axes.count > 1 { axes.swapAt(0, 1) }
  var grid = [Int](repeating: 0, count: vectors.count)
  for (vector, axis) in zip(vectors, axes) { grid[axis] = vector.count }
  return zip(vectors, axes).map { vector, axis in
    var alone = [Int](repeating: 1, count: grid.count)
    alone[axis] = vector.count
    return vector.reshaped(to: alone).broadcast(to: Shape(grid))
  }
}

/// Tensors broadcast to the one shape that all of them broadcast to: NumPy's `broadcast_arrays`.
///
/// Traps when there is no such shape.
///
/// - Complexity: O(rank) for each tensor: views.
public func broadcast<Scalar: TensorScalar>(_ tensors: [Tensor<Scalar>]) -> [Tensor<Scalar>] {
  var shape: Shape = []
  for tensor in tensors {
    guard let joined = shape.broadcast(with: tensor.shape) else {
      let shapes = tensors.map { "\($0.shape)" }.joined(separator: ", ")
      trap(TensorError("broadcast", expected: "shapes that broadcast together", got: shapes))
    }
    shape = joined
  }
  return tensors.map { $0.broadcast(to: shape) }
}

extension Tensor where Scalar: IntegerScalar {
  /// One-hot rows: `on` where the last axis, of `classes` elements, is at the class, `off` elsewhere. Of `[…]`,
  /// `[…, classes]`.
  ///
  /// Traps when a class is not within `0 ..< classes`.
  ///
  /// - Complexity: O(count · classes).
  public func oneHot<Value: NumericScalar>(
    classes: Int, as type: Value.Type, on: Value = 1, off: Value = 0
  ) -> Tensor<Value> {
    if classes < 0 { trap(TensorError("oneHot", expected: "at least 0 classes", got: "\(classes)")) }
    shape.requireRank(rank + 1, for: "oneHot")
    let labels = cast(to: Int64.self)
    if count > 0 && !labels.erased.dependsOnExample {
      for label in [labels.min().item(), labels.max().item()] where label < 0 || label >= classes {
        trap(TensorError("oneHot", expected: "classes within 0 ..< \(classes)", got: "\(label)"))
      }
    }
    let isClass = labels.expandedDimension(at: -1) .== Tensor<Int64>.arange(Int64(classes))
    return Tensor<Value>.where(isClass, Tensor<Value>(on), Tensor<Value>(off))
  }

  /// One-hot rows of `Float`, with 1 at the class and 0 elsewhere; traps when a class is not within `0 ..< classes`.
  ///
  /// - Complexity: O(count · classes).
  public func oneHot(classes: Int) -> Tensor<Float> { oneHot(classes: classes, as: Float.self) }
}
