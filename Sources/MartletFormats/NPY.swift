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
      var budget = try MemoryBudget(memoryLimit, source: path)
      return try read(FileSource(file), byteCount: file.byteCount, &budget)
    }
  }

  /// Reads what `read(from:)` would read from a file with these bytes; `source` names them in errors.
  public static func read(bytes: [UInt8], source: String, memoryLimit: Int? = nil) throws(FormatError) -> AnyTensor {
    var budget = try MemoryBudget(memoryLimit, source: source)
    return try read(ArraySource(bytes, name: source), byteCount: bytes.count, &budget)
  }

  /// Writes a tensor to a file in row-major order, whole or not at all, as `Safetensors.write` does.
  ///
  /// `storedAs` is the scalar type in which a floating-point tensor is stored, rounded to nearest, ties to even: for
  /// example `.float16`. Throws for a `BFloat16` tensor, which NumPy has no type for, when `storedAs` is no
  /// floating-point type, and when the file cannot be written; an older file is then unchanged.
  public static func write(
    _ tensor: AnyTensor, storedAs: ScalarType? = nil, to path: String
  ) throws(FormatError) {
    try checkStorage(storedAs, source: path)
    let stored = tensor.stored(as: storedAs)
    let head = try header(of: stored, source: path)
    try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
      try writer.write(head)
      try stored.withUnsafeBytes { (bytes) throws(FormatError) in try writer.write(bytes) }
    }
  }

  /// The bytes that `write` would write; `source` names them in errors.
  public static func bytes(
    of tensor: AnyTensor, storedAs: ScalarType? = nil, source: String = "npy"
  ) throws(FormatError) -> [UInt8] {
    try checkStorage(storedAs, source: source)
    let stored = tensor.stored(as: storedAs)
    var bytes = try header(of: stored, source: source)
    stored.withUnsafeBytes { bytes.append(contentsOf: $0) }
    return bytes
  }

  // MARK: Reading

  /// Reads an npy file that is the whole of a source, of `byteCount` bytes.
  static func read(
    _ source: any ByteSource, byteCount: Int, _ budget: inout MemoryBudget
  ) throws(FormatError) -> AnyTensor {
    let prefix = try source.bytes(min(NPYHeader.prefixByteCount, byteCount))
    let range = try NPYHeader.text(prefix: prefix, fileByteCount: byteCount, source: source.name)
    // A header that ends within the prefix is too short to be one, and is refused next.
    var text = Array(prefix[range.lowerBound..<min(prefix.count, range.upperBound)])
    if range.upperBound > prefix.count { text += try source.bytes(range.upperBound - prefix.count) }
    let header = try NPYHeader(
      text: text, start: range.upperBound, fileByteCount: byteCount, source: source.name)
    return try tensor(header, &budget) { (buffer) throws(FormatError) in
      let found = try source.read(into: buffer)
      if found < buffer.count {
        throw source.cutShort(expected: buffer.count, found: found, for: "shape \(header.shape)")
      }
    }
  }

  private static func tensor(
    _ header: NPYHeader, _ budget: inout MemoryBudget,
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

  /// What a file of the tensor begins with, up to its numbers.
  static func header(of tensor: AnyTensor, source: String) throws(FormatError) -> [UInt8] {
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
