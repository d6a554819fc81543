/// The files in which Linux describes the machine and the process, below `/proc` and `/sys`.
package enum SystemFile {
  /// The lines in the first `limit` bytes of such a file; none if it cannot be read or the system has no such files.
  package static func lines(of path: String, atMost limit: Int = 4096) -> [String] {
    guard mk_has_system_files(), let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
