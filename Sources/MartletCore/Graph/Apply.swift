import CKernels

// The door: every operation on tensors passes through `apply`. It checks the operands, makes the results, computes
// them, and records the operation for gradients.

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

/// Applies a primitive to two operands; a mistake in them traps with the name `operation` instead of the primitive's.
@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor, _ b: AnyTensor, as operation: String) -> AnyTensor {
  let operands = Operands(Few(a, b))
  return apply(
    primitive, operands,
    trapping(as: operation) { () throws(TensorError) in try primitive.validatedSpecs(of: operands) })
}

/// Applies a primitive to any number of operands; a mistake in them traps with the name `operation` instead of the
/// primitive's.
package func apply<P: Primitive>(_ primitive: P, _ operands: [AnyTensor], as operation: String) -> AnyTensor {
  let operands = Operands(Few(operands))
  return apply(
    primitive, operands,
    trapping(as: operation) { () throws(TensorError) in try primitive.validatedSpecs(of: operands) })
}

/// Applies a primitive that has one result; a mistake in the operands traps with the primitive's name and their shapes.
///
/// For a primitive that has several results there is `applyAll`; here it traps.
public func apply<P: Primitive>(_ primitive: P, _ operands: [AnyTensor]) -> AnyTensor {
  let operands = Operands(Few(operands))
  let specs = checkedSpecs(primitive, operands)
  if specs.count != 1 {
    trap(primitive.name, "expected an operation with one result, got \(specs.count) results: call applyAll")
  }
  return apply(primitive, operands, specs)
}

// Not specialised for each primitive: that would slow the build down, and the few primitives that have several results
// would not gain from it.

/// Applies a primitive and returns all its results; a mistake in the operands traps with the primitive's name and their
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

/// Applies a primitive that has one result.
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
  /// The scalar types and shapes of the results, after the operands' types, shapes and values have been checked.
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
    // Set before memory is allocated: it takes the processor some time to switch the floating-point mode.
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

/// Checks the operands as `apply` does, but throws where `apply` would trap; returns the results' scalar types and
/// shapes.
///
/// - Throws: `TensorError` with the shapes of the operands.
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

/// Work that writes into tensors that exist: an assignment, a sum in place, a random draw, an optimiser's step.
///
/// An effect is a value that holds all its settings, so that it can be performed again on other tensors.
package protocol Effect: Sendable {
  /// The name in profiles and in drawn graphs.
  var name: String { get }

  /// Does the work, with denormals flushed to zero. What is written is contiguous and unique.
  func run(reading: [TensorBody], writing: [TensorBody])

  /// Whether every element of what is written is overwritten without being read.
  var overwritesAll: Bool { get }

  /// The number of floating-point operations, and of bytes read and written.
  func cost(reading: [TensorBody], writing: [TensorBody]) -> Cost
}

extension Effect {
  package var overwritesAll: Bool { false }
}

/// The door for effects: performs one on tensors that exist.
@inline(__always)
package func perform<E: Effect>(_ effect: E, reading: [TensorBody] = [], writing: [TensorBody]) {
  let time = Observation.begin(reading, writing, overwriting: effect.overwritesAll)
  let mode = mk_flush_denormals()
  effect.run(reading: reading, writing: writing)
  mk_restore_float_mode(mode)
  if let time { Observation.end(effect, reading, writing, since: time) }
}

/// The door for an effect that can run without the list of its operands, which is made only for observers.
@inline(__always)
package func perform<E: Effect>(
  _ effect: E, on operands: () -> (reading: [TensorBody], writing: [TensorBody]), running run: () -> Void
) {
  let (reading, writing) = Observation.isOn ? operands() : ([], [])
  let time = Observation.begin(reading, writing, overwriting: effect.overwritesAll)
  let mode = mk_flush_denormals()
  run()
  mk_restore_float_mode(mode)
  if let time { Observation.end(effect, reading, writing, since: time) }
}
