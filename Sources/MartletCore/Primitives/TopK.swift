import CKernels

/// The `count` largest or smallest elements along the last axis, in order, and their indices: two results.
///
/// Of equal elements the first ones are taken; NaN is larger than every number.
package struct TopK: Primitive {
  package let count: Int
  package let largest: Bool

  package init(count: Int, largest: Bool) {
    self.count = count
    self.largest = largest
  }

  package var name: String { "topK" }
  package var saves: SavePolicy { .results }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireNumeric(operands[0])
    try requireAxes(operands[0])
    var x = TensorSpec(operands[0])
    let last = x.shape.rank - 1
    if count < 0 || count > x.shape.axes[last] {
      throw mistake(
        expected: "a count within 0 ... \(x.shape.axes[last]), the last axis of \(x.shape)", got: "\(count)")
    }
    x.shape.axes[last] = count
    return TensorSpecs(x, TensorSpec(.int64, x.shape))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (values, indices) = (results[0], results[1])
    if values.count == 0 { return }
    let x = operands.first.inOrder()
    let length = x.shape.axes[x.shape.rank - 1]
    let (type, size, count, largest) = (x.scalarType.kernelType, x.scalarType.size, count, largest)
    let order = indices.pointer.assumingMemoryBound(to: Int64.self)
    WorkerPool.parallelFor(values.count / count, grain: max(1, ElementwiseLoop.expensiveGrain / length)) { range in
      let first = range.lowerBound
      mk_top_k_rows(
        largest, type, x.pointer + first * length * size, values.pointer + first * count * size, order + first * count,
        range.count, length, count)
    }
    withExtendedLifetime(x) {}
  }

  /// The gradient goes to where each element came from.
  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    guard let g = g[0] else { return Cotangents(nil) }
    let axis = g.rank - 1
    let length = saved.shape(0).axes[axis]
    return Cotangents(apply(ScatterAddAlong(axis: axis, length: length), g, saved.result(1).detached()))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    guard let t = tangents[0] else { return Tangents(nil, nil) }
    return Tangents(apply(GatherAlong(axis: t.rank - 1), t, saved.result(1).detached()), nil)
  }
}
