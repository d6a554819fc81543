/// Replaces the elements of a tensor at indices of Int64 along neighbouring axes; where an index occurs twice, the
/// later element remains.
///
/// The operands are the tensor, the elements, of the shape that `Gather` would give, and the indices.
package struct Replace: Primitive {
  let axis: Int
  let axes: Int

  package init(axis: Int = 0, axes: Int = 1) {
    self.axis = axis
    self.axes = axes
  }

  package var name: String { "replace" }
  package var saves: SavePolicy { .operands }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (base, values, indices) = (operands[0], operands[1], operands[2])
    try requireSameScalarType(base, values)
    try requireIndices(indices)
    let picked = try base.shape.indexed(axis, axes, at: indices.shape, for: name)
    if picked != values.shape {
      throw mistake(
        expected: "values of \(picked) for indices \(indices.shape) of \(base.shape)", got: "\(values.shape)")
    }
    return TensorSpecs(base)
  }

  package func validate(_ operands: borrowing Operands) throws(TensorError) {
    try validate(indices: operands[2], axis, axes, of: operands[0].shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    Contiguous.copy(operands.first, to: results[0])
    write(operands.second, at: operands[2], to: results[0])
  }

  /// Overwrites the elements of a tensor that the caller alone uses: with a tensor of the elements' shape, or with the
  /// one number of a tensor with one element.
  func write(_ values: TensorBody, at indices: TensorBody, to target: TensorBody) {
    if values.count == 0 || indices.count == 0 || target.count == 0 { return }
    let (values, indices) = (values.inOrder(), Indices(indices))
    IndexedAxes(target, axis: axis, axes: axes, indices).put(values.pointer, isOne: values.count == 1)
    withExtendedLifetime((values, indices.body)) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (values, indices) = (saved.operand(1), saved.operand(2))
    return Cotangents(
      saved.needs(0)
        ? apply(self, g.first, AnyTensor(zeros: values.shape, scalarType: g.first.scalarType), indices) : nil,
      saved.needs(1)
        ? apply(Gather(axis: axis, axes: axes), g.first, indices) * lasting(saved).converted(to: g.first.scalarType)
        : nil)
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    if tangents[0] == nil && tangents[1] == nil { return Tangents(nil) }
    let base = tangents[0] ?? AnyTensor(zeros: saved.resultShape, scalarType: saved.resultType)
    let values = tangents[1] ?? AnyTensor(zeros: saved.operand(1).shape, scalarType: saved.resultType)
    return Tangents(apply(self, base, values, saved.operand(2)))
  }

  /// Whether what an index names remains, because the index does not occur again later; of a shape that broadcasts to
  /// the elements'.
  private func lasting(_ saved: Saved) -> AnyTensor {
    let (values, indices) = (saved.operand(1), saved.operand(2))
    // The positions are written in place of the elements: what is left at an index is the position of the last.
    let order = apply(ReshapeView(to: indices.shape), Tensor<Int64>.arange(Int64(indices.count)).erased)
    let nowhere = AnyTensor(zeros: [saved.resultShape.elements(axis, axes)], scalarType: .int64)
    let last = apply(Gather(), apply(Replace(), nowhere, order, indices), indices)
    var shape = indices.shape
    for _ in axis + indices.rank..<values.rank { shape.axes.append(1) }
    return apply(ReshapeView(to: shape), last.compared(.equal, order))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * (results.first.byteCount + operands[1].byteCount))
  }
}
