import MartletCore
import MartletText

// What files of named tensors have in common.

extension FormatError {
  /// The error for a tensor that a file does not hold, with the names of those that it does.
  static func noTensor(_ name: String, among names: [String], source: String) -> FormatError {
    let listed = names.prefix(20).map(shown).joined(separator: ", ")
    return FormatError(
      .mismatch, source: source,
      reason: "there is no tensor \(shown(name))\(spellingHint(name, among: names)); "
        + (names.isEmpty ? "it holds none" : "it holds \(listed)\(names.count > 20 ? ", …" : "")"))
  }

  /// The same error about a tensor of the source.
  func inTensor(_ name: String) -> FormatError {
    FormatError(kind, source: source, at: .tensor(name), reason: (location.map { "\($0): " } ?? "") + reason)
  }
}

/// Throws unless floating-point tensors can be stored as this type.
func checkStorage(_ type: ScalarType?, source: String) throws(FormatError) {
  let types: [ScalarType] = [.float16, .bfloat16, .float32, .float64]
  if let type, !types.contains(type) {
    throw FormatError(
      .invalid, source: source,
      reason: "expected storedAs to be one of \(types.map(\.description).joined(separator: ", ")), got \(type)")
  }
}

extension ScalarType {
  /// The type in which scalars of this type are stored when floating-point ones are to be stored as another.
  func stored(as type: ScalarType?) -> ScalarType {
    guard let type, isFloatingPoint || self == .float16 || self == .bfloat16 else { return self }
    return type
  }
}

extension AnyTensor {
  /// The tensor as it is stored when floating-point tensors are to be stored as another type.
  func stored(as type: ScalarType?) -> AnyTensor { detached().converted(to: scalarType.stored(as: type)) }
}
