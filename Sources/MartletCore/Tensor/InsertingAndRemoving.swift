extension Tensor {
  /// The tensor without the slices at some indices along an axis: NumPy's `delete`.
  ///
  /// Negative indices count from the end; an index may be named several times. Traps when there is no such index.
  public func removing(at indices: [Int], axis: Int = 0) -> Tensor {
    let axis = place(axis, "removing")
    let length = shape[axis]
    var keeps = [Bool](repeating: true, count: length)
    for index in indices { keeps[counted(index, length, "removing", axis)] = false }
    return take(Tensor<Int64>(keeps.indices.filter { keeps[$0] }.map(Int64.init)), axis: axis)
  }

  /// The tensor with values before the slices at some indices along an axis: NumPy's `insert`.
  ///
  /// The indices are those of this tensor; that of the end, the axis's length, is one of them, and negative ones count
  /// from it. Of a tensor `[…, n, …]` and k indices the result is `[…, n + k, …]`, and the values broadcast to
  /// `[…, k, …]`. Where an index occurs twice, the earlier value comes first. Traps when there is no such index or the
  /// values do not broadcast.
  public func inserting(_ values: Tensor, at indices: [Int], axis: Int = 0) -> Tensor {
    let axis = place(axis, "inserting")
    let length = shape[axis]
    let places = indices.map { index in
      if index == length { return index }
      return counted(index, length, "inserting", axis)
    }
    var inserted = shape
    inserted[axis] = indices.count
    if !values.shape.canBroadcast(to: inserted) {
      trap(TensorError("inserting", expected: "values that broadcast to \(inserted)", got: "\(values.shape)"))
    }
    // Positions in the tensor followed by the values; the sort is stable, so that equal indices keep their order.
    var order: [Int64] = []
    let ranked = places.indices.sorted { (places[$0], $0) < (places[$1], $1) }
    var next = 0
    for index in 0...length {
      while next < ranked.count && places[ranked[next]] == index {
        order.append(Int64(length + ranked[next]))
        next += 1
      }
      if index < length { order.append(Int64(index)) }
    }
    let joined = Tensor.concatenate([self, values.broadcast(to: inserted)], axis: axis)
    return joined.take(Tensor<Int64>(order), axis: axis)
  }

  private func counted(_ index: Int, _ length: Int, _ name: String, _ axis: Int) -> Int {
    if index < -length || index >= length {
      trap(
        TensorError(
          name, expected: "indices within \(-length) ..< \(length), axis \(axis) of \(shape)", got: "\(index)"))
    }
    return index < 0 ? index + length : index
  }
}
