import Foundation

/// A directory of its own for a test, removed with everything in it when it goes out of scope.
package final class TemporaryDirectory {
  package let path: String

  package init() {
    path = NSTemporaryDirectory() + "/martlet-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  package func file(_ name: String) -> String { path + "/" + name }

  /// The names of what is in it, sorted.
  package var contents: [String] { try! FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  package func write(_ bytes: [UInt8], to name: String) {
    try! Data(bytes).write(to: URL(fileURLWithPath: file(name)))
  }
}
