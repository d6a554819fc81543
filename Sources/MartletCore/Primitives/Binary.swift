import CKernels

/// An elementwise operation of two operands that broadcast: a row of `BinaryOperation`'s table.
package struct Binary: Primitive {
  package let operation: BinaryOperation

  @inline(__always)
  package init(_ operation: BinaryOperation) { self.operation = operation }

  package var name: String { operation.facts.name }
  package var saves: SavePolicy { operation.saves }

  package var derivativeRefusal: String? { operation.isLogical ? "its result is Bool" : nil }

  package func result(of operands: borrowing Operands) throws(TensorError) -> TensorSpec {
    let (a, b) = (operands.first.body, operands.second!.body)
    if a.scalarType != b.scalarType {
      throw TensorError(name, "scalar types differ: \(a.scalarType) and \(b.scalarType); convert one with cast(to:)")
    }
    if !operation.takes(a.scalarType) {
      throw TensorError(
        name, "\(a.scalarType) is not supported\(operation.isLogical ? "" : "; convert with cast(to:)")")
    }
    guard let shape = a.shape.broadcast(with: b.shape) else {
      throw TensorError(
        name, "shapes do not broadcast: \(a.shape) and \(b.shape) (\(a.shape.broadcastConflict(with: b.shape)))")
    }
    return TensorSpec(a.scalarType, shape)
  }

  package func evaluate(_ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
    let result = TensorBody(scalarType: spec.scalarType, shape: spec.shape)
    let kernel = operation.kernel
    let type = spec.scalarType.kernelType
    let size = spec.scalarType.size
    let out = result.pointer
    if operation.canFail && !spec.scalarType.isDifferentiable {
      divideIntegers(operands, into: result)
      return result
    }
    let streams = ElementwiseLoop.streams(spec, reading: operands.first.count + operands.second!.count)
    ElementwiseLoop.runRows(
      spec.shape, operands.first.body, operands.second!.body,
      grain: operation.isCheap ? ElementwiseLoop.cheapGrain : ElementwiseLoop.dearGrain
    ) { a, b, first, rows, count in
      // The many arguments of rows would cost a small operation a tenth of its time.
      if rows == 1 && !streams {
        _ = mk_binary(kernel, type, a.start, a.step, b.start, b.step, out + first * size, count)
        return
      }
      _ = mk_binary_rows(
        streams, kernel, type, a.start, a.step, a.row, b.start, b.step, b.row, out + first * size, rows, count)
    }
    return result
  }

  /// Integer division stops the program where a divisor is zero, as Swift's own does, and says so.
  private func divideIntegers(_ operands: borrowing Operands, into result: TensorBody) {
    let operation = operation
    let type = result.scalarType.kernelType
    let size = result.scalarType.size
    let out = result.pointer
    ElementwiseLoop.run(
      result.shape, operands.first.body, operands.second!.body, grain: ElementwiseLoop.cheapGrain
    ) { a, aStride, b, bStride, first, count in
      if !mk_binary(operation.kernel, type, a, aStride, b, bStride, out + first * size, count) {
        trap(operation.facts.name, "division of integers by zero")
      }
    }
  }

  package func pullback(_ cotangent: AnyTensor, _ saved: Saved) -> OperandGradients {
    let facts = operation.facts
    return OperandGradients(
      saved.needs(0) ? facts.first(cotangent, saved) : nil, saved.needs(1) ? facts.second(cotangent, saved) : nil)
  }

  // The derivatives are factors an element: the same for tangents as for gradients.
  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> AnyTensor? {
    let facts = operation.facts
    func spread(_ tangent: AnyTensor) -> AnyTensor {
      tangent.shape == saved.resultShape ? tangent : apply(BroadcastTo(saved.resultShape), tangent)
    }
    return Tangents.sum(
      tangents[0].flatMap { facts.first(spread($0), saved) }, tangents[1].flatMap { facts.second(spread($0), saved) })
  }

  package func cost(_ operands: borrowing Operands, _ spec: TensorSpec) -> Cost {
    let count = spec.shape.elementCount
    return Cost(
      flops: count * (operation.isCheap ? 1 : 16),
      bytes: (count + operands.first.count + operands.second!.count) * spec.scalarType.size)
  }

  /// `sum += gradient` in place: `sum` is contiguous and nobody else's, and has the shape of `gradient`.
  static func accumulate(_ gradient: AnyTensor, into sum: inout AnyTensor) {
    let gradient = gradient.contiguous().body
    let type = sum.scalarType.kernelType
    let size = sum.scalarType.size
    let target = sum.body.pointer
    let source = gradient.pointer
    let count = sum.count
    Observation.work("accumulate", Cost(flops: count, bytes: 3 * count * size)) {
      let mode = mk_flush_denormals()
      WorkerPool.parallelFor(count, grain: ElementwiseLoop.cheapGrain) { range in
        mk_accumulate(type, source + range.lowerBound * size, target + range.lowerBound * size, range.count)
      }
      mk_restore_float_mode(mode)
    }
    withExtendedLifetime(gradient) {}
  }

  package static var samples: [Sample] {
    BinaryOperation.allCases.flatMap { operation -> [Sample] in
      let facts = operation.facts
      let type: ScalarType? = operation.isLogical ? .bool : nil
      func sample(_ label: String, _ a: Shape, _ b: Shape) -> Sample {
        Sample(
          "\(facts.name) \(label)",
          [.init(a, in: facts.domains.0, type: type), .init(b, in: facts.domains.1, type: type)],
          apply: { applyAny(Binary(operation), $0) }, reference: { Reference.zip($0[0], $0[1], facts.reference) },
          isDifferentiable: !operation.isLogical, tolerance: facts.tolerance)
      }
      return [
        sample("equal shapes", [3, 4], [3, 4]), sample("a row", [3, 4], [4]), sample("a column", [3, 1], [3, 4]),
        sample("a scalar", [2, 3], []),
      ]
    }
  }
}

/// What one row of the table holds.
struct BinaryFacts: Sendable {
  typealias Derivative = @Sendable (_ gradient: AnyTensor, _ saved: Saved) -> AnyTensor?

  let name: String
  let domains: (ClosedRange<Double>, ClosedRange<Double>)
  let first: Derivative
  let second: Derivative
  let reference: @Sendable (Double, Double) -> Double
  let tolerance: Double

  init(
    _ name: String, on domains: (ClosedRange<Double>, ClosedRange<Double>) = (-2...2, -2...2), tolerance: Double = 2e-6,
    first: @escaping Derivative, second: @escaping Derivative, reference: @escaping @Sendable (Double, Double) -> Double
  ) {
    self.name = name
    self.domains = domains
    self.tolerance = tolerance
    self.first = first
    self.second = second
    self.reference = reference
  }
}
