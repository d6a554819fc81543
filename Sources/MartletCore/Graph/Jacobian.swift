// Matrices of derivatives.

/// The derivatives of every element of a function's value by every element of `x`: of shape value's + x's.
///
/// One pass an element of the value (backward) or of `x` (forward), whichever are fewer.
public func jacobian<S: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  let recorded = try Linearization(at: [x.erased]) { [try function(Tensor(unchecked: $0[0])).erased] }
  let value = recorded.values[0]
  let shape = Shape(value.shape.dimensions + x.shape.dimensions)
  if shape.elementCount == 0 { return .zeros(shape) }
  let type = S.scalarType
  if value.count <= x.count {
    let rows = (0..<value.count).map { place -> AnyTensor in
      let row = recorded.pullback([AnyTensor(basis: value.shape, place, scalarType: type)])[0]
      return apply(Reshape(to: [1, x.count]), row)
    }
    let stacked = apply(Concatenate(rows, axis: 0), Operands(rows))
    return Tensor(unchecked: apply(Reshape(to: shape), stacked))
  }
  let columns = (0..<x.count).map { place -> AnyTensor in
    let column = recorded.differential([AnyTensor(basis: x.shape, place, scalarType: type)])[0]
    return apply(Reshape(to: [value.count, 1]), column)
  }
  let stacked = apply(Concatenate(columns, axis: 1), Operands(columns))
  return Tensor(unchecked: apply(Reshape(to: shape), stacked))
}

/// The second derivatives of a scalar-valued function, of shape x's + x's: forward over reverse.
public func hessian<S: FloatingScalar>(
  at x: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  try jacobian(at: x) { try gradient(at: $0, of: function) }
}

/// The Hessian of a scalar-valued function times a vector of x's shape, without the Hessian: one forward pass over the
/// gradient, at a few times the function's cost (Pearlmutter, 1994).
public func hessianVectorProduct<S: FloatingScalar>(
  at x: Tensor<S>, along vector: Tensor<S>, of function: (Tensor<S>) throws -> Tensor<S>
) rethrows -> Tensor<S> {
  let (_, product) = try differential(at: x) { try gradient(at: $0, of: function) }
  return product(vector)
}

extension AnyTensor {
  /// Zeros with a one at a place of the row-major order.
  fileprivate init(basis shape: Shape, _ place: Int, scalarType: ScalarType) {
    self.init(zeros: shape, scalarType: scalarType)
    let element = body.pointer + place * scalarType.size
    if scalarType == .float32 {
      element.storeBytes(of: 1, as: Float.self)
    } else {
      element.storeBytes(of: 1, as: Double.self)
    }
  }
}
