import CKernels
import Synchronization

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

  /// The first index that is not within `lowest ..< length`, and its position.
  func first(outside length: Int, from lowest: Int = 0) -> (position: Int, index: Int64)? {
    let found = Atomic(count)
    WorkerPool.parallelFor(count, grain: ElementwiseLoop.cheapGrain) { range in
      let (start, least) = (range.lowerBound, Int64(lowest))
      let place = mk_first_index_outside(pointer + start, least, Int64(length), range.count)
      if place < range.count { found.min(start + place, ordering: .relaxed) }
    }
    let position = found.load(ordering: .relaxed)
    return position < count ? (position, pointer[position]) : nil
  }
}

extension Shape {
  /// The shape of the rows at indices: that of the indices followed by that of a row. Errors have the name `operation`.
  func rows(at indices: Shape, for operation: String) throws(TensorError) -> Shape {
    try indexed(0, 1, at: indices, for: operation)
  }

  /// The shape with that of the indices in place of `axes` axes from `axis` on. Errors have the name `operation`.
  func indexed(_ axis: Int, _ axes: Int, at indices: Shape, for operation: String) throws(TensorError) -> Shape {
    if axis + axes > rank {
      if rank == 0 { throw TensorError(operation, expected: "at least one axis", got: "a scalar, of shape []") }
      throw TensorError(operation, "\(self) has no \(named(axis, axes))")
    }
    let count = indices.rank + rank - axes
    if count > AxisList.capacity {
      throw TensorError(
        operation, expected: "at most \(AxisList.capacity) axes", got: "\(count), from \(self) at indices \(indices)")
    }
    var result = AxisList()
    for before in 0..<axis { result.append(self.axes[before]) }
    for index in 0..<indices.rank { result.append(indices.axes[index]) }
    for after in axis + axes..<rank { result.append(self.axes[after]) }
    return Shape(axes: result)
  }

  /// What messages call `count` axes from `axis` on.
  func named(_ axis: Int, _ count: Int) -> String {
    if count == 1 { return axis == 0 ? "the first axis" : "axis \(axis)" }
    return count == rank ? "all elements" : "axes \(axis) ..< \(axis + count)"
  }

  /// The number of elements along `count` axes from `axis` on.
  func elements(_ axis: Int, _ count: Int) -> Int { (axis..<axis + count).reduce(1) { times($0, axes[$1]) } }
}

extension Primitive {
  /// Throws when a tensor has no element at one of the indices, which are along `axes` axes from `axis` on.
  func validate(indices: TensorBody, _ axis: Int, _ axes: Int, of shape: Shape) throws(TensorError) {
    let length = shape.elements(axis, axes)
    if let (_, index) = Indices(indices).first(outside: length) {
      throw mistake(expected: "indices within 0 ..< \(length), \(shape.named(axis, axes)) of \(shape)", got: "\(index)")
    }
  }
}
