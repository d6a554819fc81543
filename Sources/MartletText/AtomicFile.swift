import MartletPlatform

/// Writes files that appear whole or not at all, even if the program or the machine stops half way.
///
/// The bytes go to a file without a name in the same directory, which is synchronised with the disk, named, and renamed
/// over the old file; finally the directory is synchronised, so that the new name lasts too. A file without a name is
/// gone when the program is killed. Where the system has no such files, the file has a temporary name all the time.
/// Such a file, if a killed program leaves it, is removed by the next save in that directory: see `removeLeftovers`.
///
/// A symbolic link is followed; the old file's permissions are kept, and where they forbid writing it is not replaced.
package enum AtomicFile {
  /// Writes all of `bytes` to `path`.
  package static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(FormatError) {
    try write(to: path) { (writer: borrowing Writer) throws(FormatError) in
      try writer.write(bytes)
    }
  }

  /// Writes text as UTF-8 to `path`.
  package static func write(_ text: String, to path: String) throws(FormatError) {
    let bytes = Array(text.utf8)
    try write(to: path) { (writer: borrowing Writer) throws(FormatError) in
      try writer.write(bytes)
    }
  }

  /// Writes the bytes that `body` passes to its writer, in order, to `path`.
  ///
  /// - Parameters:
  ///   - isNamedFirst: Whether the new file has its temporary name from the beginning, as it has where the system has
  ///     no files without a name.
  ///   - body: Called a second time if the system makes a file without a name and then cannot name it.
  package static func write(
    to path: String, isNamedFirst: Bool = false, _ body: (borrowing Writer) throws(FormatError) -> Void
  ) throws(FormatError) {
    let target = try Target(path: path)
    target.removeLeftovers()
    let isDone = isNamedFirst ? false : try write(to: target, isNamedFirst: false, body)
    if !isDone { _ = try write(to: target, isNamedFirst: true, body) }
    try target.synchronizeDirectory()
  }

  /// Writes the file and returns whether it could be named in the end.
  private static func write(
    to target: borrowing Target, isNamedFirst: Bool, _ body: (borrowing Writer) throws(FormatError) -> Void
  ) throws(FormatError) -> Bool {
    var file = try TemporaryFile(in: target, isNamedFirst: isNamedFirst)
    do throws(FormatError) {
      let writer = Writer(path: target.requestedPath, descriptor: file.descriptor)
      try body(writer)
      try writer.synchronize()
      if !file.hasName && !file.takeName(in: target) { return false }
      if renameat(target.directory, file.name, target.directory, target.name) != 0 {
        throw FormatError(
          .unwritable, source: target.requestedPath,
          reason: "cannot rename the new file into place: \(lastSystemError())")
      }
    } catch {
      file.remove(from: target)
      throw error
    }
    return true
  }

  /// Writes the bytes of the new file.
  package struct Writer: ~Copyable {
    fileprivate let path: String
    fileprivate let descriptor: Int32

    /// Appends bytes.
    package func write(_ bytes: [UInt8]) throws(FormatError) {
      // `withUnsafeBytes` would lose the error type of the closure.
      let result = bytes.withUnsafeBytes { buffer in
        Result<Void, FormatError> { () throws(FormatError) in try self.write(buffer) }
      }
      try result.get()
    }

    /// Appends bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
      guard var next = bytes.baseAddress else { return }
      var left = bytes.count
      while left > 0 {
        let count = systemWrite(descriptor, next, left)
        if count >= 0 {
          next += count
          left -= count
        } else if errno != EINTR {
          throw FormatError(.unwritable, source: path, reason: "cannot write it: \(lastSystemError())")
        }
      }
    }

    fileprivate func synchronize() throws(FormatError) {
      while fsync(descriptor) != 0 {
        if errno != EINTR {
          throw FormatError(
            .unwritable, source: path, reason: "cannot synchronise it with the disk: \(lastSystemError())")
        }
      }
    }
  }
}

// The C library's function, which `AtomicFile`'s members of that name hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
