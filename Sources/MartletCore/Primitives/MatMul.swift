import CKernels

/// The matrix product over the last two axes, by NumPy's rules: leading axes broadcast; an operand of rank 1 is a row
/// on the left and a column on the right, and that axis is dropped from the result.
package struct MatMul: BilinearMap {
  package init() {}

  package var name: String { "matmul" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, b) = (operands[0], operands[1])
    try requireSameScalarType(a, b)
    try requireNumeric(a)
    if a.shape.rank == 0 || b.shape.rank == 0 {
      throw mistake("operands need at least one axis: \(a.shape) × \(b.shape); multiply scalars with *")
    }
    let inner = (a.shape.axes[a.shape.rank - 1], b.shape.axes[max(0, b.shape.rank - 2)])
    if inner.0 != inner.1 {
      throw mistake("inner dimensions differ: \(a.shape) × \(b.shape) (\(inner.0) ≠ \(inner.1))")
    }
    let (batchA, batchB) = (MatMul.batch(a.shape), MatMul.batch(b.shape))
    guard var shape = batchA.broadcast(with: batchB) else {
      throw mistake(
        "batch dimensions do not broadcast: \(a.shape) × \(b.shape) (\(batchA.broadcastConflict(with: batchB)))")
    }
    if a.shape.rank > 1 { shape.axes.append(a.shape.axes[a.shape.rank - 2]) }
    if b.shape.rank > 1 { shape.axes.append(b.shape.axes[b.shape.rank - 1]) }
    return TensorSpecs(a.scalarType, shape)
  }

  /// The axes before the matrix.
  private static func batch(_ shape: Shape) -> Shape {
    var axes = AxisList()
    for axis in 0..<max(0, shape.rank - 2) { axes.append(shape.axes[axis]) }
    return Shape(axes: axes)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let type = results.first.scalarType
    let out = results.first.pointer
    let a = operands.first.matrices()
    let b = operands.second.matrices()
    defer { withExtendedLifetime((a, b)) {} }
    if a.shape.rank <= 2 && b.shape.rank <= 2 {
      MatrixProduct.multiply(type, .init(left: a), .init(right: b), into: out)
      return
    }
    if b.shape.rank <= 2 && a.shape.elementCount > 0 {
      // The whole batch has the same right operand, so that it is only more rows.
      var folded = AxisList()
      folded.append(a.shape.elementCount / a.shape.axes[a.shape.rank - 1])
      folded.append(a.shape.axes[a.shape.rank - 1])
      let rows = a.reshaped(to: Shape(axes: folded)).matrices()
      MatrixProduct.multiply(type, .init(left: rows), .init(right: b), into: out)
      withExtendedLifetime(rows) {}
      return
    }
    let batch = MatMul.batch(a.shape).broadcast(with: MatMul.batch(b.shape))!
    let left = MatrixProduct.Operand(left: a)
    let right = MatrixProduct.Operand(right: b)
    let step = left.rows * right.columns * type.size
    let aSteps = MatMul.batchLayout(a, batch)
    let bSteps = MatMul.batchLayout(b, batch)
    let traversal = Traversal(over: batch, aSteps, bSteps)
    func product(_ index: Int, _ p: Int, _ q: Int) {
      MatrixProduct.multiply(
        type, left.moved(by: (p - a.layout.offset) * type.size), right.moved(by: (q - b.layout.offset) * type.size),
        into: out + index * step)
    }
    let work = left.rows * right.columns * max(1, left.columns)
    let runs = traversal.runs
    if MatMul.givesWhole(work, batch.elementCount) {
      let flat = BatchOffsets(batch, aSteps, bSteps)
      WorkerPool.parallelFor(batch.elementCount, grain: max(1, MatMul.batchGrain / work)) { range in
        for index in range {
          let (p, q) = flat[index]
          product(index, p, q)
        }
      }
    } else {
      traversal.forEachRun(in: 0..<runs) { run, p, q, _ in
        for index in 0..<traversal.run {
          product(
            run * traversal.run + index, p + index * traversal.runStrides[0], q + index * traversal.runStrides[1])
        }
      }
    }
  }

  /// The number of multiplications that is worth a thread.
  private static let batchGrain = 1 << 18

  /// Whether products of so many multiplications are given to threads whole, instead of being split themselves: small
  /// ones, and middling ones of which there are so many that no thread waits long for the last.
  private static func givesWhole(_ work: Int, _ count: Int) -> Bool {
    if work * count <= batchGrain { return false }
    return work < batchGrain || (work < 64 * batchGrain && count >= 8 * Threads.count)
  }

  private static func batchLayout(_ body: TensorBody, _ batch: Shape) -> Layout {
    var layout = Layout(shape: MatMul.batch(body.shape), strides: AxisList(), offset: body.layout.offset)
    for axis in 0..<layout.shape.rank { layout.strides.append(body.layout.strides[axis]) }
    return layout.broadcast(to: batch)
  }

  // The gradients are matrix products again: dA = g Bᵀ and dB = Aᵀ g, with operands of rank 1 as rows and columns. Axes
  // that were broadcast are summed by the pass, except that the gradient of a matrix that the whole batch shares is one
  // product over all rows.

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let g = cotangents.takeFirst()
    guard saved.wantsFactors(1), saved.shape(1).rank == 2, saved.operand(0).rank > 1 else {
      return bilinearPullback(g, saved)
    }
    saved.give(.products(outer: saved.operand(0), inner: g), 1)
    return Cotangents(
      saved.needs(0) ? gradientOfFirst(g, second: saved.operand(1), shape: saved.shape(0)) : nil, nil)
  }

  package func gradientOfFirst(_ cotangent: AnyTensor, second b: AnyTensor, shape: Shape) -> AnyTensor {
    let g = MatMul.expanded(cotangent, shape, b.shape)
    let right = b.rank == 1 ? apply(ReshapeView(to: [b.count, 1]), b) : b
    let product = apply(MatMul(), g, right.transposedMatrix)
    return shape.rank == 1 ? product.summedRows(to: shape) : product
  }

  package func gradientOfSecond(_ cotangent: AnyTensor, first a: AnyTensor, shape: Shape) -> AnyTensor {
    let g = MatMul.expanded(cotangent, a.shape, shape)
    let left = a.rank == 1 ? apply(ReshapeView(to: [1, a.count]), a) : a
    let product =
      shape.rank <= 2 && left.rank > 2
      ? apply(MatMul(), left.foldedRows.transposedMatrix, g.foldedRows) : apply(MatMul(), left.transposedMatrix, g)
    return shape.rank == 1 ? product.summedRows(to: shape) : product
  }

  /// The gradient of a product with the axes put back that were dropped for operands of rank 1.
  private static func expanded(_ cotangent: AnyTensor, _ shapeA: Shape, _ shapeB: Shape) -> AnyTensor {
    var g = cotangent
    if shapeB.rank == 1 { g = apply(ReshapeView(to: g.shape.inserting(1, at: g.rank)), g) }
    if shapeA.rank == 1 { g = apply(ReshapeView(to: g.shape.inserting(1, at: g.rank - 1)), g) }
    return g
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    let a = operands[0].shape
    return Cost(
      flops: 2 * results.first.count * a.axes[a.rank - 1],
      bytes: operands[0].byteCount + operands[1].byteCount + results.first.byteCount)
  }
}

/// The offsets of two operands at each position in a batch, for threads that can begin at any of them.
private struct BatchOffsets: Sendable {
  let shape: Shape
  let a: Layout
  let b: Layout

  init(_ shape: Shape, _ a: Layout, _ b: Layout) {
    self.shape = shape
    self.a = a
    self.b = b
  }

  subscript(index: Int) -> (Int, Int) {
    var rest = index
    var (p, q) = (a.offset, b.offset)
    for axis in stride(from: shape.rank - 1, through: 0, by: -1) {
      let index = rest % shape.axes[axis]
      rest /= shape.axes[axis]
      p += index * a.strides[axis]
      q += index * b.strides[axis]
    }
    return (p, q)
  }
}
