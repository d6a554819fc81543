import Foundation

/// A file in a folder of its own, which is removed with the last reference to it.
public final class TemporaryFile {
  /// Where it is, or where it is to be written.
  public private(set) var path: String
  private let folder: URL

  /// A place for a file of this name; the folder is there.
  public init(_ name: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("martlet-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.appendingPathComponent(name).path
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// Replaces the file by a packed one, named `….gz`.
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
