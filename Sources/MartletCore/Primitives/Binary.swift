import CKernels

/// An elementwise operation of two operands that broadcast: a row of `BinaryOperation`'s table.
package struct Binary: Primitive {
  package let operation: BinaryOperation

  @inline(__always)
  package init(_ operation: BinaryOperation) { self.operation = operation }

  package var name: String { operation.facts.name }
  package var saves: SavePolicy { operation.traits.saves }

  package var derivativeRefusal: String? { operation.traits.domain.derivativeRefusal }

  package func specs(of operands: borrowing OperandSpecs) throws(TensorError) -> TensorSpecs {
    let (a, b) = (operands[0], operands[1])
    try requireSameScalarType(a, b)
    let domain = operation.traits.domain
    if !domain.takes(a.scalarType) {
      throw mistake("\(a.scalarType) is not supported\(domain == .bits ? "" : "; convert with cast(to:)")")
    }
    return a.shape == b.shape ? TensorSpecs(a) : TensorSpecs(a.scalarType, try broadcastShape(a, b))
  }

  package func compute(_ operands: borrowing Operands, into results: borrowing Results) {
    combine(operands.first, operands.second, into: results.first)
  }

  @inline(__always)
  private func combine(_ a: TensorBody, _ b: TensorBody, into result: TensorBody) {
    let traits = operation.traits
    let kernel = mk_binary_op(rawValue: traits.kernel)
    let (type, size, out) = (result.scalarType.kernelType, result.scalarType.size, result.pointer)
    if operation.canFail && !result.scalarType.isFloatingPoint {
      divideIntegers(a, b, into: result)
      return
    }
    let streams = ElementwiseLoop.streams(result, reading: a.count + b.count)
    ElementwiseLoop.runRows(result.shape, a, b, grain: traits.grain) { a, b, first, rows, count in
      // Passing the many arguments of `mk_binary_rows` would cost a small operation a tenth of its time.
      if rows == 1 && !streams {
        _ = mk_binary(kernel, type, a.start, a.step, b.start, b.step, out + first * size, count)
        return
      }
      _ = mk_binary_rows(
        streams, kernel, type, a.start, a.step, a.row, b.start, b.step, b.row, out + first * size, rows, count)
    }
  }

  /// Divides integers, or raises them to a power; traps when a divisor is zero, as Swift's own division does, or an
  /// exponent is negative.
  @inline(never)
  private func divideIntegers(_ a: TensorBody, _ b: TensorBody, into result: TensorBody) {
    let operation = operation
    let kernel = mk_binary_op(rawValue: operation.traits.kernel)
    let (type, size, out) = (result.scalarType.kernelType, result.scalarType.size, result.pointer)
    ElementwiseLoop.run(result.shape, a, b, grain: ElementwiseLoop.cheapGrain) { a, aStride, b, bStride, first, count in
      if !mk_binary(kernel, type, a, aStride, b, bStride, out + first * size, count) {
        let isPower = operation == .power
        trap(
          operation.facts.name,
          isPower ? "expected exponents of integers of at least 0, got a negative one" : "division of integers by zero")
      }
    }
  }

  package func pullback(_ g: consuming Cotangents, _ saved: Saved) -> Cotangents {
    Cotangents(
      saved.needs(0) ? operation.facts.first(g.first, saved) : nil,
      saved.needs(1) ? operation.facts.second(g.first, saved) : nil)
  }

  // A derivative is a factor for each element, which tangents are multiplied by as gradients are.
  package func pushforward(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let facts = operation.facts
    func spread(_ tangent: AnyTensor) -> AnyTensor {
      tangent.shape == saved.resultShape ? tangent : apply(BroadcastTo(saved.resultShape), tangent)
    }
    return Tangents(
      Tangents.sum(
        tangents[0].flatMap { facts.first(spread($0), saved) },
        tangents[1].flatMap { facts.second(spread($0), saved) }))
  }

  package func cost(_ operands: borrowing OperandSpecs, _ results: TensorSpecs) -> Cost {
    Cost(
      flops: results.first.count * operation.traits.flops,
      bytes: results.first.byteCount + operands[0].byteCount + operands[1].byteCount)
  }
}

/// What the table has in the row of one operation.
struct BinaryFacts: Sendable {
  typealias Derivative = @Sendable (_ gradient: AnyTensor, _ saved: Saved) -> AnyTensor?

  let name: String
  let kernel: mk_binary_op
  let domain: ElementwiseDomain
  let isCheap: Bool
  let saves: SavePolicy
  /// The gradients of the two operands; nil for one that is zero everywhere.
  let first: Derivative
  let second: Derivative

  init(
    _ name: String, _ kernel: mk_binary_op, on domain: ElementwiseDomain = .floating, isCheap: Bool = true,
    saves: SavePolicy = .operands, first: @escaping Derivative, second: @escaping Derivative
  ) {
    self.name = name
    self.kernel = kernel
    self.domain = domain
    self.isCheap = isCheap
    self.saves = saves
    self.first = first
    self.second = second
  }

  /// What is needed of the row whenever the operation is applied.
  var traits: ElementwiseTraits {
    ElementwiseTraits(kernel: kernel.rawValue, domain: domain, isCheap: isCheap, saves: saves)
  }
}
