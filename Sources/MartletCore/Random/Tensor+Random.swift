// Tensors of random numbers. Each comes in two forms: with a generator of the caller's, and with the one in scope
// (`withRandomSeed`), or the operating system's where there is none.

extension Tensor where Scalar: FloatingScalar {
  /// Numbers that a block of 128 random bits gives.
  private static var floatsPerBlock: Int { 16 / MemoryLayout<Scalar>.size }

  /// Numbers from the uniform distribution over `range`, which is not empty and of finite length.
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

  /// The same from the random numbers in scope.
  public static func randomUniform(_ shape: Shape, in range: Range<Scalar> = 0..<1) -> Tensor {
    RandomScope.withCurrent { randomUniform(shape, in: range, using: &$0) }
  }

  /// Numbers from a normal distribution; traps where the standard deviation is negative or NaN.
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

  /// The same from the random numbers in scope.
  public static func randomNormal(_ shape: Shape, mean: Scalar = 0, standardDeviation: Scalar = 1) -> Tensor {
    RandomScope.withCurrent { randomNormal(shape, mean: mean, standardDeviation: standardDeviation, using: &$0) }
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// Integers from `range`, all equally likely.
  public static func randomInteger(
    _ shape: Shape, in range: Range<Scalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    if range.isEmpty { trap("randomInteger", "expected a range that is not empty, got \(range)") }
    return drawing(
      "randomInteger", shape, .integers(Int64(range.lowerBound), Int64(range.upperBound)), perBlock: 2, &generator)
  }

  /// The same from the random numbers in scope.
  public static func randomInteger(_ shape: Shape, in range: Range<Scalar>) -> Tensor {
    RandomScope.withCurrent { randomInteger(shape, in: range, using: &$0) }
  }
}

extension Tensor where Scalar == Bool {
  /// True with the given probability, element by element.
  public static func randomBernoulli(
    _ shape: Shape, probability: Double, using generator: inout RandomGenerator
  ) -> Tensor {
    if !(0...1 ~= probability) { trap("randomBernoulli", "expected a probability within 0 ... 1, got \(probability)") }
    return drawing("randomBernoulli", shape, .bernoulli(probability), perBlock: 4, &generator)
  }

  /// The same from the random numbers in scope.
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

  /// The same from the random numbers in scope.
  public static func randomBernoulli(_ shape: Shape, probability: Double) -> Tensor {
    RandomScope.withCurrent { randomBernoulli(shape, probability: probability, using: &$0) }
  }
}

extension Tensor where Scalar == Int64 {
  /// The numbers 0 ..< count in random order, every order equally likely (Fisher and Yates).
  public static func randomPermutation(_ count: Int, using generator: inout RandomGenerator) -> Tensor {
    if count < 0 { trap("randomPermutation", "expected a count of at least 0, got \(count)") }
    ([count] as Shape).requireSize(of: .int64, for: "randomPermutation")
    var numbers = arange(Int64(count))
    numbers.withUnsafeMutableScalars { scalars in
      var scalars = scalars
      scalars.shuffle(using: &generator)
    }
    return numbers
  }

  /// The same from the random numbers in scope.
  public static func randomPermutation(_ count: Int) -> Tensor {
    RandomScope.withCurrent { randomPermutation(count, using: &$0) }
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
