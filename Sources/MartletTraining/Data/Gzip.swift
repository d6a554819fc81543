import CZlib
import MartletCore
import MartletFormats
import MartletText

/// Reads gzip (RFC 1952) through zlib, which also checks each member's CRC-32 and length.
package enum Gzip {
  /// The most bytes that unpacking may give unless told otherwise: a small file can unpack to a thousand times its size.
  package static let defaultLimit = 1 << 32

  /// The whole of a file: unpacked if it is gzip, as it is otherwise.
  ///
  /// Throws when the file cannot be read, is cut short or damaged, or would unpack to more than `limit` bytes.
  package static func contents(of path: String, limit: Int = defaultLimit) throws(DatasetError) -> [UInt8] {
    let file = try reading { () throws(FormatError) in try InputFile(path: path) }
    func chunk(_ count: Int, at offset: Int) throws(DatasetError) -> [UInt8] {
      try reading { () throws(FormatError) in try file.bytes(count, at: offset) }
    }
    if try chunk(2, at: 0) != [0x1F, 0x8B] {
      if file.byteCount > limit { throw tooLarge(path, limit) }
      return try chunk(file.byteCount, at: 0)
    }
    let inflater = try Inflater(source: path, limit: limit)
    var offset = 0
    while true {
      let bytes = try chunk(1 << 17, at: offset)
      if bytes.isEmpty { return try inflater.finish() }
      try inflater.feed(bytes)
      offset += bytes.count
    }
  }

  /// Unpacks gzip; `source` names the bytes in errors. Throws as `contents(of:limit:)` does.
  package static func decompress(
    _ bytes: [UInt8], source: String, limit: Int = defaultLimit
  ) throws(DatasetError) -> [UInt8] {
    let inflater = try Inflater(source: source, limit: limit)
    try inflater.feed(bytes)
    return try inflater.finish()
  }

  fileprivate static func tooLarge(_ source: String, _ limit: Int) -> DatasetError {
    DatasetError(.corrupt, source: source, reason: "it unpacks to more than the \(limit) bytes that are allowed")
  }
}

/// Unpacks a gzip file that arrives in pieces.
private final class Inflater {
  /// Where in the file the next byte is.
  private enum Place {
    /// Before a member: at the start of the file, or after the end of one.
    case between
    case inside
    /// In the zeros that some archives are padded with.
    case padding
  }

  private let source: String
  private let limit: Int
  // zlib remembers the stream's address, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let scratch: UnsafeMutableBufferPointer<UInt8>
  private var output: [UInt8] = []
  private var place = Place.between
  private var members = 0

  init(source: String, limit: Int) throws(DatasetError) {
    self.source = source
    self.limit = limit
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    scratch = .allocate(capacity: 1 << 17)
    // 15 bits of window, and 16: a gzip head and nothing else.
    let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    if status != Z_OK {
      throw DatasetError(.unreadable, source: source, reason: "zlib does not start (error \(status))")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    scratch.deallocate()
  }

  /// Unpacks the next piece of the file.
  func feed(_ bytes: [UInt8]) throws(DatasetError) {
    var bytes = bytes
    let result = bytes.withUnsafeMutableBufferPointer { buffer in
      Result { () throws(DatasetError) in try feed(buffer) }
    }
    try result.get()
  }

  /// What all the pieces unpacked to; throws when the last member has no end.
  func finish() throws(DatasetError) -> [UInt8] {
    if place == .inside || members == 0 {
      throw DatasetError(.corrupt, source: source, reason: "the gzip data is cut short; get the file again")
    }
    return output
  }

  private func feed(_ bytes: UnsafeMutableBufferPointer<UInt8>) throws(DatasetError) {
    // zlib counts in 32 bits.
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeMutableBufferPointer(rebasing: rest.prefix(1 << 30))
      rest = rest.dropFirst(piece.count)
      stream.pointee.next_in = piece.baseAddress
      stream.pointee.avail_in = UInt32(piece.count)
      while stream.pointee.avail_in > 0 {
        switch place {
        case .between:
          if members > 0 && stream.pointee.next_in.pointee == 0 {
            place = .padding
          } else {
            inflateReset(stream)
            place = .inside
          }
        case .padding:
          if stream.pointee.next_in.pointee != 0 { throw damaged("there is more after its end") }
          stream.pointee.next_in += 1
          stream.pointee.avail_in -= 1
        case .inside:
          try inflateAvailable()
        }
      }
    }
  }

  /// Unpacks until the input is used up or the member ends.
  private func inflateAvailable() throws(DatasetError) {
    repeat {
      stream.pointee.next_out = scratch.baseAddress
      stream.pointee.avail_out = UInt32(scratch.count)
      let status = inflate(stream, Z_NO_FLUSH)
      let count = scratch.count - Int(stream.pointee.avail_out)
      if output.count + count > limit { throw Gzip.tooLarge(source, limit) }
      output.append(contentsOf: scratch[..<count])
      switch status {
      case Z_OK:
        break
      case Z_BUF_ERROR:
        return
      case Z_STREAM_END:
        place = .between
        members += 1
        return
      default:
        throw damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
      }
    } while stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0
  }

  private func damaged(_ what: String) -> DatasetError {
    DatasetError(.corrupt, source: source, reason: "the gzip data is damaged (\(what)); get the file again")
  }
}
