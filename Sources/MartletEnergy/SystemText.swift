import MartletPlatform
import MartletText

/// A file below `/proc` or `/sys` as it could be read.
package enum SystemText: Sendable, Equatable {
  case text(String)
  case missing
  case denied
  case unreadable(String)

  /// Reads a file from its beginning, by default the 64 KiB that no file of the system's exceeds.
  package init(of path: String, atMost limit: Int = 1 << 16) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      self = Self.failure(errno)
      return
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: min(limit, 1 << 16))
    var count = 0
    while count < limit {
      if count == bytes.count { bytes += [UInt8](repeating: 0, count: min(limit - count, count)) }
      let got = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, $0.count - count) }
      if got < 0 && errno == EINTR { continue }
      if got < 0 {
        self = Self.failure(errno)
        return
      }
      if got == 0 { break }
      count += got
    }
    self = .text(String(decoding: bytes[..<count], as: UTF8.self))
  }

  static func failure(_ error: Int32) -> SystemText {
    switch error {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM: .denied
    default: .unreadable(String(cString: strerror(error)))
    }
  }

  /// The names in a directory, sorted; none if it cannot be read.
  package static func names(in folder: String) -> [String] {
    guard let entries = opendir(folder) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) { names.append(entry.pointee.name) }
    return names.filter { !$0.hasPrefix(".") }.sorted(by: PathOrder.precedes)
  }
}

/// Text without white space at its ends.
func trimmed(_ text: some StringProtocol) -> String {
  String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
}
