import MartletCore

/// An optimiser that changes every element of the parameters by an update rule, as `SGD`, `Adam` and `RMSProp` do. For
/// an optimiser of your own write an `UpdateRule`.
///
/// The rule's hyperparameters are also properties of the optimiser: `optimizer.weightDecay`. Those that are `var` in
/// the rule may be changed between steps.
@dynamicMemberLookup
open class ElementwiseOptimizer<Rule: UpdateRule>: Optimizer {
  /// The update rule, with all hyperparameters.
  @exclusivity(unchecked) public private(set) final var rule: Rule {
    didSet { isChecked = false }
  }
  // Whether the rule's current hyperparameters are known to be within their ranges.
  @exclusivity(unchecked) private final var isChecked = false
  private final var step: ElementwiseStep

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

  /// A property of the rule, such as a hyperparameter.
  public final subscript<Value>(dynamicMember property: KeyPath<Rule, Value>) -> Value { rule[keyPath: property] }

  /// A property of the rule that may be changed between steps.
  public final subscript<Value>(dynamicMember property: WritableKeyPath<Rule, Value>) -> Value {
    get { rule[keyPath: property] }
    set { rule[keyPath: property] = newValue }
  }

  /// Throws when the learning rate or another hyperparameter of the rule is outside its range: see `Optimizer`.
  public final func checkHyperparameters() throws(HyperparameterError) {
    if isChecked { return }
    try Hyperparameter.number("learningRate", learningRate, .atLeastZero).check(of: rule.name)
    for hyperparameter in rule.hyperparameters { try hyperparameter.check(of: rule.name) }
    isChecked = true
  }

  /// Changes the model's parameters by one step: see `Optimizer`.
  public final func update(_ model: some Module, along gradients: Gradients) {
    if !isChecked { requireHyperparameters() }
    step.run(model, along: gradients) { number in
      var prepared = rule
      prepared.prepare(step: number)
      return { [prepared] piece in
        piece.type.floating(
          prepared.update(UpdatePart<Float>(piece)), prepared.update(UpdatePart<Double>(piece)))
      }
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
    let others = rule.hyperparameters.compactMap(\.unusual)
    return "\(rule.name)(\((["learningRate: \(learningRate)"] + others).joined(separator: ", ")))"
  }
}
