import MartletCore

// Gradients of a model for each example of a batch, and functions of several models at once.

/// A function of a batch of examples from one that gives a model's gradients for one example.
///
/// ```swift
/// let perExample = vectorized { x, y in
///   gradient(at: model) { meanSquaredError(predicted: $0(x), expected: y) }
/// }
/// let gradients = perExample(inputs, targets)  // each [batch] + the parameter's shape
/// ```
/// `axes` says for each input along which axis the examples lie, nil for one that is the same for all. A parameter that
/// takes no part has no gradient. Traps as `vectorized(over:resultAxis:_:)` does.
public func vectorized<A: TensorScalar, B: TensorScalar>(
  over axes: (Int?, Int?) = (0, 0), _ function: @escaping (Tensor<A>, Tensor<B>) -> Gradients
) -> (Tensor<A>, Tensor<B>) -> Gradients {
  { a, b in
    gradients([a.erased, b.erased], over: [axes.0, axes.1]) { inputs in
      function(Tensor(inputs[0], as: A.self), Tensor(inputs[1], as: B.self))
    }
  }
}

/// A function of a batch of examples from one that gives a model's gradients for one example, of one tensor.
public func vectorized<A: TensorScalar>(
  over axis: Int = 0, _ function: @escaping (Tensor<A>) -> Gradients
) -> (Tensor<A>) -> Gradients {
  { a in
    gradients([a.erased], over: [axis]) { inputs in
      function(Tensor(inputs[0], as: A.self))
    }
  }
}

func gradients<Failure: Error>(
  _ inputs: [AnyTensor], over axes: [Int?], _ function: ([AnyTensor]) throws(Failure) -> Gradients
) throws(Failure) -> Gradients {
  var frame: (layout: ParameterPaths, exists: [Bool])?
  var results = try vectorize(inputs, over: axes) { (inputs: [AnyTensor]) throws(Failure) -> [AnyTensor] in
    let gradients = try function(inputs)
    frame = (gradients.layout, gradients.tensors.map { $0 != nil })
    return gradients.tensors.compactMap { $0 }
  }[...]
  return Gradients(frame!.layout, frame!.exists.map { $0 ? results.removeFirst() : nil })
}

/// A function of several models of one structure at once, from a function of one: its results have the models along the
/// first axis.
///
/// ```swift
/// let predictions = vectorized(models: models) { model, x in model(x) }  // [models, batch, out] for x of [batch, in]
/// ```
/// `axis` says along which axis of the input each model has its own; nil, the default, gives all the same. The matrices of
/// all models are multiplied in one operation. Parameters and buffers are read at each call, and gradients flow to those
/// of all models: to train an ensemble, take `valueWithGradient(at:of:)` at a module that holds the models. The function
/// must not change buffers. Traps when there are no models, when their parameters differ in path, shape or scalar type,
/// and when a gradient is being taken at some of them alone.
///
/// - Complexity: The parameters are copied at each call.
public func vectorized<M: Module, A: TensorScalar, R: TensorScalar>(
  models: [M], over axis: Int? = nil, _ function: @escaping (M, Tensor<A>) -> Tensor<R>
) -> (Tensor<A>) -> Tensor<R> {
  if models.isEmpty { trap("vectorized", "expected at least one model, got none") }
  return { x in
    let results = vectorize([x.erased], over: [axis], parameters: parameters(of: models)) {
      (inputs: [AnyTensor]) in
      [function(models[0], Tensor(inputs[0], as: A.self)).erased]
    }
    return Tensor(results[0], as: R.self)
  }
}

/// The parameters and buffers of models, each with the values of all along the first axis.
func parameters(of models: [some Module]) -> [BatchedParameter] {
  let entries = models.map { $0.structure.entries }
  for (index, others) in entries.enumerated() {
    if others.map(\.path) != entries[0].map(\.path) {
      trap(
        "vectorized",
        "expected models of one structure, got parameters \(entries[0].map(\.path)) of model 0 and \(others.map(\.path)) "
          + "of model \(index)")
    }
  }
  var seen: Set<ObjectIdentifier> = []
  return entries[0].indices.map { position in
    let variables = entries.map { $0[position].variable }
    // Two parameters that share memory would be taken for one.
    if !seen.insert(ObjectIdentifier(variables[0].value.body)).inserted {
      variables[0].value = AnyTensor(variables[0].value.body.copied())
    }
    let values = variables.map(\.current)
    let (first, path) = (values[0], entries[0][position].path)
    for (index, value) in values.enumerated() {
      if value.spec != first.spec {
        trap(
          "vectorized",
          "expected one shape and scalar type of \(path), got \(first.scalarType) of \(first.shape) in model 0 and "
            + "\(value.scalarType) of \(value.shape) in model \(index)")
      }
      if (value.node == nil) != (first.node == nil) {
        trap(
          "vectorized",
          "expected a gradient at all models or at none, got one at some: \(path) of models 0 and \(index)")
      }
    }
    return BatchedParameter(example: first, values: AnyTensor(stacking: values))
  }
}
