import MartletCore

/// A rule that changes a model's parameters along their gradients.
///
/// What it keeps for a parameter (momentum and so on) belongs to the parameter, not to its path, and is made at the
/// first step. One optimiser may serve several models.
public protocol Optimizer: AnyObject {
  /// The step size; may be changed between steps.
  var learningRate: Double { get set }

  /// Throws when a hyperparameter is outside its range, such as a learning rate that a schedule has made NaN: what a
  /// trainer asks before every step. An optimiser that does not say looks at its learning rate alone.
  func checkHyperparameters() throws(HyperparameterError)

  /// Changes the model's parameters by one step.
  ///
  /// Parameters without a gradient, and frozen ones, are left as they are. Traps when a gradient's shape or scalar type
  /// is not its parameter's, when there is a gradient for a parameter that the model does not have, or when a
  /// hyperparameter is outside its range.
  func update(_ model: some Module, along gradients: Gradients)

  /// What the optimiser keeps for the model's parameters, as named tensors: `0.weight.firstMoment`.
  func state(for model: some Module) -> [(name: String, tensor: AnyTensor)]

  /// Takes back what `state(for:)` gave; what was kept for the model before is forgotten.
  ///
  /// Throws, and changes nothing, when the tensors do not fit the model's parameters.
  func restoreState(_ state: [(name: String, tensor: AnyTensor)], for model: some Module) throws(ModuleError)
}
