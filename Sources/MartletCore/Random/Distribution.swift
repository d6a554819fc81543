import CKernels

/// The distributions that one kernel draws element by element: a row for each.
enum Distribution: CaseIterable, Sendable {
  case exponential, gumbel, laplace, truncatedNormal, gamma, beta, vonMises
  case bernoulli, binomial, poisson, geometric, race

  /// What the table has in a row.
  struct Facts: Sendable {
    /// The name of the draw in profiles.
    let name: String
    let kernel: mk_sample
    /// The parameters of the kernel, at most two.
    let parameters: [ParameterBounds]
    /// About how many floating-point operations a number takes.
    let flops: Int
  }

  var facts: Facts {
    switch self {
    case .exponential: Facts(name: "randomExponential", kernel: MK_SAMPLE_EXPONENTIAL, parameters: [], flops: 40)
    case .gumbel: Facts(name: "randomGumbel", kernel: MK_SAMPLE_GUMBEL, parameters: [], flops: 80)
    case .laplace: Facts(name: "randomLaplace", kernel: MK_SAMPLE_LAPLACE, parameters: [], flops: 40)
    case .truncatedNormal:
      Facts(
        name: "randomTruncatedNormal", kernel: MK_SAMPLE_TRUNCATED_NORMAL,
        parameters: [.notNaN("lower bounds"), .notNaN("upper bounds")], flops: 200)
    case .gamma:
      Facts(
        name: "randomGamma", kernel: MK_SAMPLE_GAMMA,
        parameters: [.concentrations("concentrations"), .atLeast0("scales")], flops: 200)
    case .beta:
      Facts(
        name: "randomBeta", kernel: MK_SAMPLE_BETA,
        parameters: [.concentrations("values of alpha"), .concentrations("values of beta")], flops: 400)
    case .vonMises:
      Facts(
        name: "randomVonMises", kernel: MK_SAMPLE_VON_MISES,
        parameters: [.finite("means"), .atLeast0("concentrations")], flops: 200)
    case .bernoulli:
      Facts(name: "randomBernoulli", kernel: MK_SAMPLE_BERNOULLI, parameters: [.probabilities], flops: 1)
    case .binomial:
      Facts(name: "randomBinomial", kernel: MK_SAMPLE_BINOMIAL, parameters: [.trials, .probabilities], flops: 300)
    case .poisson: Facts(name: "randomPoisson", kernel: MK_SAMPLE_POISSON, parameters: [.rates], flops: 200)
    case .geometric:
      Facts(name: "randomGeometric", kernel: MK_SAMPLE_GEOMETRIC, parameters: [.probabilitiesAbove0], flops: 80)
    case .race: Facts(name: "randomChoice", kernel: MK_SAMPLE_RACE, parameters: [.atLeast0("weights")], flops: 100)
    }
  }
}

extension Tensor {
  /// A tensor of numbers from a distribution of the table. Its parameters are given in the order of the row, and have
  /// been checked.
  static func drawing(
    _ distribution: Distribution, _ shape: Shape, _ parameters: [Tensor<Double>],
    _ generator: inout RandomGenerator
  ) -> Tensor {
    let facts = distribution.facts
    shape.requireSize(of: Scalar.scalarType, for: facts.name)
    let result = AnyTensor(scalarType: Scalar.scalarType, shape: shape)
    perform(
      SampleDraw(distribution: distribution, key: generator.next()), reading: parameters.map { $0.erased.body },
      writing: [result.body])
    return Tensor(unchecked: result)
  }

  /// The same with one parameter, which is checked.
  static func drawing(
    _ distribution: Distribution, _ shape: Shape, _ a: some DistributionParameter, _ generator: inout RandomGenerator
  ) -> Tensor {
    let facts = distribution.facts
    return drawing(distribution, shape, [facts.parameters[0].checked(a, facts.name, shape)], &generator)
  }

  /// The same with two parameters, which are checked.
  static func drawing(
    _ distribution: Distribution, _ shape: Shape, _ a: some DistributionParameter, _ b: some DistributionParameter,
    _ generator: inout RandomGenerator
  ) -> Tensor {
    let facts = distribution.facts
    let (x, y) = (facts.parameters[0], facts.parameters[1])
    return drawing(
      distribution, shape, [x.checked(a, facts.name, shape), y.checked(b, facts.name, shape)], &generator)
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// location + scale · z for numbers z of the standard distribution: the gradient flows to location and scale.
  static func scaling(
    _ operation: String, _ shape: Shape, _ location: some DistributionParameter, _ scale: some DistributionParameter,
    _ locations: ParameterBounds, _ scales: ParameterBounds, _ standard: () -> Tensor
  ) -> Tensor {
    _ = (locations.checked(location, operation, shape), scales.checked(scale, operation, shape))
    return standard() * scale.parameter(as: Scalar.self) + location.parameter(as: Scalar.self)
  }
}
