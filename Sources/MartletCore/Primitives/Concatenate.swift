import CKernels

/// Joins tensors along an axis that they have.
package struct Concatenate: LinearMap {
  package let axis: Int
  /// The length of each operand along the axis; the derivative needs those of constants too.
  package let lengths: [Int]

  package init(axis: Int, lengths: [Int]) {
    self.axis = axis
    self.lengths = lengths
  }

  /// Joins one tensor or several; traps when they do not fit.
  static func apply(_ tensors: [AnyTensor], axis: Int) -> AnyTensor {
    let lengths = tensors.map { axis >= 0 && axis < $0.rank ? $0.shape.axes[axis] : 0 }
    return MartletCore.apply(Concatenate(axis: axis, lengths: lengths), Operands(Few(tensors)))
  }

  package var name: String { "concatenate" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    try require(axis: axis, of: operands[0])
    var result = TensorSpec(operands[0])
    for index in 1..<max(1, operands.count) {
      let next = operands[index]
      try requireSameScalarType(operands[0], next)
      if next.shape.rank != result.shape.rank || next.shape.removing(axis) != result.shape.removing(axis) {
        throw mistake("shapes differ beyond axis \(axis): \(operands[0].shape) and \(next.shape)")
      }
      result.shape.axes[axis] += next.shape.axes[axis]
    }
    for index in 0..<operands.count where index >= lengths.count || operands[index].shape.axes[axis] != lengths[index] {
      throw mistake(
        expected: "lengths \(lengths) along axis \(axis)", got: "\(operands[index].shape) as operand \(index)")
    }
    return TensorSpecs(result)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    var start = 0
    for index in 0..<operands.count {
      let length = operands[index].shape.axes[axis]
      let part = result.layout.sliced(axis: axis, start: start, step: 1, count: length)
      StridedWrite.write(operands[index], to: result.view(part))
      start += length
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let g = g.first
    var gradients = Cotangents()
    var start = 0
    for (index, length) in lengths.enumerated() {
      gradients.append(saved.needs(index) ? g.sliced(axis: axis, start: start, count: length) : nil)
      start += length
    }
    return gradients
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: 0, bytes: 2 * results.first.byteCount)
  }
}
