import MartletCore
import MartletText

/// Files of named tensors in the [safetensors](https://github.com/huggingface/safetensors) format, as PyTorch, JAX and
/// Keras users exchange them.
///
/// Reading trusts nothing: whatever the bytes are, it returns tensors or throws. Types are F32, F64, I32, I64, U8,
/// BOOL, F16 and BF16; others are refused with an error that names them.
///
/// ```swift
/// try Safetensors.write([("weight", AnyTensor(weight))], metadata: ["epoch": "3"], to: "model.safetensors")
/// let (tensors, metadata) = try Safetensors.read(from: "model.safetensors")
/// let weight = try Tensor<Float>(tensors[0].tensor)
/// ```
public enum Safetensors {
  /// Tensors with their names, in the order in which the file stores them.
  public typealias Tensors = [(name: String, tensor: AnyTensor)]

  /// Reads a safetensors file; each tensor's bytes are read straight into its own memory.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - memoryLimit: The most bytes of memory that reading may take, the tensors included. Without it, the limit is
  ///     three quarters of what the machine has or the control group allows.
  ///
  /// Throws when the file is missing, changes meanwhile, is not safetensors, is cut short or contradicts itself, and
  /// when reading would take more memory.
  public static func read(
    from path: String, memoryLimit: Int? = nil
  ) throws(FormatError) -> (tensors: Tensors, metadata: Metadata) {
    try InputFile.read(path) { (file) throws(FormatError) in
      var budget = try MemoryBudget(memoryLimit, source: path)
      let length = try SafetensorsHeader.length(
        prefix: file.prefix(8), fileByteCount: file.byteCount, budget: &budget, source: path)
      let start = 8 + length
      let header = try SafetensorsHeader(
        json: file.bytes(length, at: 8), dataByteCount: file.byteCount - start, source: path)
      return try tensors(header, &budget, source: path) { (buffer, offset) throws(FormatError) in
        try file.read(into: buffer, at: start + offset)
      }
    }
  }

  /// Reads what `read(from:)` would read from a file with these bytes; `source` names them in errors.
  public static func read(
    bytes: [UInt8], source: String, memoryLimit: Int? = nil
  ) throws(FormatError) -> (tensors: Tensors, metadata: Metadata) {
    var budget = try MemoryBudget(memoryLimit, source: source)
    let length = try SafetensorsHeader.length(
      prefix: Array(bytes.prefix(8)), fileByteCount: bytes.count, budget: &budget, source: source)
    let start = 8 + length
    let header = try SafetensorsHeader(
      json: Array(bytes[8..<start]), dataByteCount: bytes.count - start, source: source)
    return try tensors(header, &budget, source: source) { (buffer, offset) throws(FormatError) in
      buffer.copyBytes(from: bytes[(start + offset)..<(start + offset + buffer.count)])
    }
  }

  /// Writes tensors to a file, whole or not at all.
  ///
  /// At whatever instant the program is killed, the path leads to the old file or to the new one; a temporary file that
  /// it may leave there is removed by the next save in that directory. Symbolic links are followed, also to a file that
  /// does not exist yet, and the old file's permissions are kept.
  ///
  /// The bytes depend on the tensors, their names and the metadata alone, not on their order. Names are the same only
  /// if they are written with the same Unicode scalars. Throws when a name occurs twice or is `__metadata__`, and when
  /// the file cannot be written, also when its own permissions forbid it or links lead in a circle; an older file is
  /// then unchanged.
  public static func write(
    _ tensors: Tensors, metadata: Metadata = [:], to path: String
  ) throws(FormatError) {
    let (head, ordered) = try layout(tensors, metadata: metadata, source: path)
    try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
      try writer.write(head)
      for tensor in ordered {
        try tensor.withUnsafeBytes { (bytes) throws(FormatError) in try writer.write(bytes) }
      }
    }
  }

  /// The bytes that `write` would write; `source` names them in errors.
  public static func bytes(
    of tensors: Tensors, metadata: Metadata = [:], source: String = "safetensors"
  ) throws(FormatError) -> [UInt8] {
    var (bytes, ordered) = try layout(tensors, metadata: metadata, source: source)
    for tensor in ordered {
      tensor.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  private static func tensors(
    _ header: SafetensorsHeader, _ budget: inout MemoryBudget, source: String,
    _ fill: (UnsafeMutableRawBufferPointer, Int) throws(FormatError) -> Void
  ) throws(FormatError) -> (tensors: Tensors, metadata: Metadata) {
    try budget.take(header.dataByteCount)
    var result: Tensors = []
    result.reserveCapacity(header.entries.count)
    for entry in header.entries {
      var tensor = AnyTensor(scalarType: entry.scalarType, shape: entry.shape)
      if !entry.range.isEmpty {
        let valid = try tensor.withUniqueMutableBytes { (buffer) throws(FormatError) -> Bool in
          try fill(buffer, entry.range.lowerBound)
          return entry.scalarType != .bool || buffer.allSatisfy { $0 < 2 }
        }
        if !valid {
          throw FormatError(
            .damaged, source: source, at: .tensor(entry.name),
            reason: "expected bytes of 0 and 1 for BOOL, got others")
        }
      }
      result.append((entry.name, tensor))
    }
    return (result, header.metadata)
  }

  /// The bytes before the data, and the tensors in the order of their data.
  private static func layout(
    _ tensors: Tensors, metadata: Metadata, source: String
  ) throws(FormatError) -> (head: [UInt8], ordered: [AnyTensor]) {
    var names: Set<ExactName> = []
    for (name, _) in tensors {
      if name == "__metadata__" {
        throw FormatError(
          .invalid, source: source, reason: "a tensor cannot be called __metadata__: the format needs the name")
      }
      if !names.insert(ExactName(name)).inserted {
        throw FormatError(.invalid, source: source, reason: "two tensors are called \(shown(name))")
      }
    }
    // The widest scalars first, so that every tensor is aligned to its scalar type when the file is mapped into memory.
    let ordered = tensors.sorted {
      let (a, b) = ($0.tensor.scalarType.size, $1.tensor.scalarType.size)
      return a != b ? a > b : ExactName($0.name) < ExactName($1.name)
    }
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for (name, tensor) in ordered {
      let end = offset + tensor.count * tensor.scalarType.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(jsonString(name)):{\"dtype\":\"\(tensor.scalarType.safetensorsName)\",\"shape\":[\(shape)],"
          + "\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Array("{\(members.joined(separator: ","))}".utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
    if header.count > SafetensorsHeader.byteLimit {
      throw FormatError(
        .tooLarge, source: source,
        reason: "the header would have \(header.count) bytes, more than \(SafetensorsHeader.byteLimit)")
    }
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return (prefix + header, ordered.map(\.tensor))
  }
}
