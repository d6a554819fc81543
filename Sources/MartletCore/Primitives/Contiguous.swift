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
  package func inOrder() -> TensorBody { isContiguous ? self : copied() }

  /// The elements under another shape of the same size: a view where the strides allow one, else a copy.
  func reshaped(to target: Shape) -> TensorBody {
    if let layout = layout.reshaped(to: target) { return view(layout) }
    return copied().view(Layout(contiguous: target))
  }
}

/// A copy in tiles, of an axis whose elements are neighbours in the source and the last, whose are in the target.
private struct TransposePlan {
  private let offset: Int
  /// The axis of neighbours in the source: its length, and its stride in the target.
  private let rows: (length: Int, target: Int)
  /// The last axis: its length, and its stride in the source.
  private let columns: (length: Int, source: Int)
  /// The other axes.
  private var lengths = AxisList()
  private var sources = AxisList()
  private var targets = AxisList()

  init?(_ layout: Layout) {
    // Axes that both walk as one are merged; in the contiguous target all can be.
    var (lengths, sources) = (AxisList(), AxisList())
    for axis in 0..<layout.shape.rank where layout.shape.axes[axis] != 1 {
      let (length, stride, last) = (layout.shape.axes[axis], layout.strides[axis], lengths.count - 1)
      if last >= 0 && sources[last] == stride * length {
        lengths[last] *= length
        sources[last] = stride
      } else {
        lengths.append(length)
        sources.append(stride)
      }
    }
    let last = lengths.count - 1
    guard last >= 1, lengths[last] >= 8, sources[last] > 1,
      let near = (0..<last).first(where: { sources[$0] == 1 && lengths[$0] >= 8 })
    else { return nil }
    var (stride, row) = (1, 1)
    for axis in (0...last).reversed() {
      if axis == near {
        row = stride
      } else if axis != last {
        self.lengths.append(lengths[axis])
        self.sources.append(sources[axis])
        targets.append(stride)
      }
      stride *= lengths[axis]
    }
    (rows, columns, offset) = ((lengths[near], row), (lengths[last], sources[last]), layout.offset)
  }

  func run(_ source: TensorBody, _ size: Int, into target: TensorBody) {
    let matrices = (0..<lengths.count).reduce(1) { $0 * lengths[$1] }
    // Strips of rows, so that one large matrix is split over threads as well.
    let strip = max(64, (ElementwiseLoop.cheapGrain / columns.length + 15) / 16 * 16)
    let strips = (rows.length + strip - 1) / strip
    let transpose =
      ElementwiseLoop.streams(target, reading: target.count) ? mk_transpose_streamed : mk_transpose
    let out = target.pointer
    let grain = max(1, ElementwiseLoop.cheapGrain / (min(strip, rows.length) * columns.length))
    WorkerPool.parallelFor(matrices * strips, grain: grain) { range in
      for piece in range {
        let (matrix, part) = piece.quotientAndRemainder(dividingBy: strips)
        let first = part * strip
        var (from, to, rest) = (offset + first, first * rows.target, matrix)
        for axis in 0..<lengths.count {
          from += rest % lengths[axis] * sources[axis]
          to += rest % lengths[axis] * targets[axis]
          rest /= lengths[axis]
        }
        transpose(
          size, source.block + from * size, columns.source, out + to * size, rows.target,
          min(strip, rows.length - first), columns.length)
      }
    }
  }
}
