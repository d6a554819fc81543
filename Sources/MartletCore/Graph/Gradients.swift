// Reverse-mode derivatives of functions of tensors.

/// The gradient of a scalar-valued function at a tensor.
///
/// ```swift
/// let slope = gradient(at: x) { x in (x * x).sum() }  // 2 * x
/// ```
/// Calls can be nested for derivatives of any order. Traps when the function's value has more or less than one element.
public func gradient<S: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  try valueWithGradient(at: x, of: function).gradient
}

/// The value of a scalar-valued function at a tensor, and its gradient there, of the tensor's shape.
public func valueWithGradient<S: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> (value: Tensor<S>, gradient: Tensor<S>) {
  let (value, gradients) = try valueWithGradients(at: [x.erased]) { try function(Tensor(unchecked: $0[0])).erased }
  return (Tensor(unchecked: value), Tensor(unchecked: gradients[0]))
}

/// The gradients of a scalar-valued function of two tensors.
public func gradient<A: FloatingScalar, B: FloatingScalar, R: FloatingScalar>(
  at a: Tensor<A>, _ b: Tensor<B>, of function: (Tensor<A>, Tensor<B>) throws -> Tensor<R>
) rethrows -> (Tensor<A>, Tensor<B>) {
  try valueWithGradient(at: a, b, of: function).gradients
}

/// The value of a scalar-valued function of two tensors, and its gradients there.
public func valueWithGradient<A: FloatingScalar, B: FloatingScalar, R: FloatingScalar>(
  at a: Tensor<A>, _ b: Tensor<B>, of function: (Tensor<A>, Tensor<B>) throws -> Tensor<R>
) rethrows -> (value: Tensor<R>, gradients: (Tensor<A>, Tensor<B>)) {
  let (value, gradients) = try valueWithGradients(at: [a.erased, b.erased]) {
    try function(Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1])).erased
  }
  return (Tensor(unchecked: value), (Tensor(unchecked: gradients[0]), Tensor(unchecked: gradients[1])))
}

/// The gradients of a scalar-valued function of three tensors.
public func gradient<A: FloatingScalar, B: FloatingScalar, C: FloatingScalar, R: FloatingScalar>(
  at a: Tensor<A>, _ b: Tensor<B>, _ c: Tensor<C>,
  of function: (Tensor<A>, Tensor<B>, Tensor<C>) throws -> Tensor<R>
) rethrows -> (Tensor<A>, Tensor<B>, Tensor<C>) {
  try valueWithGradient(at: a, b, c, of: function).gradients
}

/// The value of a scalar-valued function of three tensors, and its gradients there.
public func valueWithGradient<A: FloatingScalar, B: FloatingScalar, C: FloatingScalar, R: FloatingScalar>(
  at a: Tensor<A>, _ b: Tensor<B>, _ c: Tensor<C>,
  of function: (Tensor<A>, Tensor<B>, Tensor<C>) throws -> Tensor<R>
) rethrows -> (value: Tensor<R>, gradients: (Tensor<A>, Tensor<B>, Tensor<C>)) {
  let (value, gradients) = try valueWithGradients(at: [a.erased, b.erased, c.erased]) {
    try function(Tensor(unchecked: $0[0]), Tensor(unchecked: $0[1]), Tensor(unchecked: $0[2])).erased
  }
  return (
    Tensor(unchecked: value),
    (Tensor(unchecked: gradients[0]), Tensor(unchecked: gradients[1]), Tensor(unchecked: gradients[2]))
  )
}

/// The gradients of a scalar-valued function of any number of tensors.
public func gradient<S: FloatingScalar>(
  at tensors: [Tensor<S>], of function: ([Tensor<S>]) throws -> Tensor<S>
) rethrows -> [Tensor<S>] {
  try valueWithGradient(at: tensors, of: function).gradients
}

/// The value of a scalar-valued function of any number of tensors, and its gradients there.
public func valueWithGradient<S: FloatingScalar>(
  at tensors: [Tensor<S>], of function: ([Tensor<S>]) throws -> Tensor<S>
) rethrows -> (value: Tensor<S>, gradients: [Tensor<S>]) {
  let (value, gradients) = try valueWithGradients(at: tensors.map(\.erased)) {
    try function($0.map { Tensor(unchecked: $0) }).erased
  }
  return (Tensor(unchecked: value), gradients.map { Tensor(unchecked: $0) })
}

/// Runs `body` without recording it: its values are constants for the gradients that this call is part of.
///
/// Gradients that are taken inside `body` work as usual.
public func withoutGradient<R>(_ body: () throws -> R) rethrows -> R {
  guard let session = GraphSession.current else { return try body() }
  return try session.recording(0, body)
}

// MARK: The untyped core

/// The value and gradients of a scalar-valued function of tensors; zeros for a tensor that the value does not depend
/// on.
package func valueWithGradients(
  at tensors: [AnyTensor], of function: ([AnyTensor]) throws -> AnyTensor
) rethrows -> (value: AnyTensor, gradients: [AnyTensor]) {
  try GraphSession.withLevel { session, level in
    let leaves = tensors.map { session.leaf(for: $0, level) }
    let output = try function(zip(tensors, leaves).map { AnyTensor($0.body, node: $1) })
    let gradients = session.gradients(of: output, at: leaves, level)
    return (
      session.leaving(level, output),
      zip(gradients, tensors).map { $0 ?? AnyTensor(zeros: $1.shape, scalarType: $1.scalarType) }
    )
  }
}

/// The value of a scalar-valued function and its gradients at variables, which `body` reads through `Variable.current`.
///
/// A gradient is nil for a variable that the value does not depend on. `unwatched` has the trainable variables that
/// `body` has read besides `variables`.
package func valueWithGradients(
  at variables: [Variable], of body: () throws -> AnyTensor
) rethrows -> (value: AnyTensor, gradients: [AnyTensor?], unwatched: Set<ObjectIdentifier>) {
  try GraphSession.withLevel { session, level in
    try session.watching(variables, level) { leaves in
      let output = try body()
      let gradients = session.gradients(of: output, at: leaves, level)
      return (session.leaving(level, output), gradients, session.unwatched)
    }
  }
}

extension GraphSession {
  /// A leaf for a tensor, whose parent is the tensor's node in the outer gradients, if it has one.
  func leaf(for tensor: AnyTensor, _ level: Level) -> Node {
    var outer: Node?
    if let node = tensor.node, node.session === self, node.levels & active & ~level.bit != 0 { outer = node }
    return Node(leafIn: self, level: level.bit, outer: outer, spec: tensor.spec)
  }

  /// Runs `body` with gradients being taken at variables, whose leaves it is given.
  func watching<R>(_ variables: [Variable], _ level: Level, _ body: (_ leaves: [Node]) throws -> R) rethrows -> R {
    let outer = (watched, unwatched)
    unwatched = []
    defer { (watched, unwatched) = outer }
    let leaves = variables.map { leaf(for: $0.current, level) }
    for index in variables.indices { watched.set(variables[index], leaves[index]) }
    return try body(leaves)
  }

  func gradients(of output: AnyTensor, at leaves: [Node], _ level: Level) -> [AnyTensor?] {
    if output.count != 1 || !output.scalarType.isFloatingPoint {
      trap(
        "gradient",
        "the function's value must be one number, not \(output.scalarType) of shape \(output.shape); "
          + "reduce it with sum() or mean(), or take jacobian(at:of:) or pullback(at:of:)")
    }
    let seed = AnyTensor(full: output.shape, 1, scalarType: output.scalarType)
    return Pass(session: self, level: level).backward(from: [output], seeds: [seed], to: leaves)
  }

  /// The tensor as the gradients outside the level see it.
  func leaving(_ level: Level, _ tensor: AnyTensor) -> AnyTensor {
    guard let node = tensor.node, node.levels & active & ~level.bit != 0 else { return tensor.detached() }
    return recording(active & ~level.bit) { apply(Alias(), tensor) }
  }
}
