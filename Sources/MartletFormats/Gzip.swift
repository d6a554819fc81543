import MartletText

/// Reads gzip (RFC 1952) through zlib, which also checks each member's CRC-32 and length.
package enum Gzip {
  /// The most bytes that unpacking may give unless told otherwise: a small file can unpack to a thousand times its size.
  package static let defaultLimit = 1 << 32

  /// The whole of a file: unpacked if it is gzip, as it is otherwise.
  ///
  /// Throws when the file cannot be read, is cut short or damaged, or would unpack to more than `limit` bytes.
  package static func contents(of path: String, limit: Int = defaultLimit) throws(FormatError) -> [UInt8] {
    try InputFile.read(path) { (file) throws(FormatError) in
      if try file.prefix(2) != [0x1F, 0x8B] {
        if file.byteCount > limit {
          throw FormatError(
            .tooLarge, source: path,
            reason: "expected at most the \(limit) bytes that are allowed, got \(file.byteCount)")
        }
        return try file.bytes(file.byteCount, at: 0)
      }
      var members = try GzipMembers(source: path, limit: limit)
      for offset in stride(from: 0, to: file.byteCount, by: 1 << 17) {
        try members.feed(file.bytes(min(1 << 17, file.byteCount - offset), at: offset))
      }
      return try members.finish()
    }
  }

  /// Unpacks gzip; `source` names the bytes in errors. Throws as `contents(of:limit:)` does.
  package static func decompress(
    _ bytes: [UInt8], source: String, limit: Int = defaultLimit
  ) throws(FormatError) -> [UInt8] {
    var members = try GzipMembers(source: source, limit: limit)
    try members.feed(bytes)
    return try members.finish()
  }
}

/// A gzip file that arrives in pieces: one member after the other, and perhaps padding.
private struct GzipMembers {
  /// What the next byte belongs to.
  private enum State {
    /// The start of the file, or what follows a member.
    case between
    case inside
    /// The zeros that some archives are padded with.
    case padding
  }

  private let source: String
  private let inflater: Inflater
  private var state = State.between
  private var count = 0

  init(source: String, limit: Int) throws(FormatError) {
    self.source = source
    inflater = try Inflater(.gzip, source: source, limit: limit)
  }

  /// Unpacks the next piece of the file.
  mutating func feed(_ bytes: [UInt8]) throws(FormatError) {
    var rest = bytes[...]
    while let next = rest.first {
      switch state {
      case .between:
        if count > 0 && next == 0 {
          state = .padding
        } else {
          inflater.restart()
          state = .inside
        }
      case .padding:
        if next != 0 { throw damaged("there is more after its end") }
        rest = rest.dropFirst()
      case .inside:
        let used = rest.withUnsafeBufferPointer { buffer in
          Result { () throws(FormatError) in try inflater.feed(buffer) }
        }
        rest = rest.dropFirst(try used.get())
        if inflater.isAtEnd {
          count += 1
          state = .between
        }
      }
    }
  }

  /// What all the pieces unpacked to; throws when the last member has no end.
  func finish() throws(FormatError) -> [UInt8] {
    if state == .inside || count == 0 { throw damaged("it is cut short") }
    return inflater.output
  }

  private func damaged(_ fault: String) -> FormatError {
    FormatError(.damaged, source: source, reason: "the gzip data is damaged (\(fault)); get the file again")
  }
}
