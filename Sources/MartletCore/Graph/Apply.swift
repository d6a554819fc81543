import CKernels

// The one door: every operation on tensors passes here. It checks, evaluates, and records.

@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor) -> AnyTensor {
  apply(primitive, Operands(a))
}

@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor, _ b: AnyTensor) -> AnyTensor {
  apply(primitive, Operands(a, b))
}

@inline(__always)
package func apply<P: Primitive>(_ primitive: P, _ a: AnyTensor, _ b: AnyTensor, _ c: AnyTensor) -> AnyTensor {
  apply(primitive, Operands(a, b, c))
}

/// Applies a primitive; a mistake in the operands traps with the primitive's name and their shapes.
package func apply<P: Primitive>(_ primitive: P, _ operands: borrowing Operands) -> AnyTensor {
  let spec: TensorSpec
  do {
    spec = try primitive.result(of: operands)
  } catch {
    trap(error)
  }
  let body: TensorBody
  if Observation.isOn {
    let start = MonotonicClock.nanoseconds()
    body = evaluate(primitive, operands, spec)
    Observation.report(primitive, operands, AnyTensor(body), since: start)
  } else {
    body = evaluate(primitive, operands, spec)
  }
  if operands.hasNodes, let node = GraphSession.record(primitive, operands, body) {
    return AnyTensor(body, node: node)
  }
  return AnyTensor(body)
}

@inline(__always)
private func evaluate<P: Primitive>(_ primitive: P, _ operands: borrowing Operands, _ spec: TensorSpec) -> TensorBody {
  let mode = mk_flush_denormals()
  defer { mk_restore_float_mode(mode) }
  return primitive.evaluate(operands, spec)
}

/// Checks the operands as `apply` would, and throws where it would trap.
package func check<P: Primitive>(_ primitive: P, _ operands: borrowing Operands) throws(TensorError) {
  _ = try primitive.result(of: operands)
}
