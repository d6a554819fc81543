import MartletCore

/// What an optimiser keeps for one parameter.
final class OptimizerSlot {
  /// The number of steps taken.
  var step = 0
  /// Contiguous tensors of the parameter's shape and scalar type, whose memory nothing else sees.
  private(set) var tensors: [AnyTensor] = []

  /// Makes `count` tensors of zeros, unless there are such already.
  @inline(__always)
  func prepare(_ count: Int, like gradient: AnyTensor) {
    if tensors.count != count || (count > 0 && tensors[0].shape != gradient.shape) { create(count, like: gradient) }
  }

  /// Takes copies of tensors.
  func set(_ tensors: [AnyTensor]) {
    self.tensors = tensors.map { $0.copy() }
  }

  private func create(_ count: Int, like gradient: AnyTensor) {
    step = 0
    set((0..<count).map { _ in AnyTensor(zeros: gradient.shape, scalarType: gradient.scalarType) })
  }
}

/// An optimiser's slots, by the identity of the variables, and lined up with the model of the last step.
struct OptimizerSlots {
  /// The names of a slot's tensors.
  let tensorNames: [String]
  /// The variable is kept with its slot so that its identity is not given to another.
  private var slots: [ObjectIdentifier: (variable: Variable, slot: OptimizerSlot)] = [:]
  private var layout: ParameterPaths?
  private var aligned: [OptimizerSlot] = []

  init(tensorNames: [String]) {
    self.tensorNames = tensorNames
  }

  /// The slots of a model's parameters, in their order: nothing to do when it is the same model again.
  mutating func aligned(with list: ParameterList) -> [OptimizerSlot] {
    if layout !== list.paths {
      layout = list.paths
      aligned = (0..<list.count).map { slot(of: list[$0]) }
    }
    return aligned
  }

  private mutating func slot(of variable: Variable) -> OptimizerSlot {
    if let known = slots[ObjectIdentifier(variable)] { return known.slot }
    let slot = OptimizerSlot()
    slots[ObjectIdentifier(variable)] = (variable, slot)
    return slot
  }

  /// Copies of what is kept, for the parameters that have taken a step.
  func state(for list: ParameterList) -> [(name: String, tensor: AnyTensor)] {
    var result: [(name: String, tensor: AnyTensor)] = []
    for (index, path) in list.paths.paths.enumerated() {
      guard let slot = slots[ObjectIdentifier(list[index])]?.slot, slot.step > 0 else { continue }
      result.append(("\(path).step", Tensor<Int64>(Int64(slot.step)).erased))
      for (name, tensor) in zip(tensorNames, slot.tensors) { result.append(("\(path).\(name)", tensor.copy())) }
    }
    return result
  }

  /// Takes back what `state` gave. A parameter has all of it or nothing.
  mutating func restore(
    _ state: [(name: String, tensor: AnyTensor)], for list: ParameterList
  ) throws(ModuleError) {
    var problems: [ModuleError.Problem] = []
    var given = GivenTensors(state)
    var absent: [String] = []
    var restored: [(variable: Variable, slot: OptimizerSlot)] = []
    for (index, path) in list.paths.paths.enumerated() {
      let variable = list[index]
      let names = ["step"] + tensorNames
      if !names.contains(where: { given.contains("\(path).\($0)") }) {
        absent += names.map { "\(path).\($0)" }
        continue
      }
      guard variable.isInitialized else {
        problems.append(.unbuilt(name: path, reason: variable.missingValueMessage))
        continue
      }
      let slot = OptimizerSlot()
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
          slot.step = Int(Tensor<Int64>(unchecked: tensor).item())
        } else {
          tensors.append(tensor)
        }
      }
      slot.set(tensors)
      restored.append((variable, slot))
    }
    problems = given.problems(with: problems, others: absent)
    if !problems.isEmpty { throw .mismatch(source: "the optimiser's state", problems: problems) }
    for index in 0..<list.count { slots[ObjectIdentifier(list[index])] = nil }
    for entry in restored { slots[ObjectIdentifier(entry.variable)] = entry }
    layout = nil
  }
}

extension AnyTensor {
  /// The same values in storage of their own.
  fileprivate func copy() -> AnyTensor {
    withUnsafeBytes { AnyTensor(shape: shape, scalarType: scalarType, bytes: $0) }
  }
}
