import MartletCore

// The same functions as in Vectorized+Gradients.swift, of functions that throw.

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, B: TensorScalar>(
  over axes: (Int?, Int?) = (0, 0), _ function: @escaping (Tensor<A>, Tensor<B>) throws -> Gradients
) -> (Tensor<A>, Tensor<B>) throws -> Gradients {
  { a, b in
    try gradients([a.erased, b.erased], over: [axes.0, axes.1]) { inputs in
      try function(Tensor(inputs[0], as: A.self), Tensor(inputs[1], as: B.self))
    }
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar>(
  over axis: Int = 0, _ function: @escaping (Tensor<A>) throws -> Gradients
) -> (Tensor<A>) throws -> Gradients {
  { a in
    try gradients([a.erased], over: [axis]) { inputs in
      try function(Tensor(inputs[0], as: A.self))
    }
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<M: Module, A: TensorScalar, R: TensorScalar>(
  models: [M], over axis: Int? = nil, _ function: @escaping (M, Tensor<A>) throws -> Tensor<R>
) -> (Tensor<A>) throws -> Tensor<R> {
  if models.isEmpty { trap("vectorized", "expected at least one model, got none") }
  return { x in
    let results = try vectorize([x.erased], over: [axis], parameters: parameters(of: models)) {
      (inputs: [AnyTensor]) in
      [try function(models[0], Tensor(inputs[0], as: A.self)).erased]
    }
    return Tensor(results[0], as: R.self)
  }
}
