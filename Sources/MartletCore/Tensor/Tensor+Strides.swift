// Views that step along several axes at once: diagonals and sliding windows.

extension Tensor {
  /// The diagonals of the matrices that two axes make: NumPy's `diagonal`.
  ///
  /// The two axes are dropped, and the diagonal is the result's last axis: of `[m, n]`, `[min(m, n)]`. `offset` counts
  /// to the right of the main diagonal, negative ones below it. A vector's matrix is `Tensor.diagonal(_:offset:)`.
  /// Traps when the axes are the same.
  ///
  /// - Complexity: O(rank): a view.
  public func diagonal(offset: Int = 0, axes: (Int, Int) = (0, 1)) -> Tensor {
    let places = normalizedAxes([axes.0, axes.1], "diagonal")
    let (first, second) = (places[0], places[1])
    let bounded = Swift.max(-shape.axes[first], Swift.min(offset, shape.axes[second]))
    return Tensor(unchecked: apply(Lattice(diagonalOf: shape, first, second, offset: bounded), erased))
  }

  /// Windows of some elements along an axis, one every `step` elements: NumPy's `sliding_window_view`, PyTorch's
  /// `unfold`.
  ///
  /// The axis counts the windows, and a last axis is added for the elements of one: `[b, n]` gives
  /// `[b, (n − size) / step + 1, size]`. Windows may overlap; the gradients of what several see are added up. Traps
  /// when the size or the step is not positive, or the axis is shorter than a window.
  ///
  /// - Complexity: O(rank): a view.
  public func windows(_ size: Int, step: Int = 1, axis: Int = -1) -> Tensor {
    windows([size], steps: [step], axes: [axis])
  }

  /// Windows along several axes; the axes of one window are added at the end, in the order given.
  ///
  /// `[h, w]` with sizes `[3, 3]` gives `[h − 2, w − 2, 3, 3]`. The steps are 1 where none are given. Traps as
  /// `windows(_:step:axis:)`, and when there are not as many sizes, steps and axes.
  ///
  /// - Complexity: O(rank): a view.
  public func windows(_ sizes: [Int], steps: [Int]? = nil, axes: [Int]) -> Tensor {
    let steps = steps ?? sizes.map { _ in 1 }
    let places = normalizedAxes(axes, "windows")
    if sizes.count != axes.count || steps.count != axes.count {
      trap("windows", "expected a size and a step for each axis, got sizes \(sizes), steps \(steps), axes \(axes)")
    }
    if sizes.contains(where: { $0 < 1 }) || steps.contains(where: { $0 < 1 }) {
      trap("windows", "expected sizes and steps of at least 1, got sizes \(sizes) and steps \(steps)")
    }
    for (axis, size) in zip(places, sizes) where size > shape.axes[axis] {
      trap(
        "windows",
        "expected at most \(shape.axes[axis]) elements in a window along axis \(axis) of \(shape), got \(size)")
    }
    shape.requireRank(rank + axes.count, for: "windows")
    return Tensor(unchecked: apply(Lattice(windowsOf: shape, places, sizes: sizes, steps: steps), erased))
  }
}

extension Tensor where Scalar: NumericScalar {
  /// The square matrix whose diagonal, `offset` elements to the right of the main one, is a vector, with zeros
  /// elsewhere; of `[..., n]`, matrices `[..., n + |offset|, n + |offset|]`.
  ///
  /// Traps at rank 0.
  ///
  /// - Complexity: O(elements of the result).
  public static func diagonal(_ vector: Tensor, offset: Int = 0) -> Tensor {
    if vector.rank == 0 { trap("diagonal", "expected at least one axis, got a scalar, of shape []") }
    vector.shape.requireRank(vector.rank + 1, for: "diagonal")
    let (size, overflows) = vector.shape.axes[vector.rank - 1].addingReportingOverflow(Int(clamping: offset.magnitude))
    if overflows { trap("diagonal", "offset \(offset) makes a matrix that is larger than memory can hold") }
    var matrix = vector.shape
    matrix.axes[vector.rank - 1] = size
    matrix.axes.append(size)
    matrix.requireSize(of: Scalar.scalarType, for: "diagonal")
    let view = Lattice(diagonalOf: matrix, vector.rank - 1, vector.rank, offset: offset)
    return Tensor(unchecked: apply(LatticeSum(view), vector.erased))
  }

  /// The matrix `[rows, columns]` with ones on the diagonal `offset` elements to the right of the main one, and zeros
  /// elsewhere; as many columns as rows where none are given.
  ///
  /// Traps when a size is negative or memory cannot hold the matrix.
  public static func eye(_ rows: Int, _ columns: Int? = nil, offset: Int = 0) -> Tensor {
    let columns = columns ?? rows
    if rows < 0 || columns < 0 { trap("eye", "expected sizes of at least 0, got \(rows) and \(columns)") }
    let shape: Shape = [rows, columns]
    shape.requireSize(of: Scalar.scalarType, for: "eye")
    let view = Lattice(diagonalOf: shape, 0, 1, offset: Swift.max(-rows, Swift.min(offset, columns)))
    return Tensor(unchecked: apply(LatticeSum(view), Tensor(1).broadcast(to: view.shape).erased))
  }
}
