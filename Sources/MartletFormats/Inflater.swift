import CZlib
import MartletText

/// Decompresses deflated data that arrives in parts, with zlib.
final class Inflater {
  /// What the data is wrapped in, as zlib's `windowBits`: each has the largest window.
  enum Wrapping: Int32 {
    /// Nothing, as in ZIP archives.
    case none = -15
    /// A gzip member's header, checksum and length.
    case gzip = 31
  }

  /// The most bytes that compressed data of some length may decompress to unless the caller gives a memory limit:
  /// hardly any data but zeros compresses so well.
  static func standardLimit(compressedByteCount: Int) -> Int { max(16 << 20, 100 * compressedByteCount) }

  /// Whether the end of the data is reached, and gzip's checksum and length are right.
  private(set) var isAtEnd = false

  private let source: String
  // zlib remembers the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// `source` names the data in errors.
  init(_ wrapping: Wrapping, source: String) throws(FormatError) {
    self.source = source
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    if status != Z_OK {
      throw error(.unreadable, "zlib does not start (error \(status))")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Prepares for another member.
  func restart() {
    inflateReset(stream)
    isAtEnd = false
  }

  /// Decompresses as much as there is room for, and returns how many bytes of the input it used and how many it made.
  /// If both are 0 and the end is not reached, it needs more input.
  func inflate(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer
  ) throws(FormatError) -> (used: Int, made: Int) {
    // zlib counts in 32 bits. It does not write to the input, although its declaration does not say so.
    let inputCount = min(input.count, 1 << 30)
    let outputCount = min(output.count, 1 << 30)
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
    stream.pointee.avail_in = UInt32(inputCount)
    stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_out = UInt32(outputCount)
    let status = CZlib.inflate(stream, Z_NO_FLUSH)
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END: isAtEnd = true
    default:
      let fault = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
      throw error(.damaged, "the compressed data is damaged (\(fault)); get the file again")
    }
    return (inputCount - Int(stream.pointee.avail_in), outputCount - Int(stream.pointee.avail_out))
  }

  private func error(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
    FormatError(kind, source: source, reason: reason)
  }
}
