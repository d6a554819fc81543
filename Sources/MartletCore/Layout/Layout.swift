/// Where a tensor's elements lie in its block: a shape, a stride per axis (signed, in elements), and the offset of the
/// first element.
public struct Layout: Sendable, Equatable {
  /// The lengths of the axes.
  public var shape: Shape
  package var strides: AxisList
  /// The distance from the beginning of the block to the first element, in elements.
  public var offset: Int

  /// Creates a layout from a shape, strides and an offset, in elements; traps unless there is one stride per axis.
  public init(shape: Shape, strides: [Int], offset: Int) {
    if strides.count != shape.rank { fatalError("\(shape) needs \(shape.rank) strides, not \(strides.count)") }
    self.init(shape: shape, strides: AxisList(strides), offset: offset)
  }

  /// The distance from an element to the next one along an axis, in elements.
  public func stride(of axis: Int) -> Int {
    if axis < 0 || axis >= shape.rank { fatalError("axis \(axis) is out of range for shape \(shape)") }
    return strides[axis]
  }

  package init(shape: Shape, strides: AxisList, offset: Int) {
    self.shape = shape
    self.strides = strides
    self.offset = offset
  }

  /// Creates a contiguous layout: row-major order without gaps, offset 0.
  @inline(__always)
  public init(contiguous shape: Shape) {
    self.shape = shape
    var strides = shape.axes
    var step = 1
    var axis = shape.rank - 1
    while axis >= 0 {
      strides[axis] = step
      step = shape.times(step, shape.axes[axis])
      axis -= 1
    }
    self.strides = strides
    offset = 0
  }

  /// Whether all elements are one and the same in memory.
  var isUniform: Bool { (0..<shape.rank).allSatisfy { shape.axes[$0] == 1 || strides[$0] == 0 } }

  /// Whether the elements lie in row-major order without gaps, at any offset.
  @inline(__always)
  public var isContiguous: Bool {
    var step = 1
    var axis = shape.rank - 1
    while axis >= 0 {
      let length = shape.axes[axis]
      if length == 0 { return true }
      if length != 1 {
        if strides[axis] != step { return false }
        step *= length
      }
      axis -= 1
    }
    return true
  }

  // MARK: Views

  /// The layout with its axes in another order; `order` is a permutation of them.
  package func permuted(_ order: AxisList) -> Layout {
    var result = self
    result.shape.axes = shape.axes.permuted(order)
    result.strides = strides.permuted(order)
    return result
  }

  /// The layout of the elements `start`, `start + step`, … along an axis, `count` of them.
  public func sliced(axis: Int, start: Int, step: Int, count: Int) -> Layout {
    var result = self
    result.shape.axes[axis] = count
    result.strides[axis] = strides[axis] * step
    if count > 0 { result.offset += start * strides[axis] }
    return result
  }

  /// The layout without one of its axes, which has length 1 or of which only the first element is kept.
  public func removing(axis: Int) -> Layout {
    var result = self
    result.shape.axes.remove(at: axis)
    result.strides.remove(at: axis)
    return result
  }

  /// The same elements seen in a larger shape: axes of length 1 and missing leading axes repeat with stride 0.
  ///
  /// Does not check that the shape fits: that is up to the caller.
  @inline(__always)
  public func broadcast(to target: Shape) -> Layout {
    if target == shape { return self }
    var result = Layout(shape: target, strides: AxisList(repeating: 0, count: target.rank), offset: offset)
    let shift = target.rank - shape.rank
    for axis in 0..<shape.rank where shape.axes[axis] != 1 {
      result.strides[axis + shift] = strides[axis]
    }
    return result
  }

  /// The layout of the same elements under another shape with as many elements; nil when the strides do not allow a
  /// view.
  public func reshaped(to target: Shape) -> Layout? {
    if isContiguous {
      var result = Layout(contiguous: target)
      result.offset = offset
      return result
    }
    // Groups of neighbouring axes without gaps between them are matched with groups of target axes of the same size.
    var source = AxisList()
    var steps = AxisList()
    for axis in 0..<shape.rank where shape.axes[axis] != 1 {
      source.append(shape.axes[axis])
      steps.append(strides[axis])
    }
    var result = Layout(shape: target, strides: AxisList(repeating: 0, count: target.rank), offset: offset)
    var from = 0
    var to = 0
    while from < source.count {
      var end = from + 1
      var size = source[from]
      var targetEnd = to
      var targetSize = 1
      while targetSize != size || targetEnd == to {
        if targetSize < size {
          guard targetEnd < target.rank else { return nil }
          targetSize *= target.axes[targetEnd]
          targetEnd += 1
        } else {
          guard end < source.count else { return nil }
          if steps[end - 1] != steps[end] * source[end] { return nil }
          size *= source[end]
          end += 1
        }
      }
      var step = steps[end - 1]
      for axis in Swift.stride(from: targetEnd - 1, through: to, by: -1) {
        result.strides[axis] = step
        step *= target.axes[axis]
      }
      from = end
      to = targetEnd
    }
    return result
  }
}
