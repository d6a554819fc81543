// Views of the same elements. Nothing is copied, except by `reshaped`, `flattened` and `contiguous` where strides force
// it.

extension Tensor {
  /// The elements under another shape, in row-major order; one dimension may be −1 and is then computed from the count.
  ///
  /// Traps when the shape has another number of elements.
  ///
  /// - Complexity: O(rank) where the strides allow a view, O(count) where they do not.
  public func reshaped(to dimensions: [Int]) -> Tensor {
    Tensor(unchecked: apply(ReshapeView(to: resolved(dimensions)), erased))
  }

  /// The elements under another shape, in row-major order; traps when it has another number of elements.
  ///
  /// - Complexity: O(rank) where the strides allow a view, O(count) where they do not.
  public func reshaped(to shape: Shape) -> Tensor { Tensor(unchecked: apply(ReshapeView(to: shape), erased)) }

  private func resolved(_ dimensions: [Int]) -> Shape {
    guard let unknown = dimensions.firstIndex(of: -1) else {
      if dimensions.contains(where: { $0 < 0 }) { trap("reshape", "\(shape) does not fit \(dimensions)") }
      shape.requireRank(dimensions.count, for: "reshape")
      return Shape(dimensions)
    }
    shape.requireRank(dimensions.count, for: "reshape")
    var others = dimensions
    others[unknown] = 1
    // A product that overflows is more than any count: 0 stands for it, and traps below.
    let known = others.reduce(1) { $0.multipliedReportingOverflow(by: $1).overflow ? 0 : $0 * $1 }
    if dimensions.filter({ $0 < 0 }).count > 1 || known == 0 || count % known != 0 {
      trap("reshape", "\(shape) with \(count) elements does not fit \(dimensions)")
    }
    var result = dimensions
    result[unknown] = count / known
    return Shape(result)
  }

  /// All elements along one axis, in row-major order: NumPy's `ravel`.
  ///
  /// - Complexity: O(rank) where the strides allow a view, O(count) where they do not.
  public func flattened() -> Tensor { reshaped(to: [count] as Shape) }

  /// The tensor with its axes in reverse order: the transpose of a matrix.
  ///
  /// - Complexity: O(rank): a view.
  public func transposed() -> Tensor { permuted((0..<rank).reversed()) }

  /// The tensor with its axes in another order: axis `order[i]` becomes axis i.
  ///
  /// - Complexity: O(rank): a view.
  public func permuted(_ order: [Int]) -> Tensor {
    Tensor(unchecked: apply(Permute(AxisList(order.map { $0 < 0 ? $0 + rank : $0 })), erased))
  }

  /// The tensor with its axes in another order, as `permuted(_:)` with an array.
  ///
  /// - Complexity: O(rank): a view.
  public func permuted(_ order: Int...) -> Tensor { permuted(order) }

  /// The tensor with two axes exchanged.
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

  /// The tensor with an axis moved to another place, and the order of the others kept.
  ///
  /// - Complexity: O(rank): a view.
  public func movedAxis(from source: Int, to target: Int) -> Tensor { movedAxes(from: [source], to: [target]) }

  /// The tensor with axes moved to other places, and the order of the others kept: NumPy's `moveaxis`.
  ///
  /// Traps when an axis or a place occurs twice, or there are not as many of both.
  ///
  /// - Complexity: O(rank): a view.
  public func movedAxes(from sources: [Int], to targets: [Int]) -> Tensor {
    let (from, to) = (normalizedAxes(sources, "movedAxes"), normalizedAxes(targets, "movedAxes"))
    if from.count != to.count {
      trap("movedAxes", "expected as many places as axes, got axes \(sources) and places \(targets)")
    }
    var order = (0..<rank).filter { !from.contains($0) }
    for (target, source) in zip(to, from).sorted(by: { $0.0 < $1.0 }) { order.insert(source, at: target) }
    return permuted(order)
  }

  /// The tensor with a new axis of length 1 before axis `axis`; −1 puts it after the last.
  ///
  /// - Complexity: O(rank): a view.
  public func expandedDimension(at axis: Int) -> Tensor {
    reshaped(to: shape.inserting(1, at: place(ofNewAxis: axis, for: "expandedDimension")))
  }

  /// The tensor with new axes of length 1, at these places of the result: NumPy's `expand_dims`.
  ///
  /// Traps when a place occurs twice or is none of the result's.
  ///
  /// - Complexity: O(rank): a view.
  public func expandedDimensions(at axes: [Int]) -> Tensor {
    shape.requireRank(rank + axes.count, for: "expandedDimensions")
    let places = axes.map { axis in
      let place = axis < 0 ? axis + rank + axes.count : axis
      if place < 0 || place >= rank + axes.count {
        trap("expandedDimensions", "there is no place \(axis) for \(axes.count) new axes in \(shape)")
      }
      return place
    }
    if Set(places).count != places.count { trap("expandedDimensions", "expected different places, got \(axes)") }
    var target = shape
    for place in places.sorted() { target = target.inserting(1, at: place) }
    return reshaped(to: target)
  }

  /// The tensor with axes of length 1 put in front until it has a rank of at least `rank`: NumPy's `atleast_2d`.
  ///
  /// - Complexity: O(rank): a view.
  public func atLeast(rank least: Int) -> Tensor {
    shape.requireRank(least, for: "atLeast")
    return least <= rank ? self : reshaped(to: Shape([Int](repeating: 1, count: least - rank) + shape))
  }

  /// The place of a new axis, counted from the first; traps in the name of `operation` when there is no such place.
  func place(ofNewAxis axis: Int, for operation: String) -> Int {
    let index = axis < 0 ? axis + rank + 1 : axis
    if index < 0 || index > rank { trap(operation, "there is no place \(axis) for a new axis in \(shape)") }
    shape.requireRank(rank + 1, for: operation)
    return index
  }

  /// The tensor without an axis of length 1; traps when the axis has another length.
  ///
  /// - Complexity: O(rank): a view.
  public func squeezed(axis: Int) -> Tensor {
    let index = normalizedAxes([axis], "squeeze")[0]
    if shape.axes[index] != 1 {
      trap("squeeze", "expected an axis of length 1, got \(shape.axes[index]), axis \(axis) of \(shape)")
    }
    return reshaped(to: shape.removing(index))
  }

  /// The tensor without its axes of length 1.
  ///
  /// - Complexity: O(rank): a view.
  public func squeezed() -> Tensor { reshaped(to: Shape(shape.filter { $0 != 1 })) }

  /// The tensor without some axes, which have length 1; traps when one of them has another length.
  ///
  /// - Complexity: O(rank): a view.
  public func squeezed(axes: [Int]) -> Tensor {
    let gone = normalizedAxes(axes, "squeeze")
    for axis in gone where shape.axes[axis] != 1 {
      trap("squeeze", "expected axes of length 1, got \(shape.axes[axis]), axis \(axis) of \(shape)")
    }
    return reshaped(to: Shape((0..<rank).filter { !gone.contains($0) }.map { shape.axes[$0] }))
  }

  /// The tensor broadcast to a shape: its elements repeat along axes of length 1 and along new leading axes.
  ///
  /// Traps when the tensor's shape does not broadcast to it.
  ///
  /// - Complexity: O(rank): a view.
  public func broadcast(to shape: Shape) -> Tensor { Tensor(unchecked: apply(BroadcastTo(shape), erased)) }

  /// The tensor with the elements along an axis in reverse order.
  ///
  /// - Complexity: O(rank): a view.
  public func reversed(axis: Int) -> Tensor {
    let index = normalizedAxes([axis], "reversed")[0]
    let length = shape.axes[index]
    return Tensor(unchecked: erased.sliced(axis: index, start: Swift.max(0, length - 1), step: -1, count: length))
  }

  /// The tensor with the elements along some axes in reverse order: NumPy's `flip`.
  ///
  /// - Complexity: O(rank): a view.
  public func reversed(axes: [Int]) -> Tensor {
    normalizedAxes(axes, "reversed").reduce(self) { $0.reversed(axis: $1) }
  }

  /// The tensor with the elements along all axes in reverse order.
  ///
  /// - Complexity: O(rank): a view.
  public func reversed() -> Tensor { reversed(axes: Array(0..<rank)) }

  /// The same values in row-major order without gaps: the tensor itself when it is contiguous already.
  ///
  /// - Complexity: O(1) when it is contiguous already, else O(count).
  public func contiguous() -> Tensor { Tensor(unchecked: erased.contiguous()) }
}
