import MartletCore

/// The value of a scalar-valued function of a model, and its gradients at the model's parameters.
///
/// ```swift
/// let (loss, gradients) = valueWithGradient(at: model) { model in
///   meanSquaredError(predicted: model(x), expected: y)
/// }
/// ```
/// `body` runs in training mode, unless the caller is within `withMode`. Frozen parameters are constants. Traps when
/// the value is not a scalar, and when a parameter has not been built yet.
public func valueWithGradient<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> (value: Tensor<S>, gradients: Gradients) {
  let list = ParameterList.of(model)
  let (value, gradients, unwatched) = try withMode(Mode.scoped ?? .training) {
    try valueWithGradients(at: list.trainable) { try running(model) { try body(model).erased } }
  }
  list.check(unwatched, of: model)
  return (Tensor(unchecked: value), Gradients(list, ofTrainable: gradients))
}

/// The gradients of a scalar-valued function of a model at the model's parameters: see `valueWithGradient(at:of:)`.
public func gradient<M: Module, S: FloatingScalar>(
  at model: M, of body: (M) throws -> Tensor<S>
) rethrows -> Gradients {
  try valueWithGradient(at: model, of: body).gradients
}

/// Runs `body` with the model as the outermost of the running layers, so that layers' paths begin at it.
package func running<R>(_ model: some Module, _ body: () throws -> R) rethrows -> R {
  try LayerPath.within(model, named: modulePath, body)
}

extension ParameterList {
  /// The variables that are not frozen.
  var trainable: [Variable] {
    [Variable](unsafeUninitializedCapacity: count) { result, resultCount in
      for index in 0..<count {
        let variable = self[index]
        guard variable.trains else { continue }
        result.initializeElement(at: resultCount, to: variable)
        resultCount += 1
      }
    }
  }
}

extension Gradients {
  /// Gradients at all parameters, from those at the variables that are not frozen, in their order.
  init(_ list: ParameterList, ofTrainable gradients: [AnyTensor?]) {
    if gradients.count == list.count {
      self.init(list.paths, gradients)
      return
    }
    var rest = gradients[...]
    self.init(list.paths, (0..<list.count).map { list[$0].isTrainable ? rest.removeFirst() : nil })
  }
}
