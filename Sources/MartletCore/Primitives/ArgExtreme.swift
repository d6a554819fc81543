import CKernels

/// The index of the first largest or smallest element along an axis, which is dropped; NaN counts as the extreme.
package struct ArgExtreme: Primitive {
  package let largest: Bool
  package let axis: Int

  package init(largest: Bool, axis: Int) {
    self.largest = largest
    self.axis = axis
  }

  package var name: String { largest ? "argMax" : "argMin" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is an index" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (type, shape) = (operands[0].scalarType, operands[0].shape)
    if !type.isNumeric { throw mistake("\(type) is not supported") }
    guard axis >= 0, axis < shape.rank else { throw mistake("\(shape) has no axis \(axis)") }
    if shape.axes[axis] == 0 { throw mistake("axis \(axis) of \(shape) is empty: there is no extreme") }
    return TensorSpecs(.int64, shape.removing(axis))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    guard let once = operands.first.withoutRepeats() else {
      find(in: operands.first, into: result)
      return
    }
    let found = TensorBody(scalarType: .int64, shape: once.shape.removing(axis))
    find(in: once, into: found)
    Contiguous.copy(found, to: result)
  }

  private func find(in operand: TensorBody, into result: TensorBody) {
    // The kernel takes rows, so the axis is moved to the end.
    var order = AxisList((0..<operand.shape.rank).filter { $0 != axis })
    order.append(axis)
    let rows = operand.view(operand.layout.permuted(order)).inOrder()
    let out = result.pointer.assumingMemoryBound(to: Int64.self)
    let length = operand.shape.axes[axis]
    let from = rows.pointer
    let size = rows.scalarType.size
    let type = rows.scalarType.kernelType
    let largest = largest
    WorkerPool.parallelFor(result.shape.elementCount, grain: max(1, ElementwiseLoop.cheapGrain / length)) { range in
      mk_arg_extreme_rows(
        largest, type, from + range.lowerBound * length * size, length, out + range.lowerBound, range.count, length)
    }
    withExtendedLifetime(rows) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}
