// Functions of one example made functions of a batch of them.

/// A function of a batch of examples from a function of one: it gives what a loop over the examples would give, but does
/// each operation once for all of them.
///
/// ```swift
/// let slopes = vectorized { x in gradient(at: x) { ($0 * $0).sum() } }
/// let g = slopes(Tensor<Float>.randomNormal([32, 10]))  // [32, 10]: the gradient at each row
/// ```
/// The examples lie along `axis` of the input, and those of the result along `resultAxis`; a negative axis counts from
/// the last. Tensors that the function reads without being given them, such as a model's parameters, are the same for
/// all examples, and gradients flow to them. Calls can be nested, in each other and in gradients, and gradients in them.
///
/// At each call the function runs once, on the first example (on zeros where there is none). So it must do the same for
/// all examples: it traps where it looks at an example's elements (`item()`, `scalars`, a mask in brackets, printing),
/// and where a value of the example is kept outside of it. Random numbers are others for each example. Traps when there
/// is no such axis.
///
/// JAX and PyTorch call this `vmap`.
///
/// - Complexity: An operation without a batching rule is applied to one example after the other.
public func vectorized<A: TensorScalar, R: TensorScalar>(
  over axis: Int = 0, resultAxis: Int = 0,
  _ function: @escaping (Tensor<A>) -> Tensor<R>
) -> (Tensor<A>) -> Tensor<R> {
  { a in
    let results = vectorize([a.erased], over: [axis], resultAxes: [resultAxis]) {
      (inputs: [AnyTensor]) in
      [function(Tensor(unchecked: inputs[0])).erased]
    }
    return Tensor(unchecked: results[0])
  }
}

/// A function of a batch of examples from a function of one, of a tensor with two results.
///
/// Traps as for one result.
public func vectorized<A: TensorScalar, R: TensorScalar, S: TensorScalar>(
  over axis: Int = 0, resultAxes: (Int, Int) = (0, 0),
  _ function: @escaping (Tensor<A>) -> (Tensor<R>, Tensor<S>)
) -> (Tensor<A>) -> (Tensor<R>, Tensor<S>) {
  { a in
    let results = vectorize([a.erased], over: [axis], resultAxes: [resultAxes.0, resultAxes.1]) {
      (inputs: [AnyTensor]) in
      let (r, s) = function(Tensor(unchecked: inputs[0]))
      return [r.erased, s.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
  }
}

/// A function of a batch of examples from a function of one, of a tensor with three results.
///
/// Traps as for one result.
public func vectorized<A: TensorScalar, R: TensorScalar, S: TensorScalar, T: TensorScalar>(
  over axis: Int = 0, resultAxes: (Int, Int, Int) = (0, 0, 0),
  _ function: @escaping (Tensor<A>) -> (Tensor<R>, Tensor<S>, Tensor<T>)
) -> (Tensor<A>) -> (Tensor<R>, Tensor<S>, Tensor<T>) {
  { a in
    let results = vectorize([a.erased], over: [axis], resultAxes: [resultAxes.0, resultAxes.1, resultAxes.2]) {
      (inputs: [AnyTensor]) in
      let (r, s, t) = function(Tensor(unchecked: inputs[0]))
      return [r.erased, s.erased, t.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]), Tensor(unchecked: results[2]))
  }
}

/// A function of a batch of examples from a function of one, of two tensors.
///
/// `axes` says for each input along which axis the examples lie, nil for one that is the same for all. Traps when there
/// is no such axis, and when the lengths differ.
public func vectorized<A: TensorScalar, B: TensorScalar, R: TensorScalar>(
  over axes: (Int?, Int?) = (0, 0), resultAxis: Int = 0,
  _ function: @escaping (Tensor<A>, Tensor<B>) -> Tensor<R>
) -> (Tensor<A>, Tensor<B>) -> Tensor<R> {
  { a, b in
    let results = vectorize([a.erased, b.erased], over: [axes.0, axes.1], resultAxes: [resultAxis]) {
      (inputs: [AnyTensor]) in
      [function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1])).erased]
    }
    return Tensor(unchecked: results[0])
  }
}

/// A function of a batch of examples from a function of one, of two tensors with two results.
///
/// `axes` says for each input along which axis the examples lie, nil for one that is the same for all. Traps when there
/// is no such axis, and when the lengths differ.
public func vectorized<A: TensorScalar, B: TensorScalar, R: TensorScalar, S: TensorScalar>(
  over axes: (Int?, Int?) = (0, 0), resultAxes: (Int, Int) = (0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>) -> (Tensor<R>, Tensor<S>)
) -> (Tensor<A>, Tensor<B>) -> (Tensor<R>, Tensor<S>) {
  { a, b in
    let results = vectorize(
      [a.erased, b.erased], over: [axes.0, axes.1], resultAxes: [resultAxes.0, resultAxes.1]
    ) { inputs in
      let (r, s) = function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]))
      return [r.erased, s.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
  }
}

/// A function of a batch of examples from a function of one, of two tensors with three results.
///
/// `axes` says for each input along which axis the examples lie, nil for one that is the same for all. Traps when there
/// is no such axis, and when the lengths differ.
public func vectorized<
  A: TensorScalar, B: TensorScalar, R: TensorScalar, S: TensorScalar, T: TensorScalar
>(
  over axes: (Int?, Int?) = (0, 0), resultAxes: (Int, Int, Int) = (0, 0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>) -> (Tensor<R>, Tensor<S>, Tensor<T>)
) -> (Tensor<A>, Tensor<B>) -> (Tensor<R>, Tensor<S>, Tensor<T>) {
  { a, b in
    let results = vectorize(
      [a.erased, b.erased], over: [axes.0, axes.1], resultAxes: [resultAxes.0, resultAxes.1, resultAxes.2]
    ) { inputs in
      let (r, s, t) = function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]))
      return [r.erased, s.erased, t.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]), Tensor(unchecked: results[2]))
  }
}

/// A function of a batch of examples from a function of one, of three tensors.
///
/// `axes` says for each input along which axis the examples lie, nil for one that is the same for all. Traps when there
/// is no such axis, and when the lengths differ.
public func vectorized<A: TensorScalar, B: TensorScalar, C: TensorScalar, R: TensorScalar>(
  over axes: (Int?, Int?, Int?) = (0, 0, 0), resultAxis: Int = 0,
  _ function: @escaping (Tensor<A>, Tensor<B>, Tensor<C>) -> Tensor<R>
) -> (Tensor<A>, Tensor<B>, Tensor<C>) -> Tensor<R> {
  { a, b, c in
    let results = vectorize(
      [a.erased, b.erased, c.erased], over: [axes.0, axes.1, axes.2], resultAxes: [resultAxis]
    ) { inputs in
      [function(Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]), Tensor(unchecked: inputs[2])).erased]
    }
    return Tensor(unchecked: results[0])
  }
}

/// A function of a batch of examples from a function of one, of three tensors with two results.
///
/// `axes` says for each input along which axis the examples lie, nil for one that is the same for all. Traps when there
/// is no such axis, and when the lengths differ.
public func vectorized<
  A: TensorScalar, B: TensorScalar, C: TensorScalar, R: TensorScalar, S: TensorScalar
>(
  over axes: (Int?, Int?, Int?) = (0, 0, 0), resultAxes: (Int, Int) = (0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>, Tensor<C>) -> (Tensor<R>, Tensor<S>)
) -> (Tensor<A>, Tensor<B>, Tensor<C>) -> (Tensor<R>, Tensor<S>) {
  { a, b, c in
    let results = vectorize(
      [a.erased, b.erased, c.erased], over: [axes.0, axes.1, axes.2], resultAxes: [resultAxes.0, resultAxes.1]
    ) { inputs in
      let (r, s) = function(
        Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]), Tensor(unchecked: inputs[2]))
      return [r.erased, s.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]))
  }
}

/// A function of a batch of examples from a function of one, of three tensors with three results.
///
/// `axes` says for each input along which axis the examples lie, nil for one that is the same for all. Traps when there
/// is no such axis, and when the lengths differ.
public func vectorized<
  A: TensorScalar, B: TensorScalar, C: TensorScalar, R: TensorScalar, S: TensorScalar, T: TensorScalar
>(
  over axes: (Int?, Int?, Int?) = (0, 0, 0), resultAxes: (Int, Int, Int) = (0, 0, 0),
  _ function: @escaping (Tensor<A>, Tensor<B>, Tensor<C>) -> (Tensor<R>, Tensor<S>, Tensor<T>)
) -> (Tensor<A>, Tensor<B>, Tensor<C>) -> (Tensor<R>, Tensor<S>, Tensor<T>) {
  { a, b, c in
    let results = vectorize(
      [a.erased, b.erased, c.erased], over: [axes.0, axes.1, axes.2],
      resultAxes: [resultAxes.0, resultAxes.1, resultAxes.2]
    ) { inputs in
      let (r, s, t) = function(
        Tensor(unchecked: inputs[0]), Tensor(unchecked: inputs[1]), Tensor(unchecked: inputs[2]))
      return [r.erased, s.erased, t.erased]
    }
    return (Tensor(unchecked: results[0]), Tensor(unchecked: results[1]), Tensor(unchecked: results[2]))
  }
}

/// A function of a batch of examples from a function of one, of any number of tensors.
///
/// `axes` says for each tensor along which axis the examples lie, nil for one that is the same for all; nil for the whole
/// list, the default, stands for 0 for each. Traps when there is no such axis, when the lengths differ, and when there
/// are more or less axes than tensors.
public func vectorized<A: TensorScalar, R: TensorScalar>(
  over axes: [Int?]? = nil, resultAxis: Int = 0, _ function: @escaping ([Tensor<A>]) -> [Tensor<R>]
) -> ([Tensor<A>]) -> [Tensor<R>] {
  { tensors in
    let axes = axes ?? tensors.map { _ in 0 }
    if axes.count != tensors.count {
      trap("vectorized", "expected an axis or nil for each of \(tensors.count) tensors, got \(axes.count)")
    }
    return vectorize(tensors.map(\.erased), over: axes) { inputs in
      function(inputs.map { Tensor(unchecked: $0) }).map(\.erased)
    }.map { Tensor(unchecked: $0.examples(along: resultAxis)) }
  }
}

/// As `vectorize`, with the examples of each result along an axis of its own.
func vectorize<Failure: Error>(
  _ inputs: [AnyTensor], over axes: [Int?], resultAxes: [Int],
  _ function: ([AnyTensor]) throws(Failure) -> [AnyTensor]
) throws(Failure) -> [AnyTensor] {
  let results = try vectorize(inputs, over: axes, function)
  return zip(results, resultAxes).map { $0.examples(along: $1) }
}

extension AnyTensor {
  /// A result of `vectorize` with the examples along another axis than the first.
  package func examples(along given: Int) -> AnyTensor {
    guard let axis = shape.normalized(axis: given) else {
      trap("vectorized", "the results, \(shape) with the examples first, have no axis \(given) to put them along")
    }
    return movingAxis(0, to: axis)
  }
}
