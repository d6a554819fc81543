// Random order: permutations, shuffled tensors, and a choice of slices. Each function has two forms, as in
// Tensor+Random.swift.

extension Tensor where Scalar == Int64 {
  /// The numbers 0 ..< count in random order, `[count]`, every order equally likely (Fisher and Yates); traps when
  /// `count` is negative.
  public static func randomPermutation(_ count: Int, using generator: inout RandomGenerator) -> Tensor {
    if count < 0 { trap("randomPermutation", "expected a count of at least 0, got \(count)") }
    ([count] as Shape).requireSize(of: .int64, for: "randomPermutation")
    let result = AnyTensor(scalarType: .int64, shape: [count])
    let draw = PermutationDraw(
      key: generator.key, stream: generator.stream, counter: generator.takeBlocks(Swift.max(0, count - 1)))
    perform(draw, writing: [result.body])
    return Tensor(unchecked: result)
  }

  /// The numbers 0 ..< count in random order, `[count]`, with the generator in scope (`withRandomSeed`).
  public static func randomPermutation(_ count: Int) -> Tensor {
    RandomScope.withCurrent { randomPermutation(count, using: &$0) }
  }
}

extension Tensor {
  /// The slices along an axis in random order, every order equally likely: NumPy's `permutation`. With `independently`,
  /// each run of elements along the axis has an order of its own: NumPy's `permuted`.
  ///
  /// The gradient goes to where each element came from. Traps when there is no such axis.
  ///
  /// - Complexity: O(count), with `independently` O(count · log n) for an axis of length n.
  public func shuffled(
    axis: Int = 0, independently: Bool = false, using generator: inout RandomGenerator
  ) -> Tensor {
    let axis = normalizedAxes([axis], "shuffled")[0]
    if independently {
      let keys = Tensor<Int64>.randomInteger(shape, in: .min ..< .max, using: &generator)
      return takeAlong(keys.argSort(axis: axis), axis: axis)
    }
    return take(Tensor<Int64>.randomPermutation(shape[axis], using: &generator), axis: axis)
  }

  /// The slices along an axis in random order, with the generator in scope (`withRandomSeed`).
  public func shuffled(axis: Int = 0, independently: Bool = false) -> Tensor {
    RandomScope.withCurrent { shuffled(axis: axis, independently: independently, using: &$0) }
  }

  /// Puts the slices along an axis, or with `independently` each run of elements along it, into random order; traps
  /// when there is no such axis.
  public mutating func shuffle(
    axis: Int = 0, independently: Bool = false, using generator: inout RandomGenerator
  ) {
    if shape.normalized(axis: axis) == nil { trap("shuffle", "\(shape) has no axis \(axis)") }
    self = shuffled(axis: axis, independently: independently, using: &generator)
  }

  /// Puts the slices along an axis into random order, with the generator in scope (`withRandomSeed`).
  public mutating func shuffle(axis: Int = 0, independently: Bool = false) {
    if shape.normalized(axis: axis) == nil { trap("shuffle", "\(shape) has no axis \(axis)") }
    self = shuffled(axis: axis, independently: independently)
  }

  /// `count` slices along an axis, all equally likely, with replacement or without: NumPy's `choice` of an array.
  ///
  /// The gradient goes to where each came from. Traps when there is no such axis, it has no slices, or fewer than are
  /// wanted without replacement.
  public func randomChoice(
    _ count: Int, axis: Int = 0, replacing: Bool = true, using generator: inout RandomGenerator
  ) -> Tensor {
    let axis = normalizedAxes([axis], "randomChoice")[0]
    let shape = Tensor.choiceShape(count)
    return take(
      Tensor<Int64>.randomChoice(shape, from: self.shape[axis], replacing: replacing, using: &generator), axis: axis)
  }

  /// `count` slices along an axis, all equally likely, with the generator in scope (`withRandomSeed`).
  public func randomChoice(_ count: Int, axis: Int = 0, replacing: Bool = true) -> Tensor {
    RandomScope.withCurrent { randomChoice(count, axis: axis, replacing: replacing, using: &$0) }
  }

  /// `count` slices along an axis of length k with probabilities in proportion to the weights `[k]`, with replacement or
  /// without.
  ///
  /// The gradient goes to where each came from. Traps as `randomChoice(_:weights:replacing:)` of indices does, and when
  /// there is no such axis or the weights have another shape.
  public func randomChoice(
    _ count: Int, weights: Tensor<some FloatingScalar>, axis: Int = 0, replacing: Bool = true,
    using generator: inout RandomGenerator
  ) -> Tensor {
    let axis = normalizedAxes([axis], "randomChoice")[0]
    if weights.shape != [shape[axis]] {
      trap(
        "randomChoice", "expected weights of shape [\(shape[axis])], for axis \(axis) of \(shape), got \(weights.shape)"
      )
    }
    return take(
      Tensor<Int64>.randomChoice(
        Tensor.choiceShape(count), weights: weights, replacing: replacing, using: &generator), axis: axis)
  }

  /// `count` slices along an axis with probabilities in proportion to weights, with the generator in scope
  /// (`withRandomSeed`).
  public func randomChoice(
    _ count: Int, weights: Tensor<some FloatingScalar>, axis: Int = 0, replacing: Bool = true
  ) -> Tensor {
    RandomScope.withCurrent {
      randomChoice(count, weights: weights, axis: axis, replacing: replacing, using: &$0)
    }
  }

  private static func choiceShape(_ count: Int) -> Shape {
    if count < 0 { trap("randomChoice", "expected a count of at least 0, got \(count)") }
    return [count]
  }
}
