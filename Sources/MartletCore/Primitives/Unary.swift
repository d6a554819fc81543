import CKernels

/// An elementwise operation of one operand: a row of `UnaryOperation`'s table.
package struct Unary: Primitive {
  package let operation: UnaryOperation

  package init(_ operation: UnaryOperation) { self.operation = operation }

  package var name: String { operation.facts.name }
  package var saves: SavePolicy { operation.facts.saves }

  package func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let type = operands.first.scalarType
    if !type.isDifferentiable && !(operation.takesIntegers && type.isNumeric) {
      throw TensorError(name, "\(type) is not supported; convert with cast(to:)")
    }
    return TensorSpec(type, operands.first.shape)
  }

  package func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let kernel = operation.kernel
    let type = spec.scalarType.kernelType
    let size = spec.scalarType.size
    let out = result.pointer
    let streams = ElementwiseLoop.streams(spec, reading: operands.first.count)
    ElementwiseLoop.runRows(
      spec.shape, operands.first.body,
      grain: operation.isCheap ? ElementwiseLoop.cheapGrain : ElementwiseLoop.dearGrain
    ) { x, first, rows, count in
      mk_unary_rows(streams, kernel, type, x.start, x.step, x.row, out + first * size, rows, count)
    }
    return result
  }

  package func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    OperandGradients(operation.facts.derivative(cotangent, saved))
  }

  // The derivative is a factor an element: the same for a tangent as for a gradient.
  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    tangents[0].flatMap { operation.facts.derivative($0, saved) }
  }

  package func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    let count = spec.shape.elementCount
    return Cost(flops: count * (operation.isCheap ? 1 : 16), bytes: 2 * count * spec.scalarType.size)
  }

  package static var samples: [Sample] {
    UnaryOperation.allCases.map { operation in
      let facts = operation.facts
      return Sample(
        facts.name, [.init([3, 5], in: facts.domain)], apply: { applyAny(Unary(operation), $0) },
        reference: { $0[0].map(facts.reference) }, tolerance: facts.tolerance)
    }
  }
}

/// What one row of the table holds.
package struct UnaryFacts: Sendable {
  package let name: String
  let saves: SavePolicy
  /// Where samples are drawn from: inside the domain and off the kinks.
  package let domain: ClosedRange<Double>
  /// The gradient of the operand; nil where it is zero everywhere.
  let derivative: @Sendable (_ gradient: AnyTensor, _ saved: Saved) -> AnyTensor?
  package let reference: @Sendable (Double) -> Double
  /// The error that `Float` is allowed, relative to the largest magnitude of a result and at least 0.001.
  package let tolerance: Double

  init(
    _ name: String, saves: SavePolicy = .nothing, on domain: ClosedRange<Double> = -2...2, tolerance: Double = 2e-6,
    derivative: @escaping @Sendable (AnyTensor, Saved) -> AnyTensor?, reference: @escaping @Sendable (Double) -> Double
  ) {
    self.name = name
    self.saves = saves
    self.domain = domain
    self.tolerance = tolerance
    self.derivative = derivative
    self.reference = reference
  }
}
