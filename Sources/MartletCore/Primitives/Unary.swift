import CKernels

/// An elementwise operation of one operand: a row of `UnaryOperation`'s table.
package struct Unary: Primitive {
  package let operation: UnaryOperation

  package init(_ operation: UnaryOperation) { self.operation = operation }

  package var name: String { operation.facts.name }
  package var saves: SavePolicy { operation.traits.saves }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let type = operands[0].scalarType
    if !operation.traits.domain.takes(type) { throw mistake("\(type) is not supported; convert with cast(to:)") }
    return TensorSpecs(operands[0])
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    map(operands.first, into: results.first)
  }

  @inline(__always)
  private func map(_ operand: TensorBody, into result: TensorBody) {
    let traits = operation.traits
    let kernel = mk_unary_op(rawValue: traits.kernel)
    let (type, size, out) = (result.scalarType.kernelType, result.scalarType.size, result.pointer)
    let streams = ElementwiseLoop.streams(result, reading: operand.count)
    ElementwiseLoop.runRows(result.shape, operand, grain: traits.grain) { x, first, rows, count in
      mk_unary_rows(streams, kernel, type, x.start, x.step, x.row, out + first * size, rows, count)
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(operation.facts.derivative(g.first, saved))
  }

  // The derivative is a factor for each element, which a tangent is multiplied by as a gradient is.
  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    Tangents(tangents[0].flatMap { operation.facts.derivative($0, saved) })
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(flops: results.first.count * operation.traits.flops, bytes: 2 * results.first.byteCount)
  }
}

/// What the table has in the row of one operation.
package struct UnaryFacts: Sendable {
  package let name: String
  let kernel: mk_unary_op
  let domain: ElementwiseDomain
  let isCheap: Bool
  let saves: SavePolicy
  /// The gradient of the operand; nil when it is zero everywhere.
  let derivative: @Sendable (_ gradient: AnyTensor, _ saved: Saved) -> AnyTensor?

  init(
    _ name: String, _ kernel: mk_unary_op, on domain: ElementwiseDomain = .floating, isCheap: Bool = false,
    saves: SavePolicy = .nothing, derivative: @escaping @Sendable (AnyTensor, Saved) -> AnyTensor?
  ) {
    self.name = name
    self.kernel = kernel
    self.domain = domain
    self.isCheap = isCheap
    self.saves = saves
    self.derivative = derivative
  }

  /// What is needed of the row whenever the operation is applied.
  var traits: ElementwiseTraits {
    ElementwiseTraits(kernel: kernel.rawValue, domain: domain, isCheap: isCheap, saves: saves)
  }
}
