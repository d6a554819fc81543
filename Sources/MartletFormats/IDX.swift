import MartletCore
import MartletText

/// Reads IDX, the format of MNIST: big-endian arrays of any shape, plain or compressed with gzip.
///
/// The file is `00 00 type rank`, each axis's length in four bytes, then the elements in row-major order. Unsigned
/// bytes, 32-bit integers, `Float` and `Double` keep their type; signed bytes and 16-bit integers become `Int32`.
public enum IDX {
  /// Reads an IDX file.
  ///
  /// ```swift
  /// let images = try Tensor<UInt8>(IDX.read(from: "train-images-idx3-ubyte.gz"))  // [60000, 28, 28]
  /// ```
  /// - Parameters:
  ///   - path: The file, which may be compressed with gzip.
  ///   - memoryLimit: The most bytes of memory that reading may take, the tensor included. Without it, the limit is
  ///     three quarters of what the machine has or the control group allows, and a compressed file may decompress to a
  ///     hundred times its size.
  ///
  /// Throws when the file is missing, changes meanwhile, is cut short or damaged, or is not IDX, and when reading would
  /// take more memory.
  public static func read(from path: String, memoryLimit: Int? = nil) throws(FormatError) -> AnyTensor {
    try InputFile.read(path) { (file) throws(FormatError) in
      try read(Gzip.source(file, memoryLimit: memoryLimit), memoryLimit: memoryLimit)
    }
  }

  /// Reads what `read(from:)` would read from an uncompressed file with these bytes; `source` names them in errors.
  public static func read(bytes: [UInt8], source: String, memoryLimit: Int? = nil) throws(FormatError) -> AnyTensor {
    try read(ArraySource(bytes, name: source), memoryLimit: memoryLimit)
  }

  private static func read(_ source: any ByteSource, memoryLimit: Int?) throws(FormatError) -> AnyTensor {
    func refuse(_ kind: FormatError.Kind, _ reason: String) -> FormatError {
      FormatError(kind, source: source.name, reason: reason)
    }
    var budget = try MemoryBudget(memoryLimit, source: source.name)

    let head = try source.bytes(4)
    guard head.count == 4, head[0] == 0, head[1] == 0, let scalar = scalar(head[2]) else {
      throw refuse(.unrecognized, "not an IDX file: it begins with \(head.map { String($0, radix: 16) })")
    }
    let rank = Int(head[3])
    let axes = try source.bytes(4 * rank)
    if axes.count < 4 * rank {
      throw refuse(.damaged, "cut short: it ends in its head; get the file again")
    }
    let lengths = (0..<rank).map { axis in axes[(4 * axis)..<(4 * axis + 4)].reduce(0) { $0 << 8 | Int($1) } }
    let stated = try StatedShape(lengths, elementSize: scalar.size, refuse: refuse)
    let purpose = "shape \(stated.shape)"
    try source.expect(stated.byteCount, for: purpose)
    try budget.take(stated.byteCount / scalar.size * scalar.workingSize)

    let tensor = try scalar.tensor(stated.shape, isBigEndian: true) { (buffer) throws(FormatError) in
      let found = try source.read(into: buffer)
      if found < buffer.count { throw source.cutShort(expected: buffer.count, found: found, for: purpose) }
    }
    if try !source.bytes(1).isEmpty {
      throw refuse(.damaged, "there are bytes at the end that belong to no element of its shape \(stated.shape)")
    }
    return tensor
  }

  private static func scalar(_ code: UInt8) -> StoredScalar? {
    switch code {
    case 0x08: .uint8
    case 0x09: .int8
    case 0x0B: .int16
    case 0x0C: .int32
    case 0x0D: .float32
    case 0x0E: .float64
    default: nil
    }
  }
}
