import CKernels

/// How scattered elements are combined with those that are there: see `Tensor.scatter`.
public enum ScatterReduction: UInt8, CaseIterable, Sendable {
  /// The element takes the place; of several, the last.
  case set
  /// The elements are added; integers wrap around.
  case add
  /// The elements are multiplied; integers wrap around.
  case multiply
  /// The least remains, or NaN.
  case min
  /// The greatest remains, or NaN.
  case max
}

/// Combines elements along an axis, at indices of Int64, with those of a tensor.
///
/// The operands are the tensor, the elements, and indices of the elements' shape, which is the tensor's except along
/// the axis. The derivative of `multiply` divides by the factors: `Tensor.scatter` keeps zeros away from it. Where
/// several elements are the extreme, they share the gradient equally, as in `Reduction`.
package struct ScatterAlong: Primitive {
  let axis: Int
  let reduction: ScatterReduction

  package init(axis: Int, reduction: ScatterReduction) {
    self.axis = axis
    self.reduction = reduction
  }

  package var name: String { "scatter" }

  package var saves: SavePolicy { reduction == .set || reduction == .add ? .operands : .operandsAndResults }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (base, values, indices) = (operands[0], operands[1], operands[2])
    try requireSameScalarType(base, values)
    if reduction != .set { try requireNumeric(base) }
    try requireIndices(indices, along: axis, of: base)
    if values.shape != indices.shape {
      throw mistake(expected: "values of \(indices.shape), as the indices", got: "\(values.shape)")
    }
    return TensorSpecs(base)
  }

  package func validate(_ operands: borrowing Operands) throws(TensorError) {
    try validate(indices: operands[2], along: axis, of: operands[0].shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    Contiguous.copy(operands.first, to: result)
    let (x, indices) = (operands.second.inOrder(), Indices(operands[2]))
    if indices.count == 0 { return }
    let (type, size, from, to) = (x.scalarType.kernelType, x.scalarType.size, x.pointer, result.pointer)
    let op = mk_scatter_op(rawValue: reduction.rawValue)
    let lines = LinesOfAxis(result.shape, x.shape, axis)
    lines.run { block, column, blocks, columns in
      let (first, out) = (lines.start(ofIndices: block, column), lines.start(ofTensor: block, column))
      mk_scatter_along(
        op, type, from + first * size, indices.pointer + first, to + out * size, lines.length, lines.count, lines.inner,
        blocks, columns)
    }
    withExtendedLifetime((x, indices.body)) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (g, indices) = (g.first, saved.operand(2))
    func taken(_ tensor: AnyTensor) -> AnyTensor { apply(GatherAlong(axis: axis), tensor, indices) }
    switch reduction {
    case .set:
      return Cotangents(
        saved.needs(0)
          ? apply(self, g, AnyTensor(zeros: indices.shape, scalarType: g.scalarType), indices) : nil,
        saved.needs(1) ? taken(g) * lasting(saved).converted(to: g.scalarType) : nil)
    case .add: return Cotangents(saved.needs(0) ? g : nil, saved.needs(1) ? taken(g) : nil)
    case .multiply:
      let product = g * saved.result
      return Cotangents(
        saved.needs(0) ? product / saved.operand(0) : nil, saved.needs(1) ? taken(product) / saved.operand(1) : nil)
    case .min, .max:
      // Constants, so that an outer gradient does not ask for the derivative of `==`, which has none.
      let extremes = saved.result.detached()
      let here = saved.operand(0).detached().compared(.equal, extremes).converted(to: g.scalarType)
      let there = saved.operand(1).detached().compared(.equal, taken(extremes)).converted(to: g.scalarType)
      let share = g / apply(ScatterAlong(axis: axis, reduction: .add), here, there, indices)
      return Cotangents(saved.needs(0) ? share * here : nil, saved.needs(1) ? taken(share) * there : nil)
    }
  }

  /// Whether each element remains, because its index does not occur again later in its line.
  private func lasting(_ saved: Saved) -> AnyTensor {
    let indices = saved.operand(2)
    var along = Shape(axes: AxisList(repeating: 1, count: indices.rank))
    along.axes[axis] = indices.shape.axes[axis]
    let line = apply(ReshapeView(to: along), Tensor<Int64>.arange(Int64(along.axes[axis])).erased)
    let order = apply(BroadcastTo(indices.shape), line)
    let nowhere = AnyTensor(zeros: saved.resultShape, scalarType: .int64)
    let last = apply(
      GatherAlong(axis: axis), apply(ScatterAlong(axis: axis, reduction: .set), nowhere, order, indices), indices)
    return last.compared(.equal, order)
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: operands[1].count, bytes: 2 * (results.first.byteCount + operands[1].byteCount))
  }
}

extension Primitive {
  /// Throws when an axis does not have one of the indices along it.
  func validate(indices: TensorBody, along axis: Int, of shape: Shape) throws(TensorError) {
    if let (_, index) = Indices(indices).first(outside: shape.axes[axis]) {
      throw mistake(expected: "indices within 0 ..< \(shape.axes[axis]), axis \(axis) of \(shape)", got: "\(index)")
    }
  }
}
