import MartletCore

// Vectorized functions of values that hold several tensors.

/// A function of a batch of examples from a function of one, of any values that hold tensors.
///
/// The examples lie along `axis` of every tensor of the input, and those of the results along `resultAxis`. Traps as
/// `vectorized(over:resultAxis:_:)` of tensors does.
@_disfavoredOverload
public func vectorized<Input: Batchable, Output: Batchable>(
  over axis: Int = 0, resultAxis: Int = 0, _ function: @escaping (Input) -> Output
) -> (Input) -> Output {
  { input in
    let tensors = input.tensors
    return mapped(tensors, over: tensors.map { _ in axis }, resultAxis) {
      (inputs: [AnyTensor]) in
      function(input.mapTensors(Replacement(inputs)))
    }
  }
}

/// A function of a batch of examples from a function of one, of two values that hold tensors.
///
/// `axes` says for each along which axis of its tensors the examples lie, nil for one that is the same for all.
@_disfavoredOverload
public func vectorized<First: Batchable, Second: Batchable, Output: Batchable>(
  over axes: (Int?, Int?) = (0, 0), resultAxis: Int = 0,
  _ function: @escaping (First, Second) -> Output
) -> (First, Second) -> Output {
  { first, second in
    let (a, b) = (first.tensors, second.tensors)
    return mapped(a + b, over: a.map { _ in axes.0 } + b.map { _ in axes.1 }, resultAxis) {
      (inputs: [AnyTensor]) in
      function(
        first.mapTensors(Replacement(Array(inputs[..<a.count]))),
        second.mapTensors(Replacement(Array(inputs[a.count...]))))
    }
  }
}

func mapped<Output: Batchable, Failure: Error>(
  _ inputs: [AnyTensor], over axes: [Int?], _ resultAxis: Int, _ function: ([AnyTensor]) throws(Failure) -> Output
) throws(Failure) -> Output {
  // The example's results are kept only as the frame that the batch's are put into: their elements are not.
  var frame: Output?
  let results = try vectorize(inputs, over: axes) { (inputs: [AnyTensor]) throws(Failure) -> [AnyTensor] in
    let output = try function(inputs)
    frame = output.mapTensors(Emptied())
    return output.tensors
  }
  return frame!.mapTensors(Replacement(results.map { $0.examples(along: resultAxis) }))
}

/// Replaces the n-th tensor by the n-th of a list.
final class Replacement: TensorTransform {
  private let tensors: [AnyTensor]
  private var next = 0

  init(_ tensors: [AnyTensor]) { self.tensors = tensors }

  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    defer { next += 1 }
    return Tensor(tensors[next], as: Scalar.self)
  }
}

/// Replaces each tensor by one without elements.
private struct Emptied: TensorTransform {
  func callAsFunction<Scalar>(_ tensor: Tensor<Scalar>) -> Tensor<Scalar> {
    Tensor(AnyTensor(scalarType: Scalar.scalarType, shape: [0]), as: Scalar.self)
  }
}
