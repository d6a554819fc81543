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

  /// What has been unpacked so far.
  private(set) var output: [UInt8] = []
  /// Whether the data is at its end; its checksum was right.
  private(set) var isAtEnd = false

  private let source: String
  private let location: FormatError.Location?
  private let limit: Int
  // zlib remembers the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let scratch: UnsafeMutableBufferPointer<UInt8>

  /// - Parameters:
  ///   - source: What the data is called in errors, with `location` in it.
  ///   - limit: The most bytes that it may unpack to.
  init(
    _ wrapping: Wrapping, source: String, at location: FormatError.Location? = nil, limit: Int
  ) throws(FormatError) {
    self.source = source
    self.location = location
    self.limit = limit
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    scratch = .allocate(capacity: 1 << 17)
    let status = inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    if status != Z_OK {
      throw error(.unreadable, "zlib does not start (error \(status))")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    scratch.deallocate()
  }

  /// Unpacks the next piece and returns how many of its bytes belong to the data: fewer than there are at its end only.
  func feed(_ bytes: UnsafeBufferPointer<UInt8>) throws(FormatError) -> Int {
    var rest = bytes[...]
    while !rest.isEmpty && !isAtEnd {
      // zlib counts in 32 bits.
      let piece = UnsafeBufferPointer(rebasing: rest.prefix(1 << 30))
      // zlib's own declaration leaves out that it does not write there.
      stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress)
      stream.pointee.avail_in = UInt32(piece.count)
      try inflateAvailable()
      rest = rest.dropFirst(piece.count - Int(stream.pointee.avail_in))
    }
    return bytes.count - rest.count
  }

  /// Gets ready for another such stream, whose bytes are added to the output.
  func restart() {
    inflateReset(stream)
    isAtEnd = false
  }

  /// Unpacks until the input is used up or the data ends.
  private func inflateAvailable() throws(FormatError) {
    repeat {
      stream.pointee.next_out = scratch.baseAddress
      stream.pointee.avail_out = UInt32(scratch.count)
      let status = inflate(stream, Z_NO_FLUSH)
      let count = scratch.count - Int(stream.pointee.avail_out)
      if output.count + count > limit {
        throw error(.tooLarge, "it unpacks to more than the \(limit) bytes that are allowed")
      }
      output.append(contentsOf: scratch[..<count])
      switch status {
      case Z_OK:
        break
      case Z_BUF_ERROR:
        return
      case Z_STREAM_END:
        isAtEnd = true
        return
      default:
        let fault = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
        throw error(.damaged, "the packed data is damaged (\(fault)); get the file again")
      }
    } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
  }

  private func error(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
    FormatError(kind, source: source, at: location, reason: reason)
  }
}
