/// Indices of Int64 as kernels take them: contiguous, copied where they are strided.
struct Indices: @unchecked Sendable {
  // `@unchecked Sendable`: the memory is only read, and `body` keeps it alive.
  let body: TensorBody
  let pointer: UnsafePointer<Int64>
  let count: Int

  init(_ indices: TensorBody) {
    body = indices.inOrder()
    pointer = UnsafePointer(body.pointer.assumingMemoryBound(to: Int64.self))
    count = body.count
  }

  /// The first index that is not within `0 ..< length`, and its position.
  func first(outside length: Int) -> (position: Int, index: Int64)? {
    for position in 0..<count where pointer[position] < 0 || pointer[position] >= length {
      return (position, pointer[position])
    }
    return nil
  }
}

extension Shape {
  /// The shape of the rows at indices: that of the indices followed by that of a row. Errors have the name `operation`.
  func rows(at indices: Shape, for operation: String) throws(TensorError) -> Shape {
    if rank == 0 { throw TensorError(operation, expected: "at least one axis", got: "a scalar, of shape []") }
    let count = indices.rank + rank - 1
    if count > AxisList.capacity {
      throw TensorError(
        operation, expected: "at most \(AxisList.capacity) axes", got: "\(count), from \(self) at indices \(indices)")
    }
    var rows = indices
    for axis in 1..<rank { rows.axes.append(axes[axis]) }
    return rows
  }
}

extension Primitive {
  /// The shape of the rows of a tensor at indices.
  func rowsShape(of x: OperandSpec, at indices: OperandSpec) throws(TensorError) -> Shape {
    try requireIndices(indices)
    return try x.shape.rows(at: indices.shape, for: name)
  }

  /// Throws when a tensor does not have a row at one of the indices.
  func validate(indices: TensorBody, rowsOf shape: Shape) throws(TensorError) {
    if let (_, index) = Indices(indices).first(outside: shape.axes[0]) {
      throw mistake(expected: "indices within 0 ..< \(shape.axes[0]), the first axis of \(shape)", got: "\(index)")
    }
  }
}
