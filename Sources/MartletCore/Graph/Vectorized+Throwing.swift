// Functions of one example that throw, made functions of a batch. Each is a declaration of its own: the error type of a
// returned function cannot be `Never`, for which the compiler fails.

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, R: TensorScalar>(
  over axis: Int = 0, resultAxis: Int = 0,
  _ function: @escaping (Tensor<A>) throws -> Tensor<R>
) -> (Tensor<A>) throws -> Tensor<R> {
  { a in
    let results = try vectorize([a.erased], over: [axis], resultAxes: [resultAxis]) {
      (inputs: [AnyTensor]) in
      [try function(Tensor(unchecked: inputs[0])).erased]
    }
    return Tensor(unchecked: results[0])
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, R: TensorScalar, S: TensorScalar>(
  over axis: Int = 0, resultAxes: (Int, Int) = (0, 0),
  _ function: @escaping (Tensor<A>) throws -> (Tensor<R>, Tensor<S>)
) -> (Tensor<A>) throws -> (Tensor<R>, Tensor<S>) {
  { a in
    let results = try vectorize([a.erased], over: [axis], resultAxes: [resultAxes.0, resultAxes.1]) {
      (inputs: [AnyTensor]) in
      let (r, s) = try function(Tensor(unchecked: inputs[0]))
      return [r.erased, s.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, R: TensorScalar, S: TensorScalar, T: TensorScalar>(
  over axis: Int = 0, resultAxes: (Int, Int, Int) = (0, 0, 0),
  _ function: @escaping (Tensor<A>) throws -> (Tensor<R>, Tensor<S>, Tensor<T>)
) -> (Tensor<A>) throws -> (Tensor<R>, Tensor<S>, Tensor<T>) {
  { a in
    let results = try vectorize([a.erased], over: [axis], resultAxes: [resultAxes.0, resultAxes.1, resultAxes.2]) {
      (inputs: [AnyTensor]) in
      let (r, s, t) = try function(Tensor(unchecked: inputs[0]))
      return [r.erased, s.erased, t.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]), Tensor(unchecked: results[2]))
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, B: TensorScalar, R: TensorScalar>(
  over axes: (Int?, Int?) = (0, 0), resultAxis: Int = 0,
  _ function: @escaping (Tensor<A>, Tensor<B>) throws -> Tensor<R>
) -> (Tensor<A>, Tensor<B>) throws -> Tensor<R> {
  { a, b in
    let results = try vectorize([a.erased, b.erased], over: [axes.0, axes.1], resultAxes: [resultAxis]) {
      (inputs: [AnyTensor]) in
      [try function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1])).erased]
    }
    return Tensor(unchecked: results[0])
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, B: TensorScalar, R: TensorScalar, S: TensorScalar>(
  over axes: (Int?, Int?) = (0, 0), resultAxes: (Int, Int) = (0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>) throws -> (Tensor<R>, Tensor<S>)
) -> (Tensor<A>, Tensor<B>) throws -> (Tensor<R>, Tensor<S>) {
  { a, b in
    let results = try vectorize(
      [a.erased, b.erased], over: [axes.0, axes.1], resultAxes: [resultAxes.0, resultAxes.1]
    ) { inputs in
      let (r, s) = try function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]))
      return [r.erased, s.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<
  A: TensorScalar, B: TensorScalar, R: TensorScalar, S: TensorScalar, T: TensorScalar
>(
  over axes: (Int?, Int?) = (0, 0), resultAxes: (Int, Int, Int) = (0, 0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>) throws -> (Tensor<R>, Tensor<S>, Tensor<T>)
) -> (Tensor<A>, Tensor<B>) throws -> (Tensor<R>, Tensor<S>, Tensor<T>) {
  { a, b in
    let results = try vectorize(
      [a.erased, b.erased], over: [axes.0, axes.1], resultAxes: [resultAxes.0, resultAxes.1, resultAxes.2]
    ) { inputs in
      let (r, s, t) = try function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]))
      return [r.erased, s.erased, t.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]), Tensor(unchecked: results[2]))
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, B: TensorScalar, C: TensorScalar, R: TensorScalar>(
  over axes: (Int?, Int?, Int?) = (0, 0, 0), resultAxis: Int = 0,
  _ function: @escaping (Tensor<A>, Tensor<B>, Tensor<C>) throws -> Tensor<R>
) -> (Tensor<A>, Tensor<B>, Tensor<C>) throws -> Tensor<R> {
  { a, b, c in
    let results = try vectorize(
      [a.erased, b.erased, c.erased], over: [axes.0, axes.1, axes.2], resultAxes: [resultAxis]
    ) { inputs in
      [try function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]), Tensor(unchecked: inputs[2])).erased]
    }
    return Tensor(unchecked: results[0])
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<
  A: TensorScalar, B: TensorScalar, C: TensorScalar, R: TensorScalar, S: TensorScalar
>(
  over axes: (Int?, Int?, Int?) = (0, 0, 0), resultAxes: (Int, Int) = (0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>, Tensor<C>) throws -> (Tensor<R>, Tensor<S>)
) -> (Tensor<A>, Tensor<B>, Tensor<C>) throws -> (Tensor<R>, Tensor<S>) {
  { a, b, c in
    let results = try vectorize(
      [a.erased, b.erased, c.erased], over: [axes.0, axes.1, axes.2], resultAxes: [resultAxes.0, resultAxes.1]
    ) { inputs in
      let (r, s) = try function(
        Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]), Tensor(unchecked: inputs[2]))
      return [r.erased, s.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<
  A: TensorScalar, B: TensorScalar, C: TensorScalar, R: TensorScalar, S: TensorScalar, T: TensorScalar
>(
  over axes: (Int?, Int?, Int?) = (0, 0, 0), resultAxes: (Int, Int, Int) = (0, 0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>, Tensor<C>) throws -> (Tensor<R>, Tensor<S>, Tensor<T>)
) -> (Tensor<A>, Tensor<B>, Tensor<C>) throws -> (Tensor<R>, Tensor<S>, Tensor<T>) {
  { a, b, c in
    let results = try vectorize(
      [a.erased, b.erased, c.erased], over: [axes.0, axes.1, axes.2],
      resultAxes: [resultAxes.0, resultAxes.1, resultAxes.2]
    ) { inputs in
      let (r, s, t) = try function(
        Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]), Tensor(unchecked: inputs[2]))
      return [r.erased, s.erased, t.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]), Tensor(unchecked: results[2]))
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
public func vectorized<A: TensorScalar, R: TensorScalar>(
  over axes: [Int?]? = nil, resultAxis: Int = 0, _ function: @escaping ([Tensor<A>]) throws -> [Tensor<R>]
) -> ([Tensor<A>]) throws -> [Tensor<R>] {
  { tensors in
    let axes = axes ?? tensors.map { _ in 0 }
    if axes.count != tensors.count {
      trap("vectorized", "expected an axis or nil for each of \(tensors.count) tensors, got \(axes.count)")
    }
    return try vectorize(tensors.map(\.erased), over: axes) { inputs in
      try function(inputs.map { Tensor(unchecked: $0) }).map(\.erased)
    }.map { Tensor(unchecked: $0.examples(along: resultAxis)) }
  }
}
