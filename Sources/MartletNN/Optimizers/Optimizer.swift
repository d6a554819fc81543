import MartletCore

/// An algorithm that changes a model's parameters according to their gradients.
///
/// The slots that it keeps for a parameter, such as a momentum, belong to the parameter, not to its path, and are made
/// at its first step. One optimiser may serve several models.
public protocol Optimizer: AnyObject {
  /// The step size; may be changed between steps.
  var learningRate: Double { get set }

  /// Throws when a hyperparameter is outside its range, such as a learning rate that a schedule has made NaN.
  ///
  /// A trainer calls it before every step. By default it checks the learning rate alone.
  func checkHyperparameters() throws(HyperparameterError)

  /// Throws when the optimiser cannot change this model's parameters, such as when a group of parameters is empty.
  ///
  /// A trainer calls it before the first step. By default it does nothing.
  func check(_ model: some Module) throws(ModuleError)

  /// Changes the model's parameters by one step.
  ///
  /// Parameters without a gradient, and frozen ones, are left unchanged. Traps when a gradient's shape or scalar type
  /// is not its parameter's, when there is a gradient for a parameter that the model does not have, or when a
  /// hyperparameter is outside its range.
  func update(_ model: some Module, along gradients: Gradients)

  /// What the optimiser keeps for the model's parameters, as named tensors: `0.weight.firstMoment`.
  func state(for model: some Module) -> [(name: String, tensor: AnyTensor)]

  /// Restores what `state(for:)` returned; what was kept for the model before is dropped.
  ///
  /// Throws, and changes nothing, when the tensors do not fit the model's parameters. An empty state must always fit: a
  /// trainer clears the optimiser with it after a failed fit.
  func restoreState(_ state: [(name: String, tensor: AnyTensor)], for model: some Module) throws(ModuleError)
}

extension Optimizer {
  /// Does nothing.
  public func check(_ model: some Module) throws(ModuleError) {}
}

/// An optimiser whose momentum a schedule may change, such as the one-cycle policy's.
public protocol MomentumOptimizer: Optimizer {
  /// Whether it has a momentum, above 0, that may be changed.
  var hasMomentum: Bool { get }
  /// A momentum in place of its own; nil for its own.
  var scheduledMomentum: Double? { get set }
}
