import CKernels

/// Rows of a tensor, picked by indices of Int64: the result has the indices' shape, then that of a row.
struct GatherRows: Primitive {
  var name: String { "gather" }
  var saves: SavePolicy { .secondOperand }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (x, indices) = (operands.first.body, operands.second!.body)
    if indices.scalarType != .int64 { throw TensorError(name, "indices must be Int64, not \(indices.scalarType)") }
    if x.shape.rank == 0 { throw TensorError(name, "a scalar has no rows") }
    if let index = RowIndices(indices).first(outside: x.shape.axes[0]) {
      throw TensorError(name, "index \(index) is not within 0 ..< \(x.shape.axes[0]), the first axis of \(x.shape)")
    }
    var shape = indices.shape
    for axis in 1..<x.shape.rank { shape.axes.append(x.shape.axes[axis]) }
    return TensorSpec(x.scalarType, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    var x = operands.first.body
    let size = spec.scalarType.size
    // Rows must be dense within themselves; the distance between them may be any.
    var row = x.layout
    row = row.removing(axis: 0)
    if !row.isContiguous { x = x.copied() }
    let indices = RowIndices(operands.second!.body)
    let bytes = row.shape.elementCount * size
    if bytes == 0 { return result }
    let (from, to, step) = (x.pointer, result.pointer, x.layout.strides[0] * size)
    WorkerPool.parallelFor(indices.count, grain: max(1, 4 * ElementwiseLoop.cheapGrain / bytes)) { range in
      mk_gather_rows(bytes, from, step, indices.pointer + range.lowerBound, to + range.lowerBound * bytes, range.count)
    }
    withExtendedLifetime((x, indices.body)) {}
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    OperandGradients(
      saved.needs(0) ? apply(ScatterAddRows(rows: saved.shape(0)[0]), cotangent, saved.operand(1)) : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    tangents[0].map { apply(self, $0, saved.operand(1)) }
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 0, bytes: 2 * spec.shape.elementCount * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [
      Sample(
        "rows", [.init([5, 3]), .init([4], in: 0...4, type: .int64)], apply: { applyAny(GatherRows(), $0) },
        reference: { o in Reference([4, 3]) { o[0][[Int(o[1].values[$0[0]]), $0[1]]] } }),
      Sample(
        "elements, by a matrix of indices", [.init([5]), .init([2, 3], in: 0...4, type: .int64)],
        apply: { applyAny(GatherRows(), $0) }, reference: { o in o[1].map { o[0].values[Int($0)] } }),
    ]
  }
}

/// A tensor of zeros of `rows` rows to which rows are added at indices: the derivative of `gather`. Operands: the rows,
/// with the indices' shape in front, and the indices.
struct ScatterAddRows: Primitive {
  let rows: Int

  var name: String { "scatterAdd" }
  var saves: SavePolicy { .secondOperand }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (x, indices) = (operands.first.body, operands.second!.body)
    if indices.scalarType != .int64 { throw TensorError(name, "indices must be Int64, not \(indices.scalarType)") }
    if !x.scalarType.isNumeric { throw TensorError(name, "\(x.scalarType) is not supported") }
    let rank = indices.shape.rank
    if x.shape.rank < rank || (0..<rank).contains(where: { x.shape.axes[$0] != indices.shape.axes[$0] }) {
      throw TensorError(name, "the first axes of \(x.shape) must be those of the indices, \(indices.shape)")
    }
    if let index = RowIndices(indices).first(outside: rows) {
      throw TensorError(name, "index \(index) is not within 0 ..< \(rows)")
    }
    var shape: Shape = [rows]
    for axis in rank..<x.shape.rank { shape.axes.append(x.shape.axes[axis]) }
    return TensorSpec(x.scalarType, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = AnyTensor(zeros: spec.shape, scalarType: spec.scalarType).body
    let x = operands.first.contiguous().body
    let indices = RowIndices(operands.second!.body)
    let row = spec.shape.elementCount / max(1, rows)
    mk_scatter_add_rows(spec.scalarType.kernelType, x.pointer, indices.pointer, result.pointer, row, indices.count)
    withExtendedLifetime((x, indices.body)) {}
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    OperandGradients(apply(GatherRows(), cotangent, saved.operand(1)))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    tangents[0].map { apply(self, $0, saved.operand(1)) }
  }

  static var samples: [Sample] {
    [
      Sample(
        "rows", [.init([6, 3]), .init([6], in: 0...3, type: .int64)], apply: { applyAny(ScatterAddRows(rows: 4), $0) },
        reference: { o in
          Reference([4, 3]) { index in
            (0..<6).reduce(0) { $0 + (Int(o[1].values[$1]) == index[0] ? o[0][[$1, index[1]]] : 0) }
          }
        })
    ]
  }
}

/// Indices in row-major order without gaps.
private struct RowIndices: @unchecked Sendable {
  // `@unchecked Sendable`: only read, and the body that the pointer points into is held.
  let body: TensorBody
  let pointer: UnsafePointer<Int64>
  let count: Int

  init(_ indices: TensorBody) {
    body = AnyTensor(indices).contiguous().body
    pointer = UnsafePointer(body.pointer.assumingMemoryBound(to: Int64.self))
    count = body.count
  }

  func first(outside length: Int) -> Int64? {
    for place in 0..<count where pointer[place] < 0 || pointer[place] >= length { return pointer[place] }
    return nil
  }
}
