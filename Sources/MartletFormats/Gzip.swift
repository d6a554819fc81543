import MartletText

/// Reads gzip (RFC 1952) with zlib, which also checks the CRC-32 and length of each member.
package enum Gzip {
  /// A file's bytes in order, decompressed if the file is gzip.
  ///
  /// A small file can decompress to a thousand times its size. More than a hundred times is refused unless the caller
  /// gives a `memoryLimit`.
  static func source(_ file: InputFile, memoryLimit: Int?) throws(FormatError) -> any ByteSource {
    if try file.prefix(2) != [0x1F, 0x8B] { return FileSource(file) }
    return try GzipSource(
      FileSource(file),
      limit: memoryLimit == nil ? Inflater.standardLimit(compressedByteCount: file.byteCount) : .max)
  }

  /// Decompresses gzip; `source` names the bytes in errors.
  ///
  /// Throws when they are cut short or damaged, or would decompress to more than `limit` bytes.
  package static func decompress(_ bytes: [UInt8], source: String, limit: Int = .max) throws(FormatError) -> [UInt8] {
    let decompressed = try GzipSource(ArraySource(bytes, name: source), limit: limit)
    var result: [UInt8] = []
    while true {
      let next = try decompressed.bytes(1 << 16)
      if next.isEmpty { return result }
      result += next
    }
  }
}

/// The bytes that gzip data decompresses to: one member after the other. Padding may follow them.
final class GzipSource: ByteSource {
  /// What the next compressed byte belongs to.
  private enum State {
    /// The start of the file, or what follows a member.
    case between
    case inside
    /// The zeros that some archives are padded with.
    case padding
  }

  var name: String { compressed.name }
  private let compressed: any ByteSource
  private let limit: Int
  private let inflater: Inflater
  private var input: ArraySlice<UInt8> = []
  private var state = State.between
  private var memberCount = 0
  private var byteCount = 0

  /// - Parameters:
  ///   - compressed: The compressed bytes.
  ///   - limit: The most bytes that they may decompress to.
  init(_ compressed: any ByteSource, limit: Int) throws(FormatError) {
    self.compressed = compressed
    self.limit = limit
    inflater = try Inflater(.gzip, source: compressed.name)
  }

  func expect(_ count: Int, for purpose: String) throws(FormatError) {
    if count > limit - byteCount { throw tooLarge }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    var rest = buffer[...]
    while !rest.isEmpty {
      // zlib may still have output for which the buffer had no room, so within a member it is asked before more is
      // read.
      if state == .inside {
        let count = try inflate(into: UnsafeMutableRawBufferPointer(rebasing: rest))
        rest = rest.dropFirst(count)
        if count > 0 || state != .inside { continue }
      }
      if input.isEmpty {
        input = try compressed.bytes(1 << 17)[...]
        if input.isEmpty { break }
      }
      switch state {
      case .inside: break
      case .between:
        if memberCount > 0 && input.first == 0 {
          state = .padding
        } else {
          inflater.restart()
          state = .inside
        }
      case .padding:
        if input.contains(where: { $0 != 0 }) { throw damaged("there is more after its end") }
        input = []
      }
    }
    if !rest.isEmpty && (state == .inside || memberCount == 0) { throw damaged("it is cut short") }
    return buffer.count - rest.count
  }

  private func inflate(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    let result = input.withUnsafeBufferPointer { input in
      Result { () throws(FormatError) in try inflater.inflate(input, into: buffer) }
    }
    let (used, count) = try result.get()
    input = input.dropFirst(used)
    byteCount += count
    if byteCount > limit { throw tooLarge }
    if inflater.isAtEnd {
      memberCount += 1
      state = .between
    }
    return count
  }

  private var tooLarge: FormatError {
    FormatError(
      .tooLarge, source: name,
      reason: "expected it to decompress to at most \(limit) bytes, got more: if that is right, read it with a "
        + "memoryLimit")
  }

  private func damaged(_ fault: String) -> FormatError {
    FormatError(.damaged, source: name, reason: "the gzip data is damaged (\(fault)); get the file again")
  }
}
