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

  /// The tensor cut along an axis before each of the positions, as views: NumPy's `split` at indices.
  ///
  /// There is one part more than positions; a negative position counts from the end. Traps when the positions descend
  /// or are not within the axis.
  ///
  /// - Complexity: O(rank) for each part.
  public func split(at positions: [Int], axis: Int = 0) -> [Tensor] {
    let index = normalizedAxes([axis], "split")[0]
    let length = shape.axes[index]
    let cuts = [0] + positions.map { $0 < 0 ? $0 + length : $0 } + [length]
    for (before, cut) in zip(cuts, cuts.dropFirst()) where cut < before || cut > length {
      trap("split", "expected ascending positions within 0 ... \(length), axis \(index) of \(shape), got \(positions)")
    }
    return split(zip(cuts, cuts.dropFirst()).map { $1 - $0 }, axis: index)
  }

  /// The tensor cut along an axis into at most `count` parts, as views: PyTorch's `chunk`.
  ///
  /// All have the same length but the last, which may be shorter; where the axis has fewer elements than there would be
  /// parts, there are fewer. Traps when `count` is less than 1.
  ///
  /// - Complexity: O(rank) for each part.
  public func chunks(_ count: Int, axis: Int = 0) -> [Tensor] {
    let index = normalizedAxes([axis], "chunks")[0]
    if count < 1 { trap("chunks", "expected a count of at least 1, got \(count)") }
    let length = shape.axes[index]
    let size = Swift.max(1, (length + count - 1) / count)
    return split(at: Array(stride(from: size, to: length, by: size)), axis: index)
  }

  /// The tensor cut along an axis into exactly `count` parts, as views: NumPy's `array_split`.
  ///
  /// The first ones are longer by one element where the length is not a multiple of `count`. Traps when `count` is less
  /// than 1.
  ///
  /// - Complexity: O(rank) for each part.
  public func splitEvenly(_ count: Int, axis: Int = 0) -> [Tensor] {
    let index = normalizedAxes([axis], "splitEvenly")[0]
    if count < 1 { trap("splitEvenly", "expected a count of at least 1, got \(count)") }
    let (size, longer) = shape.axes[index].quotientAndRemainder(dividingBy: count)
    return split((0..<count).map { $0 < longer ? size + 1 : size }, axis: index)
  }

  /// The elements along an axis, as views without the axis: PyTorch's `unbind`, the reverse of `stack`.
  ///
  /// - Complexity: O(rank) for each element.
  public func unstacked(axis: Int = 0) -> [Tensor] {
    let index = normalizedAxes([axis], "unstacked")[0]
    if shape.axes[index] == 0 { return [] }
    return split(shape.axes[index], axis: index).map { $0.squeezed(axis: index) }
  }
}
