import MartletCore
import MartletText

/// Reads IDX, the format of MNIST: big-endian arrays of any shape, plain or packed with gzip.
///
/// The file is `00 00 type rank`, each axis's length in four bytes, then the elements in row-major order. Unsigned
/// bytes, 32-bit integers, `Float` and `Double` keep their type; signed bytes and 16-bit integers become `Int32`.
public enum IDX {
  /// Reads a file; throws when it is missing, cut short or damaged, or is not IDX.
  ///
  /// ```swift
  /// let images = try Tensor<UInt8>(IDX.read(from: "train-images-idx3-ubyte.gz"))  // [60000, 28, 28]
  /// ```
  public static func read(from path: String) throws(FormatError) -> AnyTensor {
    try read(bytes: Gzip.contents(of: path), source: path)
  }

  /// Reads what `read(from:)` would read from an unpacked file with these bytes; `source` names them in errors.
  public static func read(bytes: [UInt8], source: String) throws(FormatError) -> AnyTensor {
    func refuse(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
      FormatError(kind, source: source, reason: reason)
    }

    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, let type = ElementType(rawValue: bytes[2]) else {
      throw refuse(
        .unrecognized, "not an IDX file: it begins with \(bytes.prefix(4).map { String($0, radix: 16) })")
    }
    let rank = Int(bytes[3])
    let start = 4 + 4 * rank
    if bytes.count < start {
      throw refuse(.damaged, "cut short: it ends in its head; get the file again")
    }
    let lengths = (0..<rank).map { axis in
      bytes[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) }
    }
    let stated = try StatedShape(lengths, elementSize: type.size, refuse: refuse)
    let found = bytes.count - start
    if found < stated.byteCount {
      throw refuse(
        .damaged,
        "cut short: expected \(stated.byteCount) bytes for shape \(stated.shape), got \(found); get the file again")
    }
    if found > stated.byteCount {
      throw refuse(
        .damaged, "\(found - stated.byteCount) bytes at the end belong to no element of its shape \(stated.shape)")
    }
    return type.tensor(bytes[start...], shape: stated.shape)
  }

  private enum ElementType: UInt8 {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float = 0x0D
    case double = 0x0E

    var size: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float: 4
      case .double: 8
      }
    }

    /// The elements as a tensor; there are as many bytes as the shape takes.
    func tensor(_ bytes: ArraySlice<UInt8>, shape: Shape) -> AnyTensor {
      switch self {
      case .uint8:
        return bytes.withUnsafeBytes { AnyTensor(shape: shape, scalarType: .uint8, bytes: $0) }
      case .int8:
        return AnyTensor(Tensor(shape: shape, scalars: bytes.map { Int32(Int8(bitPattern: $0)) }))
      case .int16:
        return AnyTensor(Tensor(shape: shape, scalars: integers(bytes, as: Int16.self).map { Int32($0) }))
      case .int32:
        return AnyTensor(Tensor(shape: shape, scalars: integers(bytes, as: Int32.self)))
      case .float:
        return AnyTensor(Tensor(shape: shape, scalars: integers(bytes, as: UInt32.self).map { Float(bitPattern: $0) }))
      case .double:
        return AnyTensor(Tensor(shape: shape, scalars: integers(bytes, as: UInt64.self).map { Double(bitPattern: $0) }))
      }
    }

    private func integers<I: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>, as: I.Type) -> [I] {
      bytes.withUnsafeBytes { buffer in
        (0..<buffer.count / MemoryLayout<I>.size).map {
          I(bigEndian: buffer.loadUnaligned(fromByteOffset: $0 * MemoryLayout<I>.size, as: I.self))
        }
      }
    }
  }
}
