import MartletPlatform

/// What the C library says of the call that just failed.
package func lastSystemError() -> String {
  String(cString: strerror(errno))
}

extension FormatError {
  /// The error of a file that could not be opened, by what the C library says of the call that just failed.
  package static func cannotOpen(_ path: String, remedy: String = "") -> FormatError {
    let kind = errno == ENOENT || errno == ENOTDIR ? Kind.missing : .unreadable
    return FormatError(kind, source: path, reason: "cannot open it: \(lastSystemError())\(remedy)")
  }
}
