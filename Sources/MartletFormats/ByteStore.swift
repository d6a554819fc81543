import MartletText

/// Bytes that are read at any offset: a file, or an array.
package protocol ByteStore: AnyObject, Sendable {
  /// The name of the bytes in errors.
  var name: String { get }
  /// The number of bytes.
  var byteCount: Int { get }

  /// Returns what `body` does, unless what was read meanwhile may not be what there was in the beginning: then it
  /// throws.
  func reading<R>(_ body: () throws(FormatError) -> R) throws(FormatError) -> R

  /// Fills `buffer` with the bytes from `offset` on; throws when there are fewer.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FormatError)

  /// `count` bytes from `offset` on; throws when there are fewer.
  func bytes(_ count: Int, at offset: Int) throws(FormatError) -> [UInt8]
}

/// Bytes in memory. Whoever reads has checked that what it asks for is within them.
final class ArrayStore: ByteStore {
  let name: String
  private let all: [UInt8]

  init(_ bytes: [UInt8], name: String) { (all, self.name) = (bytes, name) }

  var byteCount: Int { all.count }

  func reading<R>(_ body: () throws(FormatError) -> R) throws(FormatError) -> R { try body() }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) {
    buffer.copyBytes(from: all[offset..<offset + buffer.count])
  }

  func bytes(_ count: Int, at offset: Int) -> [UInt8] { Array(all[offset..<offset + count]) }
}
