import MartletCore

// The same functions as in Vectorized+Batchable.swift, of functions that throw.

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
@_disfavoredOverload
public func vectorized<Input: Batchable, Output: Batchable>(
  over axis: Int = 0, resultAxis: Int = 0, _ function: @escaping (Input) throws -> Output
) -> (Input) throws -> Output {
  { input in
    let tensors = input.tensors
    return try mapped(tensors, over: tensors.map { _ in axis }, resultAxis) {
      (inputs: [AnyTensor]) in
      try function(input.mapTensors(Replacement(inputs)))
    }
  }
}

/// As `vectorized` of a function that does not throw: it throws what the function throws for the first example.
@_disfavoredOverload
public func vectorized<First: Batchable, Second: Batchable, Output: Batchable>(
  over axes: (Int?, Int?) = (0, 0), resultAxis: Int = 0,
  _ function: @escaping (First, Second) throws -> Output
) -> (First, Second) throws -> Output {
  { first, second in
    let (a, b) = (first.tensors, second.tensors)
    return try mapped(a + b, over: a.map { _ in axes.0 } + b.map { _ in axes.1 }, resultAxis) {
      (inputs: [AnyTensor]) in
      try function(
        first.mapTensors(Replacement(Array(inputs[..<a.count]))),
        second.mapTensors(Replacement(Array(inputs[a.count...]))))
    }
  }
}
