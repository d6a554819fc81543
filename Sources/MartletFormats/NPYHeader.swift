import MartletCore
import MartletText

/// The header of an npy file: the type, the order and the shape of its array, and where its numbers begin.
///
/// Format: NumPy Enhancement Proposal 1, versions 1.0, 2.0 and 3.0.
struct NPYHeader {
  /// A scalar type and its byte order, as in `<f4`.
  struct Element {
    let scalar: StoredScalar
    let isBigEndian: Bool
  }

  let element: Element
  let isColumnMajor: Bool
  let shape: Shape
  /// The number of bytes of the numbers.
  let byteCount: Int
  /// Where the numbers begin, in bytes from the file's beginning.
  let start: Int

  /// The number of bytes to read before the header's length is known.
  static let prefixByteCount = 12
  /// No header that describes eight axes is longer; NumPy itself refuses longer ones.
  private static let byteLimit = 65_536
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The range of the header's text, from the file's first bytes.
  static func text(prefix: [UInt8], fileByteCount: Int, source: String) throws(FormatError) -> Range<Int> {
    func refuse(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
      FormatError(kind, source: source, reason: reason)
    }
    if prefix.count < 10 || !prefix.starts(with: magic) {
      throw refuse(.unrecognized, "not an npy file: it does not begin with \\x93NUMPY")
    }
    let version = prefix[6]
    if !(1...3).contains(version) || prefix[7] != 0 {
      throw refuse(.unsupported, "expected npy version 1.0, 2.0 or 3.0, got version \(version).\(prefix[7])")
    }
    let width = version == 1 ? 2 : 4
    if prefix.count < 8 + width { throw refuse(.damaged, "it is cut short within the header") }
    let length = (0..<width).reduce(0) { $0 | Int(prefix[8 + $1]) << (8 * $1) }
    let start = 8 + width
    if length > byteLimit {
      throw refuse(.damaged, "its header claims \(length) bytes; expected at most \(byteLimit)")
    }
    if start + length > fileByteCount { throw refuse(.damaged, "it is cut short within the header") }
    return start..<(start + length)
  }

  /// Reads the header's text; `fileByteCount` is the actual size of the file.
  init(text: [UInt8], start: Int, fileByteCount: Int, source: String) throws(FormatError) {
    var scanner = NPYScanner(text)
    guard let fields = scanner.fields() else {
      throw FormatError(
        .damaged, source: source, at: .byte(start - text.count + scanner.position),
        reason: "expected a dictionary of a type's name, fortran_order and shape as its header; arrays of records are "
          + "not read")
    }
    element = try NPYHeader.element(fields.descr, source: source)
    isColumnMajor = fields.isColumnMajor
    let stated = try StatedShape(fields.shape, elementSize: element.scalar.size) { kind, reason in
      FormatError(kind, source: source, reason: reason)
    }
    shape = stated.shape
    byteCount = stated.byteCount
    self.start = start
    let found = fileByteCount - start
    if found != stated.byteCount {
      throw FormatError(
        .damaged, source: source,
        reason: "expected \(stated.byteCount) bytes for \(fields.descr) of shape \(shape), got \(found)"
          + (found < stated.byteCount ? ": it is cut short" : ""))
    }
  }

  private static func element(_ descr: String, source: String) throws(FormatError) -> Element {
    let code = Array(descr.utf8)
    if let first = code.first, "<>|=".utf8.contains(first), let scalar = scalars[String(descr.dropFirst())],
      scalar.size == 1 || first != UInt8(ascii: "|")
    {
      return Element(scalar: scalar, isBigEndian: first == UInt8(ascii: ">"))
    }
    throw FormatError(
      .unsupported, source: source,
      reason: "its numbers are of NumPy's type \(shown(descr)), which is not read: save them with "
        + "astype('float32'), 'float64', 'int32', 'int64', 'uint8' or 'bool'")
  }

  private static let scalars: [String: StoredScalar] = [
    "b1": .bool, "u1": .uint8, "u2": .uint16, "u4": .uint32, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
    "f2": .float16, "f4": .float32, "f8": .float64,
  ]
}
