import CKernels

/// Converts the values to another scalar type.
package struct Convert: LinearMap {
  package let target: ScalarType

  package init(to target: ScalarType) { self.target = target }

  package var name: String { "convert" }
  package var derivativeRefusal: String? { target.isFloatingPoint ? nil : "its result is \(target)" }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    TensorSpecs(target, operands[0].shape)
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let from = operands.first.scalarType.kernelType
    let to = target.kernelType
    let out = result.pointer
    let size = target.size
    ElementwiseLoop.run(result.shape, operands.first, grain: ElementwiseLoop.cheapGrain) { x, stride, first, count in
      mk_convert(from, x, stride, to, out + first * size, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let source = saved.scalarType(0)
    // A source without derivatives is reported by the pass, which names the operation that made it.
    return Cotangents(source.isFloatingPoint ? g.first.converted(to: source) : g.first)
  }
}
