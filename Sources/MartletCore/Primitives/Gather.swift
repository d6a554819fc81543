/// Takes elements by indices of Int64 along neighbouring axes, whose place the axes of the indices take.
///
/// An index counts the elements of these axes in row-major order. With one axis, the first, that is the rows at the
/// indices.
package struct Gather: Primitive {
  package let axis: Int
  package let axes: Int

  package init(axis: Int = 0, axes: Int = 1) {
    self.axis = axis
    self.axes = axes
  }

  package var name: String { "gather" }
  package var saves: SavePolicy { .secondOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireIndices(operands[1])
    return TensorSpecs(
      operands[0].scalarType, try operands[0].shape.indexed(axis, axes, at: operands[1].shape, for: name))
  }

  package func validate(_ operands: borrowing Operands) throws(TensorError) {
    try validate(indices: operands[1], axis, axes, of: operands[0].shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    if results[0].count == 0 { return }
    let indices = Indices(operands.second)
    IndexedAxes(operands.first, axis: axis, axes: axes, indices).gather(to: results[0].pointer)
    withExtendedLifetime(indices.body) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    if !saved.needs(0) { return Cotangents(nil) }
    if axis == 0 && axes == 1 && saved.wantsFactors(0) {
      saved.give(.rows(g.first, indices: saved.operand(1)), 0)
      return Cotangents(nil)
    }
    let shape = saved.shape(0)
    let lengths = AxisList((axis..<axis + axes).map { shape.axes[$0] })
    return Cotangents(apply(ScatterAdd(axis: axis, lengths: lengths), g.first, saved.operand(1)))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(self, $0, saved.operand(1)) })
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * results.first.byteCount)
  }
}

/// Adds elements, at indices along neighbouring axes, to zeros: the derivative of `Gather`.
///
/// The operands are the elements, which have the axes of the indices from `axis` on, and the indices; the result has
/// axes of `lengths` in their place. The caller has checked the indices: they were those of a `Gather`, or `adding` has
/// done it.
package struct ScatterAdd: Primitive {
  let axis: Int
  let lengths: AxisList

  package init(axis: Int = 0, lengths: AxisList) {
    self.axis = axis
    self.lengths = lengths
  }

  package var name: String { "scatterAdd" }
  package var saves: SavePolicy { .secondOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, indices) = (operands[0], operands[1])
    try requireIndices(indices)
    try requireNumeric(x)
    let rank = indices.shape.rank
    if x.shape.rank < axis + rank || (0..<rank).contains(where: { x.shape.axes[axis + $0] != indices.shape.axes[$0] }) {
      let which = axis == 0 ? "the first axes" : "the axes from \(axis) on"
      throw mistake("\(which) of \(x.shape) must be those of the indices, \(indices.shape)")
    }
    var shape = AxisList()
    for before in 0..<axis { shape.append(x.shape.axes[before]) }
    if x.shape.rank - rank + lengths.count > AxisList.capacity {
      throw mistake("there are more than \(AxisList.capacity) axes, from \(x.shape) at indices \(indices.shape)")
    }
    for indexed in 0..<lengths.count { shape.append(lengths[indexed]) }
    for after in axis + rank..<x.shape.rank { shape.append(x.shape.axes[after]) }
    return TensorSpecs(x.scalarType, Shape(axes: shape))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    result.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: result.count * result.scalarType.size)
    if operands.first.count == 0 { return }
    let (x, indices) = (operands.first.inOrder(), Indices(operands.second))
    IndexedAxes(result, axis: axis, axes: lengths.count, indices)
      .add(x.pointer, isOne: false, result.scalarType.kernelType)
    withExtendedLifetime((x, indices.body)) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(Gather(axis: axis, axes: lengths.count), g.first, saved.operand(1)))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(self, $0, saved.operand(1)) })
  }
}
