import CKernels

/// A tensor with the rows at indices of Int64 replaced; where an index comes twice, the later row stays. Operands: the
/// tensor, the rows (with the indices' shape in front), the indices.
struct ReplaceRows: Primitive {
  var name: String { "replaceRows" }
  var saves: SavePolicy { .operands }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (base, rows, indices) = (operands.first, operands.second!, operands.third!)
    if base.rank == 0 { throw TensorError(name, "a scalar has no rows") }
    if base.scalarType != rows.scalarType {
      throw TensorError(name, "scalar types differ: \(base.scalarType) and \(rows.scalarType)")
    }
    // The rule of gathering, with the roles exchanged.
    let picked: TensorSpec
    do {
      picked = try GatherRows().result(of: Operands(base, indices))
    } catch {
      throw TensorError(name, error.message)
    }
    if picked.shape != rows.shape {
      throw TensorError(
        name, "the rows at indices \(indices.shape) of \(base.shape) are \(picked.shape), not \(rows.shape)")
    }
    return TensorSpec(base.scalarType, base.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = operands.first.body.copied()
    let (rows, indices) = (operands.second!.contiguous().body, operands.third!.contiguous().body)
    let bytes = rows.count / max(1, indices.count) * spec.scalarType.size
    let index = indices.pointer.assumingMemoryBound(to: Int64.self)
    for place in 0..<indices.count {
      (result.pointer + Int(index[place]) * bytes).copyMemory(from: rows.pointer + place * bytes, byteCount: bytes)
    }
    withExtendedLifetime((rows, indices)) {}
    return result
  }

  func pullback(_ g: AnyTensor, _ saved: Saved) -> OperandGradients {
    let indices = saved.operand(2)
    var forBase: AnyTensor?
    if saved.needs(0) {
      let zeros = AnyTensor(zeros: saved.operand(1).shape, scalarType: g.scalarType)
      forBase = apply(ReplaceRows(), g, zeros, indices)
    }
    var forRows: AnyTensor?
    if saved.needs(1) {
      forRows = apply(GatherRows(), g, indices) * lasting(saved).converted(to: g.scalarType)
    }
    return OperandGradients(forBase, forRows)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    guard tangents[0] != nil || tangents[1] != nil else { return nil }
    let base = tangents[0] ?? AnyTensor(zeros: saved.resultShape, scalarType: saved.resultType)
    let rows = tangents[1] ?? AnyTensor(zeros: saved.operand(1).shape, scalarType: saved.resultType)
    return apply(self, base, rows, saved.operand(2))
  }

  /// Which rows stay: those whose index does not come again. Of a shape that broadcasts to that of the rows.
  private func lasting(_ saved: Saved) -> AnyTensor {
    let (rows, indices) = (saved.operand(1), saved.operand(2).contiguous())
    let index = indices.body.pointer.assumingMemoryBound(to: Int64.self)
    var last: [Int64: Int] = [:]
    for place in 0..<indices.count { last[index[place]] = place }
    var shape = indices.shape
    for _ in indices.rank..<rows.rank { shape.axes.append(1) }
    let stays = (0..<indices.count).map { last[index[$0]] == $0 }
    return stays.withUnsafeBytes { AnyTensor(shape: shape, scalarType: .bool, bytes: $0) }
  }

  static var samples: [Sample] {
    [
      Sample(
        "rows", [.init([4, 3]), .init([6, 3]), .init([6], in: 0...3, type: .int64)],
        apply: { applyAny(ReplaceRows(), $0) },
        reference: { o in
          var result = o[0]
          for place in 0..<6 {
            let row = Int(o[2].values[place])
            for column in 0..<3 { result.values[row * 3 + column] = o[1][[place, column]] }
          }
          return result
        })
    ]
  }
}
