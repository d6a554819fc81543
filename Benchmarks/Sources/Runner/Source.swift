import Foundation

/// The source that the runner was built from.
enum Source {
  /// What `git describe` calls it now; "unknown" without git or a repository.
  static let revision: String = {
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = [
      "git", "-C", URL(fileURLWithPath: #filePath).deletingLastPathComponent().path, "describe", "--always", "--dirty",
    ]
    let output = Pipe()
    git.standardOutput = output
    git.standardError = FileHandle.nullDevice
    git.standardInput = FileHandle.nullDevice
    guard (try? git.run()) != nil else { return "unknown" }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    git.waitUntilExit()
    let revision = text.trimmingCharacters(in: .whitespacesAndNewlines)
    return git.terminationStatus == 0 && !revision.isEmpty ? revision : "unknown"
  }()
}
