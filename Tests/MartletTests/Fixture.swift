import Foundation
import Martlet

/// A safetensors file of `Tests/Fixtures`, by entry name.
struct Fixture {
  let name: String
  let tensors: [String: AnyTensor]

  /// Reads `Tests/Fixtures/<name>.safetensors`, found from where this source file lies.
  init(_ name: String) throws {
    self.name = name
    let file = try Safetensors.read(from: Fixture.path(name))
    tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor) })
  }

  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name).safetensors")
      .path
  }

  struct Missing: Error, CustomStringConvertible {
    let description: String
  }

  /// The entry with a name; throws when there is none or its scalar type is another.
  func tensor<Scalar: TensorScalar>(_ entry: String, as type: Scalar.Type = Scalar.self) throws -> Tensor<Scalar> {
    guard let tensor = tensors[entry] else { throw Missing(description: "\(name).safetensors has no '\(entry)'") }
    return try Tensor<Scalar>(tensor)
  }

  /// The entries that begin with `prefix`, without it.
  func entries(under prefix: String) -> [(name: String, tensor: AnyTensor)] {
    tensors
      .filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
      .sorted { $0.name < $1.name }
  }
}

/// What differs between two tensors, in words; nil when they agree.
///
/// Elements agree when they are equal, both NaN, or differ by at most `tolerance` times the expected magnitude, or
/// times `floor` where that is larger (a gradient that is a difference of larger numbers keeps their rounding).
func difference<Scalar: FloatingScalar>(
  _ actual: Tensor<Scalar>, _ expected: Tensor<Scalar>, tolerance: Scalar, floor: Scalar = 0
) -> String? {
  if actual.shape != expected.shape { return "the shape is \(actual.shape), not \(expected.shape)" }
  for (index, (a, e)) in zip(actual.scalars, expected.scalars).enumerated() {
    if a == e || (a.isNaN && e.isNaN) { continue }
    if !(abs(a - e) <= tolerance * max(abs(e), floor)) { return "element \(index) is \(a), not \(e)" }
  }
  return nil
}
