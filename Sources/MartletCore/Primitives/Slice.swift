/// Takes a strided range of each axis of a tensor, as a view; axes can be dropped, and new ones of length 1 inserted.
package struct Slice: ViewMap {
  /// The operand's shape.
  let source: Shape
  /// Where the range begins, for each axis of the operand.
  package private(set) var starts: AxisList
  /// The result's shape.
  package private(set) var shape: Shape
  /// The step in the operand's axis, for each axis of the result.
  package private(set) var steps: AxisList
  /// The operand's axis, for each axis of the result; −1 for a new axis.
  package private(set) var axes: AxisList

  /// Creates a slice without axes: they are added one after the other.
  package init(of source: Shape) {
    self.source = source
    starts = AxisList(repeating: 0, count: source.rank)
    shape = Shape(axes: AxisList())
    steps = AxisList()
    axes = AxisList()
  }

  /// Creates a slice of every `step`-th element of one axis from `start` on, `count` of them, and of all of the other
  /// axes; a negative step goes backwards.
  package init(of source: Shape, axis: Int, start: Int, step: Int = 1, count: Int) {
    self.init(of: source)
    for other in 0..<source.rank {
      if other == axis { take(axis, start: start, step: step, count: count) } else { takeAll(other) }
    }
  }

  /// Creates a slice that is the whole of its operand.
  init(whole source: Shape) {
    self.init(of: source)
    for axis in 0..<source.rank { takeAll(axis) }
  }

  /// Whether the slice is the whole of its operand, with the same axes.
  var isWhole: Bool {
    shape == source && axes == AxisList(0..<source.rank) && starts == AxisList(repeating: 0, count: source.rank)
      && steps == AxisList(repeating: 1, count: source.rank)
  }

  // MARK: Adding axes one after the other

  /// Adds a range of the operand's next axis.
  package mutating func take(_ axis: Int, start: Int, step: Int, count: Int) {
    starts[axis] = count == 0 ? 0 : start
    shape.axes.append(count)
    steps.append(step)
    axes.append(axis)
  }

  /// Adds the whole of the operand's next axis.
  package mutating func takeAll(_ axis: Int) { take(axis, start: 0, step: 1, count: source.axes[axis]) }

  /// Takes one element of the operand's next axis, which is dropped.
  package mutating func drop(_ axis: Int, at index: Int) { starts[axis] = index }

  /// Adds a new axis of length 1.
  package mutating func insertAxis() {
    shape.axes.append(1)
    steps.append(0)
    axes.append(-1)
  }

  // MARK: The primitive

  package var name: String { "slice" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let operand = operands[0]
    if operand.shape != source { throw mistake("the slice is one of \(source), not of \(operand.shape)") }
    for position in 0..<axes.count where axes[position] >= 0 {
      let (axis, count, step) = (axes[position], shape.axes[position], steps[position])
      let length = source.axes[axis]
      let last = starts[axis] + (count - 1) * step
      if count < 0 || step == 0 || (count > 0 && !(0..<length ~= starts[axis] && 0..<length ~= last)) {
        throw mistake("\(count) elements from \(starts[axis]) by \(step) are not within axis \(axis) of \(source)")
      }
    }
    return TensorSpecs(operand.scalarType, shape)
  }

  package func layout(of operand: Layout, result index: Int) -> Layout? { layout(of: operand) }

  /// The layout of the slice of an operand with a given layout.
  package func layout(of operand: Layout) -> Layout {
    var result = Layout(shape: shape, strides: steps, offset: operand.offset)
    for position in 0..<axes.count where axes[position] >= 0 {
      result.strides[position] *= operand.strides[axes[position]]
    }
    for axis in 0..<starts.count { result.offset += starts[axis] * operand.strides[axis] }
    return result
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let zeros = AnyTensor(zeros: source, scalarType: g.first.scalarType)
    return Cotangents(apply(UpdateSlice(self), zeros, g.first))
  }
}

/// Replaces the elements of a slice of a tensor by those of another tensor, which is broadcast to the slice's shape.
package struct UpdateSlice: LinearMap {
  let slice: Slice

  package init(_ slice: Slice) { self.slice = slice }

  package var name: String { "updateSlice" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (base, update) = (operands[0], operands[1])
    _ = try slice.specs(of: operands)
    try requireSameScalarType(base, update)
    if !update.shape.canBroadcast(to: slice.shape) {
      throw mistake("\(update.shape) does not broadcast to the slice's \(slice.shape)")
    }
    return TensorSpecs(base)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    Contiguous.copy(operands.first, to: result)
    StridedWrite.write(operands.second, to: result.view(slice.layout(of: result.layout)))
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(
      saved.needs(0) ? apply(self, g.first, g.first.scalar(0)) : nil, saved.needs(1) ? apply(slice, g.first) : nil)
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * (results.first.byteCount + operands[1].byteCount))
  }
}

extension AnyTensor {
  /// A view of the elements `start`, `start + step`, … along an axis, `count` of them.
  package func sliced(axis: Int, start: Int, step: Int = 1, count: Int) -> AnyTensor {
    apply(Slice(of: shape, axis: axis, start: start, step: step, count: count), self)
  }
}
