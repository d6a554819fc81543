import CKernels

/// Converts the values to another scalar type.
struct Convert: LinearMap {
  let target: ScalarType

  init(to target: ScalarType) { self.target = target }

  var name: String { "convert" }
  var derivativeRefusal: String? { target.isFloatingPoint ? nil : "its result is \(target)" }

  func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    TensorSpecs(target, operands[0].shape)
  }

  func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    let result = results[0]
    let from = operands.first.scalarType.kernelType
    let to = target.kernelType
    let out = result.pointer
    let size = target.size
    ElementwiseLoop.run(result.shape, operands.first, grain: ElementwiseLoop.cheapGrain) { x, stride, first, count in
      mk_convert(from, x, stride, to, out + first * size, count)
    }
  }

  func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    let source = saved.scalarType(0)
    // A source without derivatives is reported by the pass, which names the operation that made it.
    return Cotangents(source.isFloatingPoint ? g.first.converted(to: source) : g.first)
  }

  static var samples: [Sample] {
    [
      Sample("to Double", Convert(to: .float64), [.init([3, 4])], reference: { $0[0] }),
      Sample(
        "to Int32", Convert(to: .int32), [.init([3, 4], in: -9...9)],
        reference: { $0[0].map { $0.rounded(.towardZero) } }, isDifferentiable: false),
    ]
  }
}
