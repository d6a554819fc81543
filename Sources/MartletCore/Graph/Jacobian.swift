// Matrices of derivatives.

/// The derivatives of every element of a function's value by every element of `x`: of shape value's + x's.
///
/// - Complexity: a pass for each element of the value (backward) or of `x` (forward), whichever are fewer.
public func jacobian<S: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  let recorded = try Linearization(at: [x.erased]) { [try function(Tensor(unchecked: $0[0])).erased] }
  let value = recorded.values[0]
  if value.count <= x.count { return Tensor(unchecked: recorded.jacobian(0)[0]) }
  let shape = value.shape.followed(by: x.shape)
  if shape.elementCount == 0 { return .zeros(shape) }
  let columns = (0..<x.count).map { index -> AnyTensor in
    let column = recorded.differential([AnyTensor(basis: x.shape, index, scalarType: S.scalarType)])[0]
    return apply(Reshape(to: [value.count, 1]), column)
  }
  let stacked = Concatenate.apply(columns, axis: 1)
  return Tensor(unchecked: apply(Reshape(to: shape), stacked))
}

/// The derivatives of a function's value by each of several tensors.
///
/// - Complexity: a backward pass for each element of the value.
public func jacobian<S: FloatingScalar>(
  at tensors: [Tensor<S>], of function: ([Tensor<S>]) throws -> Tensor<S>
) rethrows -> [Tensor<S>] {
  let recorded = try Linearization(at: tensors.map(\.erased)) {
    [try function($0.map { Tensor(unchecked: $0) }).erased]
  }
  return recorded.jacobian(0).map { Tensor(unchecked: $0) }
}

/// The second derivatives of a scalar-valued function, of shape x's + x's.
///
/// - Complexity: a pass over the gradient for each element of `x`.
public func hessian<S: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  try jacobian(at: x) { try gradient(at: $0, of: function) }
}

/// The second derivatives of a scalar-valued function of several tensors: row i, column j by tensor i and tensor j, of the
/// shape of the one followed by that of the other.
///
/// - Complexity: a pass over the gradient for each element of the tensors.
public func hessian<S: FloatingScalar>(
  at tensors: [Tensor<S>], of function: ([Tensor<S>]) throws -> Tensor<S>
) rethrows -> [[Tensor<S>]] {
  let recorded = try Linearization(at: tensors.map(\.erased)) {
    try gradient(at: $0.map { Tensor<S>(unchecked: $0) }, of: function).map(\.erased)
  }
  return tensors.indices.map { recorded.jacobian($0).map { Tensor(unchecked: $0) } }
}

/// The Hessian of a scalar-valued function times a vector of x's shape, without the Hessian: one forward pass over the
/// gradient, at a few times the function's cost (Pearlmutter, 1994).
public func hessianVectorProduct<S: FloatingScalar>(
  at x: Tensor<S>, along vector: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  let (_, product) = try differential(at: x) { try gradient(at: $0, of: function) }
  return product(vector)
}

extension Shape {
  /// The shape of a derivative: the value's axes, then the variable's.
  func followed(by variable: Shape) -> Shape {
    requireRank(rank + variable.rank, for: "jacobian")
    return Shape(dimensions + variable.dimensions)
  }
}

extension AnyTensor {
  /// Zeros with a one at an index in row-major order.
  init(basis shape: Shape, _ index: Int, scalarType: ScalarType) {
    self.init(zeros: shape, scalarType: scalarType)
    body.store(1, at: index)
  }
}
