// Other views of the same elements: nothing is copied, except by `reshaped` and `flattened` where strides force it.

extension Tensor {
  /// The elements under another shape, in row-major order. One dimension may be −1: it is found from the count.
  ///
  /// - Complexity: O(rank) where the strides allow a view, O(count) where they do not.
  public func reshaped(to dimensions: [Int]) -> Tensor {
    Tensor(unchecked: apply(Reshape(to: resolved(dimensions)), erased))
  }

  /// As above, with a shape.
  ///
  /// - Complexity: O(rank) where the strides allow a view, O(count) where they do not.
  public func reshaped(to shape: Shape) -> Tensor { Tensor(unchecked: apply(Reshape(to: shape), erased)) }

  private func resolved(_ dimensions: [Int]) -> Shape {
    guard let unknown = dimensions.firstIndex(of: -1) else {
      if dimensions.contains(where: { $0 < 0 }) { trap("reshape", "\(shape) does not fit \(dimensions)") }
      shape.requireRank(dimensions.count, for: "reshape")
      return Shape(dimensions)
    }
    shape.requireRank(dimensions.count, for: "reshape")
    var others = dimensions
    others[unknown] = 1
    // A product that overflows is of more elements than there are.
    let known = others.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? 0 : $0 * $1 }
    if dimensions.filter({ $0 < 0 }).count > 1 || known == 0 || count % known != 0 {
      trap("reshape", "\(shape) with \(count) elements does not fit \(dimensions)")
    }
    var result = dimensions
    result[unknown] = count / known
    return Shape(result)
  }

  /// All elements along one axis.
  ///
  /// - Complexity: O(rank) where the strides allow a view, O(count) where they do not.
  public func flattened() -> Tensor { reshaped(to: [count] as Shape) }

  /// The axes in reverse order; the transpose of a matrix.
  ///
  /// - Complexity: O(rank): a view.
  public func transposed() -> Tensor { permuted((0..<rank).reversed()) }

  /// The axes in another order: `order` names the old axis for each new one.
  ///
  /// - Complexity: O(rank): a view.
  public func permuted(_ order: [Int]) -> Tensor {
    Tensor(unchecked: apply(Permute(AxisList(order.map { $0 < 0 ? $0 + rank : $0 })), erased))
  }

  /// The axes in another order: see `permuted(_:)` of an array.
  ///
  /// - Complexity: O(rank): a view.
  public func permuted(_ order: Int...) -> Tensor { permuted(order) }

  /// Two axes exchanged.
  ///
  /// - Complexity: O(rank): a view.
  public func swappedAxes(_ first: Int, _ second: Int) -> Tensor {
    let axes = [first, second].map { axis in
      guard let index = shape.normalized(axis: axis) else { trap("swappedAxes", "\(shape) has no axis \(axis)") }
      return index
    }
    var order = Array(0..<rank)
    order.swapAt(axes[0], axes[1])
    return permuted(order)
  }

  /// A new axis of length 1 before axis `axis`; −1 is behind the last.
  ///
  /// - Complexity: O(rank): a view.
  public func expandedDimension(at axis: Int) -> Tensor {
    reshaped(to: shape.inserting(1, at: place(ofNewAxis: axis, for: "expandedDimension")))
  }

  /// The place of a new axis counted from the front, checked in the name of the operation that was called.
  func place(ofNewAxis axis: Int, for operation: String) -> Int {
    let index = axis < 0 ? axis + rank + 1 : axis
    if index < 0 || index > rank { trap(operation, "there is no place \(axis) for a new axis in \(shape)") }
    shape.requireRank(rank + 1, for: operation)
    return index
  }

  /// The axis dropped, which must have length 1.
  ///
  /// - Complexity: O(rank): a view.
  public func squeezed(axis: Int) -> Tensor {
    let index = normalizedAxes([axis], "squeeze")[0]
    if shape.axes[index] != 1 {
      trap("squeeze", "expected an axis of length 1, got \(shape.axes[index]), axis \(axis) of \(shape)")
    }
    return reshaped(to: shape.removing(index))
  }

  /// All axes of length 1 dropped.
  ///
  /// - Complexity: O(rank): a view.
  public func squeezed() -> Tensor { reshaped(to: Shape(shape.filter { $0 != 1 })) }

  /// The elements repeated along axes of length 1 and new leading axes.
  ///
  /// - Complexity: O(rank): a view.
  public func broadcast(to shape: Shape) -> Tensor { Tensor(unchecked: apply(BroadcastTo(shape), erased)) }

  /// The elements of an axis in reverse order.
  ///
  /// - Complexity: O(rank): a view.
  public func reversed(axis: Int) -> Tensor {
    let index = normalizedAxes([axis], "reversed")[0]
    let length = shape.axes[index]
    return Tensor(unchecked: erased.sliced(axis: index, start: Swift.max(0, length - 1), step: -1, count: length))
  }

  /// The same values in row-major order without gaps; the tensor itself where they lie so already.
  ///
  /// - Complexity: O(1) where they lie so already, O(count) elsewhere.
  public func contiguous() -> Tensor { Tensor(unchecked: erased.contiguous()) }
}
