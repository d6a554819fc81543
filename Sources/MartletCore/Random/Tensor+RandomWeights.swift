import CKernels

// Draws among k things with weights, without derivatives. Each has two forms, as in Tensor+Random.swift.

extension Tensor where Scalar == Int64 {
  /// Indices 0 ..< k with probabilities in proportion to the weights `[..., k]`, whose leading axes broadcast to the
  /// shape.
  ///
  /// Traps when a weight is negative or NaN, or the weights of a row do not have a finite sum above 0.
  ///
  /// - Complexity: O(count · log k), and O(k) for each row.
  public static func randomCategorical(
    _ shape: Shape, weights: Tensor<some FloatingScalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    weighted("randomCategorical", .categorical, shape, weights, nil, &generator)
  }

  /// Indices with probabilities in proportion to weights, with the generator in scope (`withRandomSeed`).
  public static func randomCategorical(_ shape: Shape, weights: Tensor<some FloatingScalar>) -> Tensor {
    RandomScope.withCurrent { randomCategorical(shape, weights: weights, using: &$0) }
  }

  /// Indices 0 ..< k with probabilities in proportion to e^logits, for logits `[..., k]`, whose leading axes broadcast
  /// to the shape; −∞ is never drawn.
  ///
  /// Traps when a logit is NaN or ∞, or all of a row are −∞.
  ///
  /// - Complexity: O(count · log k), and O(k) for each row.
  public static func randomCategorical(
    _ shape: Shape, logits: Tensor<some FloatingScalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    weighted("randomCategorical", .categoricalByLogits, shape, logits, nil, &generator)
  }

  /// Indices with probabilities in proportion to e^logits, with the generator in scope (`withRandomSeed`).
  public static func randomCategorical(_ shape: Shape, logits: Tensor<some FloatingScalar>) -> Tensor {
    RandomScope.withCurrent { randomCategorical(shape, logits: logits, using: &$0) }
  }

  /// Indices 0 ..< count, all equally likely, with replacement or without: NumPy's `choice`.
  ///
  /// Traps when there are none to choose from, or fewer than are wanted without replacement.
  ///
  /// - Complexity: O(number of elements), without replacement O(count).
  public static func randomChoice(
    _ shape: Shape, from count: Int, replacing: Bool = true, using generator: inout RandomGenerator
  ) -> Tensor {
    if count < 1 && shape.elementCount > 0 || count < 0 {
      trap("randomChoice", "expected a count of at least 1, got \(count)")
    }
    if replacing { return count == 0 ? zeros(shape) : randomInteger(shape, in: 0..<Int64(count), using: &generator) }
    requireEnough("randomChoice", shape, count)
    return randomPermutation(count, using: &generator)[..<shape.elementCount].reshaped(to: shape)
  }

  /// Indices 0 ..< count, with replacement or without, with the generator in scope (`withRandomSeed`).
  public static func randomChoice(_ shape: Shape, from count: Int, replacing: Bool = true) -> Tensor {
    RandomScope.withCurrent { randomChoice(shape, from: count, replacing: replacing, using: &$0) }
  }

  /// Indices 0 ..< k with probabilities in proportion to the weights `[k]`, with replacement or without: NumPy's
  /// `choice` with `p`, and PyTorch's `multinomial`.
  ///
  /// Without replacement, each is drawn from those that are left, and the indices are in the order in which they were
  /// drawn (Efraimidis and Spirakis, "Weighted random sampling with a reservoir", 2006). Traps when a weight is
  /// negative or NaN, their sum is not finite and above 0, or fewer weights are above 0 than are wanted without
  /// replacement.
  ///
  /// - Complexity: O(k + count · log k).
  public static func randomChoice(
    _ shape: Shape, weights: Tensor<some FloatingScalar>, replacing: Bool = true, using generator: inout RandomGenerator
  ) -> Tensor {
    if weights.rank != 1 { trap("randomChoice", "expected weights of shape [k], got \(weights.shape)") }
    if replacing { return weighted("randomChoice", .categorical, shape, weights, nil, &generator) }
    let weights = weights.detached().cast(to: Double.self)
    requireWeights("randomChoice", weights)
    Observation.access(weights.erased.body, by: "randomChoice without replacement")
    requireEnough("randomChoice", shape, weights.scalars.count { $0 > 0 })
    let times = Tensor<Double>.drawing(.race, weights.shape, [weights], &generator)
    return times.topK(shape.elementCount, largest: false).indices.reshaped(to: shape)
  }

  /// Indices with probabilities in proportion to weights, with replacement or without, with the generator in scope
  /// (`withRandomSeed`).
  public static func randomChoice(
    _ shape: Shape, weights: Tensor<some FloatingScalar>, replacing: Bool = true
  ) -> Tensor {
    RandomScope.withCurrent { randomChoice(shape, weights: weights, replacing: replacing, using: &$0) }
  }
  private static func requireEnough(_ operation: String, _ shape: Shape, _ count: Int) {
    if shape.elementCount > count {
      trap(
        operation, "expected at most \(count) elements without replacement, got \(shape.elementCount), shape \(shape)")
    }
  }
}

extension Tensor where Scalar: NumericScalar {
  /// How often each of k categories is drawn in `trials` draws, `[shape..., k]`: from the multinomial distribution,
  /// with probabilities in proportion to the weights `[..., k]`, whose leading axes broadcast to the shape, as the
  /// trials do.
  ///
  /// Traps when a weight is negative or NaN, the weights of a row do not have a finite sum above 0, or a number of
  /// trials is not whole or not within 0 ... 2⁵³.
  public static func randomMultinomial(
    _ shape: Shape, trials: some DistributionParameter, weights: Tensor<some FloatingScalar>,
    using generator: inout RandomGenerator
  ) -> Tensor {
    let trials = ParameterBounds.trials.checked(trials, "randomMultinomial", shape)
    return weighted("randomMultinomial", .multinomial, shape, weights, trials, &generator)
  }

  /// Counts from the multinomial distribution, with the generator in scope (`withRandomSeed`).
  public static func randomMultinomial(
    _ shape: Shape, trials: some DistributionParameter, weights: Tensor<some FloatingScalar>
  ) -> Tensor {
    RandomScope.withCurrent { randomMultinomial(shape, trials: trials, weights: weights, using: &$0) }
  }
}

extension Tensor where Scalar: FloatingScalar {
  /// Shares `[shape..., k]` that add up to 1, from the Dirichlet distribution of concentrations `[..., k]`, whose
  /// leading axes broadcast to the shape; no gradient flows.
  ///
  /// Traps when a concentration is less than 1e-300, infinite or NaN.
  public static func randomDirichlet(
    _ shape: Shape, concentration: Tensor<some FloatingScalar>, using generator: inout RandomGenerator
  ) -> Tensor {
    let values = concentration.detached().cast(to: Double.self)
    ParameterBounds.concentrations("concentrations").requireValues(values, "randomDirichlet")
    return Tensor<Double>.weighted("randomDirichlet", .dirichlet, shape, values, nil, &generator).cast(to: Scalar.self)
  }

  /// Shares from the Dirichlet distribution, with the generator in scope (`withRandomSeed`).
  public static func randomDirichlet(_ shape: Shape, concentration: Tensor<some FloatingScalar>) -> Tensor {
    RandomScope.withCurrent { randomDirichlet(shape, concentration: concentration, using: &$0) }
  }
}

extension Tensor {
  /// A draw from rows of weights, which are checked; those of a Dirichlet distribution have been.
  fileprivate static func weighted(
    _ operation: String, _ kind: WeightedDraw.Kind, _ shape: Shape, _ weights: Tensor<some FloatingScalar>,
    _ trials: Tensor<Double>?, _ generator: inout RandomGenerator
  ) -> Tensor {
    let values = weights.detached().cast(to: Double.self)
    let what = kind == .dirichlet ? "concentrations" : kind == .categoricalByLogits ? "logits" : "weights"
    guard let k = values.shape.last, k > 0 else {
      trap(operation, "expected \(what) of shape [..., k] for k of at least 1, got \(values.shape)")
    }
    let rows = values.shape.removing(values.rank - 1)
    if !rows.canBroadcast(to: shape) {
      trap(operation, "expected \(what) [..., \(k)] whose leading axes broadcast to \(shape), got \(values.shape)")
    }
    switch kind {
    case .categorical, .multinomial: requireWeights(operation, values)
    case .categoricalByLogits: requireLogits(operation, values)
    case .dirichlet: break
    }
    var whole = shape
    if kind == .multinomial || kind == .dirichlet {
      shape.requireRank(shape.rank + 1, for: operation)
      whole = shape.inserting(k, at: shape.rank)
    }
    whole.requireSize(of: Scalar.scalarType, for: operation)
    let result = AnyTensor(scalarType: Scalar.scalarType, shape: whole)
    perform(
      WeightedDraw(kind: kind, key: generator.next()),
      reading: [values.erased.body] + (trials.map { [$0.erased.body] } ?? []),
      writing: [result.body])
    return Tensor(unchecked: result)
  }

  /// Traps when the weights along the last axis are not weights.
  fileprivate static func requireWeights(_ operation: String, _ weights: Tensor<Double>) {
    refuse(operation, weights, "weights of at least 0 with a finite sum above 0") { mk_first_bad_weights($0, $1, $2) }
  }

  fileprivate static func requireLogits(_ operation: String, _ logits: Tensor<Double>) {
    let scratch = Scratch(byteCount: logits.count * MemoryLayout<Double>.size)
    refuse(operation, logits, "logits below infinity, one of them finite") {
      mk_weights_of_logits($0, scratch.pointer.assumingMemoryBound(to: Double.self), $1, $2)
    }
  }

  /// Traps with a row of the weights when `find` tells one.
  private static func refuse(
    _ operation: String, _ weights: Tensor<Double>, _ expected: String,
    _ find: (_ start: UnsafePointer<Double>, _ rows: Int, _ k: Int) -> Int
  ) {
    if BatchCapture.isOfNone { return }
    let body = weights.erased.body.inOrder()
    let numbers = body.scalars(as: Double.self)
    let k = weights.shape[weights.rank - 1]
    guard k > 0, let start = numbers.baseAddress else {
      if k == 0 { trap(operation, "expected \(expected), got none") }
      return
    }
    let row = find(start, numbers.count / k, k)
    if row < numbers.count / k {
      let (shown, rest) = (numbers[row * k..<Swift.min(row * k + 8, (row + 1) * k)], k > 8 ? ", …" : "")
      trap(operation, "expected \(expected), got \(shown.map { "\($0)" }.joined(separator: ", "))\(rest)")
    }
    withExtendedLifetime(body) {}
  }
}

extension WeightedDraw {
  /// Traps when the weights, logits or concentrations along the last axis are none.
  func requireWeights(_ values: Tensor<Double>) {
    switch kind {
    case .categorical, .multinomial: Tensor<Double>.requireWeights(name, values)
    case .categoricalByLogits: Tensor<Double>.requireLogits(name, values)
    case .dirichlet: ParameterBounds.concentrations("concentrations").requireValues(values, name)
    }
  }
}
