import CKernels

// The one door: every operation on tensors passes here. It checks, allocates, computes, and records.

@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor) -> AnyTensor {
  apply(primitive, Operands(Few(a)))
}

@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor, _ b: AnyTensor) -> AnyTensor {
  apply(primitive, Operands(Few(a, b)))
}

@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor, _ b: AnyTensor, _ c: AnyTensor) -> AnyTensor {
  apply(primitive, Operands(Few(a, b, c)))
}

/// As without a name, with mistakes in the name of the operation that was called.
@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor, _ b: AnyTensor, as operation: String) -> AnyTensor {
  let operands = Operands(Few(a, b))
  return apply(
    primitive, operands,
    trapping(as: operation) { () throws(TensorError) in try primitive.validatedSpecs(of: operands) })
}

/// Applies a primitive that has one result; a mistake in the operands traps with the primitive's name and their shapes.
///
/// Of several results this is the first: see `applyAll`.
public func apply<P: Primitive>(_ primitive: P, _ operands: [AnyTensor]) -> AnyTensor {
  apply(primitive, Operands(Few(operands)))
}

// Not compiled anew for each primitive: the build would notice, the few that have several results do not.

/// Applies a primitive and gives all its results; a mistake in the operands traps with the primitive's name and their
/// shapes.
@_semantics("optimize.sil.specialize.generic.never")
public func applyAll<P: Primitive>(_ primitive: P, _ operands: [AnyTensor]) -> [AnyTensor] {
  let operands = Operands(Few(operands))
  let specs = checkedSpecs(primitive, operands)
  if specs.count == 1 { return [apply(primitive, operands, specs)] }
  let bodies = (0..<specs.count).map { index in
    operands.count > 0
      ? primitive.layout(of: operands[0].layout, result: index).map { operands[0].view($0) } : nil
  }
  let results = Results(Few(bodies.enumerated().map { $1 ?? TensorBody(specs[$0]) }))
  let time = Observation.begin(operands)
  if bodies.contains(where: { $0 == nil }) {
    let mode = mk_flush_denormals()
    primitive.compute(operands, into: results)
    mk_restore_float_mode(mode)
  }
  if let time { Observation.end(primitive, operands, results, since: time) }
  if operands.hasNodes,
    let node = GraphSession.record(operands, results, saving: primitive.saves, primitive)
  {
    return results.bodies.map { AnyTensor($1, node: Node(resultOf: node, $0)) }.array
  }
  return results.bodies.map { AnyTensor($1) }.array
}

/// The door for one result.
package func apply<P: Primitive>(_ primitive: P, _ operands: borrowing Operands) -> AnyTensor {
  apply(primitive, operands, checkedSpecs(primitive, operands))
}

@inline(__always)
private func checkedSpecs<P: Primitive>(_ primitive: P, _ operands: borrowing Operands) -> TensorSpecs {
  do throws(TensorError) {
    return try primitive.validatedSpecs(of: operands)
  } catch {
    trap(error)
  }
}

extension Primitive {
  /// The results' specifications, once shapes, types and values have been checked.
  @inline(__always)
  fileprivate func validatedSpecs(of operands: borrowing Operands) throws(TensorError) -> TensorSpecs {
    let specs = try specs(of: OperandSpecs(of: operands))
    try validate(operands)
    return specs
  }
}

@inline(__always)
private func apply<P: Primitive>(_ primitive: P, _ operands: borrowing Operands, _ specs: TensorSpecs) -> AnyTensor {
  let time = Observation.begin(operands)
  let results: Results
  if operands.count > 0, let layout = primitive.layout(of: operands.first.layout, result: 0) {
    results = Results(Few(operands.first.view(layout)))
  } else {
    // Set before the memory is taken: the processor needs some time until it computes in another mode.
    let mode = mk_flush_denormals()
    results = Results(Few(TensorBody(specs.first)))
    primitive.compute(operands, into: results)
    mk_restore_float_mode(mode)
  }
  if let time { Observation.end(primitive, operands, results, since: time) }
  var node: Node?
  if operands.hasNodes { node = GraphSession.record(operands, results, saving: primitive.saves, primitive) }
  return AnyTensor(results.takeFirst(), node: node)
}

/// Checks the operands as `apply` would, and throws where it would trap: an error that knows their shapes. Returns what the results
/// would be.
@discardableResult
public func check<P: Primitive>(_ primitive: P, _ operands: [AnyTensor]) throws(TensorError) -> TensorSpecs {
  let operands = Operands(Few(operands))
  do throws(TensorError) {
    return try primitive.validatedSpecs(of: operands)
  } catch {
    throw error.withShapes((0..<operands.count).map { operands[$0].shape })
  }
}

// MARK: Effects

/// What writes into memory that exists: assignments, sums in place, random draws, an optimiser's step.
///
/// An effect is a value that holds all its numbers, so that it can be performed again on other memory.
package protocol Effect: Sendable {
  /// The name in profiles and pictures.
  var name: String { get }

  /// Does the work, with denormals flushed. What is written is contiguous, and no other tensor sees it.
  func run(reading: [TensorBody], writing: [TensorBody])

  /// Whether all that was there is overwritten without being read.
  var overwritesAll: Bool { get }

  /// Floating-point operations, and bytes read and written.
  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost
}

extension Effect {
  package var overwritesAll: Bool { false }
}

/// The door's other leaf: an effect on memory that exists.
@inline(__always)
package func perform<E: Effect>(_ effect: E, reading: [TensorBody] = [], writing: [TensorBody]) {
  let time = Observation.begin(reading, writing, overwriting: effect.overwritesAll)
  let mode = mk_flush_denormals()
  effect.run(reading: reading, writing: writing)
  mk_restore_float_mode(mode)
  if let time { Observation.end(effect, reading, writing, since: time) }
}
