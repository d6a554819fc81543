import MartletPlatform
import MartletText

/// A regular file open for reading at any offset; closed with its last reference.
package final class InputFile {
  package let path: String
  /// The size when it was opened.
  package let byteCount: Int
  private let descriptor: Int32

  /// Opens a file; throws when it is missing, unreadable or not a regular file.
  package init(path: String) throws(FormatError) {
    // Looked at before it is opened: opening a pipe would wait for a writer.
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
    descriptor = file
    byteCount = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Reads up to `buffer.count` bytes from `offset` and returns how many there were: fewer only at the end of the file.
  package func read(
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

  /// Up to `count` bytes from `offset` on: fewer only at the end of the file.
  package func bytes(_ count: Int, at offset: Int) throws(FormatError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // A closure's own error type would be lost through the array's method.
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FormatError) in try read(into: buffer, at: offset) }
    }
    bytes.removeLast(count - (try result.get()))
    return bytes
  }
}
