/// Replaces the rows of a tensor at indices of Int64; where an index occurs twice, the later row remains.
///
/// The operands are the tensor, the rows, whose shape begins with that of the indices, and the indices.
struct ReplaceRows: Primitive {
  var name: String { "replaceRows" }
  var saves: SavePolicy { .operands }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (base, rows, indices) = (operands[0], operands[1], operands[2])
    try requireSameScalarType(base, rows)
    let picked = try rowsShape(of: base, at: indices)
    if picked != rows.shape {
      throw mistake(
        expected: "rows of \(picked) for indices \(indices.shape) of \(base.shape)", got: "\(rows.shape)")
    }
    return TensorSpecs(base)
  }

  func validate(_ operands: borrowing Operands) throws(TensorError) {
    try validate(indices: operands[2], rowsOf: operands[0].shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    Contiguous.copy(operands.first, to: results[0])
    ReplaceRows.write(operands.second, at: operands[2], to: results[0])
  }

  /// Overwrites rows of a contiguous tensor, in order.
  static func write(_ rows: TensorBody, at indices: TensorBody, to target: TensorBody) {
    let (rows, indices) = (rows.inOrder(), Indices(indices))
    let bytes = rows.count / max(1, indices.count) * target.scalarType.size
    for position in 0..<indices.count {
      (target.pointer + Int(indices.pointer[position]) * bytes)
        .copyMemory(from: rows.pointer + position * bytes, byteCount: bytes)
    }
    withExtendedLifetime((rows, indices.body)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let (rows, indices) = (saved.operand(1), saved.operand(2))
    return Cotangents(
      saved.needs(0)
        ? apply(self, g.first, AnyTensor(zeros: rows.shape, scalarType: g.first.scalarType), indices) : nil,
      saved.needs(1) ? apply(GatherRows(), g.first, indices) * lasting(saved).converted(to: g.first.scalarType) : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    if tangents[0] == nil && tangents[1] == nil { return Tangents(nil) }
    let base = tangents[0] ?? AnyTensor(zeros: saved.resultShape, scalarType: saved.resultType)
    let rows = tangents[1] ?? AnyTensor(zeros: saved.operand(1).shape, scalarType: saved.resultType)
    return Tangents(apply(self, base, rows, saved.operand(2)))
  }

  /// Whether each row remains, because its index does not occur again later; of a shape that broadcasts to the rows'.
  private func lasting(_ saved: Saved) -> AnyTensor {
    let (rows, indices) = (saved.operand(1), saved.operand(2))
    // The rows' positions are written in place of the rows: the position that is left at an index is the last row's.
    let order = apply(Reshape(to: indices.shape), Tensor<Int64>.arange(Int64(indices.count)).erased)
    let nowhere = AnyTensor(zeros: [saved.resultShape[0]], scalarType: .int64)
    let last = apply(GatherRows(), apply(self, nowhere, order, indices), indices)
    var shape = indices.shape
    for _ in indices.rank..<rows.rank { shape.axes.append(1) }
    return apply(Reshape(to: shape), last.compared(.equal, order))
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * (results.first.byteCount + operands[1].byteCount))
  }

  static var samples: [Sample] {
    [
      Sample(
        "rows", ReplaceRows(), [.init([4, 3]), .init([6, 3]), .init([6], in: 0...3, type: .int64)],
        reference: { o in
          var result = o[0]
          for position in 0..<6 {
            let row = Int(o[2].values[position])
            for column in 0..<3 { result.values[row * 3 + column] = o[1][[position, column]] }
          }
          return result
        })
    ]
  }
}
