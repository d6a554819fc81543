/// The sum of products over some axes of two tensors: `axesA[i]` of `a` with `axesB[i]` of `b`.
///
/// The result has the other axes of `a`, then those of `b`, as in NumPy. Traps when the axes are not as many, or their
/// lengths differ.
///
/// - Complexity: that of one matrix product.
public func tensordot<Scalar: NumericScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axes axesA: [Int], _ axesB: [Int]
) -> Tensor<Scalar> {
  let (inA, inB) = (axesA.map { a.place($0, "tensordot") }, axesB.map { b.place($0, "tensordot") })
  let (lengthsA, lengthsB) = (inA.map { a.shape[$0] }, inB.map { b.shape[$0] })
  if lengthsA != lengthsB || Set(inA).count != inA.count || Set(inB).count != inB.count {
    trap(
      TensorError(
        "tensordot", expected: "different axes of the same lengths",
        got: "\(axesA) of \(a.shape) and \(axesB) of \(b.shape)"))
  }
  let (outA, outB) = ((0..<a.rank).filter { !inA.contains($0) }, (0..<b.rank).filter { !inB.contains($0) })
  let shape = outA.map { a.shape[$0] } + outB.map { b.shape[$0] }
  if shape.count > 8 {
    trap("tensordot", "expected at most 8 axes, got \(shape.count), from \(a.shape) and \(b.shape)")
  }
  let inner = lengthsA.reduce(1, *)
  let rows = a.permuted(outA + inA).reshaped(to: [outA.reduce(1) { $0 * a.shape[$1] }, inner] as Shape)
  let columns = b.permuted(inB + outB).reshaped(to: [inner, outB.reduce(1) { $0 * b.shape[$1] }] as Shape)
  return matmul(rows, columns).reshaped(to: Shape(shape))
}

/// The sum of products over the last `axes` axes of `a` and as many first ones of `b`: 1 is the matrix product, 0 the
/// outer one.
///
/// Traps when one of them has fewer axes, or their lengths differ.
///
/// - Complexity: that of one matrix product.
public func tensordot<Scalar: NumericScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axes: Int = 2
) -> Tensor<Scalar> {
  if axes < 0 || axes > a.rank || axes > b.rank {
    trap(
      TensorError(
        "tensordot", expected: "a number of axes within 0 ... \(min(a.rank, b.rank)), of \(a.shape) and \(b.shape)",
        got: "\(axes)"))
  }
  return tensordot(a, b, axes: Array(a.rank - axes..<a.rank), Array(0..<axes))
}

/// The cross product of the vectors of three elements along an axis; the shapes broadcast.
///
/// The axis is counted in the broadcast shape. Traps when the axis does not have three elements in both.
public func cross<Scalar: NumericScalar>(
  _ a: Tensor<Scalar>, _ b: Tensor<Scalar>, axis: Int = -1
) -> Tensor<Scalar> {
  guard let shape = a.shape.broadcast(with: b.shape) else {
    trap("cross", "shapes do not broadcast: \(a.shape) and \(b.shape) (\(a.shape.broadcastConflict(with: b.shape)))")
  }
  guard let place = shape.normalized(axis: axis) else { trap("cross", "\(shape) has no axis \(axis)") }
  let back = place - shape.rank
  for tensor in [a, b] where tensor.rank < -back || tensor.shape[tensor.rank + back] != 3 {
    trap(TensorError("cross", expected: "three elements along axis \(axis)", got: "\(a.shape) and \(b.shape)"))
  }
  let (x, y) = (a.unstacked(axis: back), b.unstacked(axis: back))
  // Each component is of the shape without the axis, which both broadcast to.
  func component(_ i: Int, _ j: Int) -> Tensor<Scalar> {
    let (first, second) = (x[i] * y[j], x[j] * y[i])
    return first - second
  }
  return Tensor.stack([component(1, 2), component(2, 0), component(0, 1)], axis: place)
}
