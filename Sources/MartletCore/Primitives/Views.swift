// Primitives whose results are views: they give a layout, and no element is copied.

/// A linear map whose result is a view of its operand, or a copy where strides do not allow one.
package protocol ViewMap: LinearMap {}

extension ViewMap {
  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    fatalError("\(name) gives a view: it has nothing to compute")
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost { .nothing }
}

/// The same values with another node, for the value that a gradient returns to outer gradients.
package struct Alias: ViewMap {
  package init() {}

  package var name: String { "alias" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    TensorSpecs(operands[0])
  }

  package func layout(of operand: Layout, result index: Int) -> Layout? { operand }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }
}

/// Gives the elements another shape with as many elements, in row-major order; a copy only where strides force one.
package struct ReshapeView: ViewMap {
  let target: Shape

  package init(to target: Shape) { self.target = target }

  package var name: String { "reshape" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let shape = operands[0].shape
    if shape.elementCount != target.elementCount {
      throw mistake("\(shape) has \(shape.elementCount) elements, \(target) has \(target.elementCount)")
    }
    return TensorSpecs(operands[0].scalarType, target)
  }

  package func layout(of operand: Layout, result index: Int) -> Layout? { operand.reshaped(to: target) }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    Contiguous.copy(operands.first, to: results[0].view(Layout(contiguous: operands.first.shape)))
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(ReshapeView(to: saved.shape(0)), g.first))
  }
}

/// Puts the axes in another order.
package struct Permute: ViewMap {
  package let order: AxisList

  package init(_ order: AxisList) { self.order = order }

  package var name: String { "permute" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
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

  package func layout(of operand: Layout, result index: Int) -> Layout? { operand.permuted(order) }

  /// The order that undoes this one.
  var inverse: Permute {
    var inverse = order
    for position in 0..<order.count { inverse[order[position]] = position }
    return Permute(inverse)
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(apply(inverse, g.first)) }
}

/// Repeats the elements along axes of length 1 and along new leading axes.
package struct BroadcastTo: ViewMap {
  let target: Shape

  package init(_ target: Shape) { self.target = target }

  package var name: String { "broadcast" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let shape = operands[0].shape
    if !shape.canBroadcast(to: target) { throw mistake("\(shape) does not broadcast to \(target)") }
    return TensorSpecs(operands[0].scalarType, target)
  }

  package func layout(of operand: Layout, result index: Int) -> Layout? { operand.broadcast(to: target) }

  // The pass sums a gradient to its operand's shape.
  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { g }
}
