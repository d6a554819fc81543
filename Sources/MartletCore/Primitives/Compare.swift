import CKernels

/// The kinds of comparison, in the order of the kernels' table.
package enum Comparison: UInt8, CaseIterable, Sendable {
  case equal, notEqual, less, lessEqual, greater, greaterEqual
}

/// Elementwise comparison of two operands that broadcast; NaN is unequal to everything.
package struct Compare: Primitive {
  package let comparison: Comparison

  package init(_ comparison: Comparison) { self.comparison = comparison }

  package var name: String { "\(comparison)" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is Bool" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, b) = (operands[0], operands[1])
    try requireSameScalarType(a, b)
    let isEquality = comparison == .equal || comparison == .notEqual
    if !(a.scalarType.isNumeric || (isEquality && a.scalarType == .bool)) {
      throw mistake("\(a.scalarType) is not supported")
    }
    return TensorSpecs(.bool, try broadcastShape(a, b))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let out = result.pointer.assumingMemoryBound(to: UInt8.self)
    let kernel = mk_compare_op(rawValue: comparison.rawValue)
    let type = operands.first.scalarType.kernelType
    ElementwiseLoop.run(
      result.shape, operands.first, operands.second, grain: ElementwiseLoop.cheapGrain
    ) { a, aStride, b, bStride, first, count in
      mk_compare(kernel, type, a, aStride, b, bStride, out + first, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}
