/// Takes elements by indices of Int64 along neighbouring axes, whose place the axes of the indices take.
///
/// An index counts the elements of these axes in row-major order. With one axis, the first, that is the rows at the
/// indices.
struct Gather: Primitive {
  let axis: Int
  let axes: Int

  init(axis: Int = 0, axes: Int = 1) {
    self.axis = axis
    self.axes = axes
  }

  var name: String { "gather" }
  var saves: SavePolicy { .secondOperand }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try requireIndices(operands[1])
    return TensorSpecs(
      operands[0].scalarType, try operands[0].shape.indexed(axis, axes, at: operands[1].shape, for: name))
  }

  func validate(_ operands: borrowing Operands) throws(TensorError) {
    try validate(indices: operands[1], axis, axes, of: operands[0].shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    if results[0].count == 0 { return }
    let indices = Indices(operands.second)
    IndexedAxes(operands.first, axis: axis, axes: axes, indices).gather(to: results[0].pointer)
    withExtendedLifetime(indices.body) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    if !saved.needs(0) { return Cotangents(nil) }
    let shape = saved.shape(0)
    let lengths = AxisList((axis..<axis + axes).map { shape.axes[$0] })
    return Cotangents(apply(ScatterAdd(axis: axis, lengths: lengths), g.first, saved.operand(1)))
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
        "rows", Gather(), [.init([5, 3]), .init([4], in: 0...4, type: .int64)],
        reference: { o in Reference([4, 3]) { o[0][[Int(o[1].values[$0[0]]), $0[1]]] } }),
      Sample(
        "elements, by a matrix of indices", Gather(), [.init([5]), .init([2, 3], in: 0...4, type: .int64)],
        reference: { o in o[1].map { o[0].values[Int($0)] } }),
      Sample(
        "columns", Gather(axis: 1), [.init([3, 5]), .init([4], in: 0...4, type: .int64)],
        reference: { o in Reference([3, 4]) { o[0][[$0[0], Int(o[1].values[$0[1]])]] } }),
      Sample(
        "two axes between others", Gather(axis: 1, axes: 2),
        [.init([2, 3, 4, 5]), .init([6], in: 0...11, type: .int64)],
        reference: { o in
          Reference([2, 6, 5]) { place in
            let index = Int(o[1].values[place[1]])
            return o[0][[place[0], index / 4, index % 4, place[2]]]
          }
        },
        large: (
          Gather(axis: 1, axes: 2), [.init([23, 11, 9, 31]), .init([171], in: 0...98, type: .int64)]
        )),
    ]
  }
}

/// Adds elements, at indices along neighbouring axes, to zeros: the derivative of `Gather`.
///
/// The operands are the elements, which have the axes of the indices from `axis` on, and the indices; the result has
/// axes of `lengths` in their place. The caller has checked the indices: they were those of a `Gather`, or `adding` has
/// done it.
struct ScatterAdd: Primitive {
  let axis: Int
  let lengths: AxisList

  init(axis: Int = 0, lengths: AxisList) {
    self.axis = axis
    self.lengths = lengths
  }

  var name: String { "scatterAdd" }
  var saves: SavePolicy { .secondOperand }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (x, indices) = (operands[0], operands[1])
    try requireIndices(indices)
    try requireNumeric(x)
    let rank = indices.shape.rank
    if x.shape.rank < axis + rank || (0..<rank).contains(where: { x.shape.axes[axis + $0] != indices.shape.axes[$0] }) {
      let which = axis == 0 ? "the first axes" : "the axes from \(axis) on"
      throw mistake("\(which) of \(x.shape) must be those of the indices, \(indices.shape)")
    }
    var shape = AxisList()
    for before in 0..<axis { shape.append(x.shape.axes[before]) }
    if x.shape.rank - rank + lengths.count > AxisList.capacity {
      throw mistake("there are more than \(AxisList.capacity) axes, from \(x.shape) at indices \(indices.shape)")
    }
    for indexed in 0..<lengths.count { shape.append(lengths[indexed]) }
    for after in axis + rank..<x.shape.rank { shape.append(x.shape.axes[after]) }
    return TensorSpecs(x.scalarType, Shape(axes: shape))
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    result.pointer.initializeMemory(as: UInt8.self, repeating: 0, count: result.count * result.scalarType.size)
    if operands.first.count == 0 { return }
    let (x, indices) = (operands.first.inOrder(), Indices(operands.second))
    IndexedAxes(result, axis: axis, axes: lengths.count, indices)
      .add(x.pointer, isOne: false, result.scalarType.kernelType)
    withExtendedLifetime((x, indices.body)) {}
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(apply(Gather(axis: axis, axes: lengths.count), g.first, saved.operand(1)))
  }

  func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].map { apply(self, $0, saved.operand(1)) })
  }

  static var samples: [Sample] {
    [
      Sample(
        "rows", ScatterAdd(lengths: AxisList([4])), [.init([6, 3]), .init([6], in: 0...3, type: .int64)],
        reference: { o in
          Reference([4, 3]) { index in
            (0..<6).reduce(0) { $0 + (Int(o[1].values[$1]) == index[0] ? o[0][[$1, index[1]]] : 0) }
          }
        }),
      Sample(
        "two axes between others", ScatterAdd(axis: 1, lengths: AxisList([3, 4])),
        [.init([2, 6, 5]), .init([6], in: 0...11, type: .int64)],
        reference: { o in
          Reference([2, 3, 4, 5]) { place in
            (0..<6).reduce(0) {
              $0 + (Int(o[1].values[$1]) == place[1] * 4 + place[2] ? o[0][[place[0], $1, place[3]]] : 0)
            }
          }
        },
        large: (
          ScatterAdd(axis: 1, lengths: AxisList([11, 9])),
          [.init([23, 171, 31]), .init([171], in: 0...98, type: .int64)]
        )),
    ]
  }
}
