import CZlib
import MartletText

/// Compresses bytes that arrive in parts with zlib, without a wrapping, as ZIP archives hold them.
final class Deflater {
  private let source: String
  // zlib remembers the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private(set) var output: [UInt8] = []

  /// As `zlib.compressobj` of Python's `zipfile` does: the largest window, no wrapping, eight units of memory.
  private static let (window, memory): (Int32, Int32) = (-15, 8)

  /// `source` names the data in errors.
  init(source: String) throws(FormatError) {
    self.source = source
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, Self.window, Self.memory, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    if status != Z_OK { throw error(status) }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// Compresses more bytes.
  func append(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    // zlib counts in 32 bits.
    for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
      try run(UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + 1 << 30)]), Z_NO_FLUSH)
    }
  }

  /// Ends the data.
  func finish() throws(FormatError) { try run(UnsafeRawBufferPointer(start: nil, count: 0), Z_FINISH) }

  private func run(_ input: UnsafeRawBufferPointer, _ flush: Int32) throws(FormatError) {
    // zlib does not write to the input, although its declaration does not say so.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    stream.pointee.avail_in = UInt32(input.count)
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let room = UInt32(piece.count)
      let status = piece.withUnsafeMutableBufferPointer { piece in
        stream.pointee.next_out = piece.baseAddress
        stream.pointee.avail_out = room
        return deflate(stream, flush)
      }
      if status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR { throw error(status) }
      output += piece[..<Int(room - stream.pointee.avail_out)]
      if stream.pointee.avail_out > 0 || status == Z_STREAM_END { return }
    }
  }

  private func error(_ status: Int32) -> FormatError {
    FormatError(.unwritable, source: source, reason: "zlib does not compress it (error \(status))")
  }
}
