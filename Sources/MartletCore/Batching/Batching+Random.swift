// Random draws on a batch: the numbers of all examples are one draw, from a key that is split off the one that the example
// drew with. So they are the same with the same seed, and an example's numbers do not depend on how many there are.
//
// Parameters of each example's own are checked here: the function itself has seen those of the first.

/// An effect that draws random numbers: those of an example are its own even where nothing that it reads is.
protocol BatchedDraw: BatchedEffect {}

extension RandomDraw: BatchedDraw {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    let own = RandomGenerator.splitOff(key, stream, counter)
    let draw = RandomDraw(distribution: distribution, key: own.key, stream: own.stream, counter: own.counter)
    perform(draw, writing: [target.body])
    return target
  }
}

extension PermutationDraw: BatchedDraw {
  /// Each example's order is that of random numbers.
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    var own = RandomGenerator.splitOff(key, stream, counter)
    return Tensor<Int64>.randomInteger(target.shape, in: .min ..< .max, using: &own).argSort(axis: -1).erased
  }
}

extension SampleDraw: BatchedDraw {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    let parameters = (0..<reading.count).map { reading.aligned($0, rank: target.rank - 1) }
    for (values, bounds) in zip(parameters, distribution.facts.parameters) {
      bounds.requireValues(Tensor(unchecked: values), name)
    }
    if distribution == .truncatedNormal {
      let lengths = Tensor<Double>(unchecked: parameters[1]) - Tensor(unchecked: parameters[0])
      ParameterBounds.differences("upper bounds").requireValues(lengths, name) { "a difference of \($1)" }
    }
    var generator = RandomGenerator(seed: key)
    perform(
      SampleDraw(distribution: distribution, key: generator.next()), reading: parameters.map(\.body),
      writing: [target.body])
    return target
  }
}

extension IntegerDraw: BatchedDraw {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    let bounds = (0..<2).map { Tensor<Int64>(unchecked: reading.aligned($0, rank: target.rank - 1)) }
    IntegerDraw.requireOrder(bounds[0], bounds[1])
    var generator = RandomGenerator(seed: key)
    perform(
      IntegerDraw(key: generator.next()), reading: bounds.map(\.erased.body), writing: [target.body])
    return target
  }
}

extension WeightedDraw: BatchedDraw {
  package func performBatched(_ reading: BatchedOperands, on target: consuming AnyTensor) -> AnyTensor {
    // The axes of what is drawn, without that of the k categories.
    let rank = target.rank - (kind == .multinomial || kind == .dirichlet ? 2 : 1)
    let weights = reading.aligned(0, rank: rank + 1)
    requireWeights(Tensor(unchecked: weights))
    var read = [weights.body]
    if reading.count > 1 {
      let trials = reading.aligned(1, rank: rank)
      ParameterBounds.trials.requireValues(Tensor(unchecked: trials), name)
      read.append(trials.body)
    }
    var generator = RandomGenerator(seed: key)
    perform(WeightedDraw(kind: kind, key: generator.next()), reading: read, writing: [target.body])
    return target
  }
}

extension RandomGenerator {
  /// A generator that is independent of the one in this state.
  fileprivate static func splitOff(_ key: UInt64, _ stream: UInt64, _ counter: UInt64) -> RandomGenerator {
    var generator = RandomGenerator(seed: key, stream: stream, counter: counter)
    return generator.split()
  }
}
