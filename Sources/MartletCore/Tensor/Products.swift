/// The inner product of two tensors of rank 1 and the same length, a tensor of one number: the sum of `a[i] · b[i]`.
///
/// Traps for other shapes; for matrices use `matmul(_:_:)`.
public func dot<Scalar: FloatingScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  if a.rank != 1 || a.shape != b.shape {
    fatalError("dot: expected two tensors of rank 1 and the same length, got \(a.shape) and \(b.shape)")
  }
  return matmul(a, b)
}

/// The outer product `[m, n]` of two tensors with `m` and `n` elements, of any shape: `a[i] · b[j]`.
///
/// - Complexity: O(m·n).
public func outer<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  a.flattened()[.all, .newAxis] * b.flattened()[.newAxis]
}

/// The Kronecker product: each element of `a` times the whole of `b`.
///
/// Axes are aligned at the end, as in NumPy: shapes `[m, n]` and `[p, q]` give `[m·p, n·q]`.
///
/// - Complexity: O(elements of the result).
public func kron<Scalar: NumericScalar>(_ a: Tensor<Scalar>, _ b: Tensor<Scalar>) -> Tensor<Scalar> {
  let rank = max(a.rank, b.rank)
  func padded(_ shape: Shape) -> [Int] { [Int](repeating: 1, count: rank - shape.rank) + shape }
  let (left, right) = (padded(a.shape), padded(b.shape))
  let spread = a.reshaped(to: Shape(left.flatMap { [$0, 1] })) * b.reshaped(to: Shape(right.flatMap { [1, $0] }))
  return spread.reshaped(to: Shape(zip(left, right).map { $0 * $1 }))
}
