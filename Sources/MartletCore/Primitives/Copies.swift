import CKernels

/// The same values as another place in the graph: where a gradient is taken.
struct Alias: Primitive {
  var name: String { "alias" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    TensorSpec(operands.first.scalarType, operands.first.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody { operands.first.body }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients { OperandGradients(cotangent) }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { tangents[0] }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost { Cost(flops: 0, bytes: 0) }

  static var samples: [Sample] {
    [Sample("alias", [.init([2, 3])], apply: { applyAny(Alias(), $0) }, reference: { $0[0] })]
  }
}

/// The same values in row-major order without gaps.
struct Contiguous: Primitive {
  var name: String { "contiguous" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    TensorSpec(operands.first.scalarType, operands.first.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    operands.first.body.copied()
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients { OperandGradients(cotangent) }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { tangents[0].map { apply(self, $0) } }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 0, bytes: 2 * spec.shape.elementCount * spec.scalarType.size)
  }

  /// Copies the elements of `source`, broadcast to the shape of `target`, into `target`, which is contiguous.
  static func copy(_ source: TensorBody, to target: TensorBody) {
    let size = source.scalarType.size
    let shape = target.shape
    let layout = source.layout.broadcast(to: shape)
    if let plan = TransposePlan(layout) {
      plan.run(source, size, into: target.pointer)
      return
    }
    let traversal = Traversal(over: shape, layout)
    let (step, row) = (traversal.runStrides[0], traversal.rowStrides[0])
    let (from, out) = (source.block, target.pointer)
    let streams = ElementwiseLoop.streams(TensorSpec(source.scalarType, shape), reading: source.count)
    ElementwiseLoop.overBlocks(traversal, grain: ElementwiseLoop.cheapGrain) { run, rows, offset, _, _, first, count in
      mk_copy_rows(
        streams, size, from + (offset + first * step) * size, step, row, out + (run * traversal.run + first) * size,
        rows,
        count)
    }
  }

  static var samples: [Sample] {
    [Sample("contiguous", [.init([3, 4, 2])], apply: { applyAny(Contiguous(), $0) }, reference: { $0[0] })]
  }
}

extension TensorBody {
  /// The same elements in storage of their own, in row-major order without gaps.
  func copied() -> TensorBody {
    let copy = TensorBody(scalarType: scalarType, shape: shape)
    Contiguous.copy(self, to: copy)
    return copy
  }

  /// The body itself where its elements lie in row-major order without gaps, else a copy in which they do.
  @inline(__always)
  func inOrder() -> TensorBody { isContiguous ? self : copied() }

  /// The elements under another shape of the same size: a view where the strides allow one, else a copy.
  func reshaped(to target: Shape) -> TensorBody {
    if let layout = layout.reshaped(to: target) { return view(layout) }
    return copied().view(Layout(contiguous: target))
  }
}

/// A copy whose last two axes are stored the other way round: done in tiles, a matrix at a time.
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

  func run(_ source: TensorBody, _ size: Int, into target: UnsafeMutableRawPointer) {
    let rank = layout.shape.rank
    var outer = layout
    outer.shape.axes[rank - 1] = 1
    outer.shape.axes[rank - 2] = 1
    let matrices = outer.shape.elementCount
    // Strips of rows, so that one large matrix is shared out as well.
    let strip = max(64, (ElementwiseLoop.cheapGrain / columns + 15) / 16 * 16)
    let strips = (rows + strip - 1) / strip
    let transpose =
      ElementwiseLoop.streams(TensorSpec(source.scalarType, layout.shape), reading: layout.shape.elementCount)
      ? mk_transpose_streamed : mk_transpose
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
          target + (matrix * rows + first) * columns * size, min(strip, rows - first), columns)
      }
    }
  }
}

/// The values in another scalar type.
struct Convert: Primitive {
  let target: ScalarType

  init(to target: ScalarType) { self.target = target }

  var name: String { "convert" }
  var saves: SavePolicy { .nothing }
  var derivativeRefusal: String? { target.isDifferentiable ? nil : "its result is \(target)" }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    TensorSpec(target, operands.first.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: target, shape: spec.shape)
    let from = operands.first.scalarType.kernelType
    let to = target.kernelType
    let out = result.pointer
    let size = target.size
    ElementwiseLoop.run(spec.shape, operands.first.body, grain: ElementwiseLoop.cheapGrain) { x, stride, first, count in
      mk_convert(from, x, stride, to, out + first * size, count)
    }
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    let source = saved.scalarType(0)
    // A source without derivatives is reported by the graph, by the name of the operation that made it.
    return OperandGradients(source.isDifferentiable ? cotangent.converted(to: source) : cotangent)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    target.isDifferentiable ? tangents[0].map { apply(self, $0) } : nil
  }

  static var samples: [Sample] {
    [
      Sample("to Double", [.init([3, 4])], apply: { applyAny(Convert(to: .float64), $0) }, reference: { $0[0] }),
      Sample(
        "to Int32", [.init([3, 4], in: -9...9)], apply: { applyAny(Convert(to: .int32), $0) },
        reference: { $0[0].map { $0.rounded(.towardZero) } }, isDifferentiable: false),
    ]
  }
}
