/// The indices along each axis of a shape of the elements at positions in row-major order: NumPy's `unravel_index`.
///
/// There is a tensor of the positions' shape for each axis. Traps when a position is not within `0 ..<` the number of
/// elements.
public func unravelIndex(_ positions: Tensor<Int64>, _ shape: Shape) -> [Tensor<Int64>] {
  requireWithin(positions, shape.elementCount, "unravelIndex", "positions")
  var rest = positions
  return shape.reversed().map { length in
    let length = Int64(max(length, 1))
    defer { rest = rest.floorDivide(length) }
    return rest.remainder(length)
  }.reversed()
}

/// The positions in row-major order of the elements with these indices along the axes of a shape: NumPy's
/// `ravel_multi_index`.
///
/// The indices broadcast. Traps unless there is a tensor for each axis, when an index is not within `0 ..< length`, and
/// when they do not broadcast.
public func ravelIndices(_ indices: [Tensor<Int64>], _ shape: Shape) -> Tensor<Int64> {
  if indices.count != shape.rank || indices.isEmpty {
    trap(
      TensorError(
        "ravelIndices", expected: "indices for each of the axes of \(shape), at least one", got: "\(indices.count)"))
  }
  for (axis, own) in indices.enumerated() {
    requireWithin(own, shape[axis], "ravelIndices", "indices along axis \(axis) of \(shape)")
  }
  return zip(broadcast(indices), shape).reduce(Tensor<Int64>(0)) { $0 * Int64($1.1) + $1.0 }
}

private func requireWithin(_ indices: Tensor<Int64>, _ length: Int, _ name: String, _ what: String) {
  if indices.count == 0 { return }
  for index in [indices.min().item(), indices.max().item()] where index < 0 || index >= length {
    trap(TensorError(name, expected: "\(what) within 0 ..< \(length)", got: "\(index)"))
  }
}
