// Tensors of random numbers. Each comes in two forms: with a generator of the caller's, and with the one in scope
// (`withRandomSeed`), or the operating system's where there is none.

extension Tensor where Scalar: FloatingScalar {
  /// Numbers that a block of 128 random bits gives.
  private static var floatsPerBlock: Int { 16 / MemoryLayout<Scalar>.size }

  /// Numbers from the uniform distribution over `range`.
  public static func randomUniform(
    _ shape: Shape, in range: Range<Scalar> = 0..<1, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(shape, .uniform(Double(range.lowerBound), Double(range.upperBound)), perBlock: floatsPerBlock, &generator)
  }

  public static func randomUniform(_ shape: Shape, in range: Range<Scalar> = 0..<1) -> Tensor {
    RandomScope.withCurrent { randomUniform(shape, in: range, using: &$0) }
  }

  /// Numbers from a normal distribution.
  public static func randomNormal(
    _ shape: Shape, mean: Scalar = 0, standardDeviation: Scalar = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(
      shape, .normal(mean: Double(mean), standardDeviation: Double(standardDeviation)), perBlock: floatsPerBlock,
      &generator)
  }

  public static func randomNormal(_ shape: Shape, mean: Scalar = 0, standardDeviation: Scalar = 1) -> Tensor {
    RandomScope.withCurrent { randomNormal(shape, mean: mean, standardDeviation: standardDeviation, using: &$0) }
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// Integers from `range`, all equally likely.
  public static func randomInteger(
    _ shape: Shape, in range: Range<Scalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    if range.isEmpty { trap("randomInteger", "the range \(range) is empty") }
    return drawing(shape, .integers(Int64(range.lowerBound), Int64(range.upperBound)), perBlock: 2, &generator)
  }

  public static func randomInteger(_ shape: Shape, in range: Range<Scalar>) -> Tensor {
    RandomScope.withCurrent { randomInteger(shape, in: range, using: &$0) }
  }
}

extension Tensor where Scalar == Bool {
  /// True with the given probability, element by element.
  public static func randomBernoulli(
    _ shape: Shape, probability: Double, using generator: inout RandomGenerator
  ) -> Tensor {
    if !(0...1 ~= probability) { trap("randomBernoulli", "the probability \(probability) is not within 0 ... 1") }
    return drawing(shape, .bernoulli(probability), perBlock: 4, &generator)
  }

  public static func randomBernoulli(_ shape: Shape, probability: Double) -> Tensor {
    RandomScope.withCurrent { randomBernoulli(shape, probability: probability, using: &$0) }
  }
}

extension Tensor where Scalar: NumericScalar {
  /// 1 with the given probability, else 0, element by element.
  public static func randomBernoulli(
    _ shape: Shape, probability: Double, using generator: inout RandomGenerator
  ) -> Tensor {
    Tensor<Bool>.randomBernoulli(shape, probability: probability, using: &generator).cast(to: Scalar.self)
  }

  public static func randomBernoulli(_ shape: Shape, probability: Double) -> Tensor {
    RandomScope.withCurrent { randomBernoulli(shape, probability: probability, using: &$0) }
  }
}

extension Tensor where Scalar == Int64 {
  /// The numbers 0 ..< count in random order, every order equally likely (Fisher and Yates).
  public static func randomPermutation(_ count: Int, using generator: inout RandomGenerator) -> Tensor {
    Tensor((0..<Int64(count)).shuffled(using: &generator))
  }

  public static func randomPermutation(_ count: Int) -> Tensor {
    RandomScope.withCurrent { randomPermutation(count, using: &$0) }
  }
}

extension Tensor {
  /// A tensor of random numbers, `perBlock` of them from each block of the generator.
  fileprivate static func drawing(
    _ shape: Shape, _ distribution: RandomDraw.Distribution, perBlock: Int, _ generator: inout RandomGenerator
  ) -> Tensor {
    let result = AnyTensor(scalarType: Scalar.scalarType, shape: shape)
    let draw = RandomDraw(
      distribution: distribution, key: generator.key, stream: generator.stream,
      counter: generator.takeBlocks((result.count + perBlock - 1) / perBlock))
    perform(draw, writing: [result.body])
    return Tensor(unchecked: result)
  }
}
