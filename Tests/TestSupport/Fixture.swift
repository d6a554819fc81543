import Foundation
import MartletCore
import MartletFormats

/// A safetensors file of `Tests/Fixtures`, by entry name.
package struct Fixture: Sendable {
  package let name: String
  package let tensors: [String: AnyTensor]

  /// Reads `Tests/Fixtures/<name>.safetensors`.
  package init(_ name: String) throws {
    self.name = name
    let file = try Safetensors.read(from: Fixture.path(name))
    tensors = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0.tensor) })
  }

  /// The path of `Tests/Fixtures/<name>.<type>`, found from where this source file lies.
  package static func path(_ name: String, type: String = "safetensors") -> String {
    URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent()
      .deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name).\(type)")
      .path
  }

  package struct Missing: Error, CustomStringConvertible {
    package let description: String
  }

  /// The entry with a name; throws when there is none or its scalar type is another.
  package func tensor<Scalar: TensorScalar>(_ entry: String, as type: Scalar.Type = Scalar.self) throws -> Tensor<
    Scalar
  > {
    guard let tensor = tensors[entry] else { throw Missing(description: "\(name).safetensors has no '\(entry)'") }
    return try Tensor<Scalar>(tensor)
  }

  /// The entries that begin with `prefix`, without it.
  package func entries(under prefix: String) -> [(name: String, tensor: AnyTensor)] {
    tensors
      .filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
      .sorted { $0.name < $1.name }
  }
}
