import MartletCore

/// What an optimiser keeps for one parameter: the number of steps and the slots.
final class ParameterState {
  /// The number of steps taken.
  @exclusivity(unchecked) var step = 0
  /// The slots: contiguous, unique tensors of the parameter's shape and scalar type.
  @exclusivity(unchecked) private(set) var slots: [AnyTensor] = []

  /// Makes `count` slots of zeros, unless there are slots like `gradient` already.
  @inline(__always)
  func prepare(_ count: Int, like gradient: TensorBody) {
    if slots.count == count {
      guard let first = slots.first?.body else { return }
      if first.shape == gradient.shape && first.scalarType == gradient.scalarType { return }
    }
    create(count, like: gradient)
  }

  /// Makes the slots copies of `tensors`.
  func set(_ tensors: [AnyTensor]) {
    slots = tensors.map { $0.copy() }
  }

  private func create(_ count: Int, like gradient: TensorBody) {
    step = 0
    set((0..<count).map { _ in AnyTensor(zeros: gradient.shape, scalarType: gradient.scalarType) })
  }
}

/// What an optimiser keeps for all parameters, by the identity of their variables, and in the order of the last model's
/// parameters.
struct OptimizerState {
  /// The names of the slots.
  let slotNames: [String]
  /// Each variable is kept alive with its state, so that no other object gets its identity.
  private var states: [ObjectIdentifier: (variable: Variable, state: ParameterState)] = [:]
  private var layout: ParameterPaths?
  private var aligned: [ParameterState] = []

  init(slotNames: [String]) {
    self.slotNames = slotNames
  }

  /// The states of a model's parameters, in their order; not computed again while the model stays the same.
  mutating func aligned(with list: ParameterList) -> [ParameterState] {
    if layout !== list.paths {
      layout = list.paths
      aligned = (0..<list.count).map { state(of: list[$0]) }
    }
    return aligned
  }

  private mutating func state(of variable: Variable) -> ParameterState {
    if let known = states[ObjectIdentifier(variable)] { return known.state }
    let state = ParameterState()
    states[ObjectIdentifier(variable)] = (variable, state)
    return state
  }

  /// Copies of the numbers of steps and the slots, with their names, for the parameters that have taken a step.
  func state(for list: ParameterList) -> [(name: String, tensor: AnyTensor)] {
    var result: [(name: String, tensor: AnyTensor)] = []
    for (index, path) in list.paths.paths.enumerated() {
      guard let state = states[ObjectIdentifier(list[index])]?.state, state.step > 0 else { continue }
      result.append(("\(path).step", Tensor<Int64>(Int64(state.step)).erased))
      for (name, tensor) in zip(slotNames, state.slots) { result.append(("\(path).\(name)", tensor.copy())) }
    }
    return result
  }

  /// Restores what `state(for:)` returned, in any order. Throws, and changes nothing, when a tensor does not fit, or when
  /// a parameter has only a part of its state.
  mutating func restore(
    _ state: [(name: String, tensor: AnyTensor)], for list: ParameterList
  ) throws(ModuleError) {
    var problems: [ModuleError.Problem] = []
    var given = GivenTensors(state)
    var absent: [String] = []
    var restored: [(variable: Variable, state: ParameterState)] = []
    let names = ["step"] + slotNames
    for (index, paths) in list.paths.names.enumerated() {
      let variable = list[index]
      // The state of a shared parameter may have been kept by a model in which another of its paths comes first.
      guard let path = paths.first(where: { path in names.contains { given.contains("\(path).\($0)") } }) else {
        absent += names.map { "\(paths[0]).\($0)" }
        continue
      }
      guard variable.isInitialized else {
        problems.append(.unbuilt(name: path, reason: variable.missingValueMessage))
        continue
      }
      let kept = ParameterState()
      var tensors: [AnyTensor] = []
      for name in names {
        let fullName = "\(path).\(name)"
        let isStep = name == "step"
        let shape: Shape = isStep ? [] : variable.value.shape
        let type: ScalarType = isStep ? .int64 : variable.value.scalarType
        guard let tensor = given.take(fullName) else {
          problems.append(.missing(name: fullName, shape: shape))
          continue
        }
        if tensor.shape != shape {
          problems.append(.shape(name: fullName, expected: shape, found: tensor.shape))
        } else if tensor.scalarType != type {
          problems.append(.scalarType(name: fullName, expected: type, found: tensor.scalarType))
        } else if isStep {
          let step = Int(Tensor<Int64>(unchecked: tensor).item())
          if !(0..<Int.max / 2 ~= step) { problems.append(.steps(name: fullName, found: step)) }
          kept.step = step
        } else {
          tensors.append(tensor)
        }
      }
      kept.set(tensors)
      restored.append((variable, kept))
    }
    problems = given.problems(with: problems, others: absent)
    if !problems.isEmpty { throw .mismatch(source: "the optimiser's state", problems: problems) }
    for index in 0..<list.count { states[ObjectIdentifier(list[index])] = nil }
    for entry in restored { states[ObjectIdentifier(entry.variable)] = entry }
    layout = nil
  }
}

extension AnyTensor {
  /// The same values in new memory.
  func copy() -> AnyTensor {
    withUnsafeBytes { AnyTensor(shape: shape, scalarType: scalarType, bytes: $0) }
  }
}
