import MartletCore

/// A rule that changes a model's parameters along their gradients.
///
/// What it keeps for a parameter (momentum and so on) belongs to the parameter, not to its path, and is made at the
/// first step. One optimiser may serve several models.
public protocol Optimizer: AnyObject {
  /// The step size; may be changed between steps.
  var learningRate: Double { get set }

  /// Changes the model's parameters by one step.
  ///
  /// Parameters without a gradient, and frozen ones, are left as they are. Traps when a gradient's shape or scalar type
  /// is not its parameter's, or when there is a gradient for a parameter that the model does not have.
  func update(_ model: some Module, along gradients: Gradients)

  /// What the optimiser keeps for the model's parameters, as named tensors: `0.weight.firstMoment`.
  func state(for model: some Module) -> [(name: String, tensor: AnyTensor)]

  /// Takes back what `state(for:)` gave; what was kept for the model before is forgotten.
  ///
  /// Throws, and changes nothing, when the tensors do not fit the model's parameters.
  func restoreState(_ state: [(name: String, tensor: AnyTensor)], for model: some Module) throws(ModuleError)
}

/// What an optimiser keeps for one parameter.
protocol OptimizerSlot: AnyObject {
  init()
  /// The number of steps taken.
  var step: Int { get set }
  /// The tensors that exist, each of the parameter's shape and scalar type, by name.
  var tensors: [(name: String, tensor: AnyTensor)] { get }
  func set(_ name: String, _ tensor: AnyTensor)
}

/// An optimiser's slots, by the identity of the variables, and lined up with the model of the last step.
struct SlotTable<Slot: OptimizerSlot> {
  /// The variable is kept with its slot so that its identity is not given to another.
  private var slots: [ObjectIdentifier: (variable: Variable, slot: Slot)] = [:]
  private var layout: ParameterPaths?
  private var aligned: [Slot?] = []

  /// Lines the slots up with a model's parameters: nothing to do when it is the same model again.
  mutating func align(with list: ParameterList) {
    if layout === list.paths { return }
    layout = list.paths
    aligned = list.variables.map { slots[ObjectIdentifier($0)]?.slot }
  }

  /// The slot of parameter `index` of the model that the table is lined up with, made when there is none.
  mutating func slot(_ index: Int, of variable: Variable) -> Slot {
    if let slot = aligned[index] { return slot }
    let slot = Slot()
    slots[ObjectIdentifier(variable)] = (variable, slot)
    aligned[index] = slot
    return slot
  }

  // MARK: State

  func state(for list: ParameterList) -> [(name: String, tensor: AnyTensor)] {
    var result: [(name: String, tensor: AnyTensor)] = []
    for (path, variable) in zip(list.paths.paths, list.variables) {
      guard let slot = slots[ObjectIdentifier(variable)]?.slot else { continue }
      result.append(("\(path).step", Tensor<Int64>(Int64(slot.step)).erased))
      for (name, tensor) in slot.tensors { result.append(("\(path).\(name)", tensor)) }
    }
    return result
  }

  /// Every parameter has either all of `tensorNames` and its number of steps, or nothing.
  mutating func restore(
    _ state: [(name: String, tensor: AnyTensor)], for list: ParameterList, tensorNames: [String]
  ) throws(ModuleError) {
    var problems: [ModuleError.Problem] = []
    var given = Dictionary(state.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
    var restored: [(variable: Variable, slot: Slot)] = []
    for (path, variable) in zip(list.paths.paths, list.variables) {
      let names = ["step"] + tensorNames
      if !names.contains(where: { given["\(path).\($0)"] != nil }) { continue }
      guard variable.isInitialized else {
        problems.append(.unbuilt(name: path, reason: variable.missingValueMessage))
        continue
      }
      let slot = Slot()
      for name in names {
        let fullName = "\(path).\(name)"
        let isStep = name == "step"
        let shape: Shape = isStep ? [] : variable.value.shape
        let type: ScalarType = isStep ? .int64 : variable.value.scalarType
        guard let tensor = given.removeValue(forKey: fullName) else {
          problems.append(.missing(name: fullName, shape: shape))
          continue
        }
        if tensor.shape != shape {
          problems.append(.shape(name: fullName, expected: shape, found: tensor.shape))
        } else if tensor.scalarType != type {
          problems.append(.scalarType(name: fullName, expected: type, found: tensor.scalarType))
        } else if isStep {
          slot.step = Int(Tensor<Int64>(unchecked: tensor).item())
        } else {
          slot.set(name, tensor.detached())
        }
      }
      restored.append((variable, slot))
    }
    for (name, tensor) in given.sorted(by: { $0.key < $1.key }) {
      problems.append(.unexpected(name: name, shape: tensor.shape))
    }
    if !problems.isEmpty { throw .mismatch(source: "the optimiser's state", problems: problems) }
    for variable in list.variables { slots[ObjectIdentifier(variable)] = nil }
    for entry in restored { slots[ObjectIdentifier(entry.variable)] = entry }
    layout = nil
  }
}
