import MartletCore
import MartletData
import MartletNN
import MartletPlatform
import MartletText

/// Fair models by reduction: a learner is fitted again and again to rows with other labels and weights, until a mixture of
/// its models has the least error under a constraint.
///
/// ```swift
/// let method = ExponentiatedGradient(.equalizedOdds(.difference(0.02)))
/// let fair = try method.fit(train.x, labels: train.y, groups: sex) { rows -> Sequential in
///   let model = withRandomSeed(1) { Sequential(inputShape: [12]) { Dense(16, activation: .relu); Dense(2) } }
///   try Trainer(model, optimizer: Adam(), loss: .crossEntropy).fit(rows, epochs: 10, seed: 1, progress: .none)
///   return model
/// }
/// print(fair.record)
/// let probabilities = try fair.probabilities(test.x)
/// ```
/// The learner is any model that `fit` trains with weights of rows; the group is known while training alone. It is called
/// up to some hundred times, so a small one is best; it should give the same model for the same rows. Multipliers of the
/// constraints grow by exponentiated gradients; after each step, a linear program over the models so far finds the best
/// mixture. Source: A. Agarwal et al., A reductions approach to fair classification (2018), with the stopping rule and
/// steps of Fairlearn 0.15.
public struct ExponentiatedGradient: Sendable {
  /// What is to hold.
  public var moment: FairnessMoment
  /// The largest sum of the multipliers: what an excess over a bound may cost in error. Fairlearn's `1/eps`.
  public var multiplierLimit: Double
  /// The most steps.
  public var maximumIterations: Int
  /// The gap to the best at which it ends; nil for half the standard error of the first model's error.
  public var tolerance: Double?
  /// The first size of steps, by the limit of the multipliers.
  public var learningRate: Double
  /// Whether a linear program over the models so far follows each step.
  public var usesLinearProgram: Bool

  /// The method with its limits.
  public init(
    _ moment: FairnessMoment, multiplierLimit: Double = 100, maximumIterations: Int = 50, tolerance: Double? = nil,
    learningRate: Double = 2, usesLinearProgram: Bool = true
  ) {
    (self.moment, self.multiplierLimit, self.maximumIterations) = (moment, multiplierLimit, maximumIterations)
    (self.tolerance, self.learningRate, self.usesLinearProgram) = (tolerance, learningRate, usesLinearProgram)
  }

  /// Fits a mixture of classifiers to features `x` with labels `[rows]`, each 0 or 1.
  ///
  /// Throws when the rows differ, there are none, a label is neither 0 nor 1, an option is outside its range, when the
  /// constraint is about rows of a label that there are none of, and as `learn` does.
  /// - Parameters:
  ///   - x: The features, row by row.
  ///   - labels: The labels.
  ///   - groups: The group of each row.
  ///   - weights: What each row counts for.
  ///   - form: What the models' outputs are, `[rows]`, `[rows, 1]` or, for two classes, `[rows, 2]`.
  ///   - batchSize: How many rows are computed at a time.
  ///   - learn: Fits a new model to rows with weights and returns it.
  public func fit<Model: Layer>(
    _ x: Model.Input, labels: Tensor<Int32>, groups: Groups, weights: Tensor<Float>? = nil,
    from form: OutputForm = .logits, batchSize: Int = 256,
    learn: (_ rows: Dataset<Model.Input, Tensor<Int32>>) throws -> Model
  ) throws -> RandomizedClassifier<Model> where Model.Input: Batchable, Model.Output == Tensor<Float> {
    let rows = try ReductionRows(x, labels: labels, groups: groups, weights: weights, batchSize: batchSize)
    let problem = try rows.problem(moment)
    var models = [Model]()
    let (outcome, record) = try withoutActuallyEscaping(learn) { learn in
      try run(problem) { labels, weights in
        let model = try learn(try rows.dataset(labels: labels, weights: weights))
        models.append(model)
        return try rows.decisions(of: model, from: form)
      }
    }
    let members = outcome.map { entry -> (RandomizedClassifier<Model>.Member, Double) in
      guard let call = entry.member.call else { return (.constant(entry.member.constant), entry.share) }
      return (.model(models[call]), entry.share)
    }
    return RandomizedClassifier(members: members, record: record, form: form, batchSize: batchSize)
  }

  /// Fits a mixture of regressors to features `x` with targets `[rows]`, under a limit to the loss of each group.
  ///
  /// Throws as the classifiers' fit does, when the constraint is not a ``FairnessMoment/boundedGroupLoss(_:limit:)``, and
  /// when a target is not finite. Models return `[rows]` or `[rows, 1]`.
  public func fit<Model: Layer>(
    _ x: Model.Input, targets: Tensor<Float>, groups: Groups, weights: Tensor<Float>? = nil, batchSize: Int = 256,
    learn: (_ rows: Dataset<Model.Input, Tensor<Float>>) throws -> Model
  ) throws -> RandomizedRegressor<Model> where Model.Input: Batchable, Model.Output == Tensor<Float> {
    let rows = try ReductionRows(x, targets: targets, groups: groups, weights: weights, batchSize: batchSize)
    let problem = try rows.problem(moment)
    if !problem.keepsLabels {
      throw FairnessError.invalid("\(moment.name): expected a bounded group loss for targets that are numbers")
    }
    var models = [Model]()
    let (outcome, record) = try withoutActuallyEscaping(learn) { learn in
      try run(problem) { _, weights in
        let model = try learn(try rows.dataset(weights: weights))
        models.append(model)
        return try rows.numbers(of: model)
      }
    }
    return RandomizedRegressor(
      members: outcome.map { (models[$0.member.call!], $0.share) }, record: record, batchSize: batchSize)
  }

  private func check() throws(FairnessError) {
    if !(multiplierLimit > 0 && multiplierLimit.isFinite) {
      throw .invalid("expected a limit of multipliers above 0, got \(multiplierLimit)")
    }
    if maximumIterations < 1 { throw .invalid("expected at least one iteration, got \(maximumIterations)") }
    if let tolerance, !(tolerance >= 0) { throw .invalid("expected a tolerance of at least 0, got \(tolerance)") }
    if !(learningRate > 0 && learningRate.isFinite) {
      throw .invalid("expected a learning rate above 0, got \(learningRate)")
    }
  }

  /// Steps of the game; returns the members of the best mixture with their probabilities.
  func run(
    _ problem: ReductionProblem, _ learn: @escaping ReductionRun.Learn
  ) throws -> (mixture: [(member: ReductionRun.Member, share: Double)], record: ReductionRecord) {
    try check()
    var run = ReductionRun(problem, bound: multiplierLimit, learn: learn)
    var (logits, sums) = ([Double](repeating: 0, count: problem.count), [Double](repeating: 0, count: problem.count))
    var (counts, size) = ([Double](), learningRate / multiplierLimit)
    var (tolerance, leastRegret) = (tolerance ?? .infinity, Double.infinity)
    var (lastRegret, lastChecked) = (Double.infinity, 5)
    var (steps, best) = ([ReductionRecord.Step](), (gap: Double.infinity, mixture: [Double]()))
    for iteration in 0..<maximumIterations {
      // With the largest taken out of numerator and denominator nothing overflows.
      let largest = max(logits.max()!, 0)
      let powers = logits.map { exp($0 - largest) }
      let sum = exp(-largest) + powers.reduce(0, +)
      let multipliers = powers.map { multiplierLimit * $0 / sum }
      sums = zip(sums, multipliers).map { $0 + $1 }
      let (index, predictions) = try run.best(for: multipliers)
      if iteration == 0 && self.tolerance == nil { tolerance = Self.tolerance(problem, predictions!) }
      counts += [Double](repeating: 0, count: run.members.count - counts.count)
      counts[index] += 1
      let played = counts.map { $0 / Double(iteration + 1) }
      let mean = sums.map { $0 / Double(iteration + 1) }
      var chosen = try run.gap(of: played, against: mean, tolerance: tolerance)
      var mixture = played
      leastRegret = min(leastRegret, chosen.gap)
      if iteration > 0 && usesLinearProgram {
        let program = run.program()
        let other = try run.gap(of: program.probabilities, against: program.multipliers, tolerance: tolerance)
        if other.gap <= chosen.gap { (chosen, mixture) = (other, program.probabilities) }
      }
      steps.append(
        ReductionRecord.Step(
          error: chosen.error, excess: run.excess(chosen.violations).max()!, gap: chosen.gap,
          modelCount: run.members.count, learnerCalls: run.calls))
      if chosen.gap <= best.gap + 1e-8 { best = (min(chosen.gap, best.gap), mixture) }
      if chosen.gap < tolerance && iteration >= 5 { break }
      if Double(iteration) >= Double(lastChecked) * 1.6 {
        if leastRegret > lastRegret * 0.8 { size *= 0.8 }
        (lastChecked, lastRegret) = (iteration, leastRegret)
      }
      let excess = run.excess(run.members[index].violations)
      logits = zip(logits, excess).map { $0 + size * $1 }
    }
    let shares = zip(run.members, best.mixture).filter { $0.1 > 0 }.map { (member: $0.0, share: $0.1) }
    return (shares, ReductionRecord(steps: steps, tolerance: tolerance, constraints: problem.names))
  }

  /// Half the standard error of the first model's error.
  private static func tolerance(_ problem: ReductionProblem, _ predictions: [Double]) -> Double {
    let total = problem.weights.reduce(0, +)
    let distances = zip(predictions, problem.labels).map { abs($0 - $1) }
    let mean = dot(distances, problem.weights) / total
    let squares = dot(distances.map { ($0 - mean) * ($0 - mean) }, problem.weights)
    return 0.5 * (squares / max(total - 1, 1)).squareRoot() / total.squareRoot()
  }
}
