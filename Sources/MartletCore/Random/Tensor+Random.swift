// Tensors of random numbers. Each function has two forms: with a generator of the caller's, and with the one in scope
// (`withRandomSeed`), or one seeded by the operating system where there is none.

extension Tensor where Scalar: FloatingScalar {
  /// How many numbers a block of 128 random bits gives.
  private static var floatsPerBlock: Int { 16 / MemoryLayout<Scalar>.size }

  /// A tensor of numbers from the uniform distribution over `range`; traps when that is empty or of infinite length.
  public static func randomUniform(
    _ shape: Shape, in range: Range<Scalar> = 0..<1, using generator: inout RandomGenerator
  ) -> Tensor {
    if range.isEmpty || !(range.upperBound - range.lowerBound).isFinite {
      trap("randomUniform", "expected a range that is not empty, of finite length, got \(range)")
    }
    return drawing(
      "randomUniform", shape, .uniform(Double(range.lowerBound), Double(range.upperBound)), perBlock: floatsPerBlock,
      &generator)
  }

  /// A tensor of numbers from the uniform distribution over `range`, with the generator in scope (`withRandomSeed`).
  public static func randomUniform(_ shape: Shape, in range: Range<Scalar> = 0..<1) -> Tensor {
    RandomScope.withCurrent { randomUniform(shape, in: range, using: &$0) }
  }

  /// A tensor of numbers from a normal distribution; traps when the standard deviation is negative or NaN.
  public static func randomNormal(
    _ shape: Shape, mean: Scalar = 0, standardDeviation: Scalar = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    if !(standardDeviation >= 0) {
      trap("randomNormal", "expected a standard deviation of at least 0, got \(standardDeviation)")
    }
    return drawing(
      "randomNormal", shape, .normal(mean: Double(mean), standardDeviation: Double(standardDeviation)),
      perBlock: floatsPerBlock, &generator)
  }

  /// A tensor of numbers from a normal distribution, with the generator in scope (`withRandomSeed`).
  public static func randomNormal(_ shape: Shape, mean: Scalar = 0, standardDeviation: Scalar = 1) -> Tensor {
    RandomScope.withCurrent { randomNormal(shape, mean: mean, standardDeviation: standardDeviation, using: &$0) }
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// A tensor of integers from `range`, all equally likely; traps when the range is empty.
  public static func randomInteger(
    _ shape: Shape, in range: Range<Scalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    if range.isEmpty { trap("randomInteger", "expected a range that is not empty, got \(range)") }
    return drawing(
      "randomInteger", shape, .integers(Int64(range.lowerBound), Int64(range.upperBound)), perBlock: 2, &generator)
  }

  /// A tensor of integers from `range`, all equally likely, with the generator in scope (`withRandomSeed`).
  public static func randomInteger(_ shape: Shape, in range: Range<Scalar>) -> Tensor {
    RandomScope.withCurrent { randomInteger(shape, in: range, using: &$0) }
  }
}

extension Tensor where Scalar == Bool {
  /// A tensor whose elements are true with the given probability; traps when that is not within 0 ... 1.
  public static func randomBernoulli(
    _ shape: Shape, probability: Double, using generator: inout RandomGenerator
  ) -> Tensor {
    if !(0...1 ~= probability) { trap("randomBernoulli", "expected a probability within 0 ... 1, got \(probability)") }
    return drawing("randomBernoulli", shape, .bernoulli(probability), perBlock: 4, &generator)
  }

  /// A tensor whose elements are true with the given probability, with the generator in scope (`withRandomSeed`).
  public static func randomBernoulli(_ shape: Shape, probability: Double) -> Tensor {
    RandomScope.withCurrent { randomBernoulli(shape, probability: probability, using: &$0) }
  }
}

extension Tensor where Scalar: NumericScalar {
  /// A tensor whose elements are 1 with the given probability, else 0; traps when that is not within 0 ... 1.
  public static func randomBernoulli(
    _ shape: Shape, probability: Double, using generator: inout RandomGenerator
  ) -> Tensor {
    Tensor<Bool>.randomBernoulli(shape, probability: probability, using: &generator).cast(to: Scalar.self)
  }

  /// A tensor whose elements are 1 with the given probability, else 0, with the generator in scope (`withRandomSeed`).
  public static func randomBernoulli(_ shape: Shape, probability: Double) -> Tensor {
    RandomScope.withCurrent { randomBernoulli(shape, probability: probability, using: &$0) }
  }
}

extension Tensor {
  /// A tensor of random numbers, `perBlock` of them from each block of the generator.
  fileprivate static func drawing(
    _ operation: String, _ shape: Shape, _ distribution: RandomDraw.Distribution, perBlock: Int,
    _ generator: inout RandomGenerator
  ) -> Tensor {
    shape.requireSize(of: Scalar.scalarType, for: operation)
    let result = AnyTensor(scalarType: Scalar.scalarType, shape: shape)
    let draw = RandomDraw(
      distribution: distribution, key: generator.key, stream: generator.stream,
      counter: generator.takeBlocks((result.count + perBlock - 1) / perBlock))
    perform(draw, writing: [result.body])
    return Tensor(unchecked: result)
  }
}
