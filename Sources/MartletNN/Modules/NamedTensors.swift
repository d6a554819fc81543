import MartletCore

extension Module {
  /// The parameters and buffers by path, in the order that `Module` states; a shared one under each of its paths.
  ///
  /// Throws when a parameter has not been built, and when the structure cannot be read.
  public func namedTensors() throws(ModuleError) -> [(name: String, tensor: AnyTensor)] {
    let entries = try ModuleStructure.read(self).entries
    if let problems = unbuilt(entries) { throw .notBuilt(problems) }
    return entries.flatMap { entry in entry.paths.map { ($0, entry.variable.value) } }
  }

  /// Loads parameters and buffers from named tensors, as `load(from:)` does from a file; `source` names them in errors.
  public func load(
    _ tensors: [(name: String, tensor: AnyTensor)], source: String = "the tensors", allowsNonFinite: Bool = false
  ) throws(ModuleError) {
    let entries = try ModuleStructure.read(self).entries
    if let problems = unbuilt(entries) { throw .mismatch(source: source, problems: problems) }
    var given = GivenTensors(tensors)
    var problems: [ModuleError.Problem] = []
    var found: [(variable: Variable, value: AnyTensor)] = []
    for entry in entries {
      let own = entry.variable.value
      var first: (name: String, value: AnyTensor)?
      for name in entry.paths {
        guard let tensor = given.take(name) else { continue }
        if tensor.shape != own.shape {
          problems.append(.shape(name: name, expected: own.shape, found: tensor.shape))
        } else if !tensor.scalarType.isLoadable(as: own.scalarType) {
          problems.append(.scalarType(name: name, expected: own.scalarType, found: tensor.scalarType))
        } else if let first, !first.value.hasSameBytes(as: tensor) {
          problems.append(.conflict(name: first.name, other: name))
        } else if !allowsNonFinite, case let count = tensor.badCount(for: entry), count > 0 {
          problems.append(.notFinite(name: name, count: count))
        }
        if first == nil { first = (name, tensor) }
      }
      if let first {
        found.append((entry.variable, first.value))
      } else {
        problems.append(.missing(name: entry.path, shape: own.shape))
      }
    }
    problems = given.problems(with: problems)
    if !problems.isEmpty { throw .mismatch(source: source, problems: problems) }
    for (variable, value) in found {
      variable.value = value.converted(to: variable.value.scalarType).contiguous()
    }
  }

  /// The parameters and buffers that have no value yet; nil when all have one.
  private func unbuilt(_ entries: [ModuleStructure.Entry]) -> [ModuleError.Problem]? {
    let unbuilt = entries.filter { !$0.variable.isInitialized }
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
  fileprivate func badCount(for entry: ModuleStructure.Entry) -> Int {
    // Converted first, because large numbers may become infinite.
    let value = converted(to: entry.variable.value.scalarType)
    let isParameter = entry.kind == .parameter
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
