import MartletPlatform
import MartletText

/// A regular file that is read as it was when it was opened, at any offset, or not at all.
///
/// Other programs may write to a file that is being read. A reader gets the bytes that it asks for, within the size
/// that the file had when it was opened; in the end, `read` checks that the file has not changed in between.
package final class InputFile: ByteStore {
  package let path: String
  /// The size in bytes when the file was opened.
  package let byteCount: Int
  private let descriptor: Int32
  private let status: stat

  /// Calls `body` with a file and returns what it returns.
  ///
  /// Throws when the file is missing, unreadable or not a regular file, and when it has changed before `body` was done,
  /// whatever `body` returned or threw.
  package static func read<R>(
    _ path: String, _ body: (InputFile) throws(FormatError) -> R
  ) throws(FormatError) -> R {
    let file = try InputFile(path: path)
    return try file.reading { () throws(FormatError) in try body(file) }
  }

  /// Opens a file that is read from later, within `reading`; throws when it is missing, unreadable or not a regular
  /// file.
  package init(path: String) throws(FormatError) {
    // Checked before it is opened, because opening a pipe would wait for a writer.
    var status = stat()
    if stat(path, &status) != 0 {
      throw .cannotOpen(path)
    }
    if status.st_mode & S_IFMT != S_IFREG {
      let found = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a device or a pipe"
      throw FormatError(
        .unreadable, source: path, reason: "cannot read it: expected a regular file, got \(found)")
    }
    var file: Int32
    repeat {
      file = open(path, O_RDONLY | O_CLOEXEC)
    } while file < 0 && errno == EINTR
    if file < 0 { throw .cannotOpen(path) }
    guard fstat(file, &status) == 0 else {
      let reason = lastSystemError()
      close(file)
      throw FormatError(.unreadable, source: path, reason: "cannot find out its size: \(reason)")
    }
    self.path = path
    self.status = status
    descriptor = file
    byteCount = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// The path.
  package var name: String { path }

  /// Returns what `body` does; throws when the file has changed since it was opened, whatever `body` returned or threw.
  package func reading<R>(_ body: () throws(FormatError) -> R) throws(FormatError) -> R {
    let result = Result { () throws(FormatError) in try body() }
    try checkUnchanged()
    return try result.get()
  }

  /// Fills `buffer` with the bytes from `offset` on; throws when there are fewer.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError) {
    let found = try available(into: buffer, at: offset)
    if found < buffer.count { throw changed(found: offset + found) }
  }

  /// `count` bytes from `offset` on; throws when there are fewer.
  package func bytes(_ count: Int, at offset: Int) throws(FormatError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // The array's method would lose the error type of the closure.
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FormatError) in try read(into: buffer, at: offset) }
    }
    try result.get()
    return bytes
  }

  /// The first `count` bytes, or all where the file has no more.
  package func prefix(_ count: Int) throws(FormatError) -> [UInt8] { try bytes(min(count, byteCount), at: 0) }

  /// Reads up to `buffer.count` bytes and returns how many it read: fewer only at the end of the file.
  private func available(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(FormatError) -> Int {
    var done = 0
    while done < buffer.count {
      let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset + done))
      if count > 0 {
        done += count
      } else if count == 0 {
        break
      } else if errno != EINTR {
        throw FormatError(.unreadable, source: path, reason: "cannot read it: \(lastSystemError())")
      }
    }
    return done
  }

  /// Throws unless the file has the size and the modification time that it had when it was opened, and no bytes beyond.
  private func checkUnchanged() throws(FormatError) {
    var now = stat()
    if fstat(descriptor, &now) != 0 {
      throw FormatError(.unreadable, source: path, reason: "cannot find out its size: \(lastSystemError())")
    }
    if now.st_size != status.st_size { throw changed(found: Int(now.st_size)) }
    // Files below /proc have bytes, although their size is 0.
    var next: UInt8 = 0
    let rest = withUnsafeMutableBytes(of: &next) { buffer in
      Result { () throws(FormatError) in try available(into: buffer, at: byteCount) }
    }
    if try rest.get() > 0 { throw changed(found: nil) }
    if now.modificationTime != status.modificationTime {
      throw FormatError(.unreadable, source: path, reason: "it was written to while it was being read; read it again")
    }
  }

  private func changed(found: Int?) -> FormatError {
    FormatError(
      .unreadable, source: path,
      reason: "expected the \(byteCount) bytes of its size, got \(found.map(String.init) ?? "more"): it changed while "
        + "it was being read, or the system does not tell its size, as below /proc; read a copy of it")
  }
}
