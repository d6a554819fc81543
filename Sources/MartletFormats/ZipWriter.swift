import CZlib
import MartletText

/// Writes a ZIP archive in one go, byte for byte as Python's `zipfile` does for NumPy: with 64-bit sizes in each entry's
/// own header, no times, and a table of contents that has 64-bit numbers only where they are needed.
struct ZipWriter {
  private struct Entry {
    let name: [UInt8]
    let flags: Int
    let method: Int
    let checksum: Int
    let compressedByteCount: Int
    let byteCount: Int
    let offset: Int
  }

  /// Beyond these a number is written with 64 bits. They are `zipfile`'s; the format itself allows twice as much.
  struct Limits {
    var bytes = 0x7FFF_FFFF
    var entries = 0xFFFF
  }

  private let source: String
  private let limits: Limits
  private var entries: [Entry] = []
  private var offset = 0

  /// The first of January 1980, where the format's calendar begins.
  private static let (time, date) = (0, 1 << 5 | 1)
  /// Unix, where the owner may read and write.
  private static let (system, permissions) = (3, 0o600 << 16)

  /// What appends bytes to the archive's file.
  typealias Sink = (UnsafeRawBufferPointer) throws(FormatError) -> Void

  /// `source` names the file in errors.
  init(source: String, limits: Limits = Limits()) { (self.source, self.limits) = (source, limits) }

  /// Adds an entry of the bytes of some pieces after one another.
  mutating func add(
    _ name: String, _ pieces: [UnsafeRawBufferPointer], isDeflated: Bool, to sink: Sink
  ) throws(FormatError) {
    let rawName = Array(name.utf8)
    if rawName.count > 0xFFFF {
      throw FormatError(
        .invalid, source: source, reason: "expected names of at most 65535 bytes, got \(shown(name)) of more")
    }
    var checksum = crc32(0, nil, 0)
    for piece in pieces where !piece.isEmpty {
      checksum = crc32_z(checksum, piece.baseAddress!.assumingMemoryBound(to: UInt8.self), piece.count)
    }
    let byteCount = pieces.reduce(0) { $0 + $1.count }
    var compressed: [UInt8] = []
    if isDeflated {
      // Its size stands before it.
      let deflater = try Deflater(source: source)
      for piece in pieces { try deflater.append(piece) }
      try deflater.finish()
      compressed = deflater.output
    }
    let entry = Entry(
      name: rawName, flags: rawName.allSatisfy { $0 < 0x80 } ? 0 : 1 << 11, method: isDeflated ? 8 : 0,
      checksum: Int(checksum), compressedByteCount: isDeflated ? compressed.count : byteCount, byteCount: byteCount,
      offset: offset)
    try append(localHeader(entry), to: sink)
    if isDeflated {
      try append(compressed, to: sink)
    } else {
      for piece in pieces {
        try sink(piece)
        offset += piece.count
      }
    }
    entries.append(entry)
  }

  /// Writes the table of contents.
  mutating func finish(to sink: Sink) throws(FormatError) {
    let start = offset
    for entry in entries { try append(directoryEntry(entry), to: sink) }
    try append(end(directoryOffset: start, byteCount: offset - start), to: sink)
  }

  private mutating func append(_ bytes: [UInt8], to sink: Sink) throws(FormatError) {
    // The array's method would lose the error type of the closure.
    let result = bytes.withUnsafeBytes { buffer in Result { () throws(FormatError) in try sink(buffer) } }
    try result.get()
    offset += bytes.count
  }

  private func localHeader(_ entry: Entry) -> [UInt8] {
    var record = ZipRecordWriter()
    record.append(ZipRecord.Signature.localHeader, 4)
    record.append(ZipRecord.version64, 2)
    for number in [entry.flags, entry.method, Self.time, Self.date] { record.append(number, 2) }
    for number in [entry.checksum, ZipRecord.elsewhere32, ZipRecord.elsewhere32] { record.append(number, 4) }
    for number in [entry.name.count, 20] { record.append(number, 2) }
    record.append(entry.name)
    for number in [ZipRecord.extra64, 16] { record.append(number, 2) }
    for number in [entry.byteCount, entry.compressedByteCount] { record.append(number, 8) }
    return record.bytes
  }

  private func directoryEntry(_ entry: Entry) -> [UInt8] {
    var long: [Int] = []
    var sizes = [entry.compressedByteCount, entry.byteCount]
    if sizes.contains(where: { $0 > limits.bytes }) {
      long += [entry.byteCount, entry.compressedByteCount]
      sizes = [ZipRecord.elsewhere32, ZipRecord.elsewhere32]
    }
    var offset = entry.offset
    if offset > limits.bytes {
      long.append(offset)
      offset = ZipRecord.elsewhere32
    }
    var record = ZipRecordWriter()
    record.append(ZipRecord.Signature.directoryEntry, 4)
    record.append(ZipRecord.version64 | Self.system << 8, 2)
    for number in [ZipRecord.version64, entry.flags, entry.method, Self.time, Self.date] { record.append(number, 2) }
    for number in [entry.checksum] + sizes { record.append(number, 4) }
    for number in [entry.name.count, long.isEmpty ? 0 : 4 + 8 * long.count, 0, 0, 0] { record.append(number, 2) }
    for number in [Self.permissions, offset] { record.append(number, 4) }
    record.append(entry.name)
    if !long.isEmpty {
      for number in [ZipRecord.extra64, 8 * long.count] { record.append(number, 2) }
      for number in long { record.append(number, 8) }
    }
    return record.bytes
  }

  private func end(directoryOffset: Int, byteCount: Int) -> [UInt8] {
    var record = ZipRecordWriter()
    let needs64 = entries.count > limits.entries || directoryOffset > limits.bytes || byteCount > limits.bytes
    if needs64 {
      record.append(ZipRecord.Signature.end64, 4)
      record.append(ZipRecord.Length.end64 - 12, 8)
      for number in [ZipRecord.version64, ZipRecord.version64] { record.append(number, 2) }
      for number in [0, 0] { record.append(number, 4) }
      for number in [entries.count, entries.count, byteCount, directoryOffset] { record.append(number, 8) }
      record.append(ZipRecord.Signature.locator64, 4)
      record.append(0, 4)
      record.append(directoryOffset + byteCount, 8)
      record.append(1, 4)
    }
    record.append(ZipRecord.Signature.end, 4)
    let count = min(entries.count, ZipRecord.elsewhere16)
    for number in [0, 0, count, count] { record.append(number, 2) }
    for number in [byteCount, directoryOffset] { record.append(min(number, ZipRecord.elsewhere32), 4) }
    record.append(0, 2)
    return record.bytes
  }
}
