import MartletCore
import MartletText

/// Files of one array in NumPy's npy format, as `numpy.save` writes and `numpy.load` reads them.
///
/// ```swift
/// try NPY.write(AnyTensor(weight), to: "weight.npy")
/// let weight = try Tensor<Float>(NPY.read(from: "weight.npy"))
/// ```
/// Reading believes nothing: whatever the bytes are, it returns a tensor or throws. Both byte orders and both orders of
/// elements are read. float16, float32, float64, int32, int64, uint8 and bool keep their type; the narrower int8, int16
/// and uint16 come as `Int32`, uint32 as `Int64`, with the same values. Others, such as complex numbers and text, are
/// refused by name.
public enum NPY {
  /// Reads a file.
  ///
  /// Throws when the file is missing, is not npy, is cut short or contradicts itself, or holds other numbers than those
  /// above.
  public static func read(from path: String) throws(FormatError) -> AnyTensor {
    try InputFile.read(path) { (file) throws(FormatError) in
      let text = try NPYHeader.text(
        prefix: file.prefix(NPYHeader.prefixByteCount), fileByteCount: file.byteCount, source: path)
      let header = try NPYHeader(
        text: file.bytes(text.count, at: text.lowerBound), start: text.upperBound, fileByteCount: file.byteCount,
        source: path)
      return try tensor(header) { (buffer) throws(FormatError) in try file.read(into: buffer, at: header.start) }
    }
  }

  /// Reads what `read(from:)` would read from a file with these bytes; `source` names them in errors.
  public static func read(bytes: [UInt8], source: String) throws(FormatError) -> AnyTensor {
    let text = try NPYHeader.text(
      prefix: Array(bytes.prefix(NPYHeader.prefixByteCount)), fileByteCount: bytes.count, source: source)
    let header = try NPYHeader(
      text: Array(bytes[text]), start: text.upperBound, fileByteCount: bytes.count, source: source)
    return try tensor(header) { (buffer) throws(FormatError) in buffer.copyBytes(from: bytes[header.start...]) }
  }

  /// Writes a tensor to a file, whole or not at all, in row-major order.
  ///
  /// Throws for a `BFloat16` tensor, which NumPy has no type for, and when the file cannot be written; then an older file
  /// is as it was.
  public static func write(_ tensor: AnyTensor, to path: String) throws(FormatError) {
    let head = try header(of: tensor, source: path)
    try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
      try writer.write(head)
      try tensor.withUnsafeBytes { (bytes) throws(FormatError) in try writer.write(bytes) }
    }
  }

  /// The bytes that `write` would write; `source` names them in errors.
  public static func bytes(of tensor: AnyTensor, source: String = "npy") throws(FormatError) -> [UInt8] {
    var bytes = try header(of: tensor, source: source)
    tensor.withUnsafeBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  // MARK: Reading

  private static func tensor(
    _ header: NPYHeader, _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> AnyTensor {
    let element = header.element
    // The elements of a column-major array are those of its transpose in row-major order.
    let shape = header.isColumnMajor ? Shape(header.shape.reversed()) : header.shape
    var tensor: AnyTensor
    switch (element.kind, element.size) {
    case (UInt8(ascii: "f"), 2): tensor = try read(.float16, as: UInt16.self, element, shape, fill)
    case (UInt8(ascii: "f"), 4): tensor = try read(.float32, as: UInt32.self, element, shape, fill)
    case (UInt8(ascii: "f"), _): tensor = try read(.float64, as: UInt64.self, element, shape, fill)
    case (UInt8(ascii: "i"), 4): tensor = try read(.int32, as: UInt32.self, element, shape, fill)
    case (UInt8(ascii: "i"), 8): tensor = try read(.int64, as: UInt64.self, element, shape, fill)
    case (UInt8(ascii: "u"), 1): tensor = try read(.uint8, as: UInt8.self, element, shape, fill)
    case (UInt8(ascii: "i"), 1): tensor = try widen(Int8.self, to: Int32.self, element, shape, fill)
    case (UInt8(ascii: "i"), _): tensor = try widen(Int16.self, to: Int32.self, element, shape, fill)
    case (UInt8(ascii: "u"), 2): tensor = try widen(UInt16.self, to: Int32.self, element, shape, fill)
    case (UInt8(ascii: "u"), _): tensor = try widen(UInt32.self, to: Int64.self, element, shape, fill)
    default:
      // NumPy takes any byte but 0 for true.
      tensor = try read(.uint8, as: UInt8.self, element, shape, fill).converted(to: .bool)
    }
    if header.isColumnMajor && shape.rank > 1 {
      tensor = tensor.permuted(AxisList((0..<shape.rank).reversed())).contiguous()
    }
    return tensor
  }

  private static func read<Word: FixedWidthInteger>(
    _ type: ScalarType, as word: Word.Type, _ element: NPYHeader.Element, _ shape: Shape,
    _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> AnyTensor {
    var tensor = AnyTensor(scalarType: type, shape: shape)
    if tensor.count == 0 { return tensor }
    try tensor.withUniqueMutableBytes { (buffer) throws(FormatError) in
      try fill(buffer)
      if element.isBigEndian {
        let words = buffer.bindMemory(to: Word.self)
        for index in words.indices { words[index] = Word(bigEndian: words[index]) }
      }
    }
    return tensor
  }

  private static func widen<Word: FixedWidthInteger, Wide: IntegerScalar>(
    _ word: Word.Type, to wide: Wide.Type, _ element: NPYHeader.Element, _ shape: Shape,
    _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> AnyTensor {
    var tensor = AnyTensor(scalarType: Wide.scalarType, shape: shape)
    if tensor.count == 0 { return tensor }
    let words = UnsafeMutableBufferPointer<Word>.allocate(capacity: tensor.count)
    defer { words.deallocate() }
    try fill(UnsafeMutableRawBufferPointer(words))
    tensor.withUniqueMutableBytes { buffer in
      let result = buffer.bindMemory(to: Wide.self)
      for index in words.indices {
        result[index] = Wide(element.isBigEndian ? Word(bigEndian: words[index]) : words[index])
      }
    }
    return tensor
  }

  // MARK: Writing

  private static func header(of tensor: AnyTensor, source: String) throws(FormatError) -> [UInt8] {
    let lengths = tensor.shape.map(String.init)
    let shape = lengths.count == 1 ? "(\(lengths[0]),)" : "(\(lengths.joined(separator: ", ")))"
    var text = Array(
      "{'descr': '\(try descr(tensor.scalarType, source: source))', 'fortran_order': False, 'shape': \(shape), }".utf8)
    // NumPy aligns the numbers to 64 bytes, and ends the header with a new line.
    let padding = (64 - (10 + text.count + 1) % 64) % 64
    text += [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    return NPYHeader.magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
  }

  private static func descr(_ type: ScalarType, source: String) throws(FormatError) -> String {
    switch type {
    case .float32: return "<f4"
    case .float64: return "<f8"
    case .int32: return "<i4"
    case .int64: return "<i8"
    case .uint8: return "|u1"
    case .bool: return "|b1"
    case .float16: return "<f2"
    case .bfloat16:
      throw FormatError(
        .invalid, source: source, reason: "NumPy has no type for BFloat16: convert it to Float, or use safetensors")
    }
  }
}
