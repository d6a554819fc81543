import MartletCore
import MartletText

/// Files of several named arrays in NumPy's npz format, as `numpy.savez` and `numpy.savez_compressed` write and
/// `numpy.load` reads them: ZIP archives of npy files.
///
/// ```swift
/// try NPZ.write([("weight", AnyTensor(weight)), ("bias", AnyTensor(bias))], to: "layer.npz")
/// let archive = try NPZ.Archive(path: "layer.npz")
/// let bias = try Tensor<Float>(archive.tensor("bias"))
/// ```
/// Reading trusts nothing: whatever the bytes are, it returns tensors or throws, and the checksum of each array is
/// checked. Scalar types are those of ``NPY``; arrays of Python's objects are refused, as by `allow_pickle=False`.
public enum NPZ {
  /// Tensors with their names, in the order in which the file lists them.
  public typealias Tensors = [(name: String, tensor: AnyTensor)]

  /// Reads all arrays of an npz file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - memoryLimit: The most bytes of memory that reading may take, the tensors included. Without it, the limit is
  ///     three quarters of what the machine has or the control group allows, and compressed arrays may decompress to a
  ///     hundred times their size.
  ///
  /// Throws when the file is missing, changes meanwhile, is not npz, is cut short or contradicts itself, when an array
  /// is not one that ``NPY`` reads, and when reading would take more memory. ``Archive`` reads single arrays.
  public static func read(from path: String, memoryLimit: Int? = nil) throws(FormatError) -> Tensors {
    try Archive(path: path, memoryLimit: memoryLimit).tensors()
  }

  /// Reads what `read(from:)` would read from a file with these bytes; `source` names them in errors.
  public static func read(bytes: [UInt8], source: String, memoryLimit: Int? = nil) throws(FormatError) -> Tensors {
    try Archive(bytes: bytes, source: source, memoryLimit: memoryLimit).tensors()
  }

  /// Writes tensors to a file in the given order, whole or not at all, as `Safetensors.write` does.
  ///
  /// - Parameters:
  ///   - tensors: The tensors with their names, of which no two are the same; names become those of npy files in the
  ///     archive, as NumPy's keyword arguments do.
  ///   - isCompressed: Whether they are compressed, as by `numpy.savez_compressed`; each in memory before it is
  ///     written.
  ///   - storedAs: The scalar type in which floating-point tensors are stored, rounded to nearest, ties to even: for
  ///     example `.float16`. Without it, each is stored in its own.
  ///   - path: The file.
  ///
  /// The bytes are those that `numpy.savez` writes. Throws when a name occurs twice, for a `BFloat16` tensor, which
  /// NumPy has no type for, when `storedAs` is no floating-point type, and when the file cannot be written; an older
  /// file is then unchanged.
  public static func write(
    _ tensors: Tensors, isCompressed: Bool = false, storedAs: ScalarType? = nil, to path: String
  ) throws(FormatError) {
    try AtomicFile.write(to: path) { (writer: borrowing AtomicFile.Writer) throws(FormatError) in
      try write(tensors, isCompressed, storedAs, source: path) { (bytes) throws(FormatError) in
        try writer.write(bytes)
      }
    }
  }

  /// The bytes that `write` would write; `source` names them in errors.
  public static func bytes(
    of tensors: Tensors, isCompressed: Bool = false, storedAs: ScalarType? = nil, source: String = "npz"
  ) throws(FormatError) -> [UInt8] {
    var result: [UInt8] = []
    try write(tensors, isCompressed, storedAs, source: source) { result.append(contentsOf: $0) }
    return result
  }

  /// What NumPy adds to the names of arrays.
  fileprivate static let suffix = ".npy"

  private static func write(
    _ tensors: Tensors, _ isCompressed: Bool, _ storedAs: ScalarType?, source: String, to sink: ZipWriter.Sink
  ) throws(FormatError) {
    try checkStorage(storedAs, source: source)
    var names: Set<ExactName> = []
    var archive = ZipWriter(source: source)
    for (name, tensor) in tensors {
      if !names.insert(ExactName(name)).inserted {
        throw FormatError(.invalid, source: source, reason: "two tensors are called \(shown(name))")
      }
      let stored = tensor.stored(as: storedAs)
      let head = try NPY.header(of: stored, source: source)
      try stored.withUnsafeBytes { (numbers) throws(FormatError) in
        let result = head.withUnsafeBytes { head in
          Result { () throws(FormatError) in
            try archive.add(name + suffix, [head, numbers], isDeflated: isCompressed, to: sink)
          }
        }
        try result.get()
      }
    }
    try archive.finish(to: sink)
  }
}

extension NPZ {
  /// An npz file of which single arrays are read.
  ///
  /// It holds the file open, and reads it as it was when it was opened: writing it anew, which replaces it, changes
  /// nothing, and reading throws when it was written to in place.
  public struct Archive: Sendable {
    /// The names of the arrays, in the file's order.
    public let names: [String]
    private let archive: ZipArchive
    private let places: [ExactName: Int]
    private let memoryLimit: Int?
    /// What the table of contents has left.
    private let budget: MemoryBudget

    /// Opens an npz file and reads its table of contents; `memoryLimit` holds for that and each later reading, as for
    /// `NPZ.read(from:memoryLimit:)`.
    ///
    /// Throws when the file is missing, is not npz, or contradicts itself.
    public init(path: String, memoryLimit: Int? = nil) throws(FormatError) {
      try self.init(InputFile(path: path), memoryLimit)
    }

    /// Reads the table of contents of a file with these bytes; `source` names them in errors.
    public init(bytes: [UInt8], source: String, memoryLimit: Int? = nil) throws(FormatError) {
      try self.init(ArrayStore(bytes, name: source), memoryLimit)
    }

    private init(_ store: any ByteStore, _ memoryLimit: Int?) throws(FormatError) {
      var budget = try MemoryBudget(memoryLimit, source: store.name)
      let archive = try store.reading { () throws(FormatError) in try ZipArchive(store, &budget) }
      // By bytes: some scalars make one character with the dot.
      let suffix = NPZ.suffix.utf8
      let names = archive.entries.map { entry in
        let bytes = entry.name.utf8
        guard bytes.suffix(suffix.count).elementsEqual(suffix) else { return entry.name }
        return String(decoding: bytes.dropLast(suffix.count), as: UTF8.self)
      }
      var places: [ExactName: Int] = [:]
      for (place, name) in names.enumerated() {
        if places.updateValue(place, forKey: ExactName(name)) != nil {
          throw FormatError(.damaged, source: store.name, reason: "two arrays are called \(shown(name))")
        }
      }
      (self.archive, self.names, self.places) = (archive, names, places)
      (self.memoryLimit, self.budget) = (memoryLimit, budget)
    }

    /// Reads the array of a name; throws when there is none, and as `NPZ.read(from:memoryLimit:)` does.
    public func tensor(_ name: String) throws(FormatError) -> AnyTensor {
      guard let place = places[ExactName(name)] else {
        throw .noTensor(name, among: names, source: archive.store.name)
      }
      return try archive.store.reading { () throws(FormatError) in
        var budget = self.budget
        try checkRatio([archive.entries[place]])
        return try tensor(at: place, &budget)
      }
    }

    /// Reads all arrays, in the file's order.
    public func tensors() throws(FormatError) -> Tensors {
      try archive.store.reading { () throws(FormatError) in
        var budget = self.budget
        try checkRatio(archive.entries)
        var result: Tensors = []
        for (place, name) in names.enumerated() { result.append((name, try tensor(at: place, &budget))) }
        return result
      }
    }

    private func tensor(at place: Int, _ budget: inout MemoryBudget) throws(FormatError) -> AnyTensor {
      let entry = archive.entries[place]
      let source = try archive.source(of: entry)
      do throws(FormatError) {
        let tensor = try NPY.read(source, byteCount: entry.byteCount, &budget)
        try source.finish()
        return tensor
      } catch {
        throw error.inTensor(names[place])
      }
    }

    /// Throws when entries would decompress to suspiciously much and the caller has set no limit.
    private func checkRatio(_ entries: [ZipArchive.Entry]) throws(FormatError) {
      let deflated = entries.filter(\.isDeflated)
      let compressed = deflated.reduce(0) { $0 + $1.compressedByteCount }
      let limit = Inflater.standardLimit(compressedByteCount: compressed)
      if memoryLimit == nil, deflated.reduce(0, { $0 + $1.byteCount }) > limit {
        throw FormatError(
          .tooLarge, source: archive.store.name,
          reason: "expected it to decompress to at most \(limit) bytes, got more: if that is right, read it with a "
            + "memoryLimit")
      }
    }
  }
}
