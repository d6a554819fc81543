import MartletCore
import MartletNN

/// A search for small changes of inputs that make a model err: by the sign of the gradient, in one step or in many.
///
/// ```swift
/// let attack = try AdversarialAttack.projectedGradientDescent(strength: 0.1, steps: 20, starts: 3, range: 0...1)
/// let result = try attack(model, test.x, labels: test.y)
/// print(result.accuracy, result.robustAccuracy, result.successRate)
/// ```
/// The change of a row is at most ``strength`` in the ``norm``. What an attack does not find may still be there: the
/// robust accuracy is an upper bound of what a stronger attack leaves, and a model whose gradients vanish looks more
/// robust than it is.
public struct AdversarialAttack: Sendable, Hashable {
  /// How the size of a row's change is measured.
  public enum Norm: String, Sendable, Hashable, Codable, CaseIterable {
    /// The greatest change of an element, L∞.
    case maximum
    /// The root of the sum of squared changes, L2.
    case euclidean
  }

  /// How the size of a row's change is measured.
  public let norm: Norm
  /// The greatest change of a row.
  public let strength: Double
  /// The number of steps along the gradient.
  public let steps: Int
  /// The length of a step, in the norm.
  public let stepSize: Double
  /// How many times each row is attacked; the attempt that does most is kept.
  public let starts: Int
  /// Whether attempts start at a random change within the strength instead of at the input itself.
  public let startsAtRandom: Bool
  /// What the elements of inputs must stay within, such as 0…1 for pixels.
  public let range: ClosedRange<Double>?

  private init(
    _ norm: Norm, _ strength: Double, steps: Int, stepSize: Double, starts: Int, startsAtRandom: Bool,
    range: ClosedRange<Double>?
  ) throws(RobustnessError) {
    if !(strength >= 0 && strength.isFinite) {
      throw .invalid("expected a strength that is finite and not negative, got \(strength)")
    }
    if steps < 1 { throw .invalid("expected at least one step, got \(steps)") }
    if !(stepSize >= 0 && stepSize.isFinite) {
      throw .invalid("expected a step that is finite and not negative, got \(stepSize)")
    }
    if starts < 1 { throw .invalid("expected at least one start, got \(starts)") }
    if let range, !(range.lowerBound.isFinite && range.upperBound.isFinite) {
      throw .invalid("expected a finite range of inputs, got \(range)")
    }
    (self.norm, self.strength, self.steps, self.stepSize) = (norm, strength, steps, stepSize)
    (self.starts, self.startsAtRandom, self.range) = (starts, startsAtRandom, range)
  }

  /// The fast gradient sign method: one step of the whole strength; with the Euclidean norm, along the gradient itself.
  ///
  /// Source: I. Goodfellow, J. Shlens and C. Szegedy, Explaining and harnessing adversarial examples (2015). Throws when
  /// the strength is negative or not finite, and when the range is not finite.
  public static func fastGradientSign(
    strength: Double, norm: Norm = .maximum, range: ClosedRange<Double>? = nil
  ) throws(RobustnessError) -> AdversarialAttack {
    try AdversarialAttack(
      norm, strength, steps: 1, stepSize: strength, starts: 1, startsAtRandom: false, range: range)
  }

  /// Projected gradient descent: steps along the gradient, after each of which the change is brought back to the strength
  /// and the input to its range, from random starts.
  ///
  /// A step is 2.5 · strength / steps long unless stated. Source: A. Madry et al., Towards deep learning models resistant
  /// to adversarial attacks (2018). Throws when a number cannot be used.
  /// - Parameters:
  ///   - strength: The greatest change of a row.
  ///   - norm: How the change is measured.
  ///   - steps: The number of steps.
  ///   - stepSize: The length of a step.
  ///   - starts: How many times each row is attacked.
  ///   - startsAtRandom: Whether attempts start at a random change; without it, more than one start is pointless.
  ///   - range: What the elements of inputs must stay within.
  public static func projectedGradientDescent(
    strength: Double, norm: Norm = .maximum, steps: Int = 20, stepSize: Double? = nil, starts: Int = 1,
    startsAtRandom: Bool = true, range: ClosedRange<Double>? = nil
  ) throws(RobustnessError) -> AdversarialAttack {
    try AdversarialAttack(
      norm, strength, steps: steps, stepSize: stepSize ?? 2.5 * strength / Double(max(1, steps)), starts: starts,
      startsAtRandom: startsAtRandom, range: range)
  }

  /// The attack with another strength, its steps as much longer or shorter.
  ///
  /// Throws when the strength is negative or not finite, and when that of the attack is 0, which tells no steps.
  public func with(strength other: Double) throws(RobustnessError) -> AdversarialAttack {
    if strength == 0 && other != 0 { throw .invalid("expected an attack of a strength above 0 to scale, got 0") }
    return try AdversarialAttack(
      norm, other, steps: steps, stepSize: strength == 0 ? 0 : stepSize * other / strength, starts: starts,
      startsAtRandom: startsAtRandom, range: range)
  }

  // MARK: Attacking

  /// Attacks a model at inputs `[rows, …]` with labels `[rows]`, away from them, or towards the classes `targets` `[rows]`.
  ///
  /// The model's outputs are `[rows, classes]`, or `[rows]` or `[rows, 1]` for two classes. It is in inference mode, so
  /// that a row's gradient is its own.
  ///
  /// Throws when the rows differ, when there are none, when the model does not take them, when a label or target is no
  /// class, when an input is not finite or outside the range, when a gradient is not finite, and when a batch has no row.
  /// - Complexity: starts · steps gradients and outputs of all rows.
  /// - Parameters:
  ///   - model: The model.
  ///   - x: The inputs.
  ///   - labels: Their classes.
  ///   - targets: The classes to be reached instead; without them, any other class than the label is.
  ///   - form: What the model's outputs are. Losses of probabilities have gradients that vanish where they are certain.
  ///   - batchSize: How many rows are computed at a time; the result does not depend on it.
  ///   - seed: What the random starts depend on.
  public func callAsFunction<Model: Layer>(
    _ model: Model, _ x: Tensor<Float>, labels: Tensor<Int32>, targets: Tensor<Int32>? = nil,
    from form: OutputForm = .logits, batchSize: Int = 256, seed: UInt64 = 0
  ) throws(RobustnessError) -> AttackResult where Model.Input == Tensor<Float>, Model.Output == Tensor<Float> {
    try check(model, takes: x)
    return try self(x, labels: labels, targets: targets, from: form, batchSize: batchSize, seed: seed) { model($0) }
  }

  /// Attacks a function of inputs `[rows, …]` whose outputs are as a model's: see
  /// `callAsFunction(_:_:labels:targets:from:batchSize:seed:)`.
  ///
  /// The outputs of a row must depend on that row alone, and be differentiable in it.
  public func callAsFunction(
    _ x: Tensor<Float>, labels: Tensor<Int32>, targets: Tensor<Int32>? = nil, from form: OutputForm = .logits,
    batchSize: Int = 256, seed: UInt64 = 0, outputs: (Tensor<Float>) -> Tensor<Float>
  ) throws(RobustnessError) -> AttackResult {
    let x = x.detached()
    try checkInputs(x, labels, targets, batchSize)
    let search = AttackSearch(attack: self, form: form, isTargeted: targets != nil)
    let rows = x.shape[0]
    let starts = randomStarts(x.shape, seed: seed)
    var (inputs, before, after) = ([Tensor<Float>](), [Int32](), [Int32]())
    for start in stride(from: 0, to: rows, by: batchSize) {
      let batch = start..<min(rows, start + batchSize)
      let found = try inInferenceMode { () throws(RobustnessError) in
        try search.run(
          x[batch], labels: labels[batch], goals: (targets ?? labels)[batch], starts: starts.map { $0[batch] }, outputs)
      }
      inputs.append(found.inputs)
      before += found.before
      after += found.after
    }
    return AttackResult(
      attack: self, original: x, inputs: inputs.count == 1 ? inputs[0] : Tensor.concatenate(inputs), labels: labels,
      targets: targets, predictionsBefore: Tensor(before), predictions: Tensor(after))
  }

  /// Changes within the strength to start at, for all rows, so that they do not depend on batches; zeros where attempts
  /// do not start at random.
  private func randomStarts(_ shape: Shape, seed: UInt64) -> [Tensor<Float>] {
    if !startsAtRandom { return [Tensor<Float>](repeating: .zeros(shape), count: starts) }
    var generator = RandomGenerator(seed: seed)
    return (0..<starts).map { _ in
      switch norm {
      case .maximum:
        return (Tensor<Float>.randomUniform(shape, using: &generator) * 2 - 1) * Float(strength)
      case .euclidean:
        // Uniform in the ball: a direction, and a radius whose volume is uniform.
        let direction = unit(Tensor<Float>.randomNormal(shape, using: &generator))
        let elements = max(1, direction.count / shape[0])
        let volume = Tensor<Double>.randomUniform(rowShape(shape), using: &generator)
        return direction * (volume.power(1 / Double(elements)) * strength).cast(to: Float.self)
      }
    }
  }

  private func checkInputs(
    _ x: Tensor<Float>, _ labels: Tensor<Int32>, _ targets: Tensor<Int32>?, _ batchSize: Int
  ) throws(RobustnessError) {
    if batchSize < 1 { throw .invalid("expected a batch of at least one row, got \(batchSize)") }
    if x.rank == 0 { throw .shapes("expected inputs of shape [rows, …], got \(x.shape)") }
    if x.count == 0 { throw .empty("expected inputs, got shape \(x.shape)") }
    let rows: Shape = [x.shape[0]]
    if labels.shape != rows { throw .shapes("expected labels of shape \(rows), got \(labels.shape)") }
    if let targets, targets.shape != rows { throw .shapes("expected targets of shape \(rows), got \(targets.shape)") }
    let numbers = x.scalars
    if let bad = numbers.first(where: { !$0.isFinite }) { throw .invalid("expected finite inputs, got \(bad)") }
    if let range, let bad = numbers.first(where: { !range.contains(Double($0)) }) {
      throw .invalid("expected inputs within \(range), got \(bad)")
    }
  }
}

/// Throws when a model does not take the rows of inputs `[rows, …]`, where its layers can tell.
func check<Model: Layer>(_ model: Model, takes x: Tensor<Float>) throws(RobustnessError)
where Model.Input == Tensor<Float> {
  do {
    _ = try model.outputShape(for: x.rank == 0 ? nil : Shape(x.shape.dropFirst()))
    try model.validate(x)
  } catch {
    throw .shapes("expected inputs that the model takes, got shape \(x.shape): \(error)")
  }
}

/// `withMode` and `withoutGradient` know no typed errors.
func inInferenceMode<Value>(_ body: () throws(RobustnessError) -> Value) throws(RobustnessError) -> Value {
  let result: Result<Value, RobustnessError> = withMode(.inference) {
    do throws(RobustnessError) { return .success(try body()) } catch { return .failure(error) }
  }
  return try result.get()
}
