import MartletCore
import MartletText

/// Averages of a model's parameters over the steps of its training, which often measure better than the last ones.
///
/// ```swift
/// let average = WeightAverage(decay: 0.999)
/// for batch in batches {
///   …
///   optimizer.update(model, along: gradients)
///   average.update(model)
/// }
/// let accuracy = average.withAveraged(model) { measure(model) }
/// ```
/// In a fit the callback `Averaging` updates it. Buffers are not averaged: the model's own stay in use.
public final class WeightAverage {
  /// The share of the average that is kept at an update; nil for the plain mean of all.
  public let decay: Double?
  /// Whether the first updates count more, so that the first parameters are soon forgotten.
  public let warmsUp: Bool
  /// The number of updates so far.
  public private(set) var updates = 0
  private var layout: ParameterPaths?
  private var averages: [AnyTensor] = []
  /// What `restore(_:updates:)` was given, until a model is known.
  private var restored: [String: AnyTensor]?

  /// An exponential moving average: `average += (1 − decay) · (parameter − average)`, from the first update's parameters
  /// on; traps for a decay outside `0 ..< 1`.
  ///
  /// Where it warms up, the decay of update t, counted from 0, is at most `(1 + t) / (10 + t)`.
  public init(decay: Double, warmsUp: Bool = true) {
    if !(decay >= 0 && decay < 1) { fatalError("WeightAverage: expected a decay in 0 ..< 1, got \(decay)") }
    self.decay = decay
    self.warmsUp = warmsUp
  }

  /// The mean of the parameters at all updates, as stochastic weight averaging takes it (Izmailov et al., 2018,
  /// arXiv:1803.05407): update it once an epoch, late in the training, at a constant or cyclic learning rate.
  public init() {
    decay = nil
    warmsUp = false
  }

  /// Takes the model's parameters of now into the averages; traps when the model is another than before.
  public func update(_ model: some Module) {
    if isCompiling {
      _ = onHost("WeightAverage.update", []) { _ in
        self.update(model)
        return []
      }
      return
    }
    let list = ParameterList.of(model)
    if layout == nil { adopt(list) }
    let share = share(ofUpdate: updates)
    updates += 1
    if updates == 1 || list.count == 0 { return }
    let parameters = values(of: list)
    let kernel = UpdateKernel { piece in
      piece.type.floating(move(UpdatePart<Float>(piece), by: share), move(UpdatePart<Double>(piece), by: share))
    }
    perform(
      OptimizerStep(name: "WeightAverage", kernel: kernel, slotCount: 0, flops: 3, isUphill: false),
      reading: parameters.map { $0.isContiguous ? $0.body : $0.contiguous().body }, writing: averages.map(\.body))
  }

  /// Runs code while the model has the averaged parameters, and puts its own back, also when the code throws.
  ///
  /// Traps before the first update, and for another model.
  public func withAveraged<R, E: Error>(_ model: some Module, _ body: () throws(E) -> R) throws(E) -> R {
    let list = ParameterList.of(model)
    let own = (0..<list.count).map { list[$0].value }
    apply(to: model)
    defer { for index in own.indices { list[index].value = own[index] } }
    return try body()
  }

  /// Gives the model the averaged parameters for good; traps before the first update, and for another model.
  public func apply(to model: some Module) {
    if updates == 0 { fatalError("WeightAverage: expected an update before the averages are used, got none") }
    let list = ParameterList.of(model)
    if layout == nil { adopt(list) }
    _ = values(of: list)
    for (index, average) in averages.enumerated() { list[index].value = average.copy() }
  }

  /// The averages by the parameters' paths; empty before the first update.
  public var named: [String: AnyTensor] {
    if let restored { return restored }
    return Dictionary(uniqueKeysWithValues: zip(layout?.paths ?? [], averages.map { $0.copy() }))
  }

  /// Takes back what `named` and `updates` were.
  public func restore(_ named: [String: AnyTensor], updates: Int) {
    (layout, averages, restored, self.updates) = (nil, [], updates == 0 ? nil : named, updates)
  }

  /// Forgets all updates.
  public func reset() { restore([:], updates: 0) }

  // MARK: Inside

  private func share(ofUpdate update: Int) -> Double {
    guard let decay else { return 1 / Double(update + 1) }
    return 1 - (warmsUp ? min(decay, Double(1 + update) / Double(10 + update)) : decay)
  }

  /// Makes the averages copies of the parameters, or of what was restored.
  private func adopt(_ list: ParameterList) {
    let paths = list.paths.paths
    averages = paths.indices.map { (restored?[paths[$0]] ?? list[$0].value).copy() }
    if let restored, let missing = paths.first(where: { restored[$0] == nil }) {
      fatalError("WeightAverage: expected a restored average for \"\(missing)\", got none")
    }
    layout = list.paths
    restored = nil
  }

  /// The model's parameters; traps unless they are those that are averaged.
  private func values(of list: ParameterList) -> [AnyTensor] {
    let values = (0..<list.count).map { list[$0].value }
    let isSame = list.paths === layout || list.paths.paths == layout!.paths
    if !isSame || zip(values, averages).contains(where: { $0.shape != $1.shape || $0.scalarType != $1.scalarType }) {
      fatalError(
        "WeightAverage: expected the model with the parameters \(layout!.paths.joined(separator: ", ")), got one with "
          + "\(list.paths.paths.joined(separator: ", ")), or with other shapes")
    }
    return values
  }
}

private func move<S: FloatingScalar>(_ part: UpdatePart<S>, by share: Double) {
  let (average, value, share) = (part.parameter, part.gradient, S(share))
  for i in part.indices { average[i] += share * (value[i] - average[i]) }
}
