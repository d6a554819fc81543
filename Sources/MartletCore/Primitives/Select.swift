import CKernels

/// `mask ? a : b`, element by element; all three broadcast.
package struct Select: Primitive {
  package init() {}

  package var name: String { "where" }
  package var saves: SavePolicy { .firstOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (mask, a, b) = (operands[0], operands[1], operands[2])
    if mask.scalarType != .bool { throw mistake(expected: "a mask of Bool", got: "\(mask.scalarType)") }
    try requireSameScalarType(a, b)
    guard let values = a.shape.broadcast(with: b.shape), let shape = values.broadcast(with: mask.shape) else {
      throw mistake("shapes do not broadcast: mask \(mask.shape), \(a.shape) and \(b.shape)")
    }
    return TensorSpecs(a.scalarType, shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let out = result.pointer
    let size = result.scalarType.size
    ElementwiseLoop.run(
      result.shape, operands.first, operands.second, operands[2], grain: ElementwiseLoop.cheapGrain
    ) { mask, maskStride, a, aStride, b, bStride, first, count in
      mk_select(
        size, mask.assumingMemoryBound(to: UInt8.self), maskStride, a, aStride, b, bStride, out + first * size, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let mask = saved.operand(0)
    let zero = g.first.scalar(0)
    return Cotangents(
      nil, saved.needs(1) ? apply(Select(), mask, g.first, zero) : nil,
      saved.needs(2) ? apply(Select(), mask, zero, g.first) : nil)
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    guard let some = tangents[1] ?? tangents[2] else { return Tangents(nil) }
    let zero = some.scalar(0)
    let moved = apply(Select(), saved.operand(0), tangents[1] ?? zero, tangents[2] ?? zero)
    return Tangents(moved.shape == saved.resultShape ? moved : apply(BroadcastTo(saved.resultShape), moved))
  }
}
