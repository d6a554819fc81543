import CKernels

/// Copies the values in row-major order without gaps.
package struct Contiguous: LinearMap {
  package init() {}

  package var name: String { "contiguous" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    Contiguous.copy(operands.first, to: results[0])
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * results.first.byteCount)
  }

  /// Copies the elements of `source`, broadcast to the shape of `target`, into `target`, which is contiguous.
  static func copy(_ source: TensorBody, to target: TensorBody) {
    let size = source.scalarType.size
    let shape = target.shape
    let layout = source.layout.broadcast(to: shape)
    if let plan = TransposePlan(layout) {
      plan.run(source, size, into: target)
      return
    }
    let traversal = Traversal(over: shape, layout)
    let (step, row) = (traversal.runStrides[0], traversal.rowStrides[0])
    let (from, out) = (source.block, target.pointer)
    let streams = ElementwiseLoop.streams(target, reading: source.count)
    ElementwiseLoop.overBlocks(traversal, grain: ElementwiseLoop.cheapGrain) { run, rows, offset, _, _, first, count in
      mk_copy_rows(
        streams, size, from + (offset + first * step) * size, step, row, out + (run * traversal.run + first) * size,
        rows, count)
    }
  }
}

extension TensorBody {
  /// A contiguous copy, in a block of its own.
  package func copied() -> TensorBody {
    let copy = TensorBody(scalarType: scalarType, shape: shape)
    Contiguous.copy(self, to: copy)
    return copy
  }

  /// Copies the elements into a contiguous body of the same scalar type, broadcast to its shape.
  package func copy(to target: TensorBody) { Contiguous.copy(self, to: target) }

  /// The body itself if it is contiguous, else a contiguous copy.
  @inline(__always)
  func inOrder() -> TensorBody { isContiguous ? self : copied() }

  /// The elements under another shape of the same size: a view where the strides allow one, else a copy.
  func reshaped(to target: Shape) -> TensorBody {
    if let layout = layout.reshaped(to: target) { return view(layout) }
    return copied().view(Layout(contiguous: target))
  }
}

/// A copy of a tensor whose last two axes are stored in the opposite order, made in tiles, one matrix at a time.
private struct TransposePlan {
  let layout: Layout
  let rows: Int
  let columns: Int
  let columnStride: Int

  init?(_ layout: Layout) {
    let rank = layout.shape.rank
    guard rank >= 2 else { return nil }
    rows = layout.shape.axes[rank - 2]
    columns = layout.shape.axes[rank - 1]
    columnStride = layout.strides[rank - 1]
    guard rows >= 8, columns >= 8, layout.strides[rank - 2] == 1, columnStride >= rows else { return nil }
    self.layout = layout
  }

  func run(_ source: TensorBody, _ size: Int, into target: TensorBody) {
    let rank = layout.shape.rank
    var outer = layout
    outer.shape.axes[rank - 1] = 1
    outer.shape.axes[rank - 2] = 1
    let matrices = outer.shape.elementCount
    // Strips of rows, so that one large matrix is split over threads as well.
    let strip = max(64, (ElementwiseLoop.cheapGrain / columns + 15) / 16 * 16)
    let strips = (rows + strip - 1) / strip
    let transpose =
      ElementwiseLoop.streams(target, reading: target.count) ? mk_transpose_streamed : mk_transpose
    let out = target.pointer
    WorkerPool.parallelFor(matrices * strips, grain: 1) { range in
      for piece in range {
        let (matrix, part) = piece.quotientAndRemainder(dividingBy: strips)
        var offset = layout.offset
        var rest = matrix
        for axis in stride(from: rank - 3, through: 0, by: -1) {
          offset += rest % layout.shape.axes[axis] * layout.strides[axis]
          rest /= layout.shape.axes[axis]
        }
        let first = part * strip
        transpose(
          size, source.block + (offset + first) * size, columnStride,
          out + (matrix * rows + first) * columns * size, min(strip, rows - first), columns)
      }
    }
  }
}
