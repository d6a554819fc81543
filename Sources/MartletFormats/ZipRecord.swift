/// The numbers of a ZIP archive's records, which are little-endian.
///
/// Format: PKWARE's APPNOTE 6.3.10, "ZIP File Format Specification".
struct ZipRecord {
  /// What each record begins with.
  enum Signature {
    static let localHeader = 0x0403_4B50
    static let directoryEntry = 0x0201_4B50
    static let end = 0x0605_4B50
    static let end64 = 0x0606_4B50
    static let locator64 = 0x0706_4B50
  }

  /// The fixed bytes of each record.
  enum Length {
    static let localHeader = 30
    static let directoryEntry = 46
    static let end = 22
    static let end64 = 56
    static let locator64 = 20
  }

  /// What stands instead of a number that is in the ZIP64 record or field.
  static let elsewhere16 = 0xFFFF
  static let elsewhere32 = 0xFFFF_FFFF

  /// The identifier of the ZIP64 extra field.
  static let extra64 = 1
  /// The version that is needed to read ZIP64: 4.5.
  static let version64 = 45

  let bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// A number of up to four bytes.
  func number(_ offset: Int, _ width: Int) -> Int {
    var number = 0
    for index in 0..<width { number |= Int(bytes[bytes.startIndex + offset + index]) << (8 * index) }
    return number
  }

  /// A number of eight bytes; `Int.max` where it is larger, which is beyond any file.
  func long(_ offset: Int) -> Int {
    let (low, high) = (number(offset, 4), number(offset + 4, 4))
    return high > 0x7FFF_FFFF ? Int.max : high << 32 | low
  }

  /// The part of the bytes at an offset.
  func slice(_ offset: Int, _ count: Int) -> ArraySlice<UInt8> {
    bytes[bytes.startIndex + offset..<bytes.startIndex + offset + count]
  }

  /// The contents of the ZIP64 field among these extra fields, empty where there is none; nil when a field is longer
  /// than what is left.
  static func field64(_ extra: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    var rest = extra
    var found: ArraySlice<UInt8> = []
    while rest.count >= 4 {
      let head = ZipRecord(rest)
      let (id, count) = (head.number(0, 2), head.number(2, 2))
      if count > rest.count - 4 { return nil }
      if id == extra64 { found = head.slice(4, count) }
      rest = rest.dropFirst(4 + count)
    }
    return found
  }
}

/// Collects little-endian numbers.
struct ZipRecordWriter {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ number: Int, _ width: Int) {
    for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index))) }
  }

  mutating func append(_ more: [UInt8]) { bytes += more }
}
