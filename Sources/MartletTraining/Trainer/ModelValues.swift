import MartletCore
import MartletNN

/// The values of a model's parameters and buffers at some time, to be put back later.
///
/// Keeping them copies nothing: what next changes a parameter writes to new memory.
struct ModelValues {
  let variables: [Variable]
  /// The number of parameters, which come before the buffers.
  let parameterCount: Int
  private var values: [AnyTensor]

  /// The values that `model` has now.
  init(of model: some Module) {
    let parameters = model.parameters()
    parameterCount = parameters.count
    variables = (parameters + model.buffers()).map(\.variable)
    values = variables.map(\.value)
  }

  /// Keeps the values of now instead.
  mutating func keep() {
    for index in variables.indices { values[index] = variables[index].value }
  }

  /// Gives the model the kept values.
  func putBack() {
    for (variable, value) in zip(variables, values) { variable.value = value }
  }
}
