import MartletPlatform

/// The C library's message for the call that just failed.
package func lastSystemError() -> String {
  String(cString: strerror(errno))
}

extension FormatError {
  /// The error for a file that could not be opened, with the C library's message for the call that just failed.
  package static func cannotOpen(_ path: String, remedy: String = "") -> FormatError {
    let isMissing = errno == ENOENT || errno == ENOTDIR
    let reason = "cannot open it: \(lastSystemError())"
    let hint = isMissing ? spellingHint(path, among: neighbours(of: path)) : ""
    return FormatError(isMissing ? .missing : .unreadable, source: path, reason: reason + hint + remedy)
  }

  /// The paths of the files in the directory of a path.
  private static func neighbours(of path: String) -> [String] {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    guard let entries = opendir(folder.isEmpty ? "." : folder) else { return [] }
    defer { closedir(entries) }
    var paths: [String] = []
    while let entry = readdir(entries) { paths.append(folder + entry.pointee.name) }
    return paths
  }
}
