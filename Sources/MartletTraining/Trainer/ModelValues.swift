import MartletCore
import MartletNN

/// The values of a model's parameters and buffers at some time, to be put back later.
///
/// Keeping them copies nothing: what next changes a parameter writes to new memory.
struct ModelValues {
  let variables: [Variable]
  private let paths: [String]
  /// The number of parameters, which come before the buffers.
  let parameterCount: Int
  private var values: [AnyTensor]

  /// The values that `model` has now.
  init(of model: some Module) { self.init(of: model.structure) }

  /// The values that the parameters and buffers of a structure have now.
  init(of structure: ModuleStructure) {
    let parameters = structure.variables(.parameter)
    parameterCount = parameters.count
    let all = parameters + structure.variables(.buffer)
    variables = all.map(\.variable)
    paths = all.map(\.path)
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

  /// The kept values by path.
  var named: [String: AnyTensor] { Dictionary(zip(paths, values)) { first, _ in first } }

  /// Keeps what `named` was; throws, and changes nothing, when a value is missing or of another shape or scalar type.
  mutating func restore(_ state: SavedState) throws(CheckpointError) {
    var restored: [AnyTensor] = []
    for (path, old) in zip(paths, values) {
      let tensor = try state.tensor(path)
      if tensor.shape != old.shape || tensor.scalarType != old.scalarType {
        throw .state(
          "expected \(path) of shape \(old.shape) and type \(old.scalarType), got \(tensor.shape), \(tensor.scalarType)"
        )
      }
      restored.append(tensor)
    }
    values = restored
  }
}
