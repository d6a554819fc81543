import CKernels

/// A view whose axes step along several axes of a tensor at once, or again along one that another axis steps along: a
/// diagonal, or windows that overlap.
package struct Lattice: ViewMap {
  /// The operand's shape.
  let source: Shape
  /// The result's shape.
  let shape: Shape
  /// The first element, as an index along each axis of the operand.
  let start: AxisList
  /// For each axis of the result the steps along each axis of the operand.
  let moves: [AxisList]

  /// The diagonal of two axes, which is the result's last axis, `offset` elements to the right of the main one.
  package init(diagonalOf source: Shape, _ first: Int, _ second: Int, offset: Int) {
    self.source = source
    var (start, shape, moves) = (AxisList(repeating: 0, count: source.rank), AxisList(), [AxisList]())
    for axis in 0..<source.rank where axis != first && axis != second {
      shape.append(source.axes[axis])
      moves.append(Lattice.unit(axis, source.rank))
    }
    let (down, right) = (Swift.max(0, -offset), Swift.max(0, offset))
    let length = Swift.max(0, Swift.min(source.axes[first] - down, source.axes[second] - right))
    if length > 0 { (start[first], start[second]) = (down, right) }
    shape.append(length)
    var both = Lattice.unit(first, source.rank)
    both[second] = 1
    self.start = start
    self.shape = Shape(axes: shape)
    self.moves = moves + [both]
  }

  /// Windows of `sizes` elements along `axes`, one every `steps` elements; the axes within a window are the last ones.
  package init(windowsOf source: Shape, _ axes: [Int], sizes: [Int], steps: [Int]) {
    self.source = source
    start = AxisList(repeating: 0, count: source.rank)
    var (shape, moves) = (source.axes, (0..<source.rank).map { Lattice.unit($0, source.rank) })
    for (position, axis) in axes.enumerated() {
      let room = shape[axis] - sizes[position]
      shape[axis] = room < 0 ? 0 : room / steps[position] + 1
      moves[axis][axis] = steps[position]
    }
    for (axis, size) in zip(axes, sizes) {
      shape.append(size)
      moves.append(Lattice.unit(axis, source.rank))
    }
    self.shape = Shape(axes: shape)
    self.moves = moves
  }

  private static func unit(_ axis: Int, _ rank: Int) -> AxisList {
    var list = AxisList(repeating: 0, count: rank)
    list[axis] = 1
    return list
  }

  package var name: String { "lattice" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    if operands[0].shape != source { throw mistake("the view is one of \(source), not of \(operands[0].shape)") }
    return TensorSpecs(operands[0].scalarType, shape)
  }

  package func layout(of operand: Layout, result index: Int) -> Layout? { layout(of: operand) }

  /// The layout of the view of an operand with a given layout.
  package func layout(of operand: Layout) -> Layout {
    var result = Layout(shape: shape, strides: AxisList(repeating: 0, count: shape.rank), offset: operand.offset)
    for axis in 0..<source.rank {
      for position in 0..<shape.rank { result.strides[position] += moves[position][axis] * operand.strides[axis] }
      if shape.elementCount > 0 { result.offset += start[axis] * operand.strides[axis] }
    }
    return result
  }

  /// An axis of the result along which no two places see the same element; nil where each shares its axis of the
  /// operand with another.
  fileprivate var separateAxis: Int? {
    (0..<shape.rank).filter { position in
      (0..<source.rank).contains { axis in
        moves[position][axis] != 0 && (0..<shape.rank).allSatisfy { $0 == position || moves[$0][axis] == 0 }
      }
    }.max { shape.axes[$0] < shape.axes[$1] }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(LatticeSum(self), g.first))
  }
}

/// Adds up, for each element of a tensor, what lies where a `Lattice` sees it: its transpose.
package struct LatticeSum: LinearMap {
  let lattice: Lattice

  package init(_ lattice: Lattice) { self.lattice = lattice }

  package var name: String { "latticeSum" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireNumeric(operands[0])
    if operands[0].shape != lattice.shape {
      throw mistake(expected: "a tensor of \(lattice.shape)", got: "\(operands[0].shape)")
    }
    return TensorSpecs(operands[0].scalarType, lattice.source)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let (x, result) = (operands.first, results[0])
    let (type, size) = (result.scalarType.kernelType, result.scalarType.size)
    result.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: result.count * size)
    if x.count == 0 { return }
    let target = result.view(lattice.layout(of: result.layout))
    // Only along an axis whose places see different elements may threads work at the same time.
    let axis = lattice.separateAxis
    let length = axis.map { lattice.shape.axes[$0] } ?? 1
    let grain = max(1, ElementwiseLoop.cheapGrain / (x.count / length))
    WorkerPool.parallelFor(length, grain: grain) { range in
      var (from, to) = (x.layout, target.layout)
      if let axis {
        from = from.sliced(axis: axis, start: range.lowerBound, step: 1, count: range.count)
        to = to.sliced(axis: axis, start: range.lowerBound, step: 1, count: range.count)
      }
      let traversal = Traversal(over: to.shape, from, to)
      let (fromStep, toStep) = (traversal.runStrides[0], traversal.runStrides[1])
      traversal.forEachRun(in: 0..<traversal.runs) { _, a, b, _ in
        mk_add_strided(type, x.block + a * size, fromStep, target.block + b * size, toStep, traversal.run)
      }
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(apply(lattice, g.first)) }
}
