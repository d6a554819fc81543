// Matrices of derivatives.

/// The derivatives of every element of a function's value with respect to every element of `x`.
///
/// The shape is the value's followed by that of `x`; traps when that is more than eight axes.
///
/// - Complexity: a backward pass for each element of the value or a forward pass for each element of `x`, whichever has
///   fewer.
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
    return apply(ReshapeView(to: [value.count, 1]), column)
  }
  let stacked = Concatenate.apply(columns, axis: 1)
  return Tensor(unchecked: apply(ReshapeView(to: shape), stacked))
}

/// The derivatives of a function's value with respect to each of several tensors, as `jacobian(at:of:)` for one.
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

/// The second derivatives of a scalar-valued function, of the shape of `x` followed by the shape of `x`.
///
/// - Complexity: a pass over the gradient for each element of `x`.
public func hessian<S: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  try jacobian(at: x) { try gradient(at: $0, of: function) }
}

/// The second derivatives of a scalar-valued function of several tensors.
///
/// Element `[i][j]` is the derivative with respect to tensors i and j, of the shape of tensor i followed by that of
/// tensor j.
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

/// The Hessian of a scalar-valued function times a vector of the shape of `x`, without computing the Hessian.
///
/// This is one forward pass over the gradient, at a few times the function's cost (Pearlmutter, "Fast exact
/// multiplication by the Hessian", 1994).
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
  /// Creates a tensor of zeros with a one at a position in row-major order.
  init(basis shape: Shape, _ index: Int, scalarType: ScalarType) {
    self.init(zeros: shape, scalarType: scalarType)
    body.store(1, at: index)
  }
}
