import MartletCore

extension Module {
  /// The parameters and buffers by path, in the order of the stored properties; a shared one under each of its paths.
  ///
  /// Throws when a parameter has not been built, and when the structure cannot be read.
  public func namedTensors() throws(ModuleError) -> [(name: String, tensor: AnyTensor)] {
    let leaves = try ModuleStructure.read(self).leaves
    try checkBuilt(leaves, source: "a model that is not built")
    return leaves.flatMap { leaf in leaf.paths.map { ($0, leaf.variable.value) } }
  }

  /// Takes parameters and buffers from named tensors as `load(from:)` does from a file; `source` names them in errors.
  public func load(
    _ tensors: [(name: String, tensor: AnyTensor)], source: String = "the tensors"
  ) throws(ModuleError) {
    let leaves = try ModuleStructure.read(self).leaves
    try checkBuilt(leaves, source: source)
    var given = GivenTensors(tensors)
    var problems: [ModuleError.Problem] = []
    var found: [(variable: Variable, value: AnyTensor)] = []
    for leaf in leaves {
      let own = leaf.variable.value
      var first: (name: String, value: AnyTensor)?
      for name in leaf.paths {
        guard let tensor = given.take(name) else { continue }
        if tensor.shape != own.shape {
          problems.append(.shape(name: name, expected: own.shape, found: tensor.shape))
        } else if !tensor.scalarType.isLoadable(as: own.scalarType) {
          problems.append(.scalarType(name: name, expected: own.scalarType, found: tensor.scalarType))
        } else if let first, !first.value.hasSameBytes(as: tensor) {
          problems.append(.conflict(name: first.name, other: name))
        }
        if first == nil { first = (name, tensor) }
      }
      if let first {
        found.append((leaf.variable, first.value))
      } else {
        problems.append(.missing(name: leaf.path, shape: own.shape))
      }
    }
    problems = given.problems(with: problems)
    if !problems.isEmpty { throw .mismatch(source: source, problems: problems) }
    for (variable, value) in found {
      variable.value = value.converted(to: variable.value.scalarType).contiguous()
    }
  }

  private func checkBuilt(_ leaves: [ModuleStructure.Leaf], source: String) throws(ModuleError) {
    let unbuilt = leaves.filter { !$0.variable.isInitialized }
    if unbuilt.isEmpty { return }
    throw .mismatch(
      source: source,
      problems: unbuilt.map { .unbuilt(name: $0.path, reason: $0.variable.missingValueMessage) })
  }
}

extension ScalarType {
  fileprivate var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  fileprivate func isLoadable(as other: ScalarType) -> Bool {
    self == other || (isFloatingPoint && other.isFloatingPoint)
  }
}

extension AnyTensor {
  fileprivate func hasSameBytes(as other: AnyTensor) -> Bool {
    if scalarType != other.scalarType || shape != other.shape { return false }
    return withUnsafeBytes { own in other.withUnsafeBytes { own.elementsEqual($0) } }
  }
}
