import MartletCore
import MartletNN
import MartletTraining

/// How much a single row can move a step.
public enum PrivateClipping: Sendable, Equatable {
  /// The gradients of a row at all parameters, as one vector, have at most this 2-norm.
  case flat(Double)
  /// The gradients of a row at each layer's parameters have at most this 2-norm over the root of the number of layers
  /// that have parameters, so that all together have at most this norm.
  case perLayer(Double)

  /// The greatest norm of all gradients of a row.
  public var norm: Double {
    switch self {
    case .flat(let norm), .perLayer(let norm): norm
    }
  }

  var limit: RowLimit {
    switch self {
    case .flat(let norm): .flat(norm)
    case .perLayer(let norm): .perModule(norm)
    }
  }

  var title: String {
    switch self {
    case .flat: "flat"
    case .perLayer: "per layer"
    }
  }
}

/// How much noise a private step gets.
public enum PrivateNoise: Sendable, Equatable {
  /// Noise whose standard deviation is so many times the clipping norm; 0 for none, which is not private.
  case multiplier(Double)
  /// The least noise with which all epochs that the fit is asked for cost at most this ε, which is also the budget.
  case forEpsilon(Double)
}

/// Where the random numbers of private training come from: the rows that are drawn and the noise.
public enum PrivateRandomness: Sendable, Equatable {
  /// A seed of 128 bits by the operating system, which is kept nowhere. What a fit does can then not be repeated.
  case system
  /// A seed, for tests alone: who knows it can take the noise off again.
  case seed(UInt64)
}

/// Trains a model with differential privacy (DP-SGD): each row's gradient is clipped, and noise hides what is left of it.
///
/// ```swift
/// let privacy = try PrivateTraining(.forEpsilon(2), clipping: .flat(1), delta: 1e-5)
/// try trainer.fit(train, epochs: 20, batchSize: 256, callbacks: [privacy])
/// print(try privacy.spending())
/// ```
/// A step takes each row with a probability of `batchSize` over the number of rows, or `samplingRate`, independently. The
/// gradient is (Σ min(1, C/‖gᵢ‖) gᵢ + N(0, (σC)²)) / b, with b, the expected number of rows, as it is and not rounded.
/// An epoch is as many steps as batches of this size would be. The object that draws the rows is the one that counts the
/// steps, so that the two cannot disagree; used in a second fit, it goes on counting, so take a new one for other data.
///
/// The history and the progress line have `epsilon`. With a budget the fit ends before the step that would exceed it.
/// Checkpoints keep what was spent.
///
/// No row's gradient is kept: norms come from what a backward pass has anyway (ghost clipping), or for long sequences
/// from the gradients of a few rows at a time, where that is less work. This is so for products with weights (`Dense`,
/// `Bilinear`, `matmul`), tables (`Embedding`), and whatever is added to or multiplied with rows, as in `LayerNorm`,
/// `GroupNorm` and `RMSNorm`. Before the first step the fit throws where the loss of a row depends on other rows, as with
/// `BatchNorm`, where a gradient cannot be told apart by rows, and where buffers change in training. Three rows are looked
/// at; a model that mixes rows only at other values is not found out. Steps are not repeated from a plan.
///
/// **Not private** are the training loss and metrics of the history, what callbacks and optimisers take from the data
/// otherwise, and a choice of hyperparameters by several fits. Random numbers are Philox's, which nobody is known to
/// predict but which is no cryptographic generator, and sums are rounded, which in theory can show something (Mironov,
/// 2012).
///
/// Sources: M. Abadi et al., Deep learning with differential privacy (2016, arXiv:1607.00133); I. Goodfellow, Efficient
/// per-example gradient computations (2015, arXiv:1510.01799); X. Li et al., Large language models can be strong
/// differentially private learners (2021, arXiv:2110.05679); Z. Bu et al., Differentially private optimization on large
/// model at small cost (2022, arXiv:2210.00038).
public final class PrivateTraining: Callback {
  /// How much noise a step gets.
  public let noise: PrivateNoise
  /// How much a single row can move a step.
  public let clipping: PrivateClipping
  /// The δ that ε is stated at: well below one over the number of rows.
  public let delta: Double
  /// The probability of a row that was asked for; nil for `batchSize` over the number of rows.
  public let samplingRate: Double?
  /// The greatest ε; nil for any.
  public let epsilonBudget: Double?
  /// How steps are added up.
  public let accountant: PrivacyAccountant
  /// Where the random numbers come from.
  public let randomness: PrivateRandomness

  /// The steps taken so far, in all fits.
  public private(set) var ledger = PrivacyLedger()
  /// The noise multiplier of the last fit; nil before one.
  public private(set) var noiseMultiplier: Double?
  /// The share of rows that were clipped in the last step that had any; NaN before. It says something about the rows and
  /// is not private.
  public private(set) var clippedShare = Double.nan

  private var sampler: RowSampler?
  private var generator: RandomGenerator
  /// The steps that the budget still allows.
  private var stepsLeft = Int.max
  /// The ε of so many steps, for the progress line.
  private var shown: (steps: Int, epsilon: Double)?
  package private(set) var stepsPerEpoch = 0

  /// Makes one; throws when a number is outside its range.
  ///
  /// - Parameters:
  ///   - noise: How much noise a step gets.
  ///   - clipping: How much a single row can move a step.
  ///   - delta: The δ that ε is stated at.
  ///   - samplingRate: The probability of a row in a step; nil for the fit's `batchSize` over the number of rows.
  ///   - epsilonBudget: The ε that the fit must keep within; for `.forEpsilon` it is that.
  ///   - accountant: How steps are added up.
  ///   - randomness: Where the random numbers come from. The fit's own seed has no part in rows and noise.
  public init(
    _ noise: PrivateNoise, clipping: PrivateClipping = .flat(1), delta: Double, samplingRate: Double? = nil,
    epsilonBudget: Double? = nil, accountant: PrivacyAccountant = .rdp, randomness: PrivateRandomness = .system
  ) throws(PrivacyError) {
    if !(clipping.norm > 0 && clipping.norm.isFinite) {
      throw .invalid("expected a finite clipping norm above 0, got \(clipping.norm)")
    }
    var budget = epsilonBudget
    if case .forEpsilon(let epsilon) = noise { budget = min(epsilon, budget ?? epsilon) }
    _ = try PrivacyBudget(epsilon: budget ?? 1, delta: delta)
    let multiplier = if case .multiplier(let given) = noise { given } else { 1.0 }
    _ = try PrivacyPhase(samplingRate: samplingRate ?? 1, noiseMultiplier: multiplier, steps: 0)
    if budget != nil && !accountant.isUpperBound {
      throw .invalid("expected an accountant that gives an upper bound for a budget, got \(accountant.title)")
    }
    (self.noise, self.clipping, self.delta, self.samplingRate) = (noise, clipping, delta, samplingRate)
    (self.epsilonBudget, self.accountant, self.randomness) = (budget, accountant, randomness)
    generator = if case .seed(let seed) = randomness { RandomGenerator(seed: seed) } else { RandomGenerator() }
  }

  /// What the steps so far cost, with all that the figure depends on; throws where the accountant cannot tell.
  public func spending() throws(PrivacyError) -> PrivacySpending {
    PrivacySpending(
      epsilon: try ledger.epsilon(delta: delta, by: accountant), delta: delta, accountant: accountant,
      adjacency: "add or remove one row", sampling: "Poisson", ledger: ledger, clippingNorm: clipping.norm,
      clipping: clipping.title, isSeeded: randomness != .system)
  }

  // MARK: The fit

  /// Says in the progress what is private, and how far a budget goes.
  public func onFitBegin(_ fit: FitState) throws(PrivacyError) {
    guard let sampler, let noiseMultiplier else { return }
    var line =
      "private training: noise \(significant(noiseMultiplier)), \(clipping.title) clipping to "
      + "\(significant(clipping.norm)), rows at a rate of \(significant(sampler.rate)), so "
      + "\(significant(sampler.expectedCount)) on average"
    if let epsilonBudget {
      line += "; epsilon of at most \(significant(epsilonBudget)) at delta \(significant(delta))"
    }
    fit.log(line)
    if delta * Double(sampler.rows) >= 1 {
      fit.log("delta \(significant(delta)) is not below 1/\(sampler.rows): a method that publishes one row keeps to it")
    }
  }

  /// Ends the fit where the budget allows no step; throws where it never did.
  public func onEpochBegin(_ fit: FitState) throws(PrivacyError) {
    try countStepsLeft()
    if stepsLeft > 0 { return }
    if fit.stepsTaken == 0 {
      throw .exhausted(
        "expected a budget that allows a step, got an epsilon of \(significant(epsilonBudget!)) at delta "
          + "\(significant(delta)) after \(ledger.steps) steps")
    }
    stop(fit)
  }

  /// Ends the fit before the step that would exceed the budget.
  public func onStepEnd(_ fit: FitState) {
    if stepsLeft == 0 { stop(fit) }
  }

  /// Records `epsilon`.
  public func onEpochEnd(_ fit: FitState) throws(PrivacyError) {
    let epsilon = try ledger.epsilon(delta: delta, by: accountant)
    shown = (ledger.steps, epsilon)
    fit.record("epsilon", epsilon)
  }

  /// Says in the progress what was spent.
  public func onFitEnd(_ fit: FitState) throws(PrivacyError) {
    if ledger.steps > 0 { fit.log("spent \(try spending())") }
  }

  private func stop(_ fit: FitState) {
    if fit.isStopping { return }
    fit.log("the privacy budget is used up: another step would exceed an epsilon of \(significant(epsilonBudget!))")
    fit.stop()
  }

  private func countStepsLeft() throws(PrivacyError) {
    guard let epsilonBudget, let sampler, let noiseMultiplier else { return }
    stepsLeft = try ledger.steps(
      within: PrivacyBudget(epsilon: epsilonBudget, delta: delta), samplingRate: sampler.rate,
      noiseMultiplier: noiseMultiplier, by: accountant, atMost: stepsPerEpoch + 1)
  }

  // MARK: In checkpoints

  /// What was spent, and the random numbers where they come from a seed.
  public var state: SavedState {
    var state = SavedState(numbers: ["phases": Double(ledger.phases.count)])
    for (index, phase) in ledger.phases.enumerated() {
      state.numbers["rate\(index)"] = phase.samplingRate
      state.numbers["noise\(index)"] = phase.noiseMultiplier
      state.numbers["steps\(index)"] = Double(phase.steps)
    }
    state.numbers["noise"] = noiseMultiplier
    state.texts["settings"] = settings
    if randomness != .system { state.tensors["random"] = generator.state.erased }
    return state
  }

  /// Takes back what `state` was; throws when the settings were others.
  public func restore(_ state: SavedState, _ fit: FitState) throws {
    let saved = try state.text("settings")
    if saved != settings {
      throw CheckpointError.state("expected private training with \(settings), got \(saved)")
    }
    var restored = PrivacyLedger()
    for index in 0..<Int(try state.number("phases")) {
      try restored.add(
        steps: Int(try state.number("steps\(index)")), samplingRate: try state.number("rate\(index)"),
        noiseMultiplier: try state.number("noise\(index)"))
    }
    if randomness != .system { generator = try RandomGenerator(state: Tensor<Int64>(try state.tensor("random"))) }
    noiseMultiplier = try state.number("noise")
    ledger = restored
    shown = nil
    try countStepsLeft()
    // A fit that was ended within its epoch goes on there, without `onEpochBegin`.
    if stepsLeft == 0 { stop(fit) }
  }

  /// What must be the same to go on. The budget and the accountant may change: they only look at what was spent.
  private var settings: String {
    let multiplier =
      if case .multiplier(let given) = noise { "a noise multiplier of \(given)" } else { "noise for an epsilon" }
    return "\(multiplier), \(clipping), \(randomness == .system ? "system" : "seeded") randomness, "
      + "a rate of \(sampler?.rate ?? .nan)"
  }
}

extension PrivateTraining: RowStepping {
  package var runningMeasures: [(name: String, value: Double)] {
    if shown?.steps != ledger.steps {
      // The tight accountant takes longer than a step: until an epoch ends, its last figure stands.
      if accountant == .prv, let shown { return [("epsilon", shown.epsilon)] }
      guard let epsilon = try? ledger.epsilon(delta: delta, by: accountant) else { return [] }
      shown = (ledger.steps, epsilon)
    }
    return [("epsilon", shown!.epsilon)]
  }

  package func prepare(rows: Int, options: FitOptions, callbacks: [any Callback]) throws {
    if callbacks.contains(where: { $0 is GradientAccumulation }) {
      throw PrivacyError.unsupported(
        "expected no GradientAccumulation with PrivateTraining, got one: it weighs steps by the rows that were drawn, "
          + "which is not private; take a greater batchSize")
    }
    if samplingRate == nil && options.batchSize > rows {
      throw PrivacyError.invalid(
        "expected a batchSize of at most \(rows), the number of rows, got \(options.batchSize)")
    }
    let rate = samplingRate ?? Double(options.batchSize) / Double(rows)
    sampler = RowSampler(rows: rows, rate: rate)
    // A little is taken off so that rounding in binary adds no step.
    stepsPerEpoch = max(1, Int((1 / rate - 1e-9).rounded(.up)))
    switch noise {
    case .multiplier(let given): noiseMultiplier = given
    case .forEpsilon(let epsilon):
      noiseMultiplier = try MartletAccountability.noiseMultiplier(
        forEpsilon: epsilon, delta: delta, samplingRate: rate, steps: max(1, options.epochs * stepsPerEpoch),
        by: accountant, after: ledger)
    }
    shown = nil
    stepsLeft = .max
    try countStepsLeft()
  }

  package func drawRows(_ fit: FitState) -> Tensor<Int64>? {
    guard let sampler, stepsLeft > 0 else { return nil }
    return Tensor(sampler.draw(using: &generator))
  }

  package func gradients(of model: some Module, _ rows: RowGradients?) -> Gradients {
    guard let sampler, let noiseMultiplier else { fatalError("PrivateTraining: a step before the fit began") }
    let scale = 1 / sampler.expectedCount
    let clipped = rows?.clipped(clipping.limit, scale: scale)
    if let clipped { clippedShare = Double(clipped.clippedCount) / Double(clipped.norms.count) }
    let deviation = noiseMultiplier * clipping.norm * scale
    // Counted before anything of the step is handed on.
    if let phase = try? PrivacyPhase(samplingRate: sampler.rate, noiseMultiplier: noiseMultiplier, steps: 1) {
      ledger.add(phase)
    }
    stepsLeft -= 1
    return (clipped?.sum ?? .zeros(of: model)).adding { shape, type in
      type == .float64
        ? Tensor<Double>.randomNormal(shape, standardDeviation: deviation, using: &self.generator).erased
        : Tensor<Float>.randomNormal(shape, standardDeviation: Float(deviation), using: &self.generator).erased
    }
  }
}
