import MartletText

/// The table of contents of a ZIP archive, for archives that programs make: whole files, stored or deflated, one after
/// the other.
///
/// Nothing that the table says is believed: sizes and places are within the file, no two entries share bytes, and what
/// each entry's own header says is what the table says. Whatever stands in the file twice and differs is an error.
struct ZipArchive {
  struct Entry {
    let name: String
    let isDeflated: Bool
    /// The number of bytes, decompressed.
    let byteCount: Int
    let compressedByteCount: Int
    /// The CRC-32 of the decompressed bytes.
    let checksum: Int
    /// Whether sizes and checksum may be missing from the entry's own header, because they follow the data.
    let hasDescriptor: Bool
    /// Where its own header begins.
    let offset: Int
    fileprivate let rawName: ArraySlice<UInt8>
    fileprivate let flags: Int
    /// Where the next entry begins, or the table.
    fileprivate(set) var limit = 0
  }

  /// The entries in the table's order.
  let entries: [Entry]
  let store: any ByteStore

  /// The most that deflate compresses: 258 bytes into two bits.
  private static let deflateRatio = 1_032
  /// The memory that a byte of the table takes at most.
  private static let workingSize = 12

  /// Bits of an entry's flags.
  private enum Flag {
    static let descriptor = 1 << 3
    static let utf8 = 1 << 11
    /// Encrypted, a patch of another file, strongly encrypted, and encrypted table: what cannot be read.
    static let unreadable = 1 | 1 << 5 | 1 << 6 | 1 << 13
  }

  init(_ store: any ByteStore, _ budget: inout MemoryBudget) throws(FormatError) {
    self.store = store
    let end = try End(store)
    try budget.take(end.directoryByteCount * Self.workingSize)
    let table = try store.bytes(end.directoryByteCount, at: end.directoryOffset)
    var rest = table[...]
    var entries: [Entry] = []
    for _ in 0..<end.count {
      let length = ZipRecord.Length.directoryEntry
      guard rest.count >= length else { throw store.refusal(.damaged, "its table of contents is cut short") }
      let record = ZipRecord(rest)
      let lengths = [record.number(28, 2), record.number(30, 2), record.number(32, 2)]
      let whole = length + lengths.reduce(0, +)
      guard record.number(0, 4) == ZipRecord.Signature.directoryEntry, rest.count >= whole else {
        throw store.refusal(.damaged, "entry \(entries.count + 1) of its table of contents is broken")
      }
      entries.append(
        try Self.entry(
          record, rawName: record.slice(length, lengths[0]), extra: record.slice(length + lengths[0], lengths[1]),
          store: store, directoryOffset: end.directoryOffset))
      rest = rest.dropFirst(whole)
    }
    if !rest.isEmpty { throw store.refusal(.damaged, "its table of contents has more than \(end.count) entries") }

    // Each ends at the latest where the next begins.
    let order = entries.indices.sorted { entries[$0].offset < entries[$1].offset }
    for (place, index) in order.enumerated() {
      let entry = entries[index]
      let limit = place + 1 < order.count ? entries[order[place + 1]].offset : end.directoryOffset
      if limit - entry.offset - ZipRecord.Length.localHeader - entry.rawName.count < entry.compressedByteCount {
        throw store.refusal(.damaged, "\(shown(entry.name)) overlaps what follows it, or claims a size beyond it")
      }
      entries[index].limit = limit
    }
    self.entries = entries
  }

  private static func entry(
    _ record: ZipRecord, rawName: ArraySlice<UInt8>, extra: ArraySlice<UInt8>, store: any ByteStore,
    directoryOffset: Int
  ) throws(FormatError) -> Entry {
    guard let name = String(validating: rawName, as: UTF8.self) else {
      throw store.refusal(.unsupported, "expected the names of its entries in UTF-8, got other bytes")
    }
    func refuse(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
      store.refusal(kind, "\(shown(name)) \(reason)")
    }
    let (version, flags, method) = (record.number(6, 2) & 0xFF, record.number(8, 2), record.number(10, 2))
    if flags & Flag.unreadable != 0 { throw refuse(.unsupported, "is encrypted, or a patch of another file") }
    if method != 0 && method != 8 {
      throw refuse(.unsupported, "is compressed by method \(method); expected 0, stored, or 8, deflated")
    }
    // After the method, which says more and wants versions of its own.
    if version > ZipRecord.version64 {
      throw refuse(.unsupported, "needs version \(version) of ZIP; expected at most \(ZipRecord.version64)")
    }
    guard var field = ZipRecord.field64(extra) else { throw refuse(.damaged, "has a broken extra field") }
    var isShort = false
    func number(_ offset: Int, _ width: Int, elsewhere: Int) -> Int {
      let value = record.number(offset, width)
      if value != elsewhere { return value }
      let count = width == 2 ? 4 : 8
      if field.count < count {
        isShort = true
        return value
      }
      defer { field = field.dropFirst(count) }
      return width == 2 ? ZipRecord(field).number(0, 4) : ZipRecord(field).long(0)
    }
    let byteCount = number(24, 4, elsewhere: ZipRecord.elsewhere32)
    let compressedByteCount = number(20, 4, elsewhere: ZipRecord.elsewhere32)
    let offset = number(42, 4, elsewhere: ZipRecord.elsewhere32)
    let disk = number(34, 2, elsewhere: ZipRecord.elsewhere16)
    if isShort { throw refuse(.damaged, "has sizes in a ZIP64 field that is missing or too short") }
    if disk != 0 { throw refuse(.unsupported, "begins on disk \(disk + 1) of an archive of several files") }
    if offset > directoryOffset { throw refuse(.damaged, "begins at byte \(offset), which is not in the file") }
    if compressedByteCount > directoryOffset - offset {
      throw refuse(.damaged, "claims \(compressedByteCount) bytes, more than the file has")
    }
    let most = method == 0 ? compressedByteCount : Self.deflateRatio * compressedByteCount
    if byteCount > most || method == 0 && byteCount != compressedByteCount {
      throw refuse(.damaged, "claims to be \(byteCount) bytes, which \(compressedByteCount) in the file cannot hold")
    }
    return Entry(
      name: name, isDeflated: method == 8, byteCount: byteCount, compressedByteCount: compressedByteCount,
      checksum: record.number(16, 4), hasDescriptor: flags & Flag.descriptor != 0, offset: offset, rawName: rawName,
      flags: flags)
  }

  /// The bytes of an entry, decompressed; throws when its own header is not what the table says.
  func source(of entry: Entry) throws(FormatError) -> ZipEntrySource {
    func refuse(_ reason: String) -> FormatError { store.refusal(.damaged, "\(shown(entry.name)) \(reason)") }
    let length = ZipRecord.Length.localHeader
    let head = ZipRecord(try store.bytes(length, at: entry.offset)[...])
    guard head.number(0, 4) == ZipRecord.Signature.localHeader else { throw refuse("has no header of its own") }
    let (nameCount, extraCount) = (head.number(26, 2), head.number(28, 2))
    let start = entry.offset + length + nameCount + extraCount
    if start > entry.limit || entry.compressedByteCount > entry.limit - start {
      throw refuse("overlaps what follows it")
    }
    let rest = try store.bytes(nameCount + extraCount, at: entry.offset + length)
    guard rest[..<nameCount] == entry.rawName else { throw refuse("has another name in its own header") }
    var sizes = (whole: head.number(22, 4), compressed: head.number(18, 4))
    guard let field = ZipRecord.field64(rest[nameCount...]) else { throw refuse("has a broken extra field") }
    if sizes.whole == ZipRecord.elsewhere32, sizes.compressed == ZipRecord.elsewhere32, field.count >= 16 {
      sizes = (ZipRecord(field).long(0), ZipRecord(field).long(8))
    }
    let isMissing = entry.hasDescriptor && sizes == (0, 0) && head.number(14, 4) == 0
    let isSame =
      sizes == (entry.byteCount, entry.compressedByteCount) && head.number(14, 4) == entry.checksum
    guard head.number(6, 2) == entry.flags, head.number(8, 2) == (entry.isDeflated ? 8 : 0), isSame || isMissing else {
      throw refuse("has another size, checksum or method in its own header than in the table of contents")
    }
    return try ZipEntrySource(store, entry, start: start)
  }
}

extension ByteStore {
  fileprivate func refusal(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
    FormatError(kind, source: name, reason: reason)
  }
}

/// The record at an archive's end, which says where the table of contents is.
private struct End {
  let count: Int
  let directoryOffset: Int
  let directoryByteCount: Int

  init(_ store: any ByteStore) throws(FormatError) {
    let length = ZipRecord.Length.end
    let size = min(store.byteCount, length + ZipRecord.elsewhere16)
    let tail = try store.bytes(size, at: store.byteCount - size)
    let places = stride(from: size - length, through: 0, by: -1)
    let place = places.first { place in
      // A comment may follow.
      let record = ZipRecord(tail[place...])
      return record.number(0, 4) == ZipRecord.Signature.end && record.number(20, 2) == size - place - length
    }
    guard let place else {
      throw try store.bytes(min(2, store.byteCount), at: 0) == [0x50, 0x4B]
        ? store.refusal(.damaged, "the ZIP archive is cut short: it has no end record")
        : store.refusal(.unrecognized, "not a ZIP archive: it has no end record")
    }
    let record = ZipRecord(tail[place...])
    var disks = [record.number(4, 2), record.number(6, 2)]
    var counts = (here: record.number(8, 2), all: record.number(10, 2))
    var directory = (byteCount: record.number(12, 4), offset: record.number(16, 4))
    var end = store.byteCount - size + place
    if let wide = try Self.end64(store, before: end) {
      disks = [wide.record.number(16, 4), wide.record.number(20, 4)]
      let short = (counts, directory)
      counts = (wide.record.long(24), wide.record.long(32))
      directory = (wide.record.long(40), wide.record.long(48))
      let pairs = [
        (short.0.here, counts.here, ZipRecord.elsewhere16), (short.0.all, counts.all, ZipRecord.elsewhere16),
        (short.1.byteCount, directory.byteCount, ZipRecord.elsewhere32),
        (short.1.offset, directory.offset, ZipRecord.elsewhere32),
      ]
      if pairs.contains(where: { $0.0 != $0.1 && $0.0 != $0.2 }) {
        throw store.refusal(.damaged, "its two end records contradict each other")
      }
      end = wide.offset
    }
    if disks != [0, 0] || counts.here != counts.all {
      throw store.refusal(.unsupported, "expected a ZIP archive in one file, got a part of one in several")
    }
    if directory.offset > end || directory.byteCount != end - directory.offset {
      throw store.refusal(
        .damaged,
        "its table of contents, \(directory.byteCount) bytes at byte \(directory.offset), does not end at byte \(end), "
          + "where its end record begins")
    }
    if counts.all > directory.byteCount / ZipRecord.Length.directoryEntry {
      throw store.refusal(.damaged, "expected \(counts.all) entries in its table of contents, got fewer")
    }
    count = counts.all
    directoryOffset = directory.offset
    directoryByteCount = directory.byteCount
  }

  /// The ZIP64 record, if there is one whose locator ends at `end`.
  private static func end64(
    _ store: any ByteStore, before end: Int
  ) throws(FormatError) -> (record: ZipRecord, offset: Int)? {
    let length = ZipRecord.Length.locator64
    if end < length { return nil }
    let locator = ZipRecord(try store.bytes(length, at: end - length)[...])
    if locator.number(0, 4) != ZipRecord.Signature.locator64 { return nil }
    if locator.number(4, 4) != 0 || locator.number(16, 4) > 1 {
      throw store.refusal(.unsupported, "expected a ZIP archive in one file, got a part of one in several")
    }
    let (offset, least) = (locator.long(8), ZipRecord.Length.end64)
    guard offset <= end - length, end - length - offset >= least else {
      throw store.refusal(.damaged, "its ZIP64 end record begins at byte \(offset), which cannot be")
    }
    let record = ZipRecord(try store.bytes(least, at: offset)[...])
    guard record.number(0, 4) == ZipRecord.Signature.end64, record.long(4) == end - length - offset - 12 else {
      throw store.refusal(.damaged, "its ZIP64 end record is broken")
    }
    return (record, offset)
  }
}
