import Foundation

/// A file in a folder of its own, which is removed with the last reference to it.
public final class TemporaryFile {
  /// The path of the file, which need not exist yet.
  public private(set) var path: String
  private let folder: URL

  /// A path for a file of this name; its folder exists.
  public init(_ name: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appendingPathComponent(name).path
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Replaces the file by one compressed with gzip, named `….gz`.
  func pack() throws {
    let gzip = Process()
    gzip.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    gzip.arguments = ["gzip", path]
    try gzip.run()
    gzip.waitUntilExit()
    if gzip.terminationStatus != 0 { throw CocoaError(.fileWriteUnknown) }
    path += ".gz"
  }
}
