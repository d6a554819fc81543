import CKernels

// Tensors of random numbers. Each comes in two forms: with a generator of the caller's, and with the one in scope
// (`withRandomSeed`), or the operating system's where there is none.

extension Tensor where Scalar: FloatingScalar {
  /// Numbers from the uniform distribution over `range`.
  public static func randomUniform(
    _ shape: Shape, in range: Range<Scalar> = 0..<1, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(shape, perBlock: Scalar.scalarType == .float32 ? 4 : 2, &generator) {
      key, stream, counter, out, first, count in
      mk_random_uniform(
        Scalar.scalarType.kernelType, key, stream, counter, Double(range.lowerBound), Double(range.upperBound), out,
        first,
        count)
    }
  }

  public static func randomUniform(_ shape: Shape, in range: Range<Scalar> = 0..<1) -> Tensor {
    RandomScope.withCurrent { randomUniform(shape, in: range, using: &$0) }
  }

  /// Numbers from a normal distribution.
  public static func randomNormal(
    _ shape: Shape, mean: Scalar = 0, standardDeviation: Scalar = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(shape, perBlock: Scalar.scalarType == .float32 ? 4 : 2, &generator) {
      key, stream, counter, out, first, count in
      mk_random_normal(
        Scalar.scalarType.kernelType, key, stream, counter, Double(mean), Double(standardDeviation), out, first, count)
    }
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
    return drawing(shape, perBlock: 2, &generator) { key, stream, counter, out, first, count in
      mk_random_integers(
        Scalar.scalarType.kernelType, key, stream, counter, Int64(range.lowerBound), Int64(range.upperBound), out,
        first,
        count)
    }
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
    return drawing(shape, perBlock: 4, &generator) { key, stream, counter, out, first, count in
      mk_random_bernoulli(key, stream, counter, probability, out.assumingMemoryBound(to: UInt8.self), first, count)
    }
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
  /// A tensor that a kernel fills, in pieces that may be drawn by different threads.
  fileprivate static func drawing(
    _ shape: Shape, perBlock: Int, _ generator: inout RandomGenerator,
    _ fill: (
      _ key: UInt64, _ stream: UInt64, _ counter: UInt64, _ out: UnsafeMutableRawPointer, _ first: Int, _ count: Int
    ) -> Void
  ) -> Tensor {
    let result = AnyTensor(scalarType: Scalar.scalarType, shape: shape)
    let count = result.count
    let (key, stream) = (generator.key, generator.stream)
    let counter = generator.takeBlocks((count + perBlock - 1) / perBlock)
    let out = result.body.pointer
    let size = Scalar.scalarType.size
    Observation.work("random", Cost(flops: 0, bytes: count * size)) {
      WorkerPool.parallelFor(count, grain: ElementwiseLoop.dearGrain) { range in
        fill(key, stream, counter, out + range.lowerBound * size, range.lowerBound, range.count)
      }
    }
    return Tensor(unchecked: result)
  }
}
