// Discrete distributions, without derivatives. Each has two forms, as in Tensor+Random.swift. Parameters are numbers or
// tensors.

extension Tensor where Scalar: NumericScalar {
  /// Numbers of successes in `trials` trials that succeed with the given probability: from the binomial distribution
  /// (Hörmann, "The generation of binomial random variates", 1993).
  ///
  /// Traps when a number of trials is not whole or not within 0 ... 2⁵³, or a probability is not within 0 ... 1. What
  /// an integer type cannot hold becomes its largest number.
  public static func randomBinomial(
    _ shape: Shape, trials: some DistributionParameter, probability: some DistributionParameter,
    using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.binomial, shape, trials, probability, &generator)
  }

  /// Numbers from the binomial distribution, with the generator in scope (`withRandomSeed`).
  public static func randomBinomial(
    _ shape: Shape, trials: some DistributionParameter, probability: some DistributionParameter
  ) -> Tensor {
    RandomScope.withCurrent { randomBinomial(shape, trials: trials, probability: probability, using: &$0) }
  }

  /// Numbers of events where `rate` are expected: from the Poisson distribution (Hörmann, "The transformed rejection
  /// method for generating Poisson random variables", 1993).
  ///
  /// Traps when a rate is not within 0 ... 1e15. What an integer type cannot hold becomes its largest number.
  public static func randomPoisson(
    _ shape: Shape, rate: some DistributionParameter, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.poisson, shape, rate, &generator)
  }

  /// Numbers from the Poisson distribution, with the generator in scope (`withRandomSeed`).
  public static func randomPoisson(_ shape: Shape, rate: some DistributionParameter) -> Tensor {
    RandomScope.withCurrent { randomPoisson(shape, rate: rate, using: &$0) }
  }

  /// Numbers of trials until one succeeds, itself included: from the geometric distribution over 1, 2, …, as NumPy's.
  ///
  /// Traps when a probability is not above 0 and at most 1. What an integer type cannot hold becomes its largest
  /// number.
  public static func randomGeometric(
    _ shape: Shape, probability: some DistributionParameter, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.geometric, shape, probability, &generator)
  }

  /// Numbers from the geometric distribution, with the generator in scope (`withRandomSeed`).
  public static func randomGeometric(_ shape: Shape, probability: some DistributionParameter) -> Tensor {
    RandomScope.withCurrent { randomGeometric(shape, probability: probability, using: &$0) }
  }

  /// Elements that are 1 with the probabilities of a tensor, which broadcasts to the shape, else 0; traps when one is
  /// not within 0 ... 1.
  public static func randomBernoulli(
    _ shape: Shape, probability: Tensor<some FloatingScalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.bernoulli, shape, probability, &generator)
  }

  /// Elements that are 1 with the probabilities of a tensor, with the generator in scope (`withRandomSeed`).
  public static func randomBernoulli(_ shape: Shape, probability: Tensor<some FloatingScalar>) -> Tensor {
    RandomScope.withCurrent { randomBernoulli(shape, probability: probability, using: &$0) }
  }
}

extension Tensor where Scalar == Bool {
  /// Elements that are true with the probabilities of a tensor, which broadcasts to the shape; traps when one is not
  /// within 0 ... 1.
  public static func randomBernoulli(
    _ shape: Shape, probability: Tensor<some FloatingScalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.bernoulli, shape, probability, &generator)
  }

  /// Elements that are true with the probabilities of a tensor, with the generator in scope (`withRandomSeed`).
  public static func randomBernoulli(_ shape: Shape, probability: Tensor<some FloatingScalar>) -> Tensor {
    RandomScope.withCurrent { randomBernoulli(shape, probability: probability, using: &$0) }
  }
}

extension Tensor where Scalar: IntegerScalar {
  /// Integers from low ..< high, all equally likely, between bounds that are tensors and broadcast to the shape; traps
  /// when a lower bound is not below the upper one.
  public static func randomInteger(
    _ shape: Shape, low: Tensor, high: Tensor, using generator: inout RandomGenerator
  ) -> Tensor {
    let name = "randomInteger"
    ParameterBounds.finite("lower bounds").requireBroadcast(low.shape, to: shape, name)
    ParameterBounds.finite("upper bounds").requireBroadcast(high.shape, to: shape, name)
    shape.requireSize(of: Scalar.scalarType, for: name)
    let (low, high) = (low.cast(to: Int64.self), high.cast(to: Int64.self))
    IntegerDraw.requireOrder(low, high)
    let result = AnyTensor(scalarType: Scalar.scalarType, shape: shape)
    perform(
      IntegerDraw(key: generator.next()), reading: [low.erased.body, high.erased.body], writing: [result.body])
    return Tensor(unchecked: result)
  }

  /// Integers between bounds that are tensors, with the generator in scope (`withRandomSeed`).
  public static func randomInteger(_ shape: Shape, low: Tensor, high: Tensor) -> Tensor {
    RandomScope.withCurrent { randomInteger(shape, low: low, high: high, using: &$0) }
  }
}

extension IntegerDraw {
  /// Traps when a lower bound is not below the upper one.
  static func requireOrder(_ low: Tensor<Int64>, _ high: Tensor<Int64>) {
    let isLess = low .< high
    if BatchCapture.isOfNone { return }
    let body = isLess.erased.body.inOrder()
    if let index = body.scalars(as: Bool.self).firstIndex(of: false) {
      let (a, b) = (low.broadcast(to: isLess.shape).shown(at: index), high.broadcast(to: isLess.shape).shown(at: index))
      trap("randomInteger", "expected upper bounds above the lower ones, got \(b) for \(a)")
    }
  }
}
