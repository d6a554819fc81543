// Continuous distributions. Each has two forms, as in Tensor+Random.swift. Parameters are numbers or tensors. Where a
// gradient flows to them, the numbers come from a draw of the standard distribution by ordinary operations.

extension Tensor where Scalar: FloatingScalar {
  /// Numbers low + (high − low) · u, for u uniform over 0 ..< 1: from the uniform distribution between bounds, as
  /// NumPy's `uniform`. The gradient flows to the bounds.
  ///
  /// Where `high` is far larger than the distance of neighbouring numbers, rounding may give `high` itself. Traps when
  /// a bound is not below the other or they are infinitely far apart.
  public static func randomUniform(
    _ shape: Shape, low: some DistributionParameter, high: some DistributionParameter,
    using generator: inout RandomGenerator
  ) -> Tensor {
    let name = "randomUniform"
    _ = ParameterBounds.finite("lower bounds").checked(low, name, shape)
    _ = ParameterBounds.finite("upper bounds").checked(high, name, shape)
    let (low, high) = (low.parameter(as: Scalar.self), high.parameter(as: Scalar.self))
    let span = high - low
    ParameterBounds.lengths("upper bounds").requireValues(span.detached().cast(to: Double.self), name) { index, _ in
      "\(high.broadcast(to: span.shape).shown(at: index)) for \(low.broadcast(to: span.shape).shown(at: index))"
    }
    return randomUniform(shape, using: &generator) * span + low
  }

  /// Numbers from the uniform distribution between bounds, with the generator in scope (`withRandomSeed`).
  public static func randomUniform(
    _ shape: Shape, low: some DistributionParameter, high: some DistributionParameter
  ) -> Tensor {
    RandomScope.withCurrent { randomUniform(shape, low: low, high: high, using: &$0) }
  }

  /// Numbers mean + standardDeviation · z, for standard normal z: from normal distributions whose parameters may be
  /// tensors. The gradient flows to them.
  ///
  /// Traps when a standard deviation is negative or a parameter is infinite or NaN.
  @_disfavoredOverload  // numbers alone take one pass
  public static func randomNormal(
    _ shape: Shape, mean: some DistributionParameter = 0, standardDeviation: some DistributionParameter = 1,
    using generator: inout RandomGenerator
  ) -> Tensor {
    scaling("randomNormal", shape, mean, standardDeviation, .finite("means"), .atLeast0("standard deviations")) {
      randomNormal(shape, using: &generator)
    }
  }

  /// Numbers from normal distributions whose parameters may be tensors, with the generator in scope (`withRandomSeed`).
  @_disfavoredOverload  // numbers alone take one pass
  public static func randomNormal(
    _ shape: Shape, mean: some DistributionParameter = 0, standardDeviation: some DistributionParameter = 1
  ) -> Tensor {
    RandomScope.withCurrent { randomNormal(shape, mean: mean, standardDeviation: standardDeviation, using: &$0) }
  }

  /// Numbers e^(mean + standardDeviation · z), for standard normal z: from the log-normal distribution, where `mean`
  /// and `standardDeviation` are those of the logarithm, as NumPy's `lognormal`. The gradient flows to them.
  ///
  /// Traps when a standard deviation is negative or a parameter is infinite or NaN.
  public static func randomLogNormal(
    _ shape: Shape, mean: some DistributionParameter = 0, standardDeviation: some DistributionParameter = 1,
    using generator: inout RandomGenerator
  ) -> Tensor {
    let logarithm = scaling(
      "randomLogNormal", shape, mean, standardDeviation, .finite("means"), .atLeast0("standard deviations")
    ) { randomNormal(shape, using: &generator) }
    return Tensor(unchecked: apply(ReproducibleExp(), logarithm.erased))
  }

  /// Numbers from the log-normal distribution, with the generator in scope (`withRandomSeed`).
  public static func randomLogNormal(
    _ shape: Shape, mean: some DistributionParameter = 0, standardDeviation: some DistributionParameter = 1
  ) -> Tensor {
    RandomScope.withCurrent { randomLogNormal(shape, mean: mean, standardDeviation: standardDeviation, using: &$0) }
  }

  /// Numbers from the normal distribution of the given mean and standard deviation, as far as it lies within low ...
  /// high (Robert, "Simulation of truncated normal variables", 1995); no gradient flows.
  ///
  /// A bound may be infinite. Traps when a standard deviation is not above 0, a lower bound is not below the upper one,
  /// or a parameter is NaN.
  public static func randomTruncatedNormal(
    _ shape: Shape, mean: some DistributionParameter = 0, standardDeviation: some DistributionParameter = 1,
    low: some DistributionParameter, high: some DistributionParameter, using generator: inout RandomGenerator
  ) -> Tensor {
    let name = "randomTruncatedNormal"
    let mean = ParameterBounds.finite("means").checked(mean, name, shape)
    let deviation = ParameterBounds.above0("standard deviations").checked(standardDeviation, name, shape)
    let bounds = Distribution.truncatedNormal.facts.parameters
    let (a, b) = (bounds[0].checked(low, name, shape), bounds[1].checked(high, name, shape))
    // Bounds beyond these are as far away as infinite ones.
    let (from, to) = (
      ((a - mean) / deviation).clamped(to: -1e100...1e100), ((b - mean) / deviation).clamped(to: -1e100...1e100)
    )
    ParameterBounds.differences("upper bounds").requireValues(b - a, name) { index, _ in
      let shape = (b - a).shape
      return "\(b.broadcast(to: shape).shown(at: index)) for \(a.broadcast(to: shape).shown(at: index))"
    }
    let z = Tensor<Double>.drawing(.truncatedNormal, shape, [from, to], &generator)
    // Rounding might lead out of the bounds.
    return (z * deviation + mean).cast(to: Scalar.self).clamped(
      min: a.cast(to: Scalar.self), max: b.cast(to: Scalar.self))
  }

  /// Numbers from a truncated normal distribution, with the generator in scope (`withRandomSeed`).
  public static func randomTruncatedNormal(
    _ shape: Shape, mean: some DistributionParameter = 0, standardDeviation: some DistributionParameter = 1,
    low: some DistributionParameter, high: some DistributionParameter
  ) -> Tensor {
    RandomScope.withCurrent {
      randomTruncatedNormal(shape, mean: mean, standardDeviation: standardDeviation, low: low, high: high, using: &$0)
    }
  }

  /// Numbers −scale · log u, for u uniform over 0 ..< 1: from the exponential distribution of mean `scale`, the inverse
  /// of the rate. The gradient flows to the scale.
  ///
  /// Traps when a scale is negative, infinite or NaN.
  public static func randomExponential(
    _ shape: Shape, scale: some DistributionParameter = 1, using generator: inout RandomGenerator
  ) -> Tensor {
    _ = ParameterBounds.atLeast0("scales").checked(scale, "randomExponential", shape)
    return drawing(.exponential, shape, [], &generator) * scale.parameter(as: Scalar.self)
  }

  /// Numbers from the exponential distribution, with the generator in scope (`withRandomSeed`).
  public static func randomExponential(_ shape: Shape, scale: some DistributionParameter = 1) -> Tensor {
    RandomScope.withCurrent { randomExponential(shape, scale: scale, using: &$0) }
  }

  /// Numbers from the Laplace distribution, of density e^(−|x − location| / scale) / (2 scale). The gradient flows to
  /// location and scale.
  ///
  /// Traps when a scale is negative or a parameter is infinite or NaN.
  public static func randomLaplace(
    _ shape: Shape, location: some DistributionParameter = 0, scale: some DistributionParameter = 1,
    using generator: inout RandomGenerator
  ) -> Tensor {
    scaling("randomLaplace", shape, location, scale, .finite("locations"), .atLeast0("scales")) {
      drawing(.laplace, shape, [], &generator)
    }
  }

  /// Numbers from the Laplace distribution, with the generator in scope (`withRandomSeed`).
  public static func randomLaplace(
    _ shape: Shape, location: some DistributionParameter = 0, scale: some DistributionParameter = 1
  ) -> Tensor {
    RandomScope.withCurrent { randomLaplace(shape, location: location, scale: scale, using: &$0) }
  }

  /// Numbers from the Gumbel distribution, the largest of many numbers, of density e^(−z − e^(−z)) / scale at z = (x −
  /// location) / scale. The gradient flows to location and scale.
  ///
  /// Traps when a scale is negative or a parameter is infinite or NaN.
  public static func randomGumbel(
    _ shape: Shape, location: some DistributionParameter = 0, scale: some DistributionParameter = 1,
    using generator: inout RandomGenerator
  ) -> Tensor {
    scaling("randomGumbel", shape, location, scale, .finite("locations"), .atLeast0("scales")) {
      drawing(.gumbel, shape, [], &generator)
    }
  }

  /// Numbers from the Gumbel distribution, with the generator in scope (`withRandomSeed`).
  public static func randomGumbel(
    _ shape: Shape, location: some DistributionParameter = 0, scale: some DistributionParameter = 1
  ) -> Tensor {
    RandomScope.withCurrent { randomGumbel(shape, location: location, scale: scale, using: &$0) }
  }

  /// Numbers from the gamma distribution, of density in proportion to x^(concentration − 1) e^(−x / scale) (Marsaglia
  /// and Tsang, "A simple method for generating gamma variables", 2000); no gradient flows.
  ///
  /// `concentration` is NumPy's shape and PyTorch's concentration; `scale` is the inverse of PyTorch's rate. Traps when
  /// a concentration is less than 1e-300, a scale is negative, or a parameter is infinite or NaN.
  public static func randomGamma(
    _ shape: Shape, concentration: some DistributionParameter, scale: some DistributionParameter = 1,
    using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.gamma, shape, concentration, scale, &generator)
  }

  /// Numbers from the gamma distribution, with the generator in scope (`withRandomSeed`).
  public static func randomGamma(
    _ shape: Shape, concentration: some DistributionParameter, scale: some DistributionParameter = 1
  ) -> Tensor {
    RandomScope.withCurrent { randomGamma(shape, concentration: concentration, scale: scale, using: &$0) }
  }

  /// Numbers from the beta distribution, of density in proportion to x^(alpha − 1) (1 − x)^(beta − 1); no gradient
  /// flows.
  ///
  /// Traps when a parameter is less than 1e-300, infinite or NaN.
  public static func randomBeta(
    _ shape: Shape, alpha: some DistributionParameter, beta: some DistributionParameter,
    using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.beta, shape, alpha, beta, &generator)
  }

  /// Numbers from the beta distribution, with the generator in scope (`withRandomSeed`).
  public static func randomBeta(
    _ shape: Shape, alpha: some DistributionParameter, beta: some DistributionParameter
  ) -> Tensor {
    RandomScope.withCurrent { randomBeta(shape, alpha: alpha, beta: beta, using: &$0) }
  }

  /// Angles within −π ... π from the von Mises distribution, of density in proportion to e^(concentration · cos(x −
  /// mean)) (Best and Fisher, "Efficient simulation of the von Mises distribution", 1979); no gradient flows.
  ///
  /// Traps when a concentration is negative or a parameter is infinite or NaN.
  public static func randomVonMises(
    _ shape: Shape, mean: some DistributionParameter = 0, concentration: some DistributionParameter,
    using generator: inout RandomGenerator
  ) -> Tensor {
    drawing(.vonMises, shape, mean, concentration, &generator)
  }

  /// Angles from the von Mises distribution, with the generator in scope (`withRandomSeed`).
  public static func randomVonMises(
    _ shape: Shape, mean: some DistributionParameter = 0, concentration: some DistributionParameter
  ) -> Tensor {
    RandomScope.withCurrent { randomVonMises(shape, mean: mean, concentration: concentration, using: &$0) }
  }
}
