import MartletText

/// Bytes that are read once, in order, so that they need not all be in memory at once.
protocol ByteSource: AnyObject {
  /// The name of the bytes in errors.
  var name: String { get }

  /// Throws if fewer than `count` bytes can follow, as far as that is known before they are read; `purpose` says what
  /// they are for.
  func expect(_ count: Int, for purpose: String) throws(FormatError)

  /// Fills the buffer with the next bytes and returns how many it read: fewer only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int
}

extension ByteSource {
  func cutShort(expected: Int, found: Int, for purpose: String) -> FormatError {
    FormatError(
      .damaged, source: name,
      reason: "cut short: expected \(expected) bytes for \(purpose), got \(found); get the file again")
  }

  /// The next `count` bytes; fewer only at the end.
  func bytes(_ count: Int) throws(FormatError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    // The array's method would lose the error type of the closure.
    let found = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FormatError) in try read(into: buffer) }
    }
    bytes.removeLast(count - (try found.get()))
    return bytes
  }
}

/// Bytes that are in memory already.
final class ArraySource: ByteSource {
  let name: String
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8], name: String) {
    self.name = name
    rest = bytes[...]
  }

  func expect(_ count: Int, for purpose: String) throws(FormatError) {
    if count > rest.count { throw cutShort(expected: count, found: rest.count, for: purpose) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let next = rest.prefix(buffer.count)
    buffer.copyBytes(from: next)
    rest = rest.dropFirst(next.count)
    return next.count
  }
}

/// A file from its beginning to its end.
final class FileSource: ByteSource {
  var name: String { file.path }
  private let file: InputFile
  private var position = 0

  init(_ file: InputFile) { self.file = file }

  /// The number of bytes that have not been read.
  var left: Int { file.byteCount - position }

  func expect(_ count: Int, for purpose: String) throws(FormatError) {
    if count > left { throw cutShort(expected: count, found: left, for: purpose) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    let count = min(buffer.count, left)
    try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: position)
    position += count
    return count
  }
}
