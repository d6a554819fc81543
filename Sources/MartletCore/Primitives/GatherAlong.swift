import CKernels

/// Takes elements along an axis by indices of Int64, with indices of its own for each line along the axis.
///
/// The indices have the tensor's shape except along the axis; the result has the shape of the indices.
package struct GatherAlong: Primitive {
  package let axis: Int

  package init(axis: Int) { self.axis = axis }

  package var name: String { "gatherAlong" }
  package var saves: SavePolicy { .secondOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireIndices(operands[1], along: axis, of: operands[0])
    return TensorSpecs(operands[0].scalarType, operands[1].shape)
  }

  package func validate(_ operands: borrowing Operands) throws(TensorError) {
    try validate(indices: operands[1], along: axis, of: operands[0].shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, indices, result) = (operands.first.inOrder(), Indices(operands.second), results[0])
    if result.count == 0 { return }
    let (size, from, to) = (result.scalarType.size, x.pointer, result.pointer)
    let lines = LinesOfAxis(x.shape, result.shape, axis)
    lines.run { block, column, blocks, columns in
      let (first, out) = (lines.start(ofTensor: block, column), lines.start(ofIndices: block, column))
      mk_gather_along(
        size, from + first * size, indices.pointer + out, to + out * size, lines.length, lines.count, lines.inner,
        blocks, columns)
    }
    withExtendedLifetime((x, indices.body)) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    if !saved.needs(0) { return Cotangents(nil) }
    return Cotangents(
      apply(ScatterAddAlong(axis: axis, length: saved.shape(0).axes[axis]), g.first, saved.operand(1)))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(self, $0, saved.operand(1)) })
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * results.first.byteCount + operands[1].byteCount)
  }
}

/// Adds elements along an axis, at indices, to zeros of a given length along it: the derivative of `GatherAlong`.
///
/// The operands are the elements, and indices of the same shape, which `GatherAlong` has checked.
package struct ScatterAddAlong: Primitive {
  let axis: Int
  let length: Int

  package init(axis: Int, length: Int) {
    self.axis = axis
    self.length = length
  }

  package var name: String { "scatterAddAlong" }
  package var saves: SavePolicy { .secondOperand }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireNumeric(operands[0])
    try requireIndices(operands[1], along: axis, of: operands[0])
    if operands[0].shape != operands[1].shape {
      throw mistake("shapes differ: \(operands[0].shape) and indices \(operands[1].shape)")
    }
    var shape = operands[0].shape
    shape.axes[axis] = length
    return TensorSpecs(operands[0].scalarType, shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, indices, result) = (operands.first.inOrder(), Indices(operands.second), results[0])
    let (type, size, from, to) = (x.scalarType.kernelType, x.scalarType.size, x.pointer, result.pointer)
    to.initializeMemory(as: UInt8.self, repeating: 0, count: result.count * size)
    if indices.count == 0 { return }
    let lines = LinesOfAxis(result.shape, x.shape, axis)
    lines.run { block, column, blocks, columns in
      let (first, out) = (lines.start(ofIndices: block, column), lines.start(ofTensor: block, column))
      mk_scatter_along(
        MK_SCATTER_ADD, type, from + first * size, indices.pointer + first, to + out * size, lines.length, lines.count,
        lines.inner, blocks, columns)
    }
    withExtendedLifetime((x, indices.body)) {}
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(GatherAlong(axis: axis), g.first, saved.operand(1)))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(self, $0, saved.operand(1)) })
  }
}

/// The lines of a tensor along an axis, and the lines of indices that belong to them. Both tensors are contiguous, as
/// blocks of `[length, inner]` and `[count, inner]` elements.
struct LinesOfAxis {
  let blocks: Int
  let length: Int
  let count: Int
  let inner: Int

  init(_ shape: Shape, _ indices: Shape, _ axis: Int) {
    blocks = (0..<axis).reduce(1) { $0 * shape.axes[$1] }
    inner = (axis + 1..<shape.rank).reduce(1) { $0 * shape.axes[$1] }
    (length, count) = (shape.axes[axis], indices.axes[axis])
  }

  func start(ofTensor block: Int, _ column: Int) -> Int { block * length * inner + column }
  func start(ofIndices block: Int, _ column: Int) -> Int { block * count * inner + column }

  /// Calls `kernel` with several blocks at a time or, where there are few, with strips of columns within one. No two
  /// calls are given the same line.
  @inline(__always)
  func run(_ kernel: (_ block: Int, _ column: Int, _ blocks: Int, _ columns: Int) -> Void) {
    let line = max(length, count)
    if blocks * 4 >= inner {
      let grain = max(1, ElementwiseLoop.cheapGrain / max(1, line * inner))
      WorkerPool.parallelFor(blocks, grain: grain) { kernel($0.lowerBound, 0, $0.count, inner) }
      return
    }
    for block in 0..<blocks {
      // Strips of whole cache lines, so that no two threads write to the same one.
      let strip = max(64, (ElementwiseLoop.cheapGrain / max(1, line) + 63) / 64 * 64)
      WorkerPool.parallelFor((inner + strip - 1) / strip, grain: 1) { range in
        let first = range.lowerBound * strip
        kernel(block, first, 1, min(inner, range.upperBound * strip) - first)
      }
    }
  }
}
