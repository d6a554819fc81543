import MartletCore

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno: for small data and the whole of it at once, where
/// it needs far fewer evaluations than steps along the gradient (Liu and Nocedal, 1989, Mathematical Programming 45).
///
/// ```swift
/// let minimum = LBFGS().minimize(model) { meanSquaredError(predicted: $0(x), expected: y) }
/// print(minimum.loss, minimum.iterations, minimum.reason)
/// ```
/// The steps are those of `torch.optim.LBFGS` with `line_search_fn="strong_wolfe"`. A `Trainer` uses it by
/// `minimize(_:_:with:)`. The function must be the same at every call: without dropout, and over the same rows.
public struct LBFGS: Sendable {
  /// The first step that is tried along each direction.
  public var learningRate: Double
  /// The most directions that are followed.
  public var maximumIterations: Int
  /// The most evaluations of the loss and its gradient; nil for 5/4 of the iterations.
  public var maximumEvaluations: Int?
  /// It ends where no element of the gradient is larger.
  public var gradientTolerance: Double
  /// It ends where neither the loss nor a parameter changes by more.
  public var changeTolerance: Double
  /// The number of steps by which the curvature is known; each costs memory twice that of the parameters.
  public var historySize: Int

  /// Makes the method with its limits and tolerances; traps for numbers that leave nothing to do.
  public init(
    learningRate: Double = 1, maximumIterations: Int = 200, maximumEvaluations: Int? = nil,
    gradientTolerance: Double = 1e-7, changeTolerance: Double = 1e-9, historySize: Int = 10
  ) {
    if !(learningRate > 0 && maximumIterations > 0 && historySize > 0 && gradientTolerance >= 0 && changeTolerance >= 0)
    {
      fatalError(
        "LBFGS: expected a learningRate, maximumIterations and historySize above 0 and tolerances of at least 0, got "
          + "\(learningRate), \(maximumIterations), \(historySize), \(gradientTolerance), \(changeTolerance)")
    }
    self.learningRate = learningRate
    self.maximumIterations = maximumIterations
    self.maximumEvaluations = maximumEvaluations
    self.gradientTolerance = gradientTolerance
    self.changeTolerance = changeTolerance
    self.historySize = historySize
  }

  /// Where a minimisation ended, and why.
  public struct Minimum: Sendable {
    /// Why a minimisation ended.
    public enum Reason: Sendable {
      /// The gradient is as small as was asked for, or there is none.
      case gradient
      /// The loss and the parameters hardly changed any more.
      case change
      /// The iterations or evaluations are used up.
      case limit
      /// The loss or a gradient at the beginning is NaN or infinite.
      case notFinite
    }

    /// The loss at the model's parameters now.
    public let loss: Double
    /// The number of directions that were followed.
    public let iterations: Int
    /// The number of evaluations of the loss and its gradient.
    public let evaluations: Int
    /// Why it ended.
    public let reason: Reason
  }

  /// Changes the model's parameters until the loss is at a minimum; frozen ones, and those without a gradient, stay.
  ///
  /// - Complexity: O(historySize · n) for each iteration, beside the evaluations, with n the number of elements.
  @discardableResult
  public func minimize<M: Module, Scalar: FloatingScalar>(
    _ model: M, _ loss: (_ model: M) -> Tensor<Scalar>
  ) -> Minimum {
    let (value, gradients) = valueWithGradient(at: model, of: loss)
    let variables = FlatParameters(model.parameters().filter { gradients[$0.path] != nil })
    return withoutActuallyEscaping(loss) { loss in
      run(variables, Double(value.item()), variables.flattened(gradients)) {
        let (value, gradients) = valueWithGradient(at: model, of: loss)
        return (Double(value.item()), variables.flattened(gradients))
      }
    }
  }

  private func run(
    _ parameters: FlatParameters, _ firstLoss: Double, _ firstGradient: [Double],
    _ evaluate: @escaping () -> (Double, [Double])
  ) -> Minimum {
    let limit = maximumEvaluations ?? max(1, maximumIterations * 5 / 4)
    var (loss, gradient, evaluations, iterations) = (firstLoss, firstGradient, 1, 0)
    func ended(_ reason: Minimum.Reason) -> Minimum {
      Minimum(loss: loss, iterations: iterations, evaluations: evaluations, reason: reason)
    }
    if !loss.isFinite || !gradient.allSatisfy(\.isFinite) { return ended(.notFinite) }
    if largest(gradient) <= gradientTolerance { return ended(.gradient) }
    var memory = CurvatureMemory(size: historySize)
    while iterations < maximumIterations && (iterations == 0 || evaluations < limit) {
      iterations += 1
      let direction = memory.direction(against: gradient)
      let slope = dot(gradient, direction)
      if slope > -changeTolerance { return ended(.change) }
      let size = gradient.reduce(0) { $0 + abs($1) }
      let first = iterations == 1 ? min(1, 1 / size) * learningRate : learningRate
      let origin = parameters.values
      var search = WolfeSearch(
        length: largest(direction), changeTolerance: changeTolerance, maximumEvaluations: limit - evaluations
      ) { step in
        parameters.set(adding(origin, step, direction))
        let (value, gradient) = evaluate()
        return .init(step: step, value: value, slope: dot(gradient, direction), gradient: gradient)
      }
      let start = WolfeSearch.Point(step: 0, value: loss, slope: slope, gradient: gradient)
      let point = search.run(from: start, firstStep: first)
      evaluations += search.evaluations
      parameters.set(adding(origin, point.step, direction))
      let (change, step) = (abs(point.value - loss), direction.map { $0 * point.step })
      memory.add(step, adding(point.gradient, -1, gradient))
      (loss, gradient) = (point.value, point.gradient)
      if largest(gradient) <= gradientTolerance { return ended(.gradient) }
      if largest(step) <= changeTolerance || change < changeTolerance { return ended(.change) }
    }
    return ended(.limit)
  }
}

/// The last steps, and by how much the gradient changed along them.
private struct CurvatureMemory {
  let size: Int
  private var pairs: [(step: [Double], change: [Double], weight: Double)] = []
  private var scale = 1.0

  init(size: Int) { self.size = size }

  mutating func add(_ step: [Double], _ change: [Double]) {
    let curvature = dot(change, step)
    if !(curvature > 1e-10) { return }
    if pairs.count == size { pairs.removeFirst() }
    pairs.append((step, change, 1 / curvature))
    scale = curvature / dot(change, change)
  }

  /// The inverse curvature times the negative gradient, by the two loops of Nocedal, 1980.
  func direction(against gradient: [Double]) -> [Double] {
    var result = gradient.map { -$0 }
    var shares = [Double](repeating: 0, count: pairs.count)
    for index in pairs.indices.reversed() {
      shares[index] = dot(pairs[index].step, result) * pairs[index].weight
      result = adding(result, -shares[index], pairs[index].change)
    }
    result = result.map { $0 * scale }
    for (index, pair) in pairs.enumerated() {
      result = adding(result, shares[index] - dot(pair.change, result) * pair.weight, pair.step)
    }
    return result
  }
}

/// Parameters as one vector.
private struct FlatParameters {
  private let parameters: [(path: String, variable: Variable)]

  init(_ parameters: [(path: String, variable: Variable)]) { self.parameters = parameters }

  var values: [Double] { parameters.flatMap { doubles($0.variable.value) } }

  func flattened(_ gradients: Gradients) -> [Double] {
    parameters.flatMap { path, variable in
      gradients[path].map(doubles) ?? [Double](repeating: 0, count: variable.value.count)
    }
  }

  func set(_ values: [Double]) {
    var next = 0
    for (_, variable) in parameters {
      let old = variable.value
      let part = Tensor<Double>(shape: old.shape, scalars: Array(values[next..<next + old.count]))
      variable.value = part.erased.converted(to: old.scalarType)
      next += old.count
    }
  }

  private func doubles(_ tensor: AnyTensor) -> [Double] {
    Tensor<Double>(unchecked: tensor.converted(to: .float64)).scalars
  }
}

private func largest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for index in a.indices { sum += a[index] * b[index] }
  return sum
}

/// `a + factor · b`.
private func adding(_ a: [Double], _ factor: Double, _ b: [Double]) -> [Double] {
  [Double](unsafeUninitializedCapacity: a.count) { result, count in
    for index in a.indices { result.initializeElement(at: index, to: a[index] + factor * b[index]) }
    count = a.count
  }
}
