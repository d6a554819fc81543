extension Tensor {
  /// The tensor cut along an axis into parts of the given lengths, as views; traps unless they add up to the axis's
  /// length.
  ///
  /// - Complexity: O(rank) for each part.
  public func split(_ lengths: [Int], axis: Int = 0) -> [Tensor] {
    let axis = normalizedAxes([axis], "split")[0]
    return applyAll(Split(axis: axis, lengths: lengths), [erased]).map { Tensor(unchecked: $0) }
  }

  /// The tensor cut along an axis into `count` equal parts, as views; traps when its length is not a multiple of
  /// `count`.
  ///
  /// - Complexity: O(rank) for each part.
  public func split(_ count: Int, axis: Int = 0) -> [Tensor] {
    let index = normalizedAxes([axis], "split")[0]
    if count < 1 || shape.axes[index] % count != 0 {
      trap("split", "axis \(index) of \(shape) cannot be cut into \(count) equal parts")
    }
    return split(Array(repeating: shape.axes[index] / count, count: count), axis: index)
  }
}
