/// Cuts a tensor along an axis into parts; each part is a result, and a view.
package struct Split: ViewMap {
  package let axis: Int
  package let lengths: [Int]

  package init(axis: Int, lengths: [Int]) {
    self.axis = axis
    self.lengths = lengths
  }

  package var name: String { "split" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
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

  package func layout(of operand: Layout, result index: Int) -> Layout? {
    operand.sliced(axis: axis, start: lengths[..<index].reduce(0, +), step: 1, count: lengths[index])
  }

  package func pullback(_ cotangents: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let parts = cotangents.array.enumerated().map { index, part in
      part ?? AnyTensor(zeros: saved.resultShape(index), scalarType: saved.resultType)
    }
    return Cotangents(Concatenate.apply(parts, axis: axis))
  }
}
