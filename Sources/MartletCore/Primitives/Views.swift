// Primitives that look at the same elements in another way: no element is moved.

/// The elements under another shape of the same size, in row-major order; a copy only where the strides force one.
struct Reshape: Primitive {
  let target: Shape

  init(to target: Shape) { self.target = target }

  var name: String { "reshape" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let shape = operands.first.shape
    if shape.elementCount != target.elementCount {
      throw TensorError(name, "\(shape) has \(shape.elementCount) elements, \(target) has \(target.elementCount)")
    }
    return TensorSpec(operands.first.scalarType, target)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    operands.first.body.reshaped(to: target)
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    OperandGradients(apply(Reshape(to: saved.shape(0)), cotangent))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { tangents[0].map { apply(self, $0) } }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost { Cost(flops: 0, bytes: 0) }

  static var samples: [Sample] {
    [
      Sample(
        "[2, 6] to [3, 4]", [.init([2, 6])], apply: { applyAny(Reshape(to: [3, 4]), $0) },
        reference: { Reference([3, 4], $0[0].values) }),
      Sample(
        "[1] to []", [.init([1])], apply: { applyAny(Reshape(to: []), $0) }, reference: { Reference([], $0[0].values) }),
    ]
  }
}

/// The axes in another order.
struct Permute: Primitive {
  let order: AxisList

  init(_ order: AxisList) { self.order = order }

  var name: String { "permute" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let shape = operands.first.shape
    var seen = AxisList(repeating: 0, count: shape.rank)
    var isPermutation = order.count == shape.rank
    for position in 0..<order.count where isPermutation {
      let axis = order[position]
      if axis < 0 || axis >= shape.rank || seen[axis] != 0 { isPermutation = false } else { seen[axis] = 1 }
    }
    if !isPermutation { throw TensorError(name, "\(Shape(axes: order)) is not an order of the axes of \(shape)") }
    return TensorSpec(operands.first.scalarType, Shape(axes: shape.axes.permuted(order)))
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    operands.first.body.view(operands.first.body.layout.permuted(order))
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    var inverse = order
    for position in 0..<order.count { inverse[order[position]] = position }
    return OperandGradients(apply(Permute(inverse), cotangent))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { tangents[0].map { apply(self, $0) } }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost { Cost(flops: 0, bytes: 0) }

  static var samples: [Sample] {
    [
      Sample(
        "2, 0, 1", [.init([2, 3, 4])], apply: { applyAny(Permute(AxisList([2, 0, 1])), $0) },
        reference: { o in Reference([4, 2, 3]) { o[0][[$0[1], $0[2], $0[0]]] } })
    ]
  }
}

/// The elements repeated along axes of length 1 and along new leading axes.
struct BroadcastTo: Primitive {
  let target: Shape

  init(_ target: Shape) { self.target = target }

  var name: String { "broadcast" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let shape = operands.first.shape
    if !shape.canBroadcast(to: target) { throw TensorError(name, "\(shape) does not broadcast to \(target)") }
    return TensorSpec(operands.first.scalarType, target)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    operands.first.body.view(operands.first.body.layout.broadcast(to: target))
  }

  // The graph sums a gradient to its operand's shape.
  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients { OperandGradients(cotangent) }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { tangents[0].map { apply(self, $0) } }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost { Cost(flops: 0, bytes: 0) }

  static var samples: [Sample] {
    [
      Sample(
        "[3, 1] to [2, 3, 4]", [.init([3, 1])], apply: { applyAny(BroadcastTo([2, 3, 4]), $0) },
        reference: { o in Reference([2, 3, 4]) { o[0][$0] } })
    ]
  }
}

/// Every `step`-th element of an axis from `start` on, `count` of them; a negative step goes backwards.
struct Slice: Primitive {
  let axis: Int
  let start: Int
  let step: Int
  let count: Int

  var name: String { "slice" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    var shape = operands.first.shape
    guard axis >= 0, axis < shape.rank else { throw TensorError(name, "\(shape) has no axis \(axis)") }
    let length = shape.axes[axis]
    let last = start + (count - 1) * step
    if count < 0 || step == 0 || (count > 0 && !(0..<length ~= start && 0..<length ~= last)) {
      throw TensorError(
        name, "\(count) elements from \(start) by \(step) are not within axis \(axis) of \(shape)")
    }
    shape.axes[axis] = count
    return TensorSpec(operands.first.scalarType, shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    operands.first.body.view(operands.first.body.layout.sliced(axis: axis, start: start, step: step, count: count))
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    let zeros = AnyTensor(zeros: saved.shape(0), scalarType: cotangent.scalarType)
    return OperandGradients(apply(UpdateSlice(self), zeros, cotangent))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? { tangents[0].map { apply(self, $0) } }

  func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost { Cost(flops: 0, bytes: 0) }

  static var samples: [Sample] {
    [
      Sample(
        "every second", [.init([2, 7])], apply: { applyAny(Slice(axis: 1, start: 1, step: 2, count: 3), $0) },
        reference: { o in Reference([2, 3]) { o[0][[$0[0], 1 + 2 * $0[1]]] } }),
      Sample(
        "backwards", [.init([5])], apply: { applyAny(Slice(axis: 0, start: 4, step: -1, count: 5), $0) },
        reference: { Reference([5], $0[0].values.reversed()) }),
    ]
  }
}

/// A tensor with the elements that a slice names replaced by those of another, which broadcasts to them.
struct UpdateSlice: Primitive {
  let slice: Slice

  init(_ slice: Slice) { self.slice = slice }

  var name: String { "updateSlice" }
  var saves: SavePolicy { .nothing }

  func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (base, update) = (operands.first, operands.second!)
    let target = try slice.result(of: Operands(base)).shape
    if base.scalarType != update.scalarType {
      throw TensorError(name, "scalar types differ: \(base.scalarType) and \(update.scalarType)")
    }
    if !update.shape.canBroadcast(to: target) {
      throw TensorError(name, "\(update.shape) does not broadcast to the slice's \(target)")
    }
    return TensorSpec(base.scalarType, base.shape)
  }

  func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = operands.first.body.copied()
    let layout = result.layout.sliced(axis: slice.axis, start: slice.start, step: slice.step, count: slice.count)
    StridedWrite.write(operands.second!.body, to: result.view(layout))
    return result
  }

  func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    var forBase: AnyTensor?
    if saved.needs(0) {
      forBase = apply(UpdateSlice(slice), cotangent, cotangent.scalar(0))
    }
    return OperandGradients(forBase, saved.needs(1) ? apply(slice, cotangent) : nil)
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    guard tangents[0] != nil || tangents[1] != nil else { return nil }
    let base = tangents[0] ?? AnyTensor(zeros: saved.resultShape, scalarType: saved.resultType)
    return apply(self, base, tangents[1] ?? base.scalar(0))
  }

  static var samples: [Sample] {
    let slice = Slice(axis: 1, start: 1, step: 2, count: 2)
    return [
      Sample(
        "two columns", [.init([3, 5]), .init([3, 2])], apply: { applyAny(UpdateSlice(slice), $0) },
        reference: { o in
          Reference([3, 5]) { $0[1] % 2 == 1 ? o[1][[$0[0], $0[1] / 2]] : o[0][$0] }
        }),
      Sample(
        "a scalar", [.init([3, 5]), .init([])], apply: { applyAny(UpdateSlice(slice), $0) },
        reference: { o in Reference([3, 5]) { $0[1] % 2 == 1 ? o[1].values[0] : o[0][$0] } }),
    ]
  }
}
