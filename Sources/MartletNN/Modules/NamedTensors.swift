import MartletCore

extension Module {
  /// The parameters and buffers by path, in the order of the stored properties; a shared one under each of its paths.
  ///
  /// Throws when a parameter has not been built, and when the structure cannot be read.
  public func namedTensors() throws(ModuleError) -> [(name: String, tensor: AnyTensor)] {
    let leaves = try ModuleStructure.read(self).leaves
    if let problems = unbuilt(leaves) { throw .notBuilt(problems) }
    return leaves.flatMap { leaf in leaf.paths.map { ($0, leaf.variable.value) } }
  }

  /// Loads parameters and buffers from named tensors, as `load(from:)` does from a file; `source` names them in errors.
  public func load(
    _ tensors: [(name: String, tensor: AnyTensor)], source: String = "the tensors", allowsNonFinite: Bool = false
  ) throws(ModuleError) {
    let leaves = try ModuleStructure.read(self).leaves
    if let problems = unbuilt(leaves) { throw .mismatch(source: source, problems: problems) }
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
        } else if !allowsNonFinite, case let count = tensor.badCount(for: leaf), count > 0 {
          problems.append(.notFinite(name: name, count: count))
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

  /// The parameters and buffers that have no value yet; nil when all have one.
  private func unbuilt(_ leaves: [ModuleStructure.Leaf]) -> [ModuleError.Problem]? {
    let unbuilt = leaves.filter { !$0.variable.isInitialized }
    return unbuilt.isEmpty ? nil : unbuilt.map { .unbuilt(name: $0.path, reason: $0.variable.missingValueMessage) }
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
  /// The number of elements that would be NaN in a parameter or buffer, or infinite in a parameter.
  fileprivate func badCount(for leaf: ModuleStructure.Leaf) -> Int {
    // Converted first, because large numbers may become infinite.
    let value = converted(to: leaf.variable.value.scalarType)
    let isParameter = leaf.kind == .parameter
    return switch value.scalarType {
    case .float16: value.count(withInfinity: isParameter, infinity: 0x7C00 as UInt16)
    case .bfloat16: value.count(withInfinity: isParameter, infinity: 0x7F80 as UInt16)
    case .float32: value.count(withInfinity: isParameter, infinity: 0x7F80_0000 as UInt32)
    case .float64: value.count(withInfinity: isParameter, infinity: 0x7FF0_0000_0000_0000 as UInt64)
    case .int32, .int64, .uint8, .bool: 0
    }
  }

  /// The number of elements that are NaN, or also infinite: whose bits without the sign are above those of infinity, or
  /// equal.
  private func count<Word: FixedWidthInteger>(withInfinity: Bool, infinity: Word) -> Int {
    let least = withInfinity ? infinity : infinity + 1
    return withUnsafeBytes { bytes in
      var count = 0
      for word in bytes.bindMemory(to: Word.self) where word & Word.max >> 1 >= least { count += 1 }
      return count
    }
  }

  fileprivate func hasSameBytes(as other: AnyTensor) -> Bool {
    if scalarType != other.scalarType || shape != other.shape { return false }
    return withUnsafeBytes { own in other.withUnsafeBytes { own.elementsEqual($0) } }
  }
}
