extension Tensor {
  /// Every element along an axis `count` times in a row: NumPy's `repeat`. Traps when the count is negative.
  ///
  /// - Complexity: O(elements of the result).
  public func repeated(_ count: Int, axis: Int) -> Tensor {
    let axis = place(axis, "repeated")
    if count < 0 { trap(TensorError("repeated", expected: "a count of at least 0", got: "\(count)")) }
    let target = shape.lengthened(axis, count, for: "repeated")
    if rank == 8 { return repeated([Int](repeating: count, count: shape[axis]), axis: axis) }
    var wide = [Int](shape)
    wide.insert(count, at: axis + 1)
    return expandedDimension(at: axis + 1).broadcast(to: Shape(wide)).reshaped(to: target)
  }

  /// Every element along an axis as often as its count says; traps unless there is one count, not negative, for each.
  ///
  /// - Complexity: O(elements of the result).
  public func repeated(_ counts: [Int], axis: Int) -> Tensor {
    let axis = place(axis, "repeated")
    if counts.count != shape[axis] || counts.contains(where: { $0 < 0 }) {
      trap(
        TensorError(
          "repeated", expected: "\(shape[axis]) counts of at least 0, for axis \(axis) of \(shape)", got: "\(counts)"))
    }
    let indices = counts.enumerated().flatMap { index, count in [Int64](repeating: Int64(index), count: count) }
    return take(Tensor<Int64>(indices), axis: axis)
  }

  /// The whole tensor again and again along its axes: NumPy's and PyTorch's `tile`.
  ///
  /// Axes and counts are lined up at the end; where there are more counts than axes, axes of length 1 are put in front.
  /// Traps when a count is negative.
  ///
  /// - Complexity: O(elements of the result).
  public func tiled(_ counts: [Int]) -> Tensor {
    if let count = counts.first(where: { $0 < 0 }) {
      trap(TensorError("tiled", expected: "counts of at least 0", got: "\(count) in \(counts)"))
    }
    let wide = atLeast(rank: counts.count)
    let all = [Int](repeating: 1, count: wide.rank - counts.count) + counts
    // One axis after the other, so that the axes between are at most one more than the tensor's.
    return all.enumerated().reduce(wide) { tensor, entry in
      let (axis, count) = entry
      if count == 1 { return tensor }
      if tensor.rank == 8 || count == 0 {
        return Tensor.concatenate(
          count == 0 ? [tensor.split(at: [0], axis: axis)[0]] : [Tensor](repeating: tensor, count: count), axis: axis)
      }
      var repeats = [Int](tensor.shape)
      repeats.insert(count, at: axis)
      let target = tensor.shape.lengthened(axis, count, for: "tiled")
      return tensor.expandedDimension(at: axis).broadcast(to: Shape(repeats)).reshaped(to: target)
    }
  }

  /// The elements shifted along an axis, those that leave it at one end coming back at the other: NumPy's `roll`.
  ///
  /// A positive number shifts towards the end.
  public func rolled(by shift: Int, axis: Int) -> Tensor { rolled(by: [shift], axes: [axis]) }

  /// The elements shifted along several axes; traps unless there is one shift for each axis.
  public func rolled(by shifts: [Int], axes: [Int]) -> Tensor {
    if shifts.count != axes.count {
      trap(TensorError("rolled", expected: "\(axes.count) shifts, one for each axis", got: "\(shifts)"))
    }
    return zip(shifts, axes).reduce(self) { tensor, entry in
      let axis = place(entry.1, "rolled")
      let length = shape[axis]
      let shift = length == 0 ? 0 : (entry.0 % length + length) % length
      if shift == 0 { return tensor }
      return Tensor.concatenate(tensor.split(at: [length - shift], axis: axis).reversed(), axis: axis)
    }
  }

  /// The elements in row-major order shifted, whatever their axes.
  public func rolled(by shift: Int) -> Tensor { flattened().rolled(by: shift, axis: 0).reshaped(to: shape) }

  /// The tensor turned by quarters of a circle in the plane of two axes, from the first towards the second: NumPy's and
  /// PyTorch's `rot90`.
  ///
  /// Traps when the axes are the same.
  ///
  /// - Complexity: O(rank): a view.
  public func rotated90(_ times: Int = 1, axes: (Int, Int) = (0, 1)) -> Tensor {
    let (first, second) = (place(axes.0, "rotated90"), place(axes.1, "rotated90"))
    if first == second {
      trap(TensorError("rotated90", expected: "two different axes", got: "\(axes.0) and \(axes.1) of \(shape)"))
    }
    switch (times % 4 + 4) % 4 {
    case 1: return reversed(axis: second).swappedAxes(first, second)
    case 2: return reversed(axes: [first, second])
    case 3: return swappedAxes(first, second).reversed(axis: second)
    default: return self
    }
  }

  /// An axis counted from the first; traps in the name of `operation` when there is none.
  func place(_ axis: Int, _ operation: String) -> Int {
    guard let index = shape.normalized(axis: axis) else { trap(TensorError(operation, "\(shape) has no axis \(axis)")) }
    return index
  }
}

extension Shape {
  /// The shape with an axis `count` times as long; traps in the name of `operation` when no memory could hold that.
  fileprivate func lengthened(_ axis: Int, _ count: Int, for operation: String) -> Shape {
    var result = self
    let (length, isTooLarge) = self[axis].multipliedReportingOverflow(by: count)
    if isTooLarge {
      trap(operation, "expected a length that memory can hold, got axis \(axis) of \(self) \(count) times")
    }
    result[axis] = length
    return result
  }
}
