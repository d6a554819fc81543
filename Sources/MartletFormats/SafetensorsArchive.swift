import MartletCore
import MartletText

extension Safetensors {
  /// A safetensors file of which single tensors are read.
  ///
  /// Each tensor's bytes are read straight into its own memory; the file is not mapped. Mapped memory of a file that
  /// another program cuts short stops the program when it is touched, and of one that is written to it changes under a
  /// tensor's value; neither can be made an error, because a file cannot be locked against others. What mapping would
  /// spare is a copy from the system's page cache, at the speed of memory, and tensors that nobody asks for are not
  /// read here either.
  ///
  /// The archive holds the file open, and reads it as it was when it was opened: writing it anew, which replaces it,
  /// changes nothing, and reading throws when it was written to in place.
  public struct Archive: Sendable {
    /// The file's texts.
    public var metadata: Metadata { header.metadata }
    /// The names of the tensors, in the file's order.
    public var names: [String] { header.entries.map(\.name) }
    private let store: any ByteStore
    private let header: SafetensorsHeader
    private let places: [ExactName: Int]
    /// Where the data begins.
    private let start: Int
    /// What the header has left.
    private let budget: MemoryBudget

    /// Opens a safetensors file and reads its header; `memoryLimit` holds for that and each later reading, as for
    /// `Safetensors.read(from:memoryLimit:)`.
    ///
    /// Throws when the file is missing, is not safetensors, or contradicts itself.
    public init(path: String, memoryLimit: Int? = nil) throws(FormatError) {
      let file = try InputFile(path: path)
      try self.init(file, MemoryBudget(memoryLimit, source: path))
    }

    /// Reads the header of a file with these bytes; `source` names them in errors.
    public init(bytes: [UInt8], source: String, memoryLimit: Int? = nil) throws(FormatError) {
      try self.init(ArrayStore(bytes, name: source), MemoryBudget(memoryLimit, source: source))
    }

    init(_ store: any ByteStore, _ budget: consuming MemoryBudget) throws(FormatError) {
      var budget = budget
      let (header, start) = try store.reading { () throws(FormatError) in
        let length = try SafetensorsHeader.length(
          prefix: store.bytes(min(8, store.byteCount), at: 0), fileByteCount: store.byteCount, budget: &budget,
          source: store.name)
        let header = try SafetensorsHeader(
          json: store.bytes(length, at: 8), dataByteCount: store.byteCount - 8 - length, source: store.name)
        return (header, 8 + length)
      }
      var places: [ExactName: Int] = [:]
      for (place, entry) in header.entries.enumerated() { places[ExactName(entry.name)] = place }
      (self.store, self.header, self.start, self.places) = (store, header, start, places)
      self.budget = budget
    }

    /// The scalar type and shape of the tensor of a name, which is not read; throws when there is none.
    public func spec(of name: String) throws(FormatError) -> TensorSpec {
      let entry = header.entries[try place(of: name)]
      return TensorSpec(entry.scalarType, entry.shape)
    }

    /// Reads the tensor of a name; throws when there is none, and as `Safetensors.read(from:memoryLimit:)` does.
    public func tensor(_ name: String) throws(FormatError) -> AnyTensor {
      let entry = header.entries[try place(of: name)]
      return try store.reading { () throws(FormatError) in
        var budget = self.budget
        try budget.take(entry.range.count)
        return try tensor(entry)
      }
    }

    /// Reads all tensors, in the file's order.
    public func tensors() throws(FormatError) -> Tensors {
      var budget = self.budget
      return try tensors(&budget)
    }

    func tensors(_ budget: inout MemoryBudget) throws(FormatError) -> Tensors {
      // The closure may not write to the argument.
      var rest = budget
      let result = try store.reading { () throws(FormatError) in
        try rest.take(header.dataByteCount)
        var result: Tensors = []
        result.reserveCapacity(header.entries.count)
        for entry in header.entries { result.append((entry.name, try tensor(entry))) }
        return result
      }
      budget = rest
      return result
    }

    private func place(of name: String) throws(FormatError) -> Int {
      if let place = places[ExactName(name)] { return place }
      throw .noTensor(name, among: names, source: store.name)
    }

    private func tensor(_ entry: SafetensorsHeader.Entry) throws(FormatError) -> AnyTensor {
      var tensor = AnyTensor(scalarType: entry.scalarType, shape: entry.shape)
      if entry.range.isEmpty { return tensor }
      let isValid = try tensor.withUniqueMutableBytes { (buffer) throws(FormatError) -> Bool in
        try store.read(into: buffer, at: start + entry.range.lowerBound)
        return entry.scalarType != .bool || buffer.allSatisfy { $0 < 2 }
      }
      if !isValid {
        throw FormatError(
          .damaged, source: store.name, at: .tensor(entry.name),
          reason: "expected bytes of 0 and 1 for BOOL, got others")
      }
      return tensor
    }
  }
}
