import MartletCore

/// The value of a scalar-valued function of a model, and its gradients at the model's parameters.
///
/// ```swift
/// let (loss, gradients) = valueWithGradient(at: model) { model in
///   meanSquaredError(predicted: model(x), expected: y)
/// }
/// ```
/// `body` runs in training mode, unless the caller is in a `withMode`. Frozen parameters are constants. Traps when the
/// value is not a scalar, and when a parameter has not been built yet.
public func valueWithGradient<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> (value: Tensor<S>, gradients: Gradients) {
  let list = ParameterList.of(model)
  var variables: [Variable] = []
  variables.reserveCapacity(list.count)
  for index in 0..<list.count {
    let variable = list[index]
    if variable.isTrainable { variables.append(variable) }
  }
  let (value, gradients) = try UnwatchedReads.checked(model, list) {
    try withMode(Mode.scoped ?? .training) {
      try valueWithGradients(at: variables) { try body(model).erased }
    }
  }
  if variables.count == list.count {
    return (Tensor(unchecked: value), Gradients(list.paths, gradients))
  }
  var tensors: [AnyTensor?] = []
  tensors.reserveCapacity(list.count)
  var next = 0
  for index in 0..<list.count {
    if next < variables.count, list[index] === variables[next] {
      tensors.append(gradients[next])
      next += 1
    } else {
      tensors.append(nil)
    }
  }
  return (Tensor(unchecked: value), Gradients(list.paths, tensors))
}

/// The gradients of a scalar-valued function of a model at the model's parameters: see `valueWithGradient(at:of:)`.
public func gradient<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> Gradients {
  try valueWithGradient(at: model, of: body).gradients
}
