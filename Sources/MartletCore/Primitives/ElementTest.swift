import CKernels

/// The kinds of elementwise tests, in the order of the kernels' table.
package enum ElementTest: UInt8, CaseIterable, Sendable {
  case isNaN, isInfinite, isFinite, signBit, not
}

/// An elementwise test of floating-point values, or the negation of `Bool`.
package struct Test: Primitive {
  package let test: ElementTest

  package init(_ test: ElementTest) { self.test = test }

  package var name: String { "\(test)" }
  package var saves: SavePolicy { .nothing }
  package var derivativeRefusal: String? { "its result is Bool" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let type = operands[0].scalarType
    if test == .not ? type != .bool : !type.isFloatingPoint { throw mistake("\(type) is not supported") }
    return TensorSpecs(.bool, operands[0].shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let out = result.pointer.assumingMemoryBound(to: UInt8.self)
    let kernel = mk_test_op(rawValue: test.rawValue)
    let type = operands.first.scalarType.kernelType
    ElementwiseLoop.run(result.shape, operands.first, grain: ElementwiseLoop.cheapGrain) { x, stride, first, count in
      mk_test(kernel, type, x, stride, out + first, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents { Cotangents(nil) }
}
