import MartletCore
import MartletText

/// Files of one array in NumPy's npy format, as `numpy.save` writes and `numpy.load` reads them.
///
/// ```swift
/// try NPY.write(AnyTensor(weight), to: "weight.npy")
/// let weight = try Tensor<Float>(NPY.read(from: "weight.npy"))
/// ```
/// Reading trusts nothing: whatever the bytes are, it returns a tensor or throws. Both byte orders and both orders of
/// elements are read. float16, float32, float64, int32, int64, uint8 and bool keep their type; int8, int16 and uint16
/// are read as `Int32`, uint32 as `Int64`, with the same values. Other types, such as complex numbers and text, are
/// refused with an error that names them.
public enum NPY {
  /// Reads an npy file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - memoryLimit: The most bytes of memory that reading may take, the tensor included. Without it, the limit is
  ///     three quarters of what the machine has or the control group allows.
  ///
  /// Throws when the file is missing, changes meanwhile, is not npy, is cut short or contradicts itself, when it holds
  /// other types than those above, and when reading would take more memory.
  public static func read(from path: String, memoryLimit: Int? = nil) throws(FormatError) -> AnyTensor {
    try InputFile.read(path) { (file) throws(FormatError) in
      let text = try NPYHeader.text(
        prefix: file.prefix(NPYHeader.prefixByteCount), fileByteCount: file.byteCount, source: path)
      let header = try NPYHeader(
        text: file.bytes(text.count, at: text.lowerBound), start: text.upperBound, fileByteCount: file.byteCount,
        source: path)
      return try tensor(header, MemoryBudget(memoryLimit, source: path)) { (buffer) throws(FormatError) in
        try file.read(into: buffer, at: header.start)
      }
    }
  }

  /// Reads what `read(from:)` would read from a file with these bytes; `source` names them in errors.
  public static func read(bytes: [UInt8], source: String, memoryLimit: Int? = nil) throws(FormatError) -> AnyTensor {
    let text = try NPYHeader.text(
      prefix: Array(bytes.prefix(NPYHeader.prefixByteCount)), fileByteCount: bytes.count, source: source)
    let header = try NPYHeader(
      text: Array(bytes[text]), start: text.upperBound, fileByteCount: bytes.count, source: source)
    return try tensor(header, MemoryBudget(memoryLimit, source: source)) { (buffer) throws(FormatError) in
      buffer.copyBytes(from: bytes[header.start...])
    }
  }

  /// Writes a tensor to a file in row-major order, whole or not at all, as `Safetensors.write(_:metadata:to:)` does.
  ///
  /// Throws for a `BFloat16` tensor, which NumPy has no type for, and when the file cannot be written; an older file is
  /// then unchanged.
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
    _ header: NPYHeader, _ budget: consuming MemoryBudget,
    _ fill: (UnsafeMutableRawBufferPointer) throws(FormatError) -> Void
  ) throws(FormatError) -> AnyTensor {
    let element = header.element
    let isTransposed = header.isColumnMajor && header.shape.rank > 1
    // Bringing the elements into order needs memory for two copies.
    try budget.take(
      header.byteCount / element.scalar.size * (element.scalar.workingSize + (isTransposed ? element.scalar.size : 0)))
    // The elements of a column-major array are those of its transpose in row-major order.
    let shape = isTransposed ? Shape(header.shape.reversed()) : header.shape
    let tensor = try element.scalar.tensor(shape, isBigEndian: element.isBigEndian, fill)
    if !isTransposed { return tensor }
    return tensor.permuted(AxisList((0..<shape.rank).reversed())).contiguous()
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
