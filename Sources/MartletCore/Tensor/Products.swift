/// The inner product of two tensors of rank 1 and the same length, a tensor of one number: the sum of `a[i] · b[i]`.
///
/// Traps for other shapes; for matrices use `matmul(_:_:)`.
public func dot<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  if a.rank != 1 || a.shape != b.shape {
    fatalError("dot: expected two tensors of rank 1 and the same length, got \(a.shape) and \(b.shape)")
  }
  return matmul(a, b)
}

/// The sums of products over the last axes of two tensors, for each pair of what is before: of `[…, k]` and `[*, k]`,
/// `[…, *]` (NumPy's `inner`).
///
/// A tensor of rank 0 multiplies every element. Traps when the last axes differ in length, and where there would be more
/// than eight axes.
///
/// - Complexity: that of one matrix product.
public func inner<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  if a.rank == 0 || b.rank == 0 { return a * b }
  guard a.shape[a.rank - 1] == b.shape[b.rank - 1] else {
    trap(TensorError("inner", expected: "last axes of the same length", got: "\(a.shape) and \(b.shape)"))
  }
  if a.rank + b.rank > 10 {
    trap("inner", "expected at most 8 axes, got \(a.rank + b.rank - 2), from \(a.shape) and \(b.shape)")
  }
  return tensordot(a, b, axes: [-1], [-1])
}

/// The sum of products of two tensors with as many elements, of any shapes, in row-major order: NumPy's `vdot`.
///
/// Traps when there are not as many elements.
public func vdot<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  if a.count != b.count {
    trap(TensorError("vdot", expected: "tensors with as many elements", got: "\(a.shape) and \(b.shape)"))
  }
  return matmul(a.flattened(), b.flattened())
}

/// The sums of products along an axis of two tensors, whose shapes broadcast: NumPy's `vecdot`.
///
/// The axis is counted in the broadcast shape and dropped. Traps when the shapes do not broadcast, when there is no such
/// axis, and when its length differs.
public func vecdot<Scalar: NumericScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axis: Int = -1
) -> Tensor<Scalar> {
  guard let shape = a.shape.broadcast(with: b.shape) else {
    trap("vecdot", "shapes do not broadcast: \(a.shape) and \(b.shape) (\(a.shape.broadcastConflict(with: b.shape)))")
  }
  guard let place = shape.normalized(axis: axis) else { trap("vecdot", "\(shape) has no axis \(axis)") }
  let back = place - shape.rank
  func length(_ x: Tensor<Scalar>) -> Int? { x.rank < -back ? nil : x.shape[x.rank + back] }
  if length(a) == nil || length(a) != length(b) {
    trap(TensorError("vecdot", expected: "one length along axis \(axis)", got: "\(a.shape) and \(b.shape)"))
  }
  return (a * b).sum(axis: back)
}

/// The outer product `[m, n]` of two tensors with `m` and `n` elements, of any shape: `a[i] · b[j]`.
///
/// - Complexity: O(m·n).
public func outer<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  a.flattened()[.all, .newAxis] * b.flattened()[.newAxis]
}

/// The Kronecker product: each element of `a` times the whole of `b`.
///
/// Axes are aligned at the end, as in NumPy: shapes `[m, n]` and `[p, q]` give `[m·p, n·q]`. Traps for more than four
/// axes.
///
/// - Complexity: O(elements of the result).
public func kron<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  let rank = max(a.rank, b.rank)
  if rank > 4 { trap("kron", "expected tensors of at most 4 axes, got \(a.shape) and \(b.shape)") }
  func padded(_ shape: Shape) -> [Int] { [Int](repeating: 1, count: rank - shape.rank) + shape }
  let (left, right) = (padded(a.shape), padded(b.shape))
  let spread = a.reshaped(to: Shape(left.flatMap { [$0, 1] })) * b.reshaped(to: Shape(right.flatMap { [1, $0] }))
  return spread.reshaped(to: Shape(zip(left, right).map { $0 * $1 }))
}
