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
    let hint = isMissing ? missingFileHint(path) : ""
    return FormatError(isMissing ? .missing : .unreadable, source: path, reason: reason + hint + remedy)
  }

  /// Which file of its directory could have been meant by a path.
  private static func missingFileHint(_ path: String) -> String {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    guard let entries = opendir(folder.isEmpty ? "." : folder) else { return "" }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = entry.pointee.name
      if name != "." && name != ".." { names.append(name) }
    }
    // A long folder would make all that is in it look alike.
    let name = String(path.dropFirst(folder.count))
    return names.contains(name)
      ? spellingHint(path, among: names.map { folder + $0 })
      : suggestion(nearest(to: name, among: names).map { folder + $0 })
  }
}
