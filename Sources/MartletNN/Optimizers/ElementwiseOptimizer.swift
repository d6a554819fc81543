import MartletCore

/// An optimiser that changes every element of the parameters by an update rule, as `SGD`, `Adam` and `RMSProp` do. For
/// an optimiser of your own write an `UpdateRule`.
///
/// The rule's hyperparameters are also properties of the optimiser: `optimizer.weightDecay`. Those that are `var` in
/// the rule may be changed between steps.
@dynamicMemberLookup
open class ElementwiseOptimizer<Rule: UpdateRule>: MomentumOptimizer {
  /// The update rule, with all hyperparameters.
  @exclusivity(unchecked) public private(set) final var rule: Rule {
    didSet { isChecked = false }
  }
  // Whether the rule's current hyperparameters are known to be within their ranges.
  @exclusivity(unchecked) private final var isChecked = false
  private final var step: ElementwiseStep
  /// Whether steps go along the gradient, to maximise what it is the gradient of; false at first.
  public final var maximize = false

  /// Makes an optimiser; traps when a hyperparameter is outside its range.
  public init(_ rule: Rule) {
    self.rule = rule
    step = ElementwiseStep(rule.name, slotNames: rule.slotNames, flops: rule.flops)
    requireHyperparameters()
  }

  /// The step size; may be changed between steps.
  public final var learningRate: Double {
    get { rule.learningRate }
    set { rule.learningRate = newValue }
  }

  /// Parameters with hyperparameters of their own; none at first. Like all hyperparameters they are no part of the state.
  ///
  /// A pattern that fits no parameter is an error at the next step: a trap, which `check(_:)` and a trainer throw before
  /// it. Setting them traps when they ask for a weight decay and the rule has none.
  public final var groups: [ParameterGroup] {
    get { step.groups.groups }
    set {
      step.groups.groups = newValue
      for group in newValue {
        guard let decay = group.weightDecay else { continue }
        var copy = rule
        copy.weightDecay = decay
        if copy.weightDecay != decay { fatalError("\(rule.name): \(group): there is no weight decay to be changed") }
      }
    }
  }

  /// Which parameters the weight decay changes; all at first. What a group says of one goes before.
  public final var decayedParameters: DecayedParameters {
    get { step.groups.decayed }
    set { step.groups.decayed = newValue }
  }

  /// Throws when a group's pattern fits no parameter of a model: see `Optimizer`.
  public final func check(_ model: some Module) throws(ModuleError) {
    if groups.isEmpty { return }
    _ = try step.groups.settings(for: ModuleStructure.read(model).parameterList)
  }

  /// A property of the rule, such as a hyperparameter.
  public final subscript<Value>(dynamicMember property: KeyPath<Rule, Value>) -> Value { rule[keyPath: property] }

  /// A property of the rule that may be changed between steps.
  public final subscript<Value>(dynamicMember property: WritableKeyPath<Rule, Value>) -> Value {
    get { rule[keyPath: property] }
    set { rule[keyPath: property] = newValue }
  }

  /// A momentum in place of the rule's, as a schedule with momenta sets it; nil for the rule's. Like the learning rate it
  /// is no part of the state, and it is not in the description.
  public final var scheduledMomentum: Double? {
    didSet { isChecked = false }
  }

  /// Whether the rule has a momentum, above 0, that `scheduledMomentum` can stand for.
  public final var hasMomentum: Bool { Rule.cycledMomentum.map { rule[keyPath: $0] > 0 } ?? false }

  /// Throws when the learning rate or another hyperparameter of the rule is outside its range: see `Optimizer`.
  public final func checkHyperparameters() throws(HyperparameterError) {
    if isChecked { return }
    try Hyperparameter.number("learningRate", learningRate, .atLeastZero).check(of: rule.name)
    if let scheduledMomentum {
      try Hyperparameter.number("scheduledMomentum", scheduledMomentum, .belowOne).check(of: rule.name)
    }
    for hyperparameter in rule.hyperparameters { try hyperparameter.check(of: rule.name) }
    isChecked = true
  }

  /// Changes the model's parameters by one step: see `Optimizer`.
  public final func update(_ model: some Module, along gradients: Gradients) {
    if isCompiling {
      step.onHost(model, along: gradients) { self.update(model, along: $0) }
      return
    }
    if !isChecked { requireHyperparameters() }
    step.run(model, along: gradients, isUphill: maximize) { number, settings in
      var prepared = rule
      settings?.apply(to: &prepared)
      if let momentum = scheduledMomentum, hasMomentum, let path = Rule.cycledMomentum {
        prepared[keyPath: path] = momentum
      }
      prepared.prepare(step: number)
      var kernel = UpdateKernel { [prepared] piece in
        piece.type.floating(
          prepared.update(UpdatePart<Float>(piece)), prepared.update(UpdatePart<Double>(piece)))
      }
      if prepared.measures {
        kernel.measure = { [prepared] piece in
          piece.type.floating(
            prepared.measure(UpdatePart<Float>(piece)), prepared.measure(UpdatePart<Double>(piece)))
        }
      }
      return kernel
    }
  }

  /// What is kept for the model's parameters, as named tensors: see `Optimizer`.
  public final func state(for model: some Module) -> [(name: String, tensor: AnyTensor)] {
    step.state.state(for: model.structure.parameterList)
  }

  /// Restores what `state(for:)` returned: see `Optimizer`.
  public final func restoreState(
    _ state: [(name: String, tensor: AnyTensor)], for model: some Module
  ) throws(ModuleError) {
    let list = try ModuleStructure.read(model).parameterList
    try step.state.restore(state, for: list)
  }
}

extension ElementwiseOptimizer: CustomStringConvertible {
  /// `Adam(learningRate: 0.001)`: the learning rate, and the hyperparameters that differ from their defaults.
  public final var description: String {
    let others =
      rule.hyperparameters.compactMap(\.unusual) + (maximize ? ["maximize: true"] : [])
      + (step.groups.description.map { [$0] } ?? [])
    return "\(rule.name)(\((["learningRate: \(learningRate)"] + others).joined(separator: ", ")))"
  }
}
