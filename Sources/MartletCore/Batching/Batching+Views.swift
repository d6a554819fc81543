// Batching rules of views and of what puts tensors together: the same with one axis more in front.

extension Shape {
  /// The shape of `size` examples of this shape.
  func batched(_ size: Int) -> Shape { inserting(size, at: 0) }
}

extension AxisList {
  /// The axes behind one more in front.
  fileprivate var shifted: AxisList { AxisList((0..<count).map { self[$0] + 1 }) }

  /// The list with a value in front.
  fileprivate func preceded(by value: Int) -> AxisList {
    var list = self
    list.insert(value, at: 0)
    return list
  }
}

extension Alias {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? { applyStacked(operands) }
}

extension ReshapeView {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    [apply(ReshapeView(to: target.batched(operands.size)), operands[0])]
  }
}

extension Permute {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    [apply(Permute(order.shifted.preceded(by: 0)), operands[0])]
  }
}

extension BroadcastTo {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    [apply(BroadcastTo(target.batched(operands.size)), operands.aligned(0, rank: target.rank))]
  }
}

extension Slice {
  /// The slice of each example of a batch.
  func batched(_ size: Int) -> Slice {
    var result = Slice(of: source.batched(size))
    result.takeAll(0)
    var taken = AxisList(repeating: 0, count: source.rank)
    for position in 0..<axes.count {
      let axis = axes[position]
      if axis < 0 {
        result.insertAxis()
        continue
      }
      taken[axis] = 1
      result.take(axis + 1, start: starts[axis], step: steps[position], count: shape.axes[position])
    }
    for axis in 0..<source.rank where taken[axis] == 0 { result.drop(axis + 1, at: starts[axis]) }
    return result
  }

  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    [apply(batched(operands.size), operands[0])]
  }
}

extension UpdateSlice {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    let update = operands.aligned(1, rank: slice.shape.rank)
    return [apply(UpdateSlice(slice.batched(operands.size)), operands.stacked(0), update)]
  }
}

extension Lattice {
  /// The view of each example of a batch.
  fileprivate init(_ lattice: Lattice, ofEach size: Int) {
    source = lattice.source.batched(size)
    shape = lattice.shape.batched(size)
    start = lattice.start.preceded(by: 0)
    let along = AxisList(repeating: 0, count: lattice.source.rank).preceded(by: 1)
    moves = [along] + lattice.moves.map { $0.preceded(by: 0) }
  }

  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    [apply(Lattice(self, ofEach: operands.size), operands[0])]
  }
}

extension LatticeSum {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    [apply(LatticeSum(Lattice(lattice, ofEach: operands.size)), operands[0])]
  }
}

extension Concatenate {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    Concatenate(axis: axis + 1, lengths: lengths).applyStacked(operands)
  }
}

extension Split {
  package func applyBatched(_ operands: BatchedOperands) -> [AnyTensor]? {
    Split(axis: axis + 1, lengths: lengths).applyStacked(operands)
  }
}
