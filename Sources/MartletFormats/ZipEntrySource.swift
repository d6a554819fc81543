import CZlib
import MartletText

/// The bytes of a ZIP archive's entry in order, decompressed.
///
/// They are right only after `finish` has returned.
final class ZipEntrySource: ByteSource {
  var name: String { store.name }
  private let store: any ByteStore
  private let entry: ZipArchive.Entry
  private let inflater: Inflater?
  private let start: Int
  private var checksum = crc32(0, nil, 0)
  /// The number of bytes that have been read, decompressed.
  private var position = 0
  /// The number of compressed bytes that have been taken from the file.
  private var taken = 0
  private var input: ArraySlice<UInt8> = []

  /// The number of bytes that are read, decompressed and summed at a time, while they are in the caches.
  private static let chunk = 1 << 17

  init(_ store: any ByteStore, _ entry: ZipArchive.Entry, start: Int) throws(FormatError) {
    self.store = store
    self.entry = entry
    self.start = start
    inflater = try entry.isDeflated ? Inflater(.none, source: store.name) : nil
  }

  func expect(_ count: Int, for purpose: String) throws(FormatError) {
    let left = entry.byteCount - position
    if count > left { throw cutShort(expected: count, found: left, for: purpose) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    var done = 0
    let wanted = min(buffer.count, entry.byteCount - position)
    while done < wanted {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<min(wanted, done + Self.chunk)])
      let count = try next(into: rest)
      if count == 0 { throw damaged("it is cut short") }
      checksum = crc32_z(checksum, rest.baseAddress!.assumingMemoryBound(to: UInt8.self), count)
      done += count
      position += count
    }
    return done
  }

  /// Throws unless all bytes have been read and are the ones that were written.
  func finish() throws(FormatError) {
    if position < entry.byteCount { throw damaged("there is more than it should hold") }
    if let inflater {
      // The end of the data may come after its last byte.
      var spare: UInt8 = 0
      while !inflater.isAtEnd {
        let count = try withUnsafeMutableBytes(of: &spare) { buffer in
          Result { () throws(FormatError) in try inflate(inflater, into: buffer) }
        }.get()
        if count > 0 { throw damaged("there is more than its size says") }
        if !inflater.isAtEnd && input.isEmpty && taken == entry.compressedByteCount { throw damaged("it is cut short") }
      }
      if !input.isEmpty || taken < entry.compressedByteCount { throw damaged("there is more after its end") }
    }
    if checksum != UInt(entry.checksum) { throw damaged("its checksum is wrong") }
  }

  private func next(into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    guard let inflater else {
      try store.read(into: buffer, at: start + position)
      return buffer.count
    }
    while true {
      let count = try inflate(inflater, into: buffer)
      let isUsedUp = inflater.isAtEnd || input.isEmpty && taken == entry.compressedByteCount
      if count > 0 || isUsedUp { return count }
    }
  }

  private func inflate(_ inflater: Inflater, into buffer: UnsafeMutableRawBufferPointer) throws(FormatError) -> Int {
    if inflater.isAtEnd { return 0 }
    if input.isEmpty && taken < entry.compressedByteCount {
      let count = min(Self.chunk, entry.compressedByteCount - taken)
      input = try store.bytes(count, at: start + taken)[...]
      taken += count
    }
    let result = input.withUnsafeBufferPointer { input in
      Result { () throws(FormatError) in try inflater.inflate(input, into: buffer) }
    }
    let (used, made) = try result.get()
    input = input.dropFirst(used)
    return made
  }

  private func damaged(_ fault: String) -> FormatError {
    FormatError(.damaged, source: name, reason: "\(shown(entry.name)) is damaged (\(fault)); get the file again")
  }
}
