import CKernels

/// The indices that sort the elements along the last axis; the sort is stable, and NaN is larger than every number.
package struct ArgSort: Primitive {
  let descending: Bool

  package init(descending: Bool) { self.descending = descending }

  package var name: String { "argSort" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is indices" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    if !x.scalarType.isNumeric { throw mistake("\(x.scalarType) is not supported") }
    try requireAxes(x)
    return TensorSpecs(.int64, x.shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let x = operands.first.inOrder()
    let length = result.shape.axes[result.shape.rank - 1]
    if result.count == 0 { return }
    let order = result.pointer.assumingMemoryBound(to: Int64.self)
    let size = x.scalarType.size
    let (from, type, descending) = (x.pointer, x.scalarType.kernelType, descending)
    WorkerPool.parallelFor(result.count / length, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
      let scratch = Scratch(byteCount: length * 8)
      mk_argsort_rows(
        descending, type, from + range.lowerBound * length * size, order + range.lowerBound * length,
        scratch.pointer.assumingMemoryBound(to: Int64.self), range.count, length)
    }
    withExtendedLifetime(x) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}
