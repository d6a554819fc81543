import CKernels

/// Cumulative sums or products along an axis, from its first element on or from its last.
package struct Cumulative: Primitive {
  package let isProduct: Bool
  package let axis: Int
  package let fromBack: Bool

  package init(isProduct: Bool, axis: Int, fromBack: Bool = false) {
    self.isProduct = isProduct
    self.axis = axis
    self.fromBack = fromBack
  }

  package var name: String { isProduct ? "cumulativeProduct" : "cumulativeSum" }
  package var saves: SavePolicy { isProduct ? .firstOperand : .nothing }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireNumeric(operands[0])
    try require(axis: axis, of: operands[0])
    return TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let x = operands.first.inOrder()
    let (isProduct, fromBack, type) = (isProduct, fromBack, result.scalarType.kernelType)
    let columns = AxisColumns(result, axis)
    if columns.inner == 1, columns.blocks < Threads.count, columns.length >= Int(MK_LONG_ROW),
      !isProduct, result.scalarType.isFloatingPoint
    {
      for row in 0..<columns.blocks { sumLongRow(x, result, row, columns.length) }
    } else {
      columns.runInStrips { offset, blocks, width in
        mk_cumulative(
          isProduct, fromBack, type, x.pointer + offset, result.pointer + offset, blocks, columns.length,
          columns.inner, width)
      }
    }
    withExtendedLifetime(x) {}
  }

  /// Sums one long row on several threads, in the chains in which the kernel sums it on one.
  private func sumLongRow(_ x: TensorBody, _ result: TensorBody, _ row: Int, _ length: Int) {
    let (type, fromBack, offset) = (result.scalarType.kernelType, fromBack, row * length * result.scalarType.size)
    let (from, to) = (UnsafeRawPointer(x.pointer + offset), result.pointer + offset)
    let chains = (length + Int(MK_CHAIN) - 1) / Int(MK_CHAIN)
    let grain = ElementwiseLoop.cheapGrain / Int(MK_CHAIN)
    let scratch = Scratch(byteCount: chains * MemoryLayout<Double>.size)
    let sums = scratch.pointer.assumingMemoryBound(to: Double.self)
    WorkerPool.parallelFor(chains, grain: grain) { range in
      mk_chain_sums(fromBack, type, from, sums + range.lowerBound, length, range.lowerBound, range.count)
    }
    var total = -0.0
    for chain in 0..<chains { (sums[chain], total) = (total, total + sums[chain]) }
    WorkerPool.parallelFor(chains, grain: grain) { range in
      mk_chain_scan(fromBack, type, from, sums + range.lowerBound, to, length, range.lowerBound, range.count)
    }
    withExtendedLifetime(scratch) {}
  }

  /// The gradient of a cumulative product is, for each element, the product of those before it times a recurrence over
  /// those after it. There is no division, so that it holds at zeros and for derivatives of every order.
  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    if !isProduct { return Cotangents(apply(Cumulative(isProduct: false, axis: axis, fromBack: !fromBack), g.first)) }
    let x = saved.operand(0)
    let forward = fromBack ? -1 : 1
    let before = apply(self, x).shifted(by: forward, axis: axis, filling: 1)
    let recurrence = LinearRecurrence(axis: axis, fromBack: !fromBack)
    return Cotangents(before * apply(recurrence, x.shifted(by: -forward, axis: axis, filling: 0), g.first))
  }

  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    isProduct ? transposedPullback(tangents, saved) : linearPushforward(tangents, saved)
  }
}

/// A linear recurrence along an axis: y[i] = g[i] + a[i] · y[i − 1], or from the back y[i] = g[i] + a[i] · y[i + 1].
///
/// The operands are a and g, of the same shape. The `a` of the first y to be computed is not used. The derivative of
/// cumulative products is made of it; its own derivative is again a recurrence.
package struct LinearRecurrence: Primitive {
  let axis: Int
  let fromBack: Bool

  package init(axis: Int, fromBack: Bool = false) {
    self.axis = axis
    self.fromBack = fromBack
  }

  package var name: String { "linearRecurrence" }
  package var saves: SavePolicy { .operandsAndResults }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, g) = (operands[0], operands[1])
    try requireSameScalarType(a, g)
    try requireFloating(g)
    try require(axis: axis, of: g)
    if a.shape != g.shape { throw mistake("shapes differ: \(a.shape) and \(g.shape)") }
    return TensorSpecs(g)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let (a, g) = (operands.first.inOrder(), operands.second.inOrder())
    let (fromBack, type) = (fromBack, result.scalarType.kernelType)
    let columns = AxisColumns(result, axis)
    columns.run { offset, blocks in
      mk_linear_recurrence(
        fromBack, type, a.pointer + offset, g.pointer + offset, result.pointer + offset, blocks, columns.length,
        columns.inner)
    }
    withExtendedLifetime((a, g)) {}
  }

  package func pullback(_ c: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let forward = fromBack ? -1 : 1
    let links = saved.operand(0).shifted(by: -forward, axis: axis, filling: 0)
    let reached = apply(LinearRecurrence(axis: axis, fromBack: !fromBack), links, c.first)
    let before = saved.needs(0) ? saved.result.shifted(by: forward, axis: axis, filling: 0) : nil
    return Cotangents(before.map { reached * $0 }, reached)
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 2 * results.first.count, bytes: 3 * results.first.byteCount)
  }
}

/// A contiguous tensor as blocks of `[length, inner]` elements, for kernels that walk along an axis.
package struct AxisColumns {
  package let blocks: Int
  package let length: Int
  package let inner: Int
  private let size: Int

  package init(_ body: TensorBody, _ axis: Int) {
    var (blocks, inner) = (1, 1)
    for other in 0..<body.shape.rank where other != axis {
      if other < axis { blocks *= body.shape.axes[other] } else { inner *= body.shape.axes[other] }
    }
    (self.blocks, self.inner, length, size) = (blocks, inner, body.shape.axes[axis], body.scalarType.size)
  }

  /// Calls `kernel` with the offset of a run of blocks, in bytes, and their number.
  @inline(__always)
  package func run(_ kernel: (_ offset: Int, _ blocks: Int) -> Void) {
    let elements = length * inner
    WorkerPool.parallelFor(blocks, grain: max(1, ElementwiseLoop.cheapGrain / max(1, elements))) { range in
      kernel(range.lowerBound * elements * size, range.count)
    }
  }
}

extension AxisColumns {
  /// Calls `kernel` with the offset of a run of blocks, in bytes, their number, and how many of their columns: all, or
  /// a strip where there are few blocks.
  @inline(__always)
  func runInStrips(_ kernel: (_ offset: Int, _ blocks: Int, _ columns: Int) -> Void) {
    if blocks >= Threads.count || inner < 2 * AxisColumns.leastStrip {
      run { offset, blocks in kernel(offset, blocks, inner) }
      return
    }
    let strip = max(AxisColumns.leastStrip, (ElementwiseLoop.cheapGrain / max(1, length) + 63) / 64 * 64)
    let strips = (inner + strip - 1) / strip
    WorkerPool.parallelFor(blocks * strips, grain: 1) { range in
      for piece in range {
        let (block, part) = piece.quotientAndRemainder(dividingBy: strips)
        kernel((block * length * inner + part * strip) * size, 1, min(strip, inner - part * strip))
      }
    }
  }

  /// The fewest columns of a strip: whole cache lines, so that no two threads write to the same one.
  private static let leastStrip = 64
}

extension AnyTensor {
  /// The elements moved along an axis, to higher indices by a positive `distance`; free places are filled with `value`.
  package func shifted(by distance: Int, axis: Int, filling value: Double) -> AnyTensor {
    let length = shape.axes[axis]
    let moved = min(abs(distance), length)
    var gap = shape
    gap.axes[axis] = moved
    let filling = AnyTensor(full: gap, value, scalarType: scalarType)
    let rest = sliced(axis: axis, start: distance > 0 ? 0 : moved, count: length - moved)
    return Concatenate.apply(distance > 0 ? [filling, rest] : [rest, filling], axis: axis)
  }
}
