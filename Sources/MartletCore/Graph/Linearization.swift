// Derivatives of functions whose values have any shape, as functions: backward (pullback) and forward (differential).

/// The value of a function, and a function from gradients of the value to gradients of `x`.
///
/// The returned function may be called any number of times, on this thread only. It keeps what the derivative needs in
/// memory.
/// ```swift
/// let (y, pullback) = pullback(at: x) { $0.exp() }
/// let gradient = pullback(.ones(y.shape))  // y
/// ```
public func pullback<S: FloatingScalar, R: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<R>
) rethrows -> (value: Tensor<R>, pullback: (_ gradient: Tensor<R>) -> Tensor<S>) {
  let recorded = try Linearization(at: [x.erased]) { [try function(Tensor(unchecked: $0[0])).erased] }
  return (Tensor(unchecked: recorded.values[0]), { Tensor(unchecked: recorded.pullback([$0.erased])[0]) })
}

/// The value of a function of two tensors, and a function from gradients of the value to gradients of both.
public func pullback<A: FloatingScalar, B: FloatingScalar, R: FloatingScalar>(
  at a: Tensor<A>, _ b: Tensor<B>, of function: (Tensor<A>, Tensor<B>) throws -> Tensor<R>
) rethrows -> (value: Tensor<R>, pullback: (_ gradient: Tensor<R>) -> (Tensor<A>, Tensor<B>)) {
  let recorded = try Linearization(at: [a.erased, b.erased]) {
    [try function(Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1])).erased]
  }
  return (
    Tensor(unchecked: recorded.values[0]),
    { gradient in
      let gradients = recorded.pullback([gradient.erased])
      return (Tensor(unchecked: gradients[0]), Tensor(unchecked: gradients[1]))
    }
  )
}

/// The values of a function of any number of tensors with any number of results, and a function from the results'
/// gradients to the tensors'.
public func pullback<S: FloatingScalar>(
  at tensors: [Tensor<S>], of function: ([Tensor<S>]) throws -> [Tensor<S>]
) rethrows -> (values: [Tensor<S>], pullback: (_ gradients: [Tensor<S>]) -> [Tensor<S>]) {
  let recorded = try Linearization(at: tensors.map(\.erased)) {
    try function($0.map { Tensor(unchecked: $0) }).map(\.erased)
  }
  return (
    recorded.values.map { Tensor(unchecked: $0) },
    { recorded.pullback($0.map(\.erased)).map { Tensor(unchecked: $0) } }
  )
}

/// The value of a function, and its differential there: a function from a tangent of `x` to the tangent of the value,
/// in forward mode.
///
/// ```swift
/// let (y, differential) = differential(at: x) { $0.exp() }
/// let slope = differential(.ones(x.shape))  // y
/// ```
public func differential<S: FloatingScalar, R: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<R>
) rethrows -> (value: Tensor<R>, differential: (_ tangent: Tensor<S>) -> Tensor<R>) {
  let recorded = try Linearization(at: [x.erased]) { [try function(Tensor(unchecked: $0[0])).erased] }
  return (Tensor(unchecked: recorded.values[0]), { Tensor(unchecked: recorded.differential([$0.erased])[0]) })
}

/// The value of a function of two tensors, and its differential there.
public func differential<A: FloatingScalar, B: FloatingScalar, R: FloatingScalar>(
  at a: Tensor<A>, _ b: Tensor<B>, of function: (Tensor<A>, Tensor<B>) throws -> Tensor<R>
) rethrows -> (value: Tensor<R>, differential: (_ alongA: Tensor<A>, _ alongB: Tensor<B>) -> Tensor<R>) {
  let recorded = try Linearization(at: [a.erased, b.erased]) {
    [try function(Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1])).erased]
  }
  return (
    Tensor(unchecked: recorded.values[0]), { Tensor(unchecked: recorded.differential([$0.erased, $1.erased])[0]) }
  )
}

/// The values of a function of any number of tensors with any number of results, and its differential there.
public func differential<S: FloatingScalar>(
  at tensors: [Tensor<S>], of function: ([Tensor<S>]) throws -> [Tensor<S>]
) rethrows -> (values: [Tensor<S>], differential: (_ tangents: [Tensor<S>]) -> [Tensor<S>]) {
  let recorded = try Linearization(at: tensors.map(\.erased)) {
    try function($0.map { Tensor(unchecked: $0) }).map(\.erased)
  }
  return (
    recorded.values.map { Tensor(unchecked: $0) },
    { recorded.differential($0.map(\.erased)).map { Tensor(unchecked: $0) } }
  )
}

// MARK: The untyped core

/// A function recorded at given inputs, whose derivative can be computed in either direction any number of times.
package struct Linearization {
  /// The function's results, as outer gradients see them.
  package let values: [AnyTensor]
  /// The trainable variables that the function has read besides those it was recorded at.
  package let unwatched: Set<ObjectIdentifier>
  private let outputs: [AnyTensor]
  private let inputs: [TensorSpec]
  private let leaves: [Node]
  private let pass: Pass
  private let hold: LevelHold

  package init(at tensors: [AnyTensor], of function: ([AnyTensor]) throws -> [AnyTensor]) rethrows {
    (pass, leaves, outputs, values, hold) = try GraphSession.withHeldLevel { session, level, hold in
      let leaves = tensors.map { session.leaf(for: $0, level) }
      let outputs = try function(zip(tensors, leaves).map { AnyTensor($0.body, node: $1) })
      return (Pass(session: session, level: level), leaves, outputs, outputs.map { session.leaving(level, $0) }, hold)
    }
    unwatched = []
    inputs = tensors.map(\.spec)
  }

  /// Records a function of variables, which it reads through `Variable.current`.
  package init(at variables: [Variable], of function: () throws -> [AnyTensor]) rethrows {
    (pass, leaves, outputs, values, unwatched, hold) = try GraphSession.withHeldLevel { session, level, hold in
      try session.watching(variables, level) { leaves in
        let outputs = try function()
        return (
          Pass(session: session, level: level), leaves, outputs, outputs.map { session.leaving(level, $0) },
          session.unwatched, hold
        )
      }
    }
    inputs = variables.map(\.value.spec)
  }

  /// The gradients of the inputs, given those of the outputs; zeros for an input that no output depends on.
  package func pullback(_ gradients: [AnyTensor]) -> [AnyTensor] {
    matching(gradients, outputs.map(\.spec), "pullback", "a gradient")
    return backward(from: outputs, gradients)
  }

  private func backward(from outputs: [AnyTensor], _ seeds: [AnyTensor]) -> [AnyTensor] {
    let results = pass.backward(from: outputs, seeds: seeds, to: leaves, keepingGraph: true)
    return zip(results, inputs).map { $0 ?? AnyTensor(zeros: $1.shape, scalarType: $1.scalarType) }
  }

  /// The tangents of the outputs, given those of the inputs; zeros for an output that depends on no input.
  package func differential(_ tangents: [AnyTensor]) -> [AnyTensor] {
    matching(tangents, inputs, "differential", "a tangent")
    let results = pass.forward(from: leaves, tangents: tangents, to: outputs)
    return zip(results, outputs).map { $0 ?? AnyTensor(zeros: $1.shape, scalarType: $1.scalarType) }
  }

  /// The derivatives of output `index` with respect to every input: each of the output's shape followed by the input's.
  package func jacobian(_ index: Int) -> [AnyTensor] {
    let output = outputs[index].spec
    let shapes = inputs.map { output.shape.followed(by: $0.shape) }
    let count = output.shape.elementCount
    if count == 0 { return zip(shapes, inputs).map { AnyTensor(zeros: $0, scalarType: $1.scalarType) } }
    // The other outputs get no cotangent, not even zeros: zero times an infinite derivative is NaN.
    let rows = (0..<count).map { element in
      backward(from: [outputs[index]], [AnyTensor(basis: output.shape, element, scalarType: output.scalarType)])
    }
    return inputs.indices.map { input in
      let parts = rows.map { apply(ReshapeView(to: [1, inputs[input].shape.elementCount]), $0[input]) }
      return apply(ReshapeView(to: shapes[input]), Concatenate.apply(parts, axis: 0))
    }
  }

  private func matching(_ given: [AnyTensor], _ wanted: [TensorSpec], _ name: String, _ what: String) {
    if given.count != wanted.count { trap(name, "expected \(wanted.count) tensors, got \(given.count)") }
    for (tensor, spec) in zip(given, wanted) where tensor.spec != spec {
      trap(
        name,
        "expected \(what) of shape \(spec.shape) of \(spec.scalarType), got \(tensor.shape) of \(tensor.scalarType)")
    }
  }
}

extension Primitive {
  // Not specialised for each primitive: that would slow the build down, and forward mode would not gain from it.

  /// The default of `pushforward`: the results' tangents as the transpose of the pullback, which is linear in the
  /// cotangents.
  @_semantics("optimize.sil.specialize.generic.never")
  public func transposedPullback(_ tangents: Tangents, _ saved: Saved) -> Tangents {
    let moving = (0..<tangents.count).filter { tangents[$0] != nil }
    if moving.isEmpty { return saved.noTangents }
    let zeros = (0..<saved.resultCount).map { index in
      AnyTensor(zeros: saved.resultShape(index), scalarType: saved.node.resultSpec(index).scalarType)
    }
    var reached: [Int] = []
    let transpose = Linearization(at: zeros) { cotangents in
      let gradients = pullback(Cotangents(cotangents.map(Optional.some)), saved)
      return moving.compactMap { index in
        guard index < gradients.count, let gradient = gradients[index] else { return nil }
        reached.append(index)
        return gradient.summed(to: saved.shape(index))
      }
    }
    if reached.isEmpty { return saved.noTangents }
    return Tangents(transpose.pullback(reached.map { tangents[$0]! }).map(Optional.some))
  }
}
