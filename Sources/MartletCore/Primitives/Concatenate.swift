import CKernels

/// Tensors one after the other along an axis.
struct Concatenate: Primitive {
  let axis: Int
  /// Of each operand along the axis.
  let lengths: [Int]

  /// For operands that have the axis; `result(of:)` tells what does not fit.
  init(_ operands: [AnyTensor], axis: Int) {
    self.axis = axis
    lengths = operands.map { axis >= 0 && axis < $0.rank ? $0.shape.axes[axis] : 0 }
  }

  var name: String { "concatenate" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let first = operands.first
    var shape = first.shape
    guard axis >= 0, axis < shape.rank else { throw TensorError(name, "\(shape) has no axis \(axis)") }
    for index in 1..<max(1, operands.count) {
      let next = operands[index]
      if next.scalarType != first.scalarType {
        throw TensorError(name, "scalar types differ: \(first.scalarType) and \(next.scalarType)")
      }
      if next.rank != first.rank || next.shape.removing(axis) != first.shape.removing(axis) {
        throw TensorError(name, "shapes differ beyond axis \(axis): \(first.shape) and \(next.shape)")
      }
      shape.axes[axis] += next.shape.axes[axis]
    }
    return TensorSpec(first.scalarType, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    var start = 0
    for index in 0..<operands.count {
      let body = operands[index].body
      let length = body.shape.axes[axis]
      StridedWrite.write(body, to: result.view(result.layout.sliced(axis: axis, start: start, step: 1, count: length)))
      start += length
    }
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    var start = 0
    let parts = lengths.enumerated().map { index, length -> AnyTensor? in
      defer { start += length }
      return saved.needs(index) ? apply(Slice(axis: axis, start: start, step: 1, count: length), cotangent) : nil
    }
    return OperandGradients(
      parts[0], parts.count > 1 ? parts[1] : nil, parts.count > 2 ? parts[2] : nil, rest: Array(parts.dropFirst(3)))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let parts = lengths.enumerated().map { index, length in
      var shape = saved.resultShape
      shape.axes[axis] = length
      return tangents[index] ?? AnyTensor(zeros: shape, scalarType: saved.resultType)
    }
    return apply(self, Operands(parts))
  }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    Cost(flops: 0, bytes: 2 * spec.shape.elementCount * spec.scalarType.size)
  }

  static var samples: [Sample] {
    [
      Sample(
        "two along 0", [.init([2, 3]), .init([1, 3])], apply: { applyAny(Concatenate($0, axis: 0), $0) },
        reference: { Reference([3, 3], $0[0].values + $0[1].values) }),
      Sample(
        "five along 1", (1...5).map { .init([2, $0]) }, apply: { applyAny(Concatenate($0, axis: 1), $0) },
        reference: { o in
          Reference(
            [2, 15], (0..<2).flatMap { row in o.flatMap { part in (0..<part.shape[1]).map { part[[row, $0]] } } })
        }),
    ]
  }
}
