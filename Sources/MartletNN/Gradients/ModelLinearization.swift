import MartletCore

// Derivatives of functions of a model with results of any shape, in forward and reverse mode, and second derivatives.
// Frozen parameters are constants. The functions run in training mode, unless the caller is within `withMode`.

/// The value of a function of a model, and a function from gradients of the value to gradients at the model's
/// parameters.
///
/// The returned function may be called any number of times, as long as the parameters do not change.
public func pullback<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> (value: Tensor<S>, pullback: (_ gradient: Tensor<S>) -> Gradients) {
  let (list, recorded) = try linearized(model, body)
  return (
    Tensor(unchecked: recorded.values[0]), { Gradients(list, ofTrainable: recorded.pullback([$0.erased])) }
  )
}

/// The value of a function of a model, and its differential: a function from a direction in the space of the parameters
/// to the value's tangent, in forward mode. A parameter that the direction does not name stays fixed.
public func differential<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> (value: Tensor<S>, differential: (_ direction: Gradients) -> Tensor<S>) {
  let (list, recorded) = try linearized(model, body)
  return (
    Tensor(unchecked: recorded.values[0]),
    { Tensor(unchecked: recorded.differential(tangents($0, list))[0]) }
  )
}

/// The derivatives of every element of a function's value with respect to every parameter: for each parameter a tensor
/// of the value's shape followed by the parameter's.
///
/// - Complexity: one backward pass for each element of the value.
public func jacobian<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> Gradients {
  let (list, recorded) = try linearized(model, body)
  return Gradients(list, ofTrainable: recorded.jacobian(0))
}

/// The Hessian of a scalar-valued function of a model times a direction in the space of its parameters, without
/// computing the Hessian: forward mode over the gradient (Pearlmutter, 1994).
public func hessianVectorProduct<M: Module, S: FloatingScalar>(
  at model: M, along direction: Gradients, of body: (M) throws -> Tensor<S>
) rethrows -> Gradients {
  let (list, recorded) = try linearizedGradient(model, body)
  return Gradients(list, ofTrainable: recorded.differential(tangents(direction, list)))
}

/// The second derivatives of a scalar-valued function of a model: for each parameter, by its path, the derivatives of
/// its gradient with respect to every parameter, tensors of the one's shape followed by the other's.
///
/// - Complexity: one pass over the gradient for each scalar of the parameters.
public func hessian<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> [String: Gradients] {
  let (list, recorded) = try linearizedGradient(model, body)
  let paths = (0..<list.count).filter { list[$0].isTrainable }.map { list.paths.paths[$0] }
  let blocks = paths.indices.map { Gradients(list, ofTrainable: recorded.jacobian($0)) }
  return Dictionary(uniqueKeysWithValues: zip(paths, blocks))
}

private func linearized<M: Module, S: FloatingScalar>(
  _ model: M, _ body: (M) throws -> Tensor<S>
) rethrows -> (ParameterList, Linearization) {
  let list = ParameterList.of(model)
  let recorded = try withMode(Mode.scoped ?? .training) {
    try Linearization(at: list.trainable) { [try running(model) { try body(model).erased }] }
  }
  list.check(recorded.unwatched, of: model)
  return (list, recorded)
}

private func linearizedGradient<M: Module, S: FloatingScalar>(
  _ model: M, _ body: (M) throws -> Tensor<S>
) rethrows -> (ParameterList, Linearization) {
  let list = ParameterList.of(model)
  let trainable = list.trainable
  let recorded = try withMode(Mode.scoped ?? .training) {
    try Linearization(at: trainable) {
      let gradients = try valueWithGradients(at: trainable) { try running(model) { try body(model).erased } }.gradients
      return zip(gradients, trainable).map { gradient, variable in
        gradient ?? AnyTensor(zeros: variable.value.shape, scalarType: variable.value.scalarType)
      }
    }
  }
  return (list, recorded)
}

/// A direction as tangents of the variables that are not frozen, 0 for those that it does not name.
private func tangents(_ direction: Gradients, _ list: ParameterList) -> [AnyTensor] {
  let aligned = aligned(direction, with: list, for: "differential")
  return (0..<list.count).filter { list[$0].isTrainable }.map { index in
    let value = list[index].value
    return aligned[index] ?? AnyTensor(zeros: value.shape, scalarType: value.scalarType)
  }
}
