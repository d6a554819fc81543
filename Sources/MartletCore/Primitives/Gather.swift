import CKernels

/// Takes rows of a tensor by indices of Int64; the result has the shape of the indices followed by that of a row.
struct GatherRows: Primitive {
  var name: String { "gather" }
  var saves: SavePolicy { .secondOperand }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    TensorSpecs(operands[0].scalarType, try rowsShape(of: operands[0], at: operands[1]))
  }

  func validate(_ operands: borrowing Operands) throws(TensorError) {
    try validate(indices: operands[1], rowsOf: operands[0].shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    var x = operands.first
    let size = result.scalarType.size
    // Each row must be contiguous; the stride from row to row may be any.
    var row = x.layout
    row = row.removing(axis: 0)
    if !row.isContiguous { x = x.copied() }
    let indices = Indices(operands.second)
    let bytes = row.shape.elementCount * size
    if bytes == 0 { return }
    let (from, to, step) = (x.pointer, result.pointer, x.layout.strides[0] * size)
    WorkerPool.parallelFor(indices.count, grain: max(1, 4 * ElementwiseLoop.cheapGrain / bytes)) { range in
      mk_gather_rows(bytes, from, step, indices.pointer + range.lowerBound, to + range.lowerBound * bytes, range.count)
    }
    withExtendedLifetime((x, indices.body)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(
      saved.needs(0) ? apply(ScatterAddRows(rows: saved.shape(0)[0]), g.first, saved.operand(1)) : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(self, $0, saved.operand(1)) })
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * results.first.byteCount)
  }

  static var samples: [Sample] {
    [
      Sample(
        "rows", GatherRows(), [.init([5, 3]), .init([4], in: 0...4, type: .int64)],
        reference: { o in Reference([4, 3]) { o[0][[Int(o[1].values[$0[0]]), $0[1]]] } }),
      Sample(
        "elements, by a matrix of indices", GatherRows(), [.init([5]), .init([2, 3], in: 0...4, type: .int64)],
        reference: { o in o[1].map { o[0].values[Int($0)] } }),
    ]
  }
}

/// Adds rows, at indices, to a tensor of `rows` rows of zeros: the derivative of `GatherRows`.
///
/// The operands are the rows, whose shape begins with that of the indices, and the indices. The caller has checked the
/// indices: they were those of a `GatherRows`, or `adding(rows:at:)` has done it.
struct ScatterAddRows: Primitive {
  let rows: Int

  var name: String { "scatterAdd" }
  var saves: SavePolicy { .secondOperand }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, indices) = (operands[0], operands[1])
    try requireIndices(indices)
    try requireNumeric(x)
    let rank = indices.shape.rank
    if x.shape.rank < rank || (0..<rank).contains(where: { x.shape.axes[$0] != indices.shape.axes[$0] }) {
      throw mistake("the first axes of \(x.shape) must be those of the indices, \(indices.shape)")
    }
    var shape: Shape = [rows]
    for axis in rank..<x.shape.rank { shape.axes.append(x.shape.axes[axis]) }
    return TensorSpecs(x.scalarType, shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    result.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: result.count * result.scalarType.size)
    let x = operands.first.inOrder()
    let indices = Indices(operands.second)
    let row = result.shape.elementCount / max(1, rows)
    mk_scatter_add_rows(result.scalarType.kernelType, x.pointer, indices.pointer, result.pointer, row, indices.count)
    withExtendedLifetime((x, indices.body)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(GatherRows(), g.first, saved.operand(1)))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(self, $0, saved.operand(1)) })
  }

  static var samples: [Sample] {
    [
      Sample(
        "rows", ScatterAddRows(rows: 4), [.init([6, 3]), .init([6], in: 0...3, type: .int64)],
        reference: { o in
          Reference([4, 3]) { index in
            (0..<6).reduce(0) { $0 + (Int(o[1].values[$1]) == index[0] ? o[0][[$1, index[1]]] : 0) }
          }
        })
    ]
  }
}
