import CZlib
import MartletText

/// Decompresses deflate data (RFC 1951) that arrives in parts, with zlib.
final class Inflater {
  /// The format around the data; the number is zlib's `windowBits`.
  enum Wrapping: Int32 {
    /// None, as in zip archives.
    case none = -15
    /// zlib's header and checksum.
    case zlib = 15
    /// gzip's header, checksum and length.
    case gzip = 31
  }

  /// Whether the end of the data is reached, and its checksum, if it has one, is right.
  private(set) var isAtEnd = false

  private let source: String
  private let location: FormatError.Location?
  // zlib remembers the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Parameters:
  ///   - source: The name of the data in errors; `location` is its place in it.
  init(_ wrapping: Wrapping, source: String, at location: FormatError.Location? = nil) throws(FormatError) {
    self.source = source
    self.location = location
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

  /// Prepares for another stream of the same format.
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
      throw error(.damaged, "the packed data is damaged (\(fault)); get the file again")
    }
    return (inputCount - Int(stream.pointee.avail_in), outputCount - Int(stream.pointee.avail_out))
  }

  private func error(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
    FormatError(kind, source: source, at: location, reason: reason)
  }
}
