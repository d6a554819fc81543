import CZlib
import MartletText

/// Unpacks deflate data (RFC 1951) that arrives in pieces, through zlib.
final class Inflater {
  /// What is around the data; the number is what zlib calls its window.
  enum Wrapping: Int32 {
    /// Nothing, as in zip archives.
    case none = -15
    /// zlib's head and checksum.
    case zlib = 15
    /// gzip's head, checksum and length.
    case gzip = 31
  }

  /// Whether the data is at its end; its checksum was right.
  private(set) var isAtEnd = false

  private let source: String
  private let location: FormatError.Location?
  // zlib remembers the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>

  /// - Parameters:
  ///   - source: What the data is called in errors, with `location` in it.
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

  /// Gets ready for another such stream.
  func restart() {
    inflateReset(stream)
    isAtEnd = false
  }

  /// Unpacks what there is room for and returns how many of the bytes it used and how many it made. When it did neither
  /// and is not at the end, it needs more bytes.
  func inflate(
    _ input: UnsafeBufferPointer<UInt8>, into output: UnsafeMutableRawBufferPointer
  ) throws(FormatError) -> (used: Int, made: Int) {
    // zlib counts in 32 bits, and its own declaration leaves out that it does not write to the input.
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
