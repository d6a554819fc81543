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
  /// when reading would take more memory. ``Archive`` reads single tensors.
  public static func read(
    from path: String, memoryLimit: Int? = nil
  ) throws(FormatError) -> (tensors: Tensors, metadata: Metadata) {
    let archive = try Archive(path: path, memoryLimit: memoryLimit)
    return (try archive.tensors(), archive.metadata)
  }

  /// Reads what `read(from:)` would read from a file with these bytes; `source` names them in errors.
  public static func read(
    bytes: [UInt8], source: String, memoryLimit: Int? = nil
  ) throws(FormatError) -> (tensors: Tensors, metadata: Metadata) {
    let archive = try Archive(bytes: bytes, source: source, memoryLimit: memoryLimit)
    return (try archive.tensors(), archive.metadata)
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
  ///
  /// `storedAs` is the scalar type in which floating-point tensors are stored, rounded to nearest, ties to even: for
  /// example `.bfloat16`. Without it, each is stored in its own.
  public static func write(
    _ tensors: Tensors, metadata: Metadata = [:], storedAs: ScalarType? = nil, to path: String
  ) throws(FormatError) {
    let (head, ordered) = try layout(tensors, metadata: metadata, storedAs, source: path)
    try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
      try writer.write(head)
      for tensor in ordered {
        try tensor.stored(as: storedAs).withUnsafeBytes { (bytes) throws(FormatError) in try writer.write(bytes) }
      }
    }
  }

  /// The bytes that `write` would write; `source` names them in errors.
  public static func bytes(
    of tensors: Tensors, metadata: Metadata = [:], storedAs: ScalarType? = nil, source: String = "safetensors"
  ) throws(FormatError) -> [UInt8] {
    var (bytes, ordered) = try layout(tensors, metadata: metadata, storedAs, source: source)
    for tensor in ordered {
      tensor.stored(as: storedAs).withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// The bytes before the data, and the tensors in the order of their data.
  static func layout(
    _ tensors: Tensors, metadata: Metadata, _ storedAs: ScalarType?, source: String
  ) throws(FormatError) -> (head: [UInt8], ordered: [AnyTensor]) {
    try checkStorage(storedAs, source: source)
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
      let (a, b) = ($0.tensor.scalarType.stored(as: storedAs).size, $1.tensor.scalarType.stored(as: storedAs).size)
      return a != b ? a > b : ExactName($0.name) < ExactName($1.name)
    }
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.map { "\(jsonString($0.key)):\(jsonString($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for (name, tensor) in ordered {
      let type = tensor.scalarType.stored(as: storedAs)
      let end = offset + tensor.count * type.size
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(jsonString(name)):{\"dtype\":\"\(type.safetensorsName)\",\"shape\":[\(shape)],"
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
