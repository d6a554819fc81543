/// Cuts a tensor along an axis into parts; each part is a result, and a view.
struct Split: ViewMap {
  let axis: Int
  let lengths: [Int]

  var name: String { "split" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let x = operands[0]
    try require(axis: axis, of: x)
    if lengths.isEmpty || lengths.contains(where: { $0 < 0 }) || lengths.reduce(0, +) != x.shape.axes[axis] {
      throw mistake("parts of \(lengths) do not make up axis \(axis) of \(x.shape)")
    }
    return TensorSpecs(
      lengths.map { length in
        var part = TensorSpec(x)
        part.shape.axes[axis] = length
        return part
      })
  }

  func layout(of operand: Layout, result index: Int) -> Layout? {
    operand.sliced(axis: axis, start: lengths[..<index].reduce(0, +), step: 1, count: lengths[index])
  }

  func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let parts = cotangents.array.enumerated().map { index, part in
      part ?? AnyTensor(zeros: saved.resultShape(index), scalarType: saved.resultType)
    }
    return Cotangents(Concatenate.apply(parts, axis: axis))
  }

  static var samples: [Sample] {
    func sample(_ label: String, _ shape: Shape, _ axis: Int, _ lengths: [Int]) -> Sample {
      Sample(
        label, Split(axis: axis, lengths: lengths), [.init(shape)],
        references: { o in
          var start = 0
          return lengths.map { length in
            var part = o[0].shape
            part[axis] = length
            defer { start += length }
            return Reference(part) { index in
              var index = index
              index[axis] += start
              return o[0][index]
            }
          }
        })
    }
    return [
      sample("rows", [5, 2], 0, [2, 3]), sample("columns, four parts", [2, 7], 1, [1, 0, 3, 3]),
      sample("one part", [3], 0, [3]), sample("of nothing", [0, 2], 0, [0, 0]),
    ]
  }
}
