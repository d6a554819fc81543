// Primitives whose results are views: they give a layout, and no element is copied.

/// A linear map whose result is a view of its operand, or a copy where strides do not allow one.
protocol ViewMap: LinearMap {}

extension ViewMap {
  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    fatalError("\(name) gives a view: it has nothing to compute")
  }

  func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost { .nothing }
}

/// The same values with another node, for the value that a gradient returns to outer gradients.
struct Alias: ViewMap {
  var name: String { "alias" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs { TensorSpecs(operands[0]) }

  func layout(of operand: Layout, result index: Int) -> Layout? { operand }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }

  static var samples: [Sample] {
    [Sample("alias", Alias(), [.init([2, 3])], reference: { $0[0] })]
  }
}

/// Gives the elements another shape with as many elements, in row-major order; a copy only where strides force one.
struct Reshape: ViewMap {
  let target: Shape

  init(to target: Shape) { self.target = target }

  var name: String { "reshape" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let shape = operands[0].shape
    if shape.elementCount != target.elementCount {
      throw mistake("\(shape) has \(shape.elementCount) elements, \(target) has \(target.elementCount)")
    }
    return TensorSpecs(operands[0].scalarType, target)
  }

  func layout(of operand: Layout, result index: Int) -> Layout? { operand.reshaped(to: target) }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    Contiguous.copy(operands.first, to: results[0].view(Layout(contiguous: operands.first.shape)))
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(Reshape(to: saved.shape(0)), g.first))
  }

  static var samples: [Sample] {
    [
      Sample(
        "[2, 6] to [3, 4]", Reshape(to: [3, 4]), [.init([2, 6])], reference: { Reference([3, 4], $0[0].values) },
        large: (Reshape(to: [1024, 67]), [.init([67, 1024])])),
      Sample("[1] to []", Reshape(to: []), [.init([1])], reference: { Reference([], $0[0].values) }),
      Sample("[2, 0] to [0, 5]", Reshape(to: [0, 5]), [.init([2, 0])], reference: { _ in Reference([0, 5], []) }),
    ]
  }
}

/// Puts the axes in another order.
struct Permute: ViewMap {
  let order: AxisList

  init(_ order: AxisList) { self.order = order }

  var name: String { "permute" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let shape = operands[0].shape
    var seen = AxisList(repeating: 0, count: shape.rank)
    var isPermutation = order.count == shape.rank
    for position in 0..<order.count where isPermutation {
      let axis = order[position]
      if axis < 0 || axis >= shape.rank || seen[axis] != 0 { isPermutation = false } else { seen[axis] = 1 }
    }
    if !isPermutation { throw mistake("\(Shape(axes: order)) is not an order of the axes of \(shape)") }
    return TensorSpecs(operands[0].scalarType, Shape(axes: shape.axes.permuted(order)))
  }

  func layout(of operand: Layout, result index: Int) -> Layout? { operand.permuted(order) }

  /// The order that undoes this one.
  var inverse: Permute {
    var inverse = order
    for position in 0..<order.count { inverse[order[position]] = position }
    return Permute(inverse)
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(apply(inverse, g.first)) }

  static var samples: [Sample] {
    [
      Sample(
        "2, 0, 1", Permute(AxisList([2, 0, 1])), [.init([2, 3, 4])],
        reference: { o in
          Reference([o[0].shape[2], o[0].shape[0], o[0].shape[1]]) { o[0][[$0[1], $0[2], $0[0]]] }
        })
    ]
  }
}

/// Repeats the elements along axes of length 1 and along new leading axes.
struct BroadcastTo: ViewMap {
  let target: Shape

  init(_ target: Shape) { self.target = target }

  var name: String { "broadcast" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let shape = operands[0].shape
    if !shape.canBroadcast(to: target) { throw mistake("\(shape) does not broadcast to \(target)") }
    return TensorSpecs(operands[0].scalarType, target)
  }

  func layout(of operand: Layout, result index: Int) -> Layout? { operand.broadcast(to: target) }

  // The pass sums a gradient to its operand's shape.
  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }

  static var samples: [Sample] {
    [
      Sample(
        "[3, 1] to [2, 3, 4]", BroadcastTo([2, 3, 4]), [.init([3, 1])],
        reference: { o in Reference([2, 3, 4]) { o[0][$0] } }),
      Sample(
        "[1, 3] to [0, 3]", BroadcastTo([0, 3]), [.init([1, 3])], reference: { _ in Reference([0, 3], []) }),
    ]
  }
}
